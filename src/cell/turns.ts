// Whose turn it is to compute. A cell that waits most of the time runs whenever it wants; one that has
// used up what it saved while it waited (world/share.ts) asks here, and computes in turns.
//
// Invariants
//  - No turn begins while as many cells have one as there are places. There is a processor less for them
//    than the machine has: the one kept free runs the node and the cells that only answer, as soon as
//    they are asked. A cell host has the places its node lends it, and no others (fence/lent-places.ts).
//  - Of those who ask, the one that had a turn for the shortest time is next, in all its turns together:
//    so a cell that answers a call now and then goes before those that use theirs up. Among equals the
//    one that asked first is next. What nobody waited for counts nothing: a cell may rest with its turn.
//    Whoever comes back after a while is ahead by a part of a turn, and does not catch up on what it did
//    not ask for; whoever is new waits as if it had had a turn: else one new cell after the other is next.
//  - A turn of a cell that shows no progress for `turnMs` while others wait counts no more: who cannot be
//    stopped holds nobody up. One that computes keeps its turn, however little of a processor the system gives it:
//    else the busier the machine, the more would compute at once.
//  - Turns decide when a cell computes, never what or how much: fuel does that.

import { availableParallelism } from 'node:os'

import { CELL_LIMITS } from './limits.ts'

/** How long a turn takes that is used up. */
export const TURN_MS = CELL_LIMITS.turnUnits / CELL_LIMITS.unitsPerMs

/** How many may compute at once. */
export interface Places {
  readonly count: number
  /** How many of them nobody else wants; all, if not said. */
  readonly unwanted?: number
  /** Is told how many have a turn and how many wait for one, whenever that may have changed. */
  look?(taken: number, waiting: number): void
}

/** The places of a machine. */
export const PROCESSORS: Places = { count: Math.max(1, availableParallelism() - 1) }

/** One cell's place in the order. */
export interface Seat {
  /** It wants a turn; one it still has ends. */
  ask(): void
  /** It has done with its turn. */
  leave(): void
  /** Whether it would have to wait for another's turn to end. */
  readonly mustWait: boolean
}

interface Taken {
  readonly sinceMs: number
  readonly untilMs: number
  /** What it had computed when that was last looked at. */
  readonly progress: number
}

export class Turns {
  readonly #places: Places
  readonly #waiting = new Set<QueuedSeat>()
  /** Who has a turn. */
  readonly #taken = new Map<QueuedSeat, Taken>()
  #overdue: NodeJS.Timeout | undefined
  readonly #nowMs: () => number
  /** The most that anybody had who was next. */
  #floorMs = 0
  /** Since when somebody has been waiting, whoever it is now. */
  #awaitedSinceMs = Infinity

  constructor(places = PROCESSORS, nowMs = () => performance.now()) {
    this.#places = places
    this.#nowMs = nowMs
  }

  /**
   * @param grant tells the cell that its turn has come
   * @param progress differs from before when it has computed since
   */
  join(grant: () => void, progress: () => number): Seat {
    return new QueuedSeat(this, grant, progress, this.#floorMs + TURN_MS)
  }

  ask(seat: QueuedSeat): void {
    const nowMs = this.#nowMs()
    this.#end(seat, nowMs)
    seat.hadMs = Math.max(seat.hadMs, this.#floorMs - CELL_LIMITS.turnAheadMs)
    if (this.#waiting.size === 0) this.#awaitedSinceMs = nowMs
    this.#waiting.add(seat)
    this.#next()
  }

  leave(seat: QueuedSeat): void {
    this.#end(seat)
    this.#waiting.delete(seat)
    this.#next()
  }

  isFullFor(seat: QueuedSeat): boolean {
    return this.#taken.size - Number(this.#taken.has(seat)) >= this.#places.count
  }

  /** Some have a turn in a place that is wanted elsewhere. */
  get isOverfull(): boolean {
    return this.#taken.size > (this.#places.unwanted ?? this.#places.count)
  }

  /** There are more places than before, or fewer. */
  recount(): void {
    this.#next()
  }

  /** Its turn, if it has one, is over. */
  #end(seat: QueuedSeat, nowMs = this.#nowMs()): void {
    const taken = this.#taken.get(seat)
    if (!taken) return
    this.#taken.delete(seat)
    const isAwaited = this.#waiting.size > 0
    const sinceMs = isAwaited ? Math.max(taken.sinceMs, this.#awaitedSinceMs) : nowMs
    seat.hadMs += Math.max(CELL_LIMITS.turnLeastMs, nowMs - sinceMs)
  }

  #next(): void {
    const nowMs = this.#nowMs()
    if (!this.#hasFree) this.#endOverdue(nowMs)
    while (this.#waiting.size > 0 && this.#hasFree) {
      const seat = this.#least()
      this.#waiting.delete(seat)
      this.#floorMs = Math.max(this.#floorMs, seat.hadMs)
      const untilMs = nowMs + CELL_LIMITS.turnMs
      this.#taken.set(seat, { sinceMs: nowMs, untilMs, progress: seat.progress() })
      seat.grant()
    }
    this.#places.look?.(this.#taken.size, this.#waiting.size)
    this.#watch(nowMs)
  }

  get #hasFree(): boolean {
    return this.#taken.size < this.#places.count
  }

  #endOverdue(nowMs: number): void {
    if (this.#waiting.size === 0) return
    for (const [seat, taken] of this.#taken) {
      if (taken.untilMs > nowMs) continue
      const progress = seat.progress()
      if (progress === taken.progress) this.#end(seat, nowMs)
      else this.#taken.set(seat, { ...taken, untilMs: nowMs + CELL_LIMITS.turnMs, progress })
    }
  }

  #least(): QueuedSeat {
    let least: QueuedSeat | undefined
    for (const seat of this.#waiting) if (!least || seat.hadMs < least.hadMs) least = seat
    return least!
  }

  // A timer only while somebody waits behind a turn that may be overdue.
  #watch(nowMs: number): void {
    if (this.#waiting.size === 0 || this.#taken.size === 0) {
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
  /** How long it had turns, or would have had them if it had asked all the time. */
  hadMs: number

  constructor(turns: Turns, grant: () => void, progress: () => number, hadMs: number) {
    this.#turns = turns
    this.grant = grant
    this.progress = progress
    this.hadMs = hadMs
  }

  ask(): void {
    this.#turns.ask(this)
  }

  leave(): void {
    this.#turns.leave(this)
  }

  get mustWait(): boolean {
    return this.#turns.isFullFor(this)
  }
}
