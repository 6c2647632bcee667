// A place to compute in, as a node lends it to a cell host.
//
// Invariants
//  - The host asks once and is lent it once; it gives it back when another wants it, or asks again, and
//    then it waits like all others. Everything else is a breach.
//  - What is lent and wanted back counts as the host's for `turnMs` more, whatever the host does or does
//    not. Then it goes to another (turns.ts); and the host has none instead until it gives back what it has.
//  - Who does not read what it is told is lent nothing.

import type { Desk, TurnDesk, Word } from '../turn-desk.ts'
import { Breach } from './frame.ts'

/** What the host is told of it. */
export interface PlaceLine {
  lend(): void
  recall(): void
  /** Resolves when what it was told is on its way. */
  drained(): Promise<void>
}

export class FarPlace implements Word {
  readonly #line: PlaceLine
  readonly #desk: Desk
  #state: 'free' | 'asked' | 'lent' | 'recalled' = 'free'
  /** How often it was wanted back: from then on the host has its time. */
  #recalls = 0

  constructor(turns: TurnDesk, line: PlaceLine) {
    this.#line = line
    this.#desk = turns.join({ word: this, wake() {}, progress: () => this.#recalls })
  }

  /** The host asks for it. If it has it, it gives it back first. @throws {Breach} */
  ask(): void {
    if (this.#state === 'asked') throw new Breach('asked twice for a place to compute in')
    this.#state = 'asked'
    void this.#line.drained().then(() => this.#desk.look())
  }

  /** The host gives it back. @throws {Breach} */
  giveBack(): void {
    if (this.#state === 'free' || this.#state === 'asked') {
      throw new Breach('gave back a place to compute in that it does not have')
    }
    this.#state = 'free'
    this.#desk.look()
  }

  /** The host is gone. */
  leave(): void {
    this.#state = 'free'
    this.#desk.leave()
  }

  get isAsked(): boolean {
    return this.#state === 'asked'
  }

  get isFree(): boolean {
    return this.#state === 'free'
  }

  grant(isWanted: boolean): void {
    this.#state = 'lent'
    this.#line.lend()
    if (isWanted) this.want()
  }

  want(): boolean {
    if (this.#state !== 'lent') return false
    this.#state = 'recalled'
    this.#recalls++
    this.#line.recall()
    return false
  }
}
