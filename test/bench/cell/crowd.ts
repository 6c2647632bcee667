// What others notice of forty cells that mean harm: the same calls beside them, and before them. The
// rival is the quiet of the same process; the aims are twice its latency and a pause of 50 ms.

import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import type { CrowdSeen, Pace } from '../../cell/help/crowd.ts'
import type { Isolation } from '../../help/isolation.ts'
import type { Bench } from '../bench.ts'

const CROWD = fileURLToPath(new URL('../../cell/help/crowd.js', import.meta.url))
const RUN_MS = 3_000
const SLACK_MIB = 48
const TIMEOUT_MS = 300_000

const once = new Map<Isolation, Promise<CrowdSeen>>()

async function runCrowd(isolation: Isolation): Promise<CrowdSeen> {
  const args = ['--expose-gc', CROWD, String(RUN_MS), String(SLACK_MIB), isolation]
  const options = { timeout: TIMEOUT_MS, killSignal: 'SIGKILL' } as const
  const { stdout } = await promisify(execFile)(process.execPath, args, options)
  return JSON.parse(stdout) as CrowdSeen
}

// One run has thousands of calls: it serves all rounds.
const among = (
  name: string,
  when: 'crowded' | 'changing',
  figure: (pace: Pace) => number,
  isolation: Isolation = 'thread',
): Bench => ({
  name,
  unit: 'ms',
  run: async () => {
    const running = once.get(isolation) ?? runCrowd(isolation)
    once.set(isolation, running)
    const seen = await running
    return { ours: figure(seen[when]), rival: figure(seen.quiet), rivalName: 'the same, quiet' }
  },
})

export const crowdBenches: Bench[] = [
  among('call among 40 hostile cells, p50', 'crowded', ({ p50Ms }) => p50Ms),
  among('call among 40 hostile cells, p99', 'crowded', ({ p99Ms }) => p99Ms),
  among('longest pause among 40 hostile cells', 'crowded', ({ pauseMs }) => pauseMs),
  among('longest pause while 40 start or end', 'changing', ({ pauseMs }) => pauseMs),
  among('the same in a process: call, p50', 'crowded', ({ p50Ms }) => p50Ms, 'process'),
  among('the same in a process: call, p99', 'crowded', ({ p99Ms }) => p99Ms, 'process'),
  among('the same in a process: pause', 'crowded', ({ pauseMs }) => pauseMs, 'process'),
  among('the same in a process: pause, changing', 'changing', ({ pauseMs }) => pauseMs, 'process'),
]
