// What `setTimeout` and its like are made of. Time is handed in; the loop asks when the next timer
// is due, sleeps that long and comes back.
//
// Invariants
//  - Timers run in order of their due time, equal ones in order of their start.
//  - A timer started by a callback never runs in the same `runDue`, however short.

export interface TimerEntry {
  readonly id: number
  dueMs: number
  readonly callback: () => void
  /** Undefined: runs once. */
  readonly everyMs: number | undefined
}

// As in browsers and Node: what is longer or not a number counts as 1 ms.
const MAX_DELAY_MS = 2 ** 31 - 1
const NS_PER_MS = 1e6

export class Timers {
  readonly #nowMs: () => number
  /** Sorted by due time. */
  readonly #entries: TimerEntry[] = []
  #lastId = 0
  /** How many there are. Set here only; asked in every turn. */
  count = 0

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
  }

  start(callback: () => void, delayMs: number, { repeat = false } = {}): number {
    const delay = delayMs >= 1 && delayMs <= MAX_DELAY_MS ? delayMs : 1
    this.#lastId += 1
    this.#insert({
      id: this.#lastId,
      dueMs: this.#nowMs() + delay,
      callback,
      everyMs: repeat ? delay : undefined,
    })
    return this.#lastId
  }

  /** Of an unknown or finished timer: no effect. */
  stop(id: number): void {
    const at = this.#entries.findIndex((entry) => entry.id === id)
    if (at >= 0) this.#remove(at)
  }

  /** When the next timer is due, on the clock that was handed in; never if there is none. */
  get nextDueNs(): number {
    return Math.ceil((this.#entries[0]?.dueMs ?? Infinity) * NS_PER_MS)
  }

  /** Runs what is due, `afterEach` between. */
  runDue(afterEach: () => void): void {
    const now = this.#nowMs()
    const due = this.#entries.filter((entry) => entry.dueMs <= now)
    for (const entry of due) {
      const at = this.#entries.indexOf(entry)
      if (at < 0) continue // stopped by an earlier callback
      this.#remove(at)
      if (entry.everyMs !== undefined) {
        entry.dueMs = now + entry.everyMs
        this.#insert(entry)
      }
      entry.callback()
      afterEach()
    }
  }

  #insert(entry: TimerEntry): void {
    let at = this.#entries.length
    while (at > 0 && this.#entries[at - 1]!.dueMs > entry.dueMs) at -= 1
    this.#entries.splice(at, 0, entry)
    this.count += 1
  }

  #remove(at: number): void {
    this.#entries.splice(at, 1)
    this.count -= 1
  }
}
