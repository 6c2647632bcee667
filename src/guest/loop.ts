// The event loop of a guest: run the jobs, see who waits for what, block in one `poll`, hand out
// what is ready. The cell's thread sleeps inside `poll` and nowhere else.
//
// Invariants
//  - It blocks only when no job is left and no timer is due.
//  - Each source is asked once per turn, in order of registration, so none starves another.

import type { Timers } from './timers.ts'
import type { Pollable, Wasi } from './wasi.ts'

/** Something outside that the loop waits for. */
export interface Source {
  /** What to wait for now; undefined when nobody is interested. Asked once per turn. */
  wanted(): Pollable | undefined
  /** It was ready. */
  ready(): void
}

export interface LoopParts {
  readonly wasi: Pick<Wasi, 'poll' | 'subscribeNs'>
  /** Runs jobs until none is left. Throws what a job threw. @returns how many ran */
  readonly runJobs: () => number
  readonly timers: Timers
  /** After every drain: whoever may end the loop or report what went wrong looks here. */
  readonly afterJobs: () => void
  /** Before every block. @returns whether that changed anything: then there is another turn first */
  readonly beforeBlock: () => boolean
}

export class Loop {
  readonly #parts: LoopParts
  readonly #sources: Source[] = []
  #timer: { readonly dueMs: number; readonly pollable: Pollable } | undefined
  #isStopped = false

  constructor(parts: LoopParts) {
    this.#parts = parts
  }

  add(source: Source): void {
    this.#sources.push(source)
  }

  stop(): void {
    this.#isStopped = true
  }

  /** Turns until stopped. @returns false when there is nothing left that could ever happen */
  run(): boolean {
    const { wasi, runJobs, afterJobs, timers, beforeBlock } = this.#parts
    const drain = () => {
      const count = runJobs()
      afterJobs()
      return count
    }
    const sources = this.#sources
    // Made once: a guest that answers one call after the other turns some 10,000 times a second.
    const waiting: Source[] = []
    const pollables: Pollable[] = []
    for (;;) {
      drain()
      if (this.#isStopped) return true
      if (beforeBlock()) continue
      let count = 0
      for (let at = 0; at < sources.length; at += 1) {
        const source = sources[at]!
        const pollable = source.wanted()
        if (pollable === undefined) continue
        waiting[count] = source
        pollables[count] = pollable
        count += 1
      }
      // A source that wrote on being asked may have settled a promise: its jobs come first.
      if (drain() > 0) continue
      if (this.#isStopped) return true
      const sourceCount = count
      const timer = this.#nextTimer()
      if (timer !== undefined) {
        pollables[count] = timer
        count += 1
      }
      if (count === 0) return false
      const ready = wasi.poll(pollables, count)
      for (let at = 0; at < sourceCount; at += 1) {
        if (ready & (1 << at)) waiting[at]!.ready()
      }
      if (timer !== undefined) timers.runDue(drain)
    }
  }

  #nextTimer(): Pollable | undefined {
    const dueMs = this.#parts.timers.nextDueMs
    const timer = this.#timer
    if (dueMs === timer?.dueMs) return timer?.pollable
    timer?.pollable[Symbol.dispose]()
    this.#timer = undefined
    if (dueMs === undefined) return undefined
    const pollable = this.#parts.wasi.subscribeNs(Math.ceil(dueMs * 1e6))
    this.#timer = { dueMs, pollable }
    return pollable
  }
}
