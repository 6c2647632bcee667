// A message being written: one growing segment, and large Data as segments of their own.
//
// Invariants
//  - Everything in the segment below `words` is written or zero; `allocate` hands out zeroed words.
//  - Word indexes stay valid when the buffer grows; `bytes` and `view` do not, so never keep them
//    across a call that allocates.
//  - A builder is finished once, by `appendTo`, `frame`, `toMessage` or `discard`; then its buffer
//    may be reused by the next builder. Builders may be nested: an inner one gets its own buffer.
//  - What is built, a reader with our limits takes: no more words, no more segments.

import { EMPTY_BYTES, WwError } from '../base/index.ts'
import { DEFAULT_WIRE_LIMITS, EXTERNAL_DATA_BYTES } from './limits.ts'
import {
  CAPABILITY,
  COMPOSITE,
  ELEMENT_BYTES,
  follow,
  found,
  Message,
  NULL,
  segmentOf,
  STRUCT,
  viewOf,
} from './message.ts'
import { Struct } from './struct.ts'
import type { AnyPointer, StructType } from './struct.ts'
import { badValue, encodeText, maxEncodedBytes } from './text.ts'

const POOL_BYTES = 64 << 10

/** A list pointer has 29 bits for its length. */
const MAX_LIST_LENGTH = (1 << 29) - 1

let pooled: Uint8Array | undefined = new Uint8Array(POOL_BYTES)

export class Builder {
  bytes: Uint8Array
  view: DataView
  /** Words written so far. */
  words = 0
  /** What the message's capability pointers stand for, by index. Borrowed, not owned. */
  readonly caps: object[] = []
  #external: Uint8Array[] = []
  #externalWords = 0

  constructor() {
    this.bytes = pooled ?? new Uint8Array(1024)
    this.view = viewOf(this.bytes)
    pooled = undefined
  }

  /** Of everything written so far, large Data included. */
  get totalBytes(): number {
    return (this.words + this.#externalWords) * 8
  }

  /** Takes `count` zeroed words. @returns the index of the first */
  allocate(count: number): number {
    const at = this.words
    const end = at + count
    if (end + this.#externalWords > DEFAULT_WIRE_LIMITS.maxFrameWords) this.#tooLarge()
    if (end * 8 > this.bytes.length) this.#grow(end * 8)
    this.bytes.fill(0, at * 8, end * 8)
    this.words = end
    return at
  }

  #tooLarge(): never {
    throw new WwError(
      'failed',
      'MESSAGE_TOO_LARGE',
      `Cannot send a message of more than ${(DEFAULT_WIRE_LIMITS.maxFrameWords * 8) >> 20} MiB`,
    )
  }

  #grow(minBytes: number): void {
    let length = this.bytes.length * 2
    while (length < minBytes) length *= 2
    const grown = new Uint8Array(length)
    grown.set(this.bytes.subarray(0, this.words * 8))
    this.discard()
    this.bytes = grown
    this.view = viewOf(grown)
  }

