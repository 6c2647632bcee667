// A message being written: one growing segment, and large Data as segments of their own.
//
// Invariants
//  - Everything in the segment is written or zero; `allocate` hands out zeroed words.
//  - Indexes, of words and of bytes, count from the front of `bytes`, where other messages may lie;
//    they stay valid when the buffer is replaced. `bytes` and `view` do not, so never keep them across
//    a call that allocates.
//  - A builder is finished once, by `frame`, `frameInto`, `toMessage` or `discard`. Builders may be
//    nested: an inner one is given other memory.
//  - What is built, a reader with our limits takes: no more words, no more segments.

import { WwError } from '../base/index.ts'
import {
  COPIED_WORDS,
  COPIES_PER_WORD,
  DEFAULT_WIRE_LIMITS,
  EXTERNAL_DATA_BYTES,
  SLAB_BYTES,
} from './limits.ts'
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
import type { Segment } from './message.ts'
import { Slab } from './slab.ts'
import type { Outbox } from './slab.ts'
import { Struct } from './struct.ts'
import type { AnyPointer, StructType } from './struct.ts'
import { badMessage, badValue, encodeText, maxEncodedBytes } from './text.ts'

/** A list pointer has 29 bits for its length. */
const MAX_LIST_LENGTH = (1 << 29) - 1

/** No capabilities, as most messages have. */
const NONE: object[] = []

/** Where messages are built that do not leave from where they are. */
const shared = new Slab()

export class Builder {
  bytes: Uint8Array
  view: DataView
  /** Where the next word is taken. */
  words: number
  /** What the message's capability pointers stand for, by index. Borrowed, not owned. */
  caps: object[] = NONE
  readonly #slab: Slab
  /** The first word; the one before is for the table of a frame with one segment. */
  readonly #start: number
  #isDone = false
  #external: Uint8Array[] | undefined
  #externalWords = 0
  /** What a copy under way may make of `totalBytes`. */
  #copyBytes = 0

  /** @param slab where to write if it is free */
  constructor(slab: Slab = shared) {
    const free = slab.isOpen ? (shared.isOpen ? new Slab() : shared) : slab
    free.open()
    this.#slab = free
    this.bytes = free.bytes
    this.view = free.view
    this.words = this.#start = free.words + 1
  }

  /** Of everything written so far, large Data included. */
  get totalBytes(): number {
    return (this.words - this.#start + this.#externalWords) * 8
  }

  /** Takes `count` zeroed words. @returns the index of the first */
  allocate(count: number): number {
    const at = this.words
    const end = at + count
    if (end - this.#start + this.#externalWords > DEFAULT_WIRE_LIMITS.maxFrameWords) {
      const most = `${(DEFAULT_WIRE_LIMITS.maxFrameWords * 8) >> 20} MiB`
      throw new WwError('failed', 'MESSAGE_TOO_LARGE', `Cannot send a message of more than ${most}`)
    }
    if (end * 8 > this.bytes.length) this.#grow(end * 8)
    this.words = end
    return at
  }

  #grow(minBytes: number): void {
    let length = SLAB_BYTES * 2
    while (length < minBytes + this.words * 4) length *= 2
    const grown = new Uint8Array(length)
    const from = this.#slab.words * 8
    grown.set(this.bytes.subarray(from, this.words * 8), from)
    this.#slab.replace(grown, this.#slab.words)
    this.bytes = grown
    this.view = this.#slab.view
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
    this.#point(at, target, 1, (((length + 1) << 3) | 2) >>> 0)
  }

