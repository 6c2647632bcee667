import { afterEach, expect, test } from 'vitest'

import { finalizeGone, GuestFinalizationRegistry } from '../../src/guest/finalization.ts'
import { guestJobs } from '../../src/guest/job-queue.ts'

// What a collector does is here done by hand: a weak reference whose target goes when told.
const gone = new Set<object>()
const Native = globalThis.WeakRef
class HandWeakRef<T extends WeakKey> {
  readonly #target: T
  constructor(target: T) {
    this.#target = target
  }
  deref(): T | undefined {
    return gone.has(this.#target as object) ? undefined : this.#target
  }
}
function world(): { heard: string[]; registry: GuestFinalizationRegistry<string> } {
  globalThis.WeakRef = HandWeakRef as unknown as typeof WeakRef
  const heard: string[] = []
  return { heard, registry: new GuestFinalizationRegistry((held: string) => heard.push(held)) }
}
function turn(): void {
  finalizeGone()
  guestJobs.drain()
}

afterEach(() => {
  globalThis.WeakRef = Native
  gone.clear()
})

test('a callback runs once, as a job, after its target is gone, and not before', () => {
  const { heard, registry } = world()
  const target = {}
  registry.register(target, 'a')
  turn()
  expect(heard).toEqual([])
  gone.add(target)
  finalizeGone()
  expect(heard).toEqual([])
  guestJobs.drain()
  expect(heard).toEqual(['a'])
  turn()
  expect(heard).toEqual(['a'])
})

test('what was unregistered is never heard of, and what shares no token is', () => {
  const { heard, registry } = world()
  const [a, b, c] = [{}, {}, {}]
  registry.register(a, 'a', a)
  registry.register(b, 'b', b)
  registry.register(c, 'c', a)
  expect(registry.unregister(a)).toBe(true)
  expect(registry.unregister(a)).toBe(false)
  for (const target of [a, b, c]) gone.add(target)
  turn()
  expect(heard).toEqual(['b'])
})

test('a turn looks at a bounded number, and in the end at every one', () => {
  const { heard, registry } = world()
  const targets = Array.from({ length: 2000 }, () => ({}))
  targets.forEach((target, index) => registry.register(target, String(index)))
  for (const [index, target] of targets.entries()) if (index % 2 === 0) gone.add(target)
  turn()
  expect(heard.length).toBeLessThanOrEqual(256)
  for (let turns = 0; turns < 20; turns += 1) turn()
  expect(new Set(heard).size).toBe(1000)
  expect(heard.length).toBe(1000)
})
