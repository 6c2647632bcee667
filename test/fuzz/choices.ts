/**
 * An input read as decisions: each takes a byte or two, and after the last one every decision is 0.
 * So any bytes at all are an input, and a shorter input does less.
 */
export class Choices {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get isOver(): boolean {
    return this.#at >= this.#bytes.length
  }

  byte(): number {
    return this.#bytes[this.#at++] ?? 0
  }

  /** 0 ≤ n < `limit` ≤ 65,536 */
  below(limit: number): number {
    if (limit <= 256) return this.byte() % limit
    return (this.byte() * 256 + this.byte()) % limit
  }

  /** Mostly false. */
  oneIn(count: number): boolean {
    return this.byte() % count === 1
  }

  pick<T>(things: readonly T[]): T {
    const thing = things[this.below(things.length)]
    if (thing === undefined) throw new Error('Nothing to pick from')
    return thing
  }

  rest(): Uint8Array {
    const rest = this.#bytes.subarray(this.#at)
    this.#at = this.#bytes.length
    return rest
  }
}
