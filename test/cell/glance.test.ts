import { expect, test } from 'vitest'

import { CELL_LIMITS } from '../../src/cell/limits.ts'
import { Doorbell } from '../../src/cell/ring.ts'
import { Glance } from '../../src/cell/world/glance.ts'

/** A clock that each look at it moves on, and a doorbell rung when it shows a moment. */
function setUp(stepMs = CELL_LIMITS.glanceMs / 4) {
  const bell = new Doorbell(new Int32Array(new SharedArrayBuffer(8)), 0)
  const clock = { nowMs: 0, looks: 0, ringMs: Infinity }
  const glance = new Glance(() => {
    clock.looks += 1
    clock.nowMs += stepMs
    if (clock.nowMs >= clock.ringMs) bell.ring()
    return clock.nowMs
  })
  return { bell, clock, glance }
}

test('a ring that comes soon is seen', () => {
  const { bell, clock, glance } = setUp()
  clock.ringMs = CELL_LIMITS.glanceMs / 2
  expect(glance.isRung(bell, 0, Infinity)).toBe(true)
})

test('a glance takes no longer than it may, nor beyond the deadline', () => {
  const { bell, clock, glance } = setUp()
  expect(glance.isRung(bell, 0, Infinity)).toBe(false)
  expect(clock.nowMs).toBeLessThanOrEqual(1.5 * CELL_LIMITS.glanceMs)
  const other = setUp()
  expect(other.glance.isRung(other.bell, 0, 0)).toBe(false)
  expect(other.clock.looks).toBe(2)
})

test('who glances in vain glances less and less often, down to once in a thousand waits', () => {
  const { bell, clock, glance } = setUp()
  for (let wait = 0; wait < 10_000; wait++) glance.isRung(bell, 0, Infinity)
  let glances = 0
  for (let wait = 0; wait < 10_000; wait++) {
    const { looks } = clock
    glance.isRung(bell, 0, Infinity)
    if (clock.looks > looks) glances += 1
  }
  expect(glances).toBeLessThanOrEqual(10)
})

test('who is rung in time again glances at every wait, and one in vain is forgiven', () => {
  const { bell, clock, glance } = setUp()
  const glances = (waits: number) => {
    let count = 0
    for (let wait = 0; wait < waits; wait++) {
      const { looks } = clock
      glance.isRung(bell, bell.count, Infinity)
      if (clock.looks > looks) count += 1
    }
    return count
  }
  glances(10_000)
  clock.ringMs = 0
  glances(2_000)
  expect(glances(100)).toBe(100)
  clock.ringMs = Infinity
  glance.isRung(bell, bell.count, Infinity)
  clock.ringMs = 0
  expect(glances(100)).toBeGreaterThanOrEqual(98)
})
