// Whose bytes the host's thread moves next. What a cell sends is work for the host: messages to
// read, calls to make, files to look up. A cell that sends without pause must not keep others waiting.
//
// Invariants
//  - A cell within its allowance is served at once. All allowances together are half of the thread's
//    time, shared among the cells that were served lately.
//  - Cells beyond it are served one after another, least served first, a little at a time; the event
//    loop turns between any two of them.
//  - While others are served within their allowance, those beyond it have a part of the time only, so
//    that a call finds the thread free more often than not. When nobody else is there they have it all.

import { CELL_LIMITS } from './limits.ts'

/** One cell, as the pump knows it. */
export class Served {
  /** Milliseconds it may use at once. */
  savedMs: number = CELL_LIMITS.savedHostMs
  /** When that was reckoned. */
  sinceMs: number
  /** Milliseconds used beyond its allowance; of those who wait, who has least is next. */
  usedMs = 0
  /** The period it was counted in. */
  period = -1

  constructor(nowMs = performance.now()) {
    this.sinceMs = nowMs
  }
}

interface Waiting {
  readonly served: Served
  readonly work: (maxBytes: number) => void
  readonly done: () => void
}

export class Pump {
  readonly #nowMs: () => number
  readonly #waiting = new Set<Waiting>()
  #isRunning = false
  /** `usedMs` of whoever was next last. */
  #floorMs = 0
  /** When somebody within its allowance was served last. */
  #calmMs = -Infinity
  #period = 0
  #periodEndMs = 0
  #active = 1
  #seen = 0
  /** To whom the thread's time since `#markMs` goes. */
  #current: Served | undefined
  #markMs = 0

  constructor(nowMs = () => performance.now()) {
    this.#nowMs = nowMs
  }

  /**
   * Does `work` for a cell when it is its turn: at once if it is within its allowance.
   * @param work moves at most so many bytes of each stream; does not throw
   */
  async serve(served: Served, work: (maxBytes: number) => void): Promise<void> {
    const nowMs = this.#nowMs()
    this.#count(served, nowMs)
    if (this.#reckon(served, nowMs) > 0) {
      this.#calmMs = nowMs
      const { ringBytes, sliceBytes } = CELL_LIMITS
      await this.#run(served, work, Math.max(sliceBytes, Math.floor(ringBytes / this.#active)))
      return
    }
    await new Promise<void>((done) => {
      served.usedMs = Math.max(served.usedMs, this.#floorMs)
      this.#waiting.add({ served, work, done })
      if (!this.#isRunning) void this.#serveWaiting()
    })
  }

  // One at a time, and the event loop turns behind each: what its bytes set off is its work too.
  async #serveWaiting(): Promise<void> {
    this.#isRunning = true
    let restMs = 0
    while (this.#waiting.size > 0) {
      const beganMs = this.#nowMs()
      const { served, work, done } = this.#least()
      this.#floorMs = served.usedMs
      work(CELL_LIMITS.sliceBytes)
      done()
      await new Promise(setImmediate)
      const endMs = this.#nowMs()
      served.savedMs -= endMs - beganMs
      served.usedMs += endMs - beganMs
      if (endMs - this.#calmMs > CELL_LIMITS.calmMs) continue
      restMs += (endMs - beganMs) * CELL_LIMITS.restRatio
      if (restMs < 1) continue
      await new Promise((resolve) => setTimeout(resolve, restMs))
      restMs = 0
    }
    this.#isRunning = false
  }

  #least(): Waiting {
    let least: Waiting | undefined
    for (const each of this.#waiting) {
      if (!least || each.served.usedMs < least.served.usedMs) least = each
    }
    this.#waiting.delete(least!)
    return least!
  }

  // What the work sets off, calls and their answers, runs in the microtasks behind it, and is charged
  // to whoever was served last.
  async #run(served: Served, work: (maxBytes: number) => void, maxBytes: number): Promise<void> {
    this.#charge(served)
    work(maxBytes)
    this.#charge(served)
    await Promise.resolve()
    this.#charge(undefined)
  }

  /** The thread's time up to now goes to who had it; from now on it is that of `next`. */
  #charge(next: Served | undefined): void {
    const nowMs = this.#nowMs()
    const current = this.#current
    if (current) {
      current.savedMs -= nowMs - this.#markMs
      current.usedMs += nowMs - this.#markMs
    }
    this.#current = next
    this.#markMs = nowMs
  }

  #reckon(served: Served, nowMs: number): number {
    const earnedMs = (nowMs - served.sinceMs) / (2 * this.#active)
    served.savedMs = Math.min(CELL_LIMITS.savedHostMs, served.savedMs + earnedMs)
    served.sinceMs = nowMs
    return served.savedMs
  }

  /** How many cells are served in a period, this one or the last. */
  #count(served: Served, nowMs: number): void {
    if (nowMs >= this.#periodEndMs) {
      this.#active = Math.max(1, this.#seen)
      this.#seen = 0
      this.#period++
      this.#periodEndMs = nowMs + CELL_LIMITS.periodMs
    }
    if (served.period === this.#period) return
    served.period = this.#period
    this.#seen++
    this.#active = Math.max(this.#active, this.#seen)
  }
}
