// Messages on the pipe between a node and a cell host. A frame is its length, the number of what it is
// about, its kind, the pipe it is about, and a body; numbers are little endian.
//
// Invariants
//  - A reader holds at most one frame that is not whole yet, and that is within `maxBytes` before a
//    byte of its body is kept.
//  - A body is lent for the call: it may be a view of what was read.

import { EMPTY_BYTES } from '../../base/index.ts'

const NUMBER_AT = 4
const KIND_AT = 8
const PIPE_AT = 9
const HEADER_BYTES = 10

export interface Frame {
  /** Of a cell or a program; 0 where it is about neither. */
  readonly number: number
  readonly kind: number
  readonly pipe: number
  readonly body: Uint8Array
}

/** The other side does not keep to the protocol. `message` follows “It ”. */
export class Breach extends Error {}

export function encodeFrame({ number, kind, pipe, body }: Frame): Uint8Array {
  const bytes = Buffer.allocUnsafe(HEADER_BYTES + body.length)
  bytes.writeUInt32LE(body.length)
  bytes.writeUInt32LE(number, NUMBER_AT)
  bytes[KIND_AT] = kind
  bytes[PIPE_AT] = pipe
  bytes.set(body, HEADER_BYTES)
  return bytes
}

export class FrameReader {
  readonly #maxBytes: number
  readonly #hear: (frame: Frame) => void
  /** What came of a frame that is not whole. */
  #begun: Uint8Array = EMPTY_BYTES
  /** Bytes of it that are there; `#begun` may have room for more. */
  #length = 0

  /** @param maxBytes of a body */
  constructor(maxBytes: number, hear: (frame: Frame) => void) {
    this.#maxBytes = maxBytes
    this.#hear = hear
  }

  /** @throws {Breach} and whatever the hearer throws; then it is not to be used any more */
  push(chunk: Uint8Array): void {
    let at = 0
    while (this.#length > 0 && at < chunk.length) at = this.#fill(chunk, at)
    while (chunk.length - at >= HEADER_BYTES) {
      const size = HEADER_BYTES + this.#bodyBytes(chunk, at)
      if (chunk.length - at < size) break
      this.#deliver(chunk, at, size)
      at += size
    }
    if (at < chunk.length) this.#begin(chunk, at)
  }

  #begin(chunk: Uint8Array, at: number): void {
    const rest = chunk.length - at
    const size = rest < HEADER_BYTES ? HEADER_BYTES : HEADER_BYTES + this.#bodyBytes(chunk, at)
    this.#begun = Buffer.allocUnsafeSlow(size)
    this.#begun.set(chunk.subarray(at))
    this.#length = rest
  }

  /** Takes what is missing, of the header first. @returns where the rest of the chunk begins */
  #fill(chunk: Uint8Array, at: number): number {
    const taken = Math.min(this.#begun.length - this.#length, chunk.length - at)
    this.#begun.set(chunk.subarray(at, at + taken), this.#length)
    this.#length += taken
    if (this.#length < this.#begun.length) return at + taken
    const size = HEADER_BYTES + this.#bodyBytes(this.#begun, 0)
    if (size > this.#length) {
      const grown = Buffer.allocUnsafeSlow(size)
      grown.set(this.#begun)
      this.#begun = grown
      return at + taken
    }
    const whole = this.#begun
    this.#begun = EMPTY_BYTES
    this.#length = 0
    this.#deliver(whole, 0, size)
    return at + taken
  }

  #bodyBytes(bytes: Uint8Array, at: number): number {
    const length = uint32(bytes, at)
    if (length <= this.#maxBytes) return length
    throw new Breach(`sent a message of ${length} bytes, more than ${this.#maxBytes}`)
  }

  #deliver(bytes: Uint8Array, at: number, size: number): void {
    this.#hear({
      number: uint32(bytes, at + NUMBER_AT),
      kind: bytes[at + KIND_AT]!,
      pipe: bytes[at + PIPE_AT]!,
      body: bytes.subarray(at + HEADER_BYTES, at + size),
    })
  }
}

function uint32(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0
  )
}
