import { CELL_LIMITS } from '../limits.ts'
import type { Doorbell } from '../ring.ts'

/** How often the doorbell is looked at between two looks at the clock. */
const LOOKS = 64
/** Waits left out, at most, for each in which looking was in vain. */
const MAX_LEFT_OUT = 1_024

/**
 * Whether to look out for the doorbell for a moment before a cell's thread sleeps. Where host and cell run
 * on two processors it takes longer to wake one than to answer, so that a cell that is called again at
 * once is not asleep yet; on one processor the host comes first, because the cell stands back behind it.
 *
 * Invariants
 *  - It takes at most `glanceMs` of a wait.
 *  - A cell for which it is in vain looks less and less often: one wait in a thousand, in the end.
 */
export class Glance {
  readonly #nowMs: () => number
  /** Waits to be left out after the next that is in vain. */
  #caution = 1
  #leftOut = 0

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
  }

  /** @returns whether the count of `bell` differs from `seen`, as far as it looked; at most until `deadlineMs` */
  isRung(bell: Doorbell, seen: number, deadlineMs: number): boolean {
    if (this.#leftOut > 0) {
      this.#leftOut -= 1
      return false
    }
    const untilMs = Math.min(this.#nowMs() + CELL_LIMITS.glanceMs, deadlineMs)
    do {
      for (let look = 0; look < LOOKS; look++) {
        if (bell.count === seen) continue
        this.#caution = Math.max(1, this.#caution >> 1)
        return true
      }
    } while (this.#nowMs() < untilMs)
    this.#leftOut = this.#caution
    this.#caution = Math.min(2 * this.#caution, MAX_LEFT_OUT)
    return false
  }
}
