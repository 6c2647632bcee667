import { readFileSync } from 'node:fs'

import { silentLog } from '../../src/base/index.ts'
import { ProcessHost, ThreadHost } from '../../src/cell/index.ts'
import type { CellHost, CellHostOptions } from '../../src/cell/index.ts'
import { isolation } from './isolation.ts'

/** Of the kind that the test file has chosen. */
export function openHost(options: Partial<CellHostOptions> = {}): CellHost {
  const Host = isolation() === 'process' ? ProcessHost : ThreadHost
  return new Host({ log: silentLog, ...options })
}

let shared: CellHost | undefined

/** Milliseconds of processor time taken so far by this process and by those of its cells. */
function busyMs(): number {
  const { user, system } = process.cpuUsage()
  const hosts = shared instanceof ProcessHost ? shared.pids : []
  return (user + system) / 1_000 + hosts.reduce((sum, pid) => sum + busyMsOf(pid), 0)
}

/** Threads that come up for others take a while on a busy machine. */
const MAX_MS = 60_000

/**
 * Resolves after a window of time in which no more processor time was used than that. Whoever spins never
 * lets one come; threads that come up for others do, once they are up.
 */
export async function untilIdle(
  windowMs: number,
  mostMs: number,
  usedMs: () => number = busyMs,
): Promise<void> {
  let busy = 0
  for (const endMs = performance.now() + MAX_MS; performance.now() < endMs;) {
    const before = usedMs()
    await new Promise((resolve) => setTimeout(resolve, windowMs))
    busy = usedMs() - before
    if (busy < mostMs) return
  }
  throw new Error(`Not idle: ${busy} ms of processor time in ${windowMs} ms`)
}

const MS_PER_TICK = 10

/** Milliseconds of processor time taken so far by a process. */
export function busyMsOf(pid: number): number {
  // The name of the program, in parentheses, may contain anything.
  const [, rest] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(/\) (?=[^)]*$)/)
  const [user, system] = rest!.split(' ').slice(11, 13)
  return (Number(user) + Number(system)) * MS_PER_TICK
}

/** One for the whole file. It ends with the process: nothing of it keeps that alive. */
export function sharedHost(): CellHost {
  return (shared ??= openHost())
}