  #point(at: number, target: number, kind: number, high: number): void {
    this.view.setInt32(at * 8, ((target - at - 1) << 2) | kind, true)
    this.view.setUint32(at * 8 + 4, high, true)
  }

  /** A struct behind the pointer at `at`. @returns the word index of its data section */
  struct(at: number, dataWords: number, pointers: number): number {
    if (dataWords + pointers === 0) {
      // A pointer to nothing would be all zero, which means null: point at itself instead.
      this.view.setInt32(at * 8, -4, true)
      return at
    }
    const target = this.allocate(dataWords + pointers)
    this.#point(at, target, 0, (dataWords | (pointers << 16)) >>> 0)
    return target
  }

  /** A list of `words` words behind the pointer at `at`. @returns the word index of its content */
  list(at: number, size: number, count: number, words: number): number {
    if (count > MAX_LIST_LENGTH) throw badValue(`at most ${MAX_LIST_LENGTH} elements`, count)
    const target = this.allocate(words)
    this.#point(at, target, 1, ((count << 3) | size) >>> 0)
    return target
  }

  /** A list of structs. @returns the word index of the first one's data section */
  compositeList(at: number, count: number, dataWords: number, pointers: number): number {
    if (count > MAX_LIST_LENGTH) throw badValue(`at most ${MAX_LIST_LENGTH} elements`, count)
    const words = count * (dataWords + pointers)
    const target = this.list(at, 7, words, words + 1)
    this.view.setUint32(target * 8, count << 2, true)
    this.view.setUint32(target * 8 + 4, (dataWords | (pointers << 16)) >>> 0, true)
    return target + 1
  }

  text(at: number, value: string): void {
    if (typeof value !== 'string') throw badValue('a string', value)
    const target = this.allocate((maxEncodedBytes(value) + 8) >> 3)
    const length = encodeText(value, this.bytes, target * 8)
    this.words = target + ((length + 8) >> 3)
    // The encoder may have used words that `value` did not need in the end.
    this.bytes.fill(0, target * 8 + length, this.words * 8)
    this.#point(at, target, 1, (((length + 1) << 3) | 2) >>> 0)
  }

  /** Large `value`s are sent as they are, not copied: do not change them before the message is out. */
  data(at: number, value: Uint8Array): void {
    if (!(value instanceof Uint8Array)) throw badValue('a Uint8Array', value)
    const isFull = this.#external.length + 1 >= DEFAULT_WIRE_LIMITS.maxSegments
    if (value.length < EXTERNAL_DATA_BYTES || isFull) {
      const target = this.list(at, 2, value.length, (value.length + 7) >> 3)
      this.bytes.set(value, target * 8)
      return
    }
    this.#externalWords += (value.length + 7) >> 3
    const pad = this.allocate(2)
    this.#external.push(value)
    this.view.setUint32(at * 8, ((pad << 3) | 6) >>> 0, true)
    this.view.setUint32(at * 8 + 4, 0, true)
    this.view.setUint32(pad * 8, 2, true)
    this.view.setUint32(pad * 8 + 4, this.#external.length, true)
    this.view.setUint32(pad * 8 + 8, 1, true)
    this.view.setUint32(pad * 8 + 12, ((value.length << 3) | 2) >>> 0, true)
  }

  capability(at: number, cap: object): void {
    this.view.setUint32(at * 8, 3, true)
    this.view.setUint32(at * 8 + 4, this.caps.length, true)
    this.caps.push(cap)
  }

  /** Writes `init` as a struct of `type` behind the pointer at `at`. */
  put<T extends Struct, Init>(at: number, type: StructType<T, Init>, init: Init | T): void {
    if (init instanceof Struct) {
      this.putStruct(at, init)
      return
    }
    type.$write(this, this.struct(at, type.$dataWords, type.$pointerWords), init)
  }

  /** Writes `init` into a struct that is already allocated, as an element of a list is. */
  fill<T extends Struct, Init>(type: StructType<T, Init>, at: number, init: Init | T): void {
    if (init instanceof Struct) this.#copyInto(at, type.$dataWords, type.$pointerWords, init)
    else type.$write(this, at, init)
  }

  /** A struct as it was received, fields unknown here included. */
  putStruct(at: number, source: Struct): void {
    // An element of a list of small scalars is a struct of less than a word.
    const dataWords = (source.$dataBytes + 7) >> 3
    const target = this.struct(at, dataWords, source.$pointerCount)
    this.#copyInto(target, dataWords, source.$pointerCount, source)
  }

  // Copies what fits: fields the target's type does not know are left out.
  #copyInto(at: number, dataWords: number, pointers: number, source: Struct): void {
    const length = Math.min(source.$dataBytes, dataWords * 8)
    const { bytes } = source.$message.segments[source.$segment]!
    this.bytes.set(bytes.subarray(source.$data, source.$data + length), at * 8)
    for (let index = 0; index < Math.min(source.$pointerCount, pointers); index++) {
      this.#copy(
        at + dataWords + index,
        source.$message,
        source.$segment,
        source.$pointers + index,
        source.$depth,
      )
    }
  }

  /**
   * Deep copy of whatever `source` points to; no schema needed. Charged to the source's read limit,
   * which bounds how much a small message can be blown up. Its capabilities join our table.
   */
  copy(at: number, source: AnyPointer): void {
    this.#copy(at, source.message, source.segment, source.at, source.depth)
  }

  #copy(at: number, message: Message, fromSegment: number, from: number, depth: number): void {
    follow(message, fromSegment, from, depth)
    const { kind, segment, at: start, a, b } = found
    const bytes =
      kind === NULL || kind === CAPABILITY ? EMPTY_BYTES : message.segments[segment]!.bytes
    switch (kind) {
      case NULL:
        return
      case CAPABILITY: {
        const cap = message.caps[a]
        if (cap) this.capability(at, cap)
        return
      }
      case STRUCT: {
        const target = this.struct(at, a, b)
        this.bytes.set(bytes.subarray(start * 8, (start + a) * 8), target * 8)
        for (let index = a; index < a + b; index++) {
          this.#copy(target + index, message, segment, start + index, depth - 1)
        }
        return
      }
      case COMPOSITE: {
        const dataWords = b & 0xffff
        const pointers = b >>> 16
        const step = dataWords + pointers
        const target = this.compositeList(at, a, dataWords, pointers)
        if (pointers === 0) {
          this.bytes.set(bytes.subarray(start * 8, (start + a * step) * 8), target * 8)
          return
        }
        for (let element = 0; element < a; element++) {
          const to = target + element * step
          const of = start + element * step
          this.bytes.set(bytes.subarray(of * 8, (of + dataWords) * 8), to * 8)
          for (let index = dataWords; index < step; index++) {
            this.#copy(to + index, message, segment, of + index, depth - 1)
          }
        }
        return
      }
      default: {
        if (a === 6) {
          const target = this.list(at, 6, b, b)
          for (let index = 0; index < b; index++) {
            this.#copy(target + index, message, segment, start + index, depth - 1)
          }
          return
        }
        const length = a === 1 ? (b + 7) >> 3 : b * ELEMENT_BYTES[a]!
        const source = bytes.subarray(start * 8, start * 8 + length)
        if (a === 2 && length >= EXTERNAL_DATA_BYTES) {
          this.data(at, source)
          return
        }
        const target = this.list(at, a, b, (length + 7) >> 3)
        this.bytes.set(source, target * 8)
      }
    }
  }

  /** Whether the frame is one segment, so that {@link appendTo} applies. */
  get isSingle(): boolean {
    return this.#external.length === 0
  }

  /** Finishes the message: appends its frame to `out`. Only for a single segment. */
  appendTo(out: FrameBuffer): void {
    const length = this.words * 8
    const at = out.reserve(length + 8)
    out.view.setUint32(at, 0, true)
    out.view.setUint32(at + 4, this.words, true)
    out.bytes.set(this.bytes.subarray(0, length), at + 8)
    this.discard()
  }

  /** Finishes the message: its frame as chunks, large Data among them uncopied. */
  frame(): Uint8Array[] {
    const segments = 1 + this.#external.length
    const table = (4 + 4 * segments + 7) & ~7
    const length = this.words * 8
    const head = new Uint8Array(table + length)
    const view = viewOf(head)
    view.setUint32(0, segments - 1, true)
    view.setUint32(4, this.words, true)
    head.set(this.bytes.subarray(0, length), table)
    const chunks: Uint8Array[] = [head]
    this.#external.forEach((bytes, index) => {
      view.setUint32(8 + 4 * index, (bytes.length + 7) >> 3, true)
      chunks.push(bytes)
      const padding = (8 - (bytes.length & 7)) & 7
      if (padding) chunks.push(new Uint8Array(padding))
    })
    this.discard()
    return chunks
  }

  /** Finishes the message and reads it here. Its `caps` are this builder's, still borrowed. */
  toMessage(): Message {
    const message = this.snapshot()
    this.discard()
    return message
  }

  /** What was written so far, as a message of its own. Its `caps` are this builder's, borrowed. */
  snapshot(): Message {
    const segments = [segmentOf(this.bytes.slice(0, this.words * 8))]
    for (const bytes of this.#external) {
      const whole = new Uint8Array((bytes.length + 7) & ~7)
      whole.set(bytes)
      segments.push(segmentOf(whole))
    }
    const message = new Message(segments)
    message.caps = this.caps.slice()
    return message
  }

  /** Gives the buffer back. Nothing of this builder may be used afterwards. Twice is once. */
  discard(): void {
    if (this.bytes.length === POOL_BYTES) pooled = this.bytes
    this.bytes = EMPTY_BYTES
  }
}

