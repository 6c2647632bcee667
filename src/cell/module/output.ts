const FIRST_BYTES = 4_096

const encoder = new TextEncoder()

/** Bytes of a WebAssembly binary as they are written. */
export class Output {
  #bytes: Uint8Array
  /** Where the next byte goes. */
  length = 0

  /** @param expected how many there may be; more is fine */
  constructor(expected = FIRST_BYTES) {
    this.#bytes = new Uint8Array(expected)
  }

  /** A view, good until more is written. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.length)
  }

  u8(value: number): void {
    this.#reserve(1)
    this.#bytes[this.length++] = value
  }

  u32(value: number): void {
    this.#reserve(MAX_U32_BYTES)
    let rest = value
    for (; rest > 0x7f; rest >>>= 7) this.#bytes[this.length++] = (rest & 0x7f) | 0x80
    this.#bytes[this.length++] = rest
  }

  append(bytes: Uint8Array): void {
    this.#reserve(bytes.length)
    this.#bytes.set(bytes, this.length)
    this.length += bytes.length
  }

  /** Its length and its bytes in UTF-8. */
  text(text: string): void {
    const bytes = encoder.encode(text)
    this.u32(bytes.length)
    this.append(bytes)
  }

  appendAll(...bytes: readonly number[]): void {
    for (const byte of bytes) this.u8(byte)
  }

  /** Leaves room for a number that is known later; returns where. */
  reserveU32(): number {
    this.#reserve(MAX_U32_BYTES)
    this.length += MAX_U32_BYTES
    return this.length - MAX_U32_BYTES
  }

  /** Fills the room with the number of bytes written since. */
  putLength(at: number): void {
    let rest = this.length - at - MAX_U32_BYTES
    for (let i = 0; i < MAX_U32_BYTES; i++, rest >>>= 7) {
      this.#bytes[at + i] = (rest & 0x7f) | (i < MAX_U32_BYTES - 1 ? 0x80 : 0)
    }
  }

  clear(): void {
    this.length = 0
  }

  set(at: number, value: number): void {
    this.#bytes[at] = value
  }

  #reserve(count: number): void {
    if (this.length + count <= this.#bytes.length) return
    const larger = new Uint8Array(Math.max(2 * this.#bytes.length, this.length + count))
    larger.set(this.bytes)
    this.#bytes = larger
  }
}

const MAX_U32_BYTES = 5

/** The shortest LEB128 of an unsigned number. */
export function u32Bytes(value: number): number[] {
  const bytes: number[] = []
  let rest = value
  for (; rest > 0x7f; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80)
  bytes.push(rest)
  return bytes
}

/** The shortest LEB128 of a number that is not negative, where a signed one is read. */
export function s32Bytes(value: number): number[] {
  const bytes: number[] = []
  let rest = value
  for (; rest > 0x3f; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80)
  bytes.push(rest)
  return bytes
}
