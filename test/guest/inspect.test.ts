import { expect, test } from 'vitest'

import { describeError, inspect } from '../../src/guest/inspect.ts'

class Cat {
  name = 'Tom'
}
const circle: Record<string, unknown> = {}
circle['self'] = circle

const SHOWN: readonly (readonly [unknown, string])[] = [
  ['text', 'text'],
  [['text', 1n, null, undefined], '["text", 1n, null, undefined]'],
  [{ a: { b: { c: { d: { e: 1 } } } } }, '{ a: { b: { c: { d: [Object] } } } }'],
  [new Date(0), '1970-01-01T00:00:00.000Z'],
  [new Date(Number.NaN), 'Invalid Date'],
  [{ pattern: /a\/b/gi }, '{ pattern: /a\\/b/gi }'],
  [new Cat(), 'Cat { name: "Tom" }'],
  [Object.create(null), '{}'],
  [Object.create({ constructor: undefined }), '{}'],
  [circle, '{ self: [Circular] }'],
  [new Map([['k', new Set([1])]]), 'Map(1) { "k" => Set(1) { 1 } }'],
  [new Uint8Array(3), 'Uint8Array(3) [0, 0, 0]'],
  [Array.from({ length: 200 }, () => 0).concat(1), expect.stringContaining('… 101 more') as string],
]

test('a value is shown as its source would have it, cut where it is deep or long', () => {
  for (const [value, text] of SHOWN) expect(inspect(value)).toEqual(text)
})

test('what is shown is not asked: no getter runs', () => {
  let asked = 0
  const value = {
    get secret() {
      asked++
      throw new Error('asked')
    },
  }
  expect(inspect(value)).toBe('{ secret: [Getter] }')
  expect(asked).toBe(0)
})

test('what does not let itself be looked at keeps nobody from going on', () => {
  const handler: ProxyHandler<object> = {
    ownKeys() {
      throw new Error('no')
    },
  }
  const shut = new Proxy({}, handler)
  const odd = Object.defineProperty(new Error('odd'), 'message', {
    get() {
      throw new Error('no')
    },
  })
  expect(inspect([1, shut])).toBe('[a value that cannot be looked at]')
  expect(describeError(shut)).toBe('[a value that cannot be looked at]')
  expect(describeError(odd)).toBe('[a value that cannot be looked at]')
})
