// The places to compute in that a cell host has from its node: the turns of all hosts together are those
// of one machine.
//
// Invariants
//  - No turn begins in a place that is not lent, or is wanted back and was lent for as long as a turn is meant
//    to be: to change hands takes four threads that wake each other, and a turn of a bare loop a millisecond.
//  - As many are asked for as cells wait; what is lent is kept until it is wanted back, used or not: so a
//    host that has the machine to itself asks once.
//  - What is wanted back goes as soon as one turn less than there are places goes on. If cells wait then, it
//    is asked for again in the same word, and the node decides who is next.

import { TURN_MS } from '../turns.ts'
import type { Places } from '../turns.ts'

/** What the node is told of each place. */
export interface LenderLine {
  ask(place: number): void
  giveBack(place: number): void
}

export class LentPlaces implements Places {
  readonly #line: LenderLine
  readonly #nowMs: () => number
  readonly #states: ('none' | 'asked' | 'lent' | 'recalled')[]
  /** When each was lent. */
  readonly #lentMs: number[] = []

  /** @param most that may be lent */
  constructor(most: number, line: LenderLine, nowMs = () => performance.now()) {
    this.#line = line
    this.#nowMs = nowMs
    this.#states = Array.from({ length: most }, () => 'none')
  }

  get count(): number {
    const overMs = this.#nowMs() - TURN_MS
    const used = (state: string, place: number) => {
      return state === 'lent' || (state === 'recalled' && this.#lentMs[place]! > overMs)
    }
    return this.#states.filter(used).length
  }

  get unwanted(): number {
    return this.#in('lent')
  }

  /** The node lends it. The caller recounts. */
  lend(place: number): void {
    this.#states[place] = 'lent'
    this.#lentMs[place] = this.#nowMs()
  }

  /** The node wants it back. The caller recounts. */
  recall(place: number): void {
    this.#states[place] = 'recalled'
  }

  look(taken: number, waiting: number): void {
    let unused = this.#in('lent') + this.#in('recalled') - taken
    let missing = waiting - this.#in('asked')
    for (const [place, state] of this.#states.entries()) {
      const isOver = state === 'recalled' && unused-- > 0
      if (state !== 'none' && !isOver) continue
      if (missing-- > 0) {
        this.#states[place] = 'asked'
        this.#line.ask(place)
      } else if (isOver) {
        this.#states[place] = 'none'
        this.#line.giveBack(place)
      }
    }
  }

  #in(state: string): number {
    return this.#states.filter((each) => each === state).length
  }
}
