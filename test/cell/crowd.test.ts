import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import { expect, test } from 'vitest'

import { isolation } from '../help/isolation.ts'
import type { CrowdSeen } from './help/crowd.ts'

const CROWD = fileURLToPath(new URL('./help/crowd.js', import.meta.url))
const RUN_MS = 1_000
const TIMEOUT_MS = 900_000
/** What the engine keeps of code that ran, MiB. */
const SLACK_MIB = 48

test.skipIf(process.platform !== 'linux')(
  'W22 among forty cells of every kind that mean harm others are answered, whole and in order, and nothing is left',
  { timeout: TIMEOUT_MS },
  async () => {
    const args = ['--expose-gc', CROWD, String(RUN_MS), String(SLACK_MIB), isolation()]
    const options = { timeout: TIMEOUT_MS, killSignal: 'SIGKILL' } as const
    const { stdout } = await promisify(execFile)(process.execPath, args, options)
    const { quiet, crowded, wrong, peer, ends, errors, before, after } = JSON.parse(
      stdout,
    ) as CrowdSeen
    // Every call is answered before the next is made: so many were, each with its own content.
    expect(wrong).toEqual([])
    expect(quiet.calls).toBeGreaterThan(0)
    expect(crowded.calls).toBeGreaterThan(0)
    expect(peer.calls).toBeGreaterThan(0)
    expect(peer).toEqual({ calls: peer.calls, lost: 0 })

    expect(ends).toHaveLength(80)
    // Some of those that nest calls are killed before they are too deep, some after.
    const odd = ends.filter(({ end, due }) => end !== due && !(due === 'killed' && end === 'stack'))
    expect(odd).toEqual([])
    // No thread was given up.
    expect(errors).toEqual([])

    expect(after.threads).toBeLessThanOrEqual(before.threads)
    expect(after.files).toBeLessThanOrEqual(before.files)
    expect(after.handles.length).toBeLessThanOrEqual(before.handles.length)
    expect(after.memoryMiB).toBeLessThanOrEqual(before.memoryMiB + SLACK_MIB)
  },
)
