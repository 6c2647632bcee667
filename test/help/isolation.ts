// The tests of cells are written once and run in both ways of having cells. By default these are
// threads; a test file in a folder `process/` imports `in-process.ts` first, and then the tests.

import { readFileSync } from 'node:fs'

import { silentLog } from '../../src/base/index.ts'
import { ProcessHost, ThreadHost } from '../../src/cell/index.ts'
import type { CellHost, CellHostOptions } from '../../src/cell/index.ts'

export type Isolation = 'thread' | 'process'

const CHOSEN = Symbol.for('isolation of the cells of this test file')
const chosen = globalThis as { [CHOSEN]?: Isolation }

export function choose(isolation: Isolation): void {
  chosen[CHOSEN] = isolation
}

export const isolation = (): Isolation => chosen[CHOSEN] ?? 'thread'

export function openHost(options: Partial<CellHostOptions> = {}): CellHost {
  const Host = isolation() === 'process' ? ProcessHost : ThreadHost
  return new Host({ log: silentLog, ...options })
}

let shared: CellHost | undefined

/** Milliseconds of processor time taken so far by this process and by those of its cells. */
export function busyMs(): number {
  const { user, system } = process.cpuUsage()
  const hosts = shared instanceof ProcessHost ? shared.pids : []
  return (user + system) / 1_000 + hosts.reduce((sum, pid) => sum + busyMsOf(pid), 0)
}

const MS_PER_TICK = 10

function busyMsOf(pid: number): number {
  // The name of the program, in parentheses, may contain anything.
  const [, rest] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(/\) (?=[^)]*$)/)
  const [user, system] = rest!.split(' ').slice(11, 13)
  return (Number(user) + Number(system)) * MS_PER_TICK
}

/** One for the whole file. It ends with the process: nothing of it keeps that alive. */
export function sharedHost(): CellHost {
  return (shared ??= openHost())
}