  /** Large `value`s are sent as they are, not copied: do not change them before the message is out. */
  data(at: number, value: Uint8Array): void {
    if (!(value instanceof Uint8Array)) throw badValue('a Uint8Array', value)
    const external = this.#external ?? []
    const isFull = external.length + 1 >= DEFAULT_WIRE_LIMITS.maxSegments
    if (value.length < EXTERNAL_DATA_BYTES || isFull) {
      const target = this.list(at, 2, value.length, (value.length + 7) >> 3)
      this.bytes.set(value, target * 8)
      return
    }
    this.#externalWords += (value.length + 7) >> 3
    const pad = this.allocate(2)
    external.push(value)
    this.#external = external
    this.view.setUint32(at * 8, (((pad - this.#start) << 3) | 6) >>> 0, true)
    this.view.setUint32(pad * 8, 2, true)
    this.view.setUint32(pad * 8 + 4, external.length, true)
    this.view.setUint32(pad * 8 + 8, 1, true)
    this.view.setUint32(pad * 8 + 12, ((value.length << 3) | 2) >>> 0, true)
  }

  capability(at: number, cap: object): void {
    this.view.setUint32(at * 8, 3, true)
    this.view.setUint32(at * 8 + 4, this.caps.length, true)
    if (this.caps === NONE) this.caps = []
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
    const { $message, $segment, $data, $pointers, $depth } = source
    this.#beginCopy($message)
    const length = Math.min(source.$dataBytes, dataWords * 8)
    const { bytes } = $message.segments[$segment]!
    this.bytes.set(bytes.subarray($data, $data + length), at * 8)
    const count = Math.min(source.$pointerCount, pointers)
    for (let index = 0; index < count; index++) {
      this.#copy(at + dataWords + index, $message, $segment, $pointers + index, $depth)
    }
  }

  /**
   * Deep copy of whatever `source` points to; no schema needed. Charged to the source's read limit; and
   * what it takes here is bounded by the size of the source. Its capabilities join our table.
   */
  copy(at: number, source: AnyPointer): void {
    this.#beginCopy(source.message)
    this.#copy(at, source.message, source.segment, source.at, source.depth)
  }

  #beginCopy({ words }: Message): void {
    this.#copyBytes = this.totalBytes + (words * COPIES_PER_WORD + COPIED_WORDS) * 8
  }

  #copy(at: number, message: Message, fromSegment: number, from: number, depth: number): void {
    if (this.totalBytes > this.#copyBytes)
      throw badMessage('its parts are shared too often to be copied')
    follow(message, fromSegment, from, depth)
    const { kind, segment, at: start, a, b } = found
    if (kind === NULL) return
    if (kind === CAPABILITY) {
      const cap = message.caps[a]
      if (cap) this.capability(at, cap)
      return
    }
    // `count` times data, then pointers: a struct, a list of structs, or a list of pointers.
    let target: number
    let count = a
    let dataWords = b & 0xffff
    let pointers = b >>> 16
    if (kind === COMPOSITE) target = this.compositeList(at, count, dataWords, pointers)
    else if (kind === STRUCT) {
      count = 1
      dataWords = a
      pointers = b
      target = this.struct(at, dataWords, pointers)
    } else if (a === 6) {
      count = b
      dataWords = 0
      pointers = 1
      target = this.list(at, a, b, b)
    } else {
      const length = a === 1 ? (b + 7) >> 3 : b * ELEMENT_BYTES[a]!
      const source = message.segments[segment]!.bytes.subarray(start * 8, start * 8 + length)
      if (a === 2 && length >= EXTERNAL_DATA_BYTES) this.data(at, source)
      else {
        target = this.list(at, a, b, (length + 7) >> 3)
        this.bytes.set(source, target * 8)
      }
      return
    }
    const { bytes } = message.segments[segment]!
    if (pointers === 0) {
      this.bytes.set(bytes.subarray(start * 8, (start + count * dataWords) * 8), target * 8)
      return
    }
    let of = start
    for (; count > 0; count--) {
      if (dataWords > 0) this.bytes.set(bytes.subarray(of * 8, (of + dataWords) * 8), target * 8)
      of += dataWords
      target += dataWords
      for (let index = 0; index < pointers; index++) {
        this.#copy(target++, message, segment, of++, depth - 1)
      }
    }
  }

  /** Finishes the message: its frame leaves by `outbox`. */
  frameInto(outbox: Outbox): void {
    if (this.#external || this.#slab !== outbox) outbox.push(this.frame())
    else {
      this.#table()
      this.#close(false)
    }
  }

  /** Finishes the message: its frame as chunks, large Data among them uncopied. */
  frame(): Uint8Array[] {
    const external = this.#external
    const start = this.#start * 8
    const chunks: Uint8Array[] = []
    if (external) {
      const table = new Uint8Array((8 + 4 * external.length + 7) & ~7)
      const view = viewOf(table)
      view.setUint32(0, external.length, true)
      view.setUint32(4, this.words - this.#start, true)
      chunks.push(table, this.bytes.subarray(start, this.words * 8))
      external.forEach((bytes, index) => {
        view.setUint32(8 + 4 * index, (bytes.length + 7) >> 3, true)
        chunks.push(bytes)
        const padding = -bytes.length & 7
        if (padding) chunks.push(new Uint8Array(padding))
      })
    } else {
      this.#table()
      chunks.push(this.bytes.subarray(start - 8, this.words * 8))
    }
    this.#close(true)
    return chunks
  }

  /** The table of a frame with one segment, in the word that was left for it. */
  #table(): void {
    this.view.setUint32(this.#start * 8 - 4, this.words - this.#start, true)
  }

  /** Finishes the message and reads it here. Its `caps` are this builder's, still borrowed. */
  toMessage(): Message {
    const message = this.snapshot()
    this.#close(true)
    return message
  }

  /** What was written so far, as a message of its own. Its `caps` are this builder's, borrowed. */
  snapshot(): Message {
    const segments: Segment[] = [
      { bytes: this.bytes, view: this.view, start: this.#start, end: this.words },
    ]
    for (const bytes of this.#external ?? []) {
      const whole = new Uint8Array((bytes.length + 7) & ~7)
      whole.set(bytes)
      segments.push(segmentOf(whole))
    }
    const message = new Message(segments)
    if (this.caps !== NONE) message.caps = this.caps.slice()
    return message
  }

  /** The message is not wanted. Nothing after it was finished. */
  discard(): void {
    this.#close(true)
  }

  #close(isTaken: boolean): void {
    if (this.#isDone) return
    this.#isDone = true
    this.#slab.close(this.words, isTaken)
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
