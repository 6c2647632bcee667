// What the other tests lean on: each matcher they use lets pass what it should, and nothing else. Runs
// here and inside a cell, and so trusts no matcher to say so.

import { expect, test } from 'vitest'

/** How a matcher ends: by an error, or not. */
async function fails(act: () => unknown): Promise<boolean> {
  try {
    await act()
    return false
  } catch {
    return true
  }
}

const bad = () => {
  throw new TypeError('bad thing')
}
const bytes = (...values: number[]) => Uint8Array.from(values)

test.each<[string, () => unknown, () => unknown]>([
  ['toBe', () => expect(NaN).toBe(NaN), () => expect([]).toBe([])],
  ['toBe of zeros', () => expect(0).toBe(0), () => expect(-0).toBe(0)],
  ['not.toBe', () => expect(1).not.toBe(2), () => expect(1).not.toBe(1)],
  ['toEqual', () => expect({ a: [1n] }).toEqual({ a: [1n] }), () => expect([1n]).toEqual([2n])],
  ['toEqual of kinds', () => expect([1]).toEqual([1]), () => expect([1]).toEqual([1n])],
  [
    'toEqual of keys',
    () => expect({ a: 1, b: undefined }).toEqual({ a: 1 }),
    () => expect({ a: 1 }).toEqual({}),
  ],
  [
    'toEqual of bytes',
    () => expect(bytes(1, 2)).toEqual(bytes(1, 2)),
    () => expect(bytes(1, 2)).toEqual(bytes(1, 3)),
  ],
  [
    'toEqual of fewer bytes',
    () => expect(bytes()).toEqual(bytes()),
    () => expect(bytes(1)).toEqual(bytes(1, 0)),
  ],
  [
    'toEqual of maps',
    () => expect(new Map([[1, 2]])).toEqual(new Map([[1, 2]])),
    () => expect(new Map([[1, 2]])).toEqual(new Map([[1, 3]])),
  ],
  [
    'toEqual of errors',
    () => expect(new Error('a')).toEqual(new Error('a')),
    () => expect(new Error('a')).toEqual(new Error('b')),
  ],
  [
    'toMatchObject',
    () => expect({ a: 1, b: 2 }).toMatchObject({ a: 1 }),
    () => expect({ b: 2 }).toMatchObject({ a: 1 }),
  ],
  ['toThrow', () => expect(bad).toThrow(), () => expect(() => 1).toThrow()],
  ['toThrow of a text', () => expect(bad).toThrow('thing'), () => expect(bad).toThrow('other')],
  ['toThrow of a pattern', () => expect(bad).toThrow(/^bad/), () => expect(bad).toThrow(/^thing/)],
  [
    'toThrow of a class',
    () => expect(bad).toThrow(TypeError),
    () => expect(bad).toThrow(RangeError),
  ],
  [
    'toThrow of a shape',
    () => expect(bad).toThrow(expect.objectContaining({ message: 'bad thing' })),
    () => expect(bad).toThrow(expect.objectContaining({ message: 'x' })),
  ],
  ['not.toThrow', () => expect(() => 1).not.toThrow(), () => expect(bad).not.toThrow()],
  [
    'rejects',
    async () => await expect(Promise.reject(new Error('a'))).rejects.toThrow('a'),
    async () => await expect(Promise.resolve(1)).rejects.toThrow(),
  ],
  [
    'rejects.toMatchObject',
    async () =>
      await expect(Promise.reject(new Error('a'))).rejects.toMatchObject({ message: 'a' }),
    async () =>
      await expect(Promise.reject(new Error('a'))).rejects.toMatchObject({ message: 'b' }),
  ],
  ['toContain', () => expect([1, 2]).toContain(2), () => expect([1, 2]).toContain(3)],
  ['toContain of a text', () => expect('abc').toContain('bc'), () => expect('abc').toContain('d')],
  ['not.toContain', () => expect('abc').not.toContain('d'), () => expect('abc').not.toContain('b')],
  ['toMatch', () => expect('abc').toMatch(/c$/), () => expect('abc').toMatch(/b$/)],
  ['toHaveLength', () => expect([1]).toHaveLength(1), () => expect([1]).toHaveLength(2)],
  ['toBeUndefined', () => expect(undefined).toBeUndefined(), () => expect(null).toBeUndefined()],
  ['toBeDefined', () => expect(0).toBeDefined(), () => expect(undefined).toBeDefined()],
  ['toBeNull', () => expect(null).toBeNull(), () => expect(undefined).toBeNull()],
  [
    'toBeInstanceOf',
    () => expect(new TypeError()).toBeInstanceOf(Error),
    () => expect({}).toBeInstanceOf(Error),
  ],
  ['toBeTypeOf', () => expect(1n).toBeTypeOf('bigint'), () => expect(1).toBeTypeOf('bigint')],
  ['toBeGreaterThan', () => expect(2).toBeGreaterThan(1), () => expect(1).toBeGreaterThan(1)],
  ['toBeLessThan', () => expect(1).toBeLessThan(2), () => expect(2).toBeLessThan(2)],
  [
    'toBeLessThanOrEqual',
    () => expect(2).toBeLessThanOrEqual(2),
    () => expect(3).toBeLessThanOrEqual(2),
  ],
  ['toBeCloseTo', () => expect(0.1 + 0.2).toBeCloseTo(0.3), () => expect(0.4).toBeCloseTo(0.3)],
  [
    'stringContaining',
    () => expect(['abc']).toEqual([expect.stringContaining('b')]),
    () => expect(['abc']).toEqual([expect.stringContaining('d')]),
  ],
  [
    'stringMatching',
    () => expect(['abc']).toEqual([expect.stringMatching(/^a/)]),
    () => expect(['abc']).toEqual([expect.stringMatching(/^b/)]),
  ],
  [
    'arrayContaining',
    () => expect([1, 2]).toEqual(expect.arrayContaining([2])),
    () => expect([1, 2]).toEqual(expect.arrayContaining([3])),
  ],
  ['unreachable', () => 1, () => expect.unreachable()],
])('%s lets pass what it should, and nothing else', async (_, right, wrong) => {
  if (await fails(right)) throw new Error('It refused what is right')
  if (!(await fails(wrong))) throw new Error('It let pass what is wrong')
})
