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
import type { Pollable, Wasi } from './wasi.ts'

/** Something outside that the loop waits for. */
export interface Source {
  /** What to wait for now; undefined while nobody is interested. */
  readonly wanted: Pollable | undefined
  /** It was ready. */
  ready(): void
}

export interface LoopParts {
  readonly wasi: Pick<Wasi, 'poll' | 'subscribeNs'>
  /** Runs jobs until none is left. Throws what a job threw. @returns how many ran */
  readonly runJobs: () => number
  readonly timers: Timers
  /** Before every block. @returns whether that changed anything: then there is another turn first */
  readonly beforeBlock: () => boolean
}

export class Loop {
  readonly #parts: LoopParts
  readonly #sources: Source[] = []
  /** What is to be done before the next block. */
  readonly #late: (() => void)[] = []
  #timer: { readonly dueMs: number; readonly pollable: Pollable } | undefined
  #isStopped = false

  constructor(parts: LoopParts) {
    this.#parts = parts
  }

  add(source: Source): void {
    this.#sources.push(source)
  }

  /** Has `task` run once, when no job is left. */
  beforeWait(task: () => void): void {
    this.#late.push(task)
  }

  stop(): void {
    this.#isStopped = true
  }

  /** Turns until stopped. @returns false when there is nothing left that could ever happen */
  run(): boolean {
    const { wasi, runJobs, timers, beforeBlock } = this.#parts
    const sources = this.#sources
    const late = this.#late
    const waiting: Source[] = []
    const pollables: Pollable[] = []
    for (;;) {
      runJobs()
      if (this.#isStopped) return true
      if (beforeBlock()) continue
      if (late.length > 0) {
        // A task may call for more, in the next turn.
        for (let left = late.length; left > 0; left -= 1) late.shift()!()
        // It may have settled a promise: its jobs come first.
        if (runJobs() > 0 || late.length > 0) continue
        if (this.#isStopped) return true
      }
      let count = 0
      const sourceCount = sources.length
      for (let at = 0; at < sourceCount; at += 1) {
        const source = sources[at]!
        const pollable = source.wanted
        if (pollable === undefined) continue
        waiting[count] = source
        pollables[count] = pollable
        count += 1
      }
      const isTimed = timers.count > 0
      if (isTimed) pollables[count] = this.#nextTimer()
      else if (count === 0) return false
      let ready = wasi.poll(pollables, isTimed ? count + 1 : count)
      for (let at = 0; at < count; at += 1, ready >>= 1) {
        if (ready & 1) waiting[at]!.ready()
      }
      if (isTimed) timers.runDue(runJobs)
    }
  }

  #nextTimer(): Pollable {
    const dueMs = this.#parts.timers.nextDueMs
    if (dueMs === this.#timer?.dueMs) return this.#timer.pollable
    this.#timer?.pollable[Symbol.dispose]()
    const pollable = this.#parts.wasi.subscribeNs(Math.ceil(dueMs * 1e6))
    this.#timer = { dueMs, pollable }
    return pollable
  }
}