/** Small chunks are cut from a buffer of this size: making one for each costs more than the call. */
const SLAB_BYTES = 16 << 10

/**
 * Frames of one turn, joined into one chunk.
 *
 * Invariants
 *  - Bytes that were handed out are never written again: a chunk is what lies between two takes.
 *  - Chunks share a buffer, so whoever keeps a small one keeps up to SLAB_BYTES.
 */
export class FrameBuffer {
  bytes = new Uint8Array(SLAB_BYTES)
  view = viewOf(this.bytes)
  #start = 0
  #end = 0

  get length(): number {
    return this.#end - this.#start
  }

  /** Room for `count` bytes. @returns where it starts */
  reserve(count: number): number {
    if (this.#end + count > this.bytes.length) this.#renew(count)
    const at = this.#end
    this.#end += count
    return at
  }

  #renew(count: number): void {
    const { length } = this
    const needed = length + count
    // What outgrows a slab grows by doubling, and is taken whole.
    const renewed = new Uint8Array(needed * 2 > SLAB_BYTES ? needed * 2 : SLAB_BYTES)
    renewed.set(this.bytes.subarray(this.#start, this.#end))
    this.bytes = renewed
    this.view = viewOf(renewed)
    this.#start = 0
    this.#end = length
  }

  /** What was gathered, as a chunk of its own. */
  take(): Uint8Array {
    const chunk = this.bytes.subarray(this.#start, this.#end)
    this.#start = this.#end
    return chunk
  }
}

// Scalars into a data section. `byte` is absolute; `byDefault` as in the readers.

function range(value: number, low: number, high: number): void {
  if (!Number.isInteger(value) || value < low || value > high) {
    throw badValue(`an integer from ${low} to ${high}`, value)
  }
}

export function putBool(b: Builder, byte: number, bit: number, value: boolean): void {
  if (value) b.bytes[byte + (bit >> 3)]! |= 1 << (bit & 7)
}
export function putInt8(b: Builder, byte: number, value: number, byDefault: number): void {
  range(value, -0x80, 0x7f)
  b.view.setInt8(byte, value ^ byDefault)
}
export function putUint8(b: Builder, byte: number, value: number, byDefault: number): void {
  range(value, 0, 0xff)
  b.view.setUint8(byte, value ^ byDefault)
}
export function putInt16(b: Builder, byte: number, value: number, byDefault: number): void {
  range(value, -0x8000, 0x7fff)
  b.view.setInt16(byte, value ^ byDefault, true)
}
export function putUint16(b: Builder, byte: number, value: number, byDefault: number): void {
  range(value, 0, 0xffff)
  b.view.setUint16(byte, value ^ byDefault, true)
}
export function putInt32(b: Builder, byte: number, value: number, byDefault: number): void {
  range(value, -0x8000_0000, 0x7fff_ffff)
  b.view.setInt32(byte, value ^ byDefault, true)
}
export function putUint32(b: Builder, byte: number, value: number, byDefault: number): void {
  range(value, 0, 0xffff_ffff)
  b.view.setUint32(byte, value ^ byDefault, true)
}
export function putInt64(b: Builder, byte: number, value: bigint, byDefault: bigint): void {
  if (typeof value !== 'bigint' || BigInt.asIntN(64, value) !== value) {
    throw badValue('a signed 64-bit bigint', value)
  }
  b.view.setBigInt64(byte, value ^ byDefault, true)
}
export function putUint64(b: Builder, byte: number, value: bigint, byDefault: bigint): void {
  if (typeof value !== 'bigint' || BigInt.asUintN(64, value) !== value) {
    throw badValue('an unsigned 64-bit bigint', value)
  }
  b.view.setBigUint64(byte, value ^ byDefault, true)
}
export function putFloat32(b: Builder, byte: number, value: number, byDefault: number): void {
  if (typeof value !== 'number') throw badValue('a number', value)
  b.view.setFloat32(byte, value, true)
  if (byDefault) b.view.setUint32(byte, b.view.getUint32(byte, true) ^ byDefault, true)
}
export function putFloat64(b: Builder, byte: number, value: number, byDefault: bigint): void {
  if (typeof value !== 'number') throw badValue('a number', value)
  b.view.setFloat64(byte, value, true)
  if (byDefault) b.view.setBigUint64(byte, b.view.getBigUint64(byte, true) ^ byDefault, true)
}
