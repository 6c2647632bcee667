// Between the order of turns (`turns.ts`) and the word by which each cell asks for one (`world/share.ts`).
//
// Invariants
//  - Nobody who asks waits for a cell that has a turn and does not compute: turns of those that rest are
//    taken back as soon as another asks for whom there is no place, and those that compute are told to
//    give theirs back when they rest.
//  - While nobody else asks, a turn lasts until its units are used up, however often its cell rests
//    meanwhile. So a cell that answers one call after the other asks once for many, and not at each:
//    between two idle processors to ask takes as long as the call.

import type { Seat, Turns } from './turns.ts'
import type { TurnWord } from './world/share.ts'

/** A cell that may ask. */
export interface Applicant {
  readonly word: TurnWord
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
    for (const holder of this.#holding) {
      if (!place.seat.mustWait) break
      if (!holder.word.want()) continue
      this.#holding.delete(holder)
      holder.seat.leave()
    }
    place.seat.ask()
  }

  #grant(place: Place, wake: () => void): void {
    this.#asking.delete(place)
    this.#holding.add(place)
    place.word.grant(this.#asking.size > 0)
    wake()
  }
}

interface Place {
  readonly word: TurnWord
  readonly seat: Seat
}
