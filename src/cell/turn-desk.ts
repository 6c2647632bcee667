// Between the order of turns (`turns.ts`) and the word by which each cell asks for one (`world/share.ts`).
//
// Invariants
//  - Nobody who asks waits for a cell that has a turn and does not compute: turns of those that rest are
//    taken back as soon as another asks for whom there is no place, and those that compute are told to
//    give theirs back when they rest.
//  - While nobody else asks, a turn lasts until its units are used up, however often its cell rests
//    meanwhile. So a cell that answers one call after the other asks once for many, and not at each:
//    between two idle processors to ask takes as long as the call.
//  - A cell host is one who asks too, for each place it may be lent (`fence/far-place.ts`).

import { Turns } from './turns.ts'
import type { Seat } from './turns.ts'

/** By which a turn is asked for, granted and wanted back; see `world/share.ts`. */
export interface Word {
  readonly isAsked: boolean
  /** Neither asked for nor had. */
  readonly isFree: boolean
  /** @param isWanted by others already */
  grant(isWanted: boolean): void
  /** @returns whether it is back now; else whoever has it will say */
  want(): boolean
}

/** A cell that may ask. */
export interface Applicant {
  readonly word: Word
  /** Tells the cell to look at its word. */
  readonly wake: () => void
  /** Differs from before when it has computed since. */
  readonly progress: () => number
}

/** One cell at the desk. */
export interface Desk {
  /** Looks whether its cell asks, or has given its turn back. */
  look(): void
  /** Its cell is gone. Twice is once. */
  leave(): void
}

export class TurnDesk {
  readonly #turns: Turns
  readonly #asking = new Set<Place>()
  /** Whose words say so. */
  readonly #holding = new Set<Place>()

  constructor(turns: Turns) {
    this.#turns = turns
  }

  join({ word, wake, progress }: Applicant): Desk {
    const grant = () => this.#grant(place, wake)
    const place: Place = { word, seat: this.#turns.join(grant, progress) }
    return {
      look: () => {
        if (word.isAsked) this.#ask(place)
        else if (word.isFree && this.#holding.delete(place)) place.seat.leave()
      },
      leave: () => {
        this.#asking.delete(place)
        this.#holding.delete(place)
        place.seat.leave()
      },
    }
  }

  #ask(place: Place): void {
    this.#holding.delete(place)
    this.#asking.add(place)
    this.#wantWhile(() => place.seat.mustWait)
    place.seat.ask()
  }

  /** There are more places than before, or fewer. */
  recount(): void {
    this.#wantWhile(() => this.#turns.isOverfull)
    this.#turns.recount()
  }

  #wantWhile(isShort: () => boolean): void {
    for (const holder of this.#holding) {
      if (!isShort()) break
      if (!holder.word.want()) continue
      this.#holding.delete(holder)
      holder.seat.leave()
    }
  }

  #grant(place: Place, wake: () => void): void {
    this.#asking.delete(place)
    this.#holding.add(place)
    place.word.grant(this.#asking.size > 0 || this.#turns.isOverfull)
    wake()
  }
}

interface Place {
  readonly word: Word
  readonly seat: Seat
}

/** Of this process. There is one set of processors. */
export const turns = new TurnDesk(new Turns())
