// A test that passes, and leaves a rejection that nobody takes care of.

import { test } from 'vitest'

test('passes, and leaves a mess', () => {
  void Promise.reject(new Error('nobody hears'))
})

test('comes too late', () => {})
