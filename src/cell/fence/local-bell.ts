import type { Bell } from '../body.ts'

/** A bell for one thread. */
export class LocalBell implements Bell {
  #count = 0
  #waiting: (() => void)[] = []

  get count(): number {
    return this.#count
  }

  ring(): void {
    this.#count = (this.#count + 1) | 0
    for (const wake of this.#waiting.splice(0)) wake()
  }

  waitAsync(seen: number): Promise<unknown> | undefined {
    if (seen !== this.#count) return undefined
    return new Promise<void>((resolve) => this.#waiting.push(resolve))
  }
}
