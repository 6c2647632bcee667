// The event loop of a guest: run the jobs, see who waits for what, block in one `poll`, hand out
// what is ready. The cell's thread sleeps inside `poll` and nowhere else.
//
// Invariants
//  - It blocks only when no job is left, no output can leave and no timer is due.
//  - Each source is asked once per turn, in order of registration, so none starves another.
//
// A guest that answers one call after the other turns some ten thousand times a second, in an
// interpreter: what is asked in every turn is a field and not a call, and nothing is made anew.

import type { Timers } from './timers.ts'
import { MAX_SOURCES } from './wasi.ts'
import type { Pollable, Wasi } from './wasi.ts'

/** Something outside that the loop waits for. */
export interface Source {
  /** What to wait for: the same whenever it is asked, which is when it is wanted. */
  readonly pollable: Pollable
  /** It was ready when the loop looked, and wanted before. */
  ready(): void
}

/** Something with work for when no job is left. */
export interface Late {
  flush(): void
}

export interface LoopParts {
  readonly wasi: Pick<Wasi, 'poll'>
  /** Runs jobs until none is left. Throws what a job threw. @returns how many ran */
  readonly runJobs: () => number
  readonly timers: Timers
}

export class Loop {
  /** The sources that are waited for, as bits; each sets and clears its own. */
  wanted = 0
  /** How often it has blocked. */
  turn = 0
  /** Asked before every block while it is set. @returns whether that changed anything: then there is another turn first */
  beforeBlock: (() => boolean) | undefined
  readonly #parts: LoopParts
  readonly #sources: Source[] = []
  /** What is to be done before the next block. */
  readonly #late: Late[] = []
  #isStopped = false

  constructor(parts: LoopParts) {
    this.#parts = parts
  }

  /** @returns the bit of `source` in `wanted` */
  add(source: Source): number {
    const at = this.#sources.push(source) - 1
    if (at >= MAX_SOURCES) throw new RangeError(`Cannot wait for more than ${MAX_SOURCES} streams`)
    return 1 << at
  }

  /** Has `late` flushed once, when no job is left. */
  beforeWait(late: Late): void {
    this.#late.push(late)
  }

  stop(): void {
    this.#isStopped = true
  }

  /** Turns until stopped. @returns false when there is nothing left that could ever happen */
  run(): boolean {
    const { wasi, runJobs, timers } = this.#parts
    const sources = this.#sources
    const late = this.#late
    for (;;) {
      runJobs()
      if (this.#isStopped) return true
      if (this.beforeBlock !== undefined && this.beforeBlock()) continue
      if (late.length > 0) {
        // It may call for more, in the next turn.
        for (let left = late.length; left > 0; left -= 1) late.shift()!.flush()
        // That may have settled a promise: its jobs come first.
        if (runJobs() > 0 || late.length > 0) continue
        if (this.#isStopped) return true
      }
      const isTimed = timers.count > 0
      const { wanted } = this
      if (wanted === 0 && !isTimed) return false
      this.turn += 1
      let ready = wasi.poll(sources, wanted, isTimed ? timers.nextDueNs : undefined)
      for (let at = 0; ready !== 0; at += 1, ready >>= 1) {
        if (ready & 1) sources[at]!.ready()
      }
      if (isTimed) timers.runDue(runJobs)
    }
  }
}
