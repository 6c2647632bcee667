// `vitest` as a cell has it: its own runner, its own matchers, and of `vi` what the tests here use.
// Its Node half, which finds files, forks workers and prints, is what this folder has in its place.

import {
  ASYMMETRIC_MATCHERS_OBJECT,
  chai,
  ChaiStyleAssertions,
  customMatchers,
  GLOBAL_EXPECT,
  JestAsymmetricMatchers,
  JestChaiExpect,
  JestExtend,
  setState,
} from '@vitest/expect'
import type { ExpectStatic } from '@vitest/expect'
import { getCurrentTest } from '@vitest/runner'

export { afterAll, afterEach, beforeAll, beforeEach, describe, it, test } from '@vitest/runner'
export { expectTypeOf } from 'expect-type'

for (const plugin of [JestExtend, JestChaiExpect, ChaiStyleAssertions, JestAsymmetricMatchers]) {
  chai.use(plugin)
}

interface Extendable {
  extend(expect: ExpectStatic, matchers: object): void
}

interface OfTest {
  withTest(test: unknown): Chai.Assertion
}

export const expect = ((value: unknown, message?: string) => {
  const assertion = chai.expect(value, message)
  const test = getCurrentTest()
  return test === undefined ? assertion : (assertion as unknown as OfTest).withTest(test)
}) as unknown as ExpectStatic

const globals = globalThis as unknown as Record<PropertyKey, object>
Object.assign(expect, chai.expect, globals[ASYMMETRIC_MATCHERS_OBJECT], {
  unreachable(message = '') {
    throw new chai.AssertionError(`expected ${message} not to be reached`)
  },
})
Object.defineProperty(globalThis, GLOBAL_EXPECT, { value: expect })
setState({ assertionCalls: 0, isExpectingAssertions: false }, expect)
const extendable = chai.expect as unknown as Extendable
extendable.extend(expect, customMatchers)

const stubbed = new Map<PropertyKey, PropertyDescriptor | undefined>()

export const vi = {
  stubGlobal(name: string, value: unknown): void {
    if (!stubbed.has(name)) {
      stubbed.set(name, Object.getOwnPropertyDescriptor(globalThis, name))
    }
    Object.defineProperty(globalThis, name, { value, writable: true, configurable: true })
  },
  unstubAllGlobals(): void {
    for (const [name, was] of stubbed) {
      if (was === undefined) Reflect.deleteProperty(globalThis, name)
      else Object.defineProperty(globalThis, name, was)
    }
    stubbed.clear()
  },
}
