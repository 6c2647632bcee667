import { Malformed, malformed } from './malformed.ts'

const decoder = new TextDecoder('utf-8', { fatal: true })

/** Reads a WebAssembly binary from front to back, never past its end. */
export class Cursor {
  readonly #bytes: Uint8Array
  at: number
  readonly end: number

  constructor(bytes: Uint8Array, at: number, end: number) {
    this.#bytes = bytes
    this.at = at
    this.end = end
  }

  get done(): boolean {
    return this.at >= this.end
  }

  u8(): number {
    if (this.done) malformed(`it ends in the middle of a definition at byte ${this.at}`)
    return this.#bytes[this.at++]!
  }

  /** An unsigned LEB128 of at most 32 bits. */
  u32(): number {
    let value = 0
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.u8()
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) {
        if (value > 0xffff_ffff) break
        return value
      }
    }
    return malformed(`a number at byte ${this.at} is too long`)
  }

  /** Passes a LEB128 of any kind. */
  skipNumber(): void {
    while (this.u8() > 0x7f);
  }

  bytes(length: number): Uint8Array {
    if (length > this.end - this.at) malformed(`bytes are missing at byte ${this.at}`)
    const from = this.at
    this.at += length
    return this.#bytes.subarray(from, this.at)
  }

  name(): string {
    const at = this.at
    try {
      return decoder.decode(this.bytes(this.u32()))
    } catch (thrown) {
      if (thrown instanceof Malformed) throw thrown
      return malformed(`a name at byte ${at} is not UTF-8`)
    }
  }

  /** A count, and that many items. Each takes at least a byte, so the count is bounded by the file. */
  list<T>(item: () => T): T[] {
    const count = this.u32()
    if (count > this.end - this.at) malformed(`a list at byte ${this.at} is too long`)
    const items: T[] = []
    for (let i = 0; i < count; i++) items.push(item())
    return items
  }

  /** A part of what follows, with a cursor of its own; this one goes on behind it. */
  part(length: number): Cursor {
    if (length > this.end - this.at) {
      throw new Malformed('PROGRAM_TRUNCATED', `it is cut off after ${this.#bytes.length} bytes`)
    }
    const part = new Cursor(this.#bytes, this.at, this.at + length)
    this.at += length
    return part
  }
}
