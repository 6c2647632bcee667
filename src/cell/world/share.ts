import { CELL_LIMITS } from '../limits.ts'
import type { Doorbell } from '../ring.ts'
import { Stop } from './stop.ts'

const NONE = 0
const ASKED = 1
/** The cell computes, or may. */
const GRANTED = 2
/** The same, and others ask: it is to be given back when the cell rests. */
const WANTED = 3
/** The cell has it and waits for something else: whoever gives turns may take it back. */
const RESTING = 4

/** The word by which a cell asks for a turn to compute, the host grants it, and both can end it. */
export class TurnWord {
  readonly #words: Int32Array
  readonly #index: number

  constructor(words: Int32Array, index: number) {
    this.#words = words
    this.#index = index
  }

  /** The cell asks. A turn it has ends. */
  ask(): void {
    Atomics.store(this.#words, this.#index, ASKED)
  }

  /** The host grants what was asked for. @param isWanted by others already */
  grant(isWanted: boolean): void {
    this.#change(ASKED, isWanted ? WANTED : GRANTED)
  }

  /** The host wants it for another. @returns whether it has it back now; else the cell will say */
  want(): boolean {
    if (this.#change(RESTING, NONE)) return true
    this.#change(GRANTED, WANTED)
    return false
  }

  /** The cell rests. @returns whether it keeps its turn; if not, the host must hear of it */
  rest(): boolean {
    if (this.#change(GRANTED, RESTING)) return true
    Atomics.store(this.#words, this.#index, NONE)
    return false
  }

  /** The cell goes on. @returns whether it still has its turn */
  resume(): boolean {
    return this.#change(RESTING, GRANTED)
  }

  get isAsked(): boolean {
    return Atomics.load(this.#words, this.#index) === ASKED
  }

  get isGranted(): boolean {
    const state = Atomics.load(this.#words, this.#index)
    return state === GRANTED || state === WANTED
  }

  /** Neither asked for nor had. */
  get isFree(): boolean {
    return Atomics.load(this.#words, this.#index) === NONE
  }

  #change(from: number, to: number): boolean {
    return Atomics.compareExchange(this.#words, this.#index, from, to) === from
  }
}

/**
 * A cell's share of the processor. What it saves while it waits it may use at once; beyond that it
 * computes in turns, which the host gives out (`turn-desk.ts`). Lives in the cell's thread.
 *
 * Invariants
 *  - It is only ever consulted where a guest can be stopped: at a refuel and at a call of the host.
 *  - It delays and never counts: the fuel a guest uses does not depend on it.
 *  - A cell that waits for something else keeps its turn only while nobody asks for one.
 */
export class Share {
  readonly #turn: TurnWord
  readonly #hostBell: Doorbell
  readonly #cellBell: Doorbell
  readonly #isKilled: () => boolean
  /** Units it may use before it asks. */
  #saved: number = CELL_LIMITS.savedUnits
  #hasTurn = false

  constructor(turn: TurnWord, hostBell: Doorbell, cellBell: Doorbell, isKilled: () => boolean) {
    this.#turn = turn
    this.#hostBell = hostBell
    this.#cellBell = cellBell
    this.#isKilled = isKilled
  }

  /**
   * Takes `units` of what it has, roughly instructions; when that is too little, waits for a turn.
   * @throws {Stop} when the cell is killed meanwhile
   */
  pay(units: number): void {
    this.#saved -= units
    while (this.#saved < 0) this.#awaitTurn()
  }

  /** Takes `units` that were used already: the next to be paid wait for them. */
  spend(units: number): void {
    this.#saved -= units
  }

  /** The guest is about to wait for something of its own. */
  pause(): void {
    if (!this.#hasTurn || this.#turn.rest()) return
    this.#lose()
    this.#hostBell.ring()
  }

  /** It has waited so long. */
  resume(waitedMs: number): void {
    if (this.#hasTurn && !this.#turn.resume()) this.#lose()
    const saved = this.#saved + waitedMs * CELL_LIMITS.savedUnitsPerMs
    this.#saved = Math.min(saved, CELL_LIMITS.savedUnits)
  }

  /** What a turn was for and is left over is lost with it; what is owed is not. */
  #lose(): void {
    this.#hasTurn = false
    this.#saved = Math.min(0, this.#saved)
  }

  #awaitTurn(): void {
    this.#turn.ask()
    this.#hostBell.ring()
    for (;;) {
      const seen = this.#cellBell.count
      if (this.#isKilled()) throw new Stop({ kind: 'kill' })
      if (this.#turn.isGranted) break
      this.#cellBell.wait(seen, Infinity)
    }
    this.#hasTurn = true
    this.#saved += CELL_LIMITS.turnUnits
  }
}
