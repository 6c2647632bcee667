// Whose turn it is to compute. A cell that waits most of the time runs whenever it wants; one that has
// used up what it saved while it waited (world/share.ts) asks here, and computes in turns.
//
// Invariants
//  - At most `places` cells have a turn. There is a processor less for them than the machine has: the
//    one kept free runs the node and the cells that only answer, as soon as they are asked.
//  - Of those who ask, the one that had the fewest turns is next; whoever comes back after a while
//    does not catch up on what it did not ask for.
//  - A turn of a cell that shows no progress for `turnMs` counts no more: who cannot be stopped holds
//    nobody up. One that computes keeps its turn, however little of a processor the system gives it:
//    else the busier the machine, the more would compute at once.
//  - Turns decide when a cell computes, never what or how much: fuel does that.

import { availableParallelism } from 'node:os'

import { CELL_LIMITS } from './limits.ts'

/** One cell's place in the order. */
export interface Seat {
  /** It wants a turn; one it still has ends. */
  ask(): void
  /** It has done with its turn. */
  leave(): void
}

interface Taken {
  readonly untilMs: number
  /** What it had computed when that was last looked at. */
  readonly progress: number
}

export class Turns {
  readonly #places: number
  readonly #waiting = new Set<QueuedSeat>()
  /** Who has a turn. */
  readonly #taken = new Map<QueuedSeat, Taken>()
  #overdue: NodeJS.Timeout | undefined
  /** Turns had by whoever was next last. */
  #floor = 0

  constructor(places = Math.max(1, availableParallelism() - 1)) {
    this.#places = places
  }

  /**
   * @param grant tells the cell that its turn has come
   * @param progress differs from before when it has computed since
   */
  join(grant: () => void, progress: () => number): Seat {
    return new QueuedSeat(this, grant, progress)
  }

  ask(seat: QueuedSeat): void {
    this.#taken.delete(seat)
    // Ahead of those who had as many and have asked all the time.
    seat.had = Math.max(seat.had, this.#floor - 0.5)
    this.#waiting.add(seat)
    this.#next()
  }

  leave(seat: QueuedSeat): void {
    this.#taken.delete(seat)
    this.#waiting.delete(seat)
    this.#next()
  }

  #next(): void {
    const nowMs = performance.now()
    for (const [seat, taken] of this.#taken) {
      if (taken.untilMs > nowMs) continue
      const progress = seat.progress()
      if (progress === taken.progress) this.#taken.delete(seat)
      else this.#taken.set(seat, { untilMs: nowMs + CELL_LIMITS.turnMs, progress })
    }
    while (this.#waiting.size > 0 && this.#taken.size < this.#places) {
      const seat = this.#least()
      this.#waiting.delete(seat)
      this.#floor = seat.had
      seat.had++
      const untilMs = nowMs + CELL_LIMITS.turnMs
      this.#taken.set(seat, { untilMs, progress: seat.progress() })
      seat.grant()
    }
    this.#watch(nowMs)
  }

  #least(): QueuedSeat {
    let least: QueuedSeat | undefined
    for (const seat of this.#waiting) if (!least || seat.had < least.had) least = seat
    return least!
  }

  // A timer only while somebody waits behind a turn that may be overdue.
  #watch(nowMs: number): void {
    if (this.#waiting.size === 0) {
      clearTimeout(this.#overdue)
      this.#overdue = undefined
    } else if (!this.#overdue) {
      const untilMs = Math.min(...Array.from(this.#taken.values(), (taken) => taken.untilMs))
      this.#overdue = setTimeout(
        () => {
          this.#overdue = undefined
          this.#next()
        },
        Math.max(1, untilMs - nowMs),
      ).unref()
    }
  }
}

class QueuedSeat implements Seat {
  readonly #turns: Turns
  readonly grant: () => void
  readonly progress: () => number
  /** Turns it had, or would have had if it had asked all the time. */
  had = 0

  constructor(turns: Turns, grant: () => void, progress: () => number) {
    this.#turns = turns
    this.grant = grant
    this.progress = progress
  }

  ask(): void {
    this.#turns.ask(this)
  }

  leave(): void {
    this.#turns.leave(this)
  }
}
