// Tests of which most must fail, each in its own way: what the suite inside a cell is tested with.

import { beforeEach, describe, expect, test } from 'vitest'

test('passes', () => {
  expect(1).toBe(1)
})

test('is wrong', () => {
  expect({ number: 1 }).toEqual({ number: 2 })
})

test('throws later', async () => {
  await Promise.resolve()
  throw new Error('out of luck')
})

test('never ends', async () => await new Promise(() => {}), 20)

test.each([1, 2])('is given %i', (number) => {
  expect(number).toBe(1)
})

test('is left out', () => {
  throw new Error('It was not left out')
})

describe('in a suite', () => {
  beforeEach(() => {
    throw new Error('no start')
  })
  test('has a hook that throws', () => {})
})
