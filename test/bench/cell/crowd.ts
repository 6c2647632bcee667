// What others notice of forty cells that mean harm: the same calls beside them, and before them. The
// rival is the quiet of the same process; the aims are twice its latency and a pause of 50 ms.

import type { Pace } from '../../cell/help/crowd.ts'
import type { Isolation } from '../../help/isolation.ts'
import type { Bench } from '../bench.ts'
import { runCrowd } from './crowd-run.ts'
import type { CrowdRun } from './crowd-run.ts'
import { loadText } from './load.ts'

const once = new Map<Isolation, Promise<CrowdRun>>()

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
    const { seen, load } = await running
    const rivalName = `the same, quiet (${loadText(load)})`
    return { ours: figure(seen[when]), rival: figure(seen.quiet), rivalName }
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
