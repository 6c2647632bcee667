import { afterEach, expect, test } from 'vitest'

import { bindPlaces, guestFrames } from '../../src/guest/places.ts'

const at = (line: number, column: number, name = 'f') =>
  `    at ${name} (script.js:${line}:${column})`

// Line 2 of the script: line 10 of a.ts from column 1, line 11 from column 20; then code of others.
const TABLE = {
  sources: ['src/a.ts'],
  // 2 1 1 10, 0 19 1 1, 0 20 0 0, 3 1 1 79.
  segments: 'ECCUAmBCCAoBAAGCC+E',
}

afterEach(() => bindPlaces(() => ({ sources: [], segments: '' })))

test('a frame is led back to the last place that begins before it', () => {
  bindPlaces(() => TABLE)
  expect(guestFrames([at(2, 1), at(2, 19), at(2, 20), at(5, 7)])).toEqual([
    '    at f (src/a.ts:10)',
    '    at f (src/a.ts:10)',
    '    at f (src/a.ts:11)',
    '    at f (src/a.ts:90)',
  ])
})

test('columns of the first line are one less than they are', () => {
  // 1 1 1 1, 0 19 1 1.
  bindPlaces(() => ({ sources: ['src/a.ts'], segments: 'CCCCAmBCC' }))
  expect(guestFrames([at(1, 18), at(1, 19)])).toEqual([
    '    at f (src/a.ts:1)',
    '    at f (src/a.ts:2)',
  ])
})

test('frames of the SDK and of the engine are left out when one of the guest remains', () => {
  bindPlaces(() => TABLE)
  const frames = ['    at next (native)', at(2, 5, '<anonymous>'), at(2, 45), at(1, 1)]
  expect(guestFrames(frames)).toEqual(['    at src/a.ts:10'])
})

test('a stack without a frame of the guest stays as it is', () => {
  bindPlaces(() => TABLE)
  expect(guestFrames([at(1, 9), at(4, 9)])).toEqual([at(1, 9), at(4, 9)])
})
