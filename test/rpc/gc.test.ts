import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

import { expect, test } from 'vitest'

import { NO_ENTRIES } from './help.ts'

test('what is forgotten without being disposed is let go when it is collected, on both sides', () => {
  const child = fileURLToPath(new URL('./gc-child.js', import.meta.url))
  const left: unknown = JSON.parse(
    execFileSync(process.execPath, ['--expose-gc', child], { encoding: 'utf8' }),
  )
  expect(left).toEqual({ alive: 1, client: NO_ENTRIES, server: NO_ENTRIES })
})
