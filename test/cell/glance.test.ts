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

test('who is rung in time glances at every wait, also after hard times', () => {
  const { bell, clock, glance } = setUp()
  for (let wait = 0; wait < 10_000; wait++) glance.isRung(bell, bell.count, Infinity)
  clock.ringMs = 0
  let rung = 0
  for (let wait = 0; wait < 20_000; wait++) {
    if (glance.isRung(bell, bell.count, Infinity)) rung += 1
  }
  expect(rung).toBeGreaterThan(15_000)
})
