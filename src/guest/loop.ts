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
  /** Before every block. Queue a job, or change what a source wants, to have another turn first. */
  readonly beforeBlock: () => void
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
    const { wasi, timers, beforeBlock } = this.#parts
    const drain = () => {
      const count = this.#parts.runJobs()
      this.#parts.afterJobs()
      return count
    }
    for (;;) {
      drain()
      if (this.#isStopped) return true
      beforeBlock()
      drain()
      if (this.#isStopped) return true
      const waiting: Source[] = []
      const pollables: Pollable[] = []
      for (const source of this.#sources) {
        const pollable = source.wanted()
        if (!pollable) continue
        waiting.push(source)
        pollables.push(pollable)
      }
      // A source that wrote on being asked may have settled a promise: its jobs come first.
      if (drain() > 0) continue
      const timer = this.#nextTimer()
      if (timer) pollables.push(timer)
      if (pollables.length === 0) return false
      const ready = wasi.poll(pollables)
      for (let at = 0; at < ready.length; at += 1) waiting[ready[at]!]?.ready()
      if (timer) {
        timers.runDue(() => {
          drain()
        })
      }
    }
  }

  #nextTimer(): Pollable | undefined {
    const dueMs = this.#parts.timers.nextDueMs
    if (dueMs !== this.#timer?.dueMs) {
      this.#timer?.pollable[Symbol.dispose]()
      this.#timer = undefined
      if (dueMs !== undefined) {
        const pollable = this.#parts.wasi.subscribeNs(Math.ceil(dueMs * 1e6))
        this.#timer = { dueMs, pollable }
      }
    }
    return this.#timer?.pollable
  }
}
