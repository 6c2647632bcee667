// Packing: a word as a byte that says which of its bytes are not zero, and those.
//
//     tag    bit n: byte n of the word follows; else it is zero
//     00 n   behind the word itself (zero): n more words of zero
//     ff n   behind the word itself (8 bytes): n more words follow as they are
//
// Invariants of the reader
//  - Any cut of the stream gives the same words.
//  - What is unpacked is handed on in pieces of at most PIECE_BYTES, so the frames' limits are
//    checked before a few bytes have become many: 2 bytes may stand for 2 KiB.
//
// https://capnproto.org/encoding.html#packing

import { FrameReader } from './frame.ts'
import { DEFAULT_WIRE_LIMITS } from './limits.ts'
import type { WireLimits } from './limits.ts'
import type { Message } from './message.ts'
import { badValue } from './text.ts'

const PIECE_BYTES = 16 << 10

/** A run is counted in a byte. */
const MAX_RUN_WORDS = 255

/** Packs whole words, as a frame is. Packed frames one after the other are a packed stream. */
export function pack(words: Uint8Array): Uint8Array {
  if (words.length % 8 !== 0) throw badValue('whole words', `${words.length} bytes`)
  // The worst case: every word needs its tag, and every other one a count.
  const packed = new Uint8Array(words.length + (words.length >> 3) * 2)
  let to = 0
  for (let at = 0; at < words.length;) {
    let tag = 0
    const tagAt = to++
    for (let bit = 0; bit < 8; bit++, at++) {
      const byte = words[at]!
      if (byte === 0) continue
      tag |= 1 << bit
      packed[to++] = byte
    }
    packed[tagAt] = tag
    if (tag === 0) {
      const end = runEnd(words, at, (zeros) => zeros === 8)
      packed[to++] = (end - at) >> 3
      at = end
    } else if (tag === 0xff) {
      // Up to two zeros a word is not worth its tag, and three would be.
      const end = runEnd(words, at, (zeros) => zeros < 2)
      packed[to++] = (end - at) >> 3
      packed.set(words.subarray(at, end), to)
      to += end - at
      at = end
    }
  }
  return packed.slice(0, to)
}

/** Where the words from `at` stop that `belongs`, by how many of their bytes are zero. */
function runEnd(words: Uint8Array, at: number, belongs: (zeros: number) => boolean): number {
  const last = Math.min(words.length, at + MAX_RUN_WORDS * 8)
  let end = at
  for (; end < last; end += 8) {
    let zeros = 0
    for (let byte = end; byte < end + 8; byte++) if (words[byte] === 0) zeros++
    if (!belongs(zeros)) break
  }
  return end
}

/** Cuts a stream of packed bytes into messages. */
export class PackedReader {
  readonly #frames: FrameReader
  #isStopped = false
  /** The piece being filled. */
  #piece = new Uint8Array(PIECE_BYTES)
  #filled = 0
  /** The word being unpacked: its tag, and the byte that is next; no word is when this is 8. */
  #tag = 0
  #bit = 8
  /** Whether the count of a run is next. */
  #wantsCount = false
  /** Bytes of a run that follow as they are. */
  #rawBytes = 0

  /** @param deliver gets each message in order; false stops the reading of what is left */
  constructor(deliver: (message: Message) => boolean, limits: WireLimits = DEFAULT_WIRE_LIMITS) {
    this.#frames = new FrameReader((message) => {
      this.#isStopped = !deliver(message)
      return !this.#isStopped
    }, limits)
  }

  /** Whether the stream may end here without cutting a message in two. */
  get isBetweenFrames(): boolean {
    const isBetweenWords = this.#bit === 8 && !this.#wantsCount && this.#rawBytes === 0
    return isBetweenWords && this.#frames.isBetweenFrames
  }

  /** `chunk` stays the caller's. @throws {WwError} BAD_MESSAGE */
  feed(chunk: Uint8Array): void {
    let at = 0
    while (at < chunk.length && !this.#isStopped) {
      if (this.#rawBytes > 0) {
        const count = Math.min(this.#rawBytes, chunk.length - at, PIECE_BYTES - this.#filled)
        this.#piece.set(chunk.subarray(at, at + count), this.#filled)
        this.#rawBytes -= count
        at += count
        this.#advance(count)
      } else if (this.#wantsCount) {
        this.#wantsCount = false
        const bytes = chunk[at++]! * 8
        if (this.#tag === 0) this.#zeros(bytes)
        else this.#rawBytes = bytes
      } else if (this.#bit === 8) {
        this.#tag = chunk[at++]!
        this.#bit = 0
        if (this.#tag === 0) this.#word()
      } else {
        this.#put(chunk[at++]!)
      }
    }
    this.#flush()
  }

  /** The next byte of a word that is not zero, and the zeros around it. */
  #put(byte: number): void {
    this.#skip()
    this.#piece[this.#filled + this.#bit++] = byte
    this.#skip()
    if (this.#bit === 8) this.#word()
  }

  #skip(): void {
    while (this.#bit < 8 && (this.#tag & (1 << this.#bit)) === 0) this.#bit++
  }

  /** A word is complete. */
  #word(): void {
    this.#bit = 8
    this.#wantsCount = this.#tag === 0 || this.#tag === 0xff
    this.#advance(8)
  }

  #zeros(bytes: number): void {
    for (let left = bytes; left > 0 && !this.#isStopped;) {
      const count = Math.min(left, PIECE_BYTES - this.#filled)
      left -= count
      this.#advance(count)
    }
  }

  #advance(bytes: number): void {
    this.#filled += bytes
    if (this.#filled === PIECE_BYTES) this.#flush()
  }

  /** Hands on the whole words there are. A piece that was handed on belongs to whoever has it. */
  #flush(): void {
    const whole = this.#filled & ~7
    if (whole === 0) return
    const piece = this.#piece
    // What is left is less than a word, or the word that is being unpacked.
    const rest = piece.slice(whole, this.#filled + (this.#bit < 8 ? 8 : 0))
    this.#filled -= whole
    if (whole * 4 < PIECE_BYTES) {
      const words = piece.slice(0, whole)
      piece.fill(0, 0, whole + rest.length)
      piece.set(rest)
      this.#frames.feed(words)
      return
    }
    this.#piece = new Uint8Array(PIECE_BYTES)
    this.#piece.set(rest)
    this.#frames.feed(piece.subarray(0, whole))
  }
}
