// A module that cannot be evaluated.

import { test } from 'vitest'

test('is never known', () => {})
throw new Error('It does not load')
