import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

import { expect, test } from 'vitest'

import { NO_ENTRIES } from './help.ts'

/** The long run is by command: see soak-child.ts. */
const CALLS = 12_000

/** What a heap may differ by between two collections with nothing new in it. */
const HEAP_NOISE_BYTES = 2 << 20

test('after many calls with capabilities passed every way, beyond 2^16 ids, nothing is left', () => {
  const child = fileURLToPath(new URL('./soak-child.js', import.meta.url))
  const run = execFileSync(process.execPath, ['--expose-gc', child, String(CALLS)])
  const left = JSON.parse(run.toString()) as { most: number; grownBytes: number }
  // What the two servers offer is alive.
  expect(left).toMatchObject({
    alive: 2,
    client: NO_ENTRIES,
    server: NO_ENTRIES,
    middle: NO_ENTRIES,
    third: NO_ENTRIES,
  })
  expect(left.most).toBeGreaterThan(1 << 16)
  expect(left.grownBytes).toBeLessThan(HEAP_NOISE_BYTES)
}, 600_000)
