import { CELL_LIMITS } from '../limits.ts'
import type { Doorbell } from '../ring.ts'
import { Stop } from './stop.ts'

const NONE = 0
const ASKED = 1
const GRANTED = 2

/** The word by which a cell asks for a turn to compute and the host grants it. */
export class TurnWord {
  readonly #words: Int32Array
  readonly #index: number

  constructor(words: Int32Array, index: number) {
    this.#words = words
    this.#index = index
  }

  ask(): void {
    Atomics.store(this.#words, this.#index, ASKED)
  }

  grant(): void {
    Atomics.compareExchange(this.#words, this.#index, ASKED, GRANTED)
  }

  giveBack(): void {
    Atomics.store(this.#words, this.#index, NONE)
  }

  get isAsked(): boolean {
    return Atomics.load(this.#words, this.#index) === ASKED
  }

  get isGranted(): boolean {
    return Atomics.load(this.#words, this.#index) === GRANTED
  }
}

/**
 * A cell's share of the processor. What it saves while it waits it may use at once; beyond that it
 * computes in turns, which the host gives out (`turns.ts`). Lives in the cell's thread.
 *
 * Invariants
 *  - It is only ever consulted where a guest can be stopped: at a refuel and at a call of the host.
 *  - It delays and never counts: the fuel a guest uses does not depend on it.
 *  - A cell that blocks has no turn.
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

  /** The guest is about to wait for something of its own. */
  pause(): void {
    if (!this.#hasTurn) return
    this.#hasTurn = false
    this.#saved = 0
    this.#turn.giveBack()
    this.#hostBell.ring()
  }

  /** It has waited so long. */
  save(waitedMs: number): void {
    const saved = this.#saved + waitedMs * CELL_LIMITS.savedUnitsPerMs
    this.#saved = Math.min(saved, CELL_LIMITS.savedUnits)
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
