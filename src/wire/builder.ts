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
} from './message.ts'
import type { Segment } from './message.ts'
import { Slab } from './slab.ts'
import type { Outbox } from './slab.ts'
import { pointerAt, Struct } from './struct.ts'
import type { Reader, StructType } from './struct.ts'
import { badMessage, badValue, bytesOf, encodeText } from './text.ts'

/** A list pointer has 29 bits for its length. */
const MAX_LIST_LENGTH = (1 << 29) - 1

/** A text that may take more is encoded before room is taken for it. */
const MAX_SPARE_BYTES = 12 << 10

const MAX_WORDS = DEFAULT_WIRE_LIMITS.maxFrameWords

/** Data that are segments of their own. */
interface External {
  readonly chunks: Uint8Array[]
  words: number
}

/** No capabilities, as most messages have. */
const NONE: object[] = []

/** Where messages are built that do not leave from where they are. */
const shared = new Slab()

export class Builder {
  declare bytes: Uint8Array
  declare view: DataView
  /** The same bytes as 32-bit halves of words, which is what pointers are. */
  declare halves: Int32Array
  /** Where the next word is taken. */
  declare words: number
  /** What the message's capability pointers stand for, by index. Borrowed, not owned. */
  declare caps: object[]
  /** Undefined when the message is finished. */
  #slab: Slab | undefined
  /** The first word; the one before is for the table of a frame with one segment. */
  readonly #start: number
  /** Up to here, words can be taken without a second thought. */
  #room: number
  #external: External | undefined

  /** @param slab where to write if it is free */
  constructor(slab: Slab = shared) {
    const free = slab.isOpen ? (shared.isOpen ? new Slab() : shared) : slab
    free.open()
    this.#enter(free)
    this.words = free.words + 1
    this.caps = NONE
    this.#slab = free
    this.#start = this.words
    this.#room = this.bytes.length >>> 3
  }

  #enter({ segments }: Slab): void {
    const { bytes, view, halves } = segments[0]!
    this.bytes = bytes
    this.view = view
    this.halves = halves
  }

  /** Of everything written so far, large Data included. */
  get totalBytes(): number {
    return (this.words - this.#start + (this.#external?.words ?? 0)) * 8
  }

  /** Takes `count` zeroed words. @returns the index of the first */
  allocate(count: number): number {
    const at = this.words
    this.words = at + count
    if (this.words > this.#room) this.#makeRoom(at)
    return at
  }

  /** @param at where the words that are written end; those that were taken end at `words` */
  #makeRoom(at: number): void {
    const most = this.#start + MAX_WORDS - (this.#external?.words ?? 0)
    if (this.words > most) {
      this.words = at
      const sentence = `Cannot send a message of more than ${(MAX_WORDS * 8) >> 20} MiB`
      throw new WwError('failed', 'MESSAGE_TOO_LARGE', sentence)
    }
    const slab = this.#slab!
    if (this.words * 8 > this.bytes.length) {
      let length = SLAB_BYTES * 2
      while (length < this.words * 8 + at * 4) length *= 2
      const grown = new Uint8Array(length)
      const from = slab.words * 8
      grown.set(this.bytes.subarray(from, at * 8), from)
      slab.replace(grown, slab.words)
      this.#enter(slab)
    }
    this.#room = Math.min(most, this.bytes.length >>> 3)
  }

  /** Writes the two halves of the word at `at`. */
  #put(at: number, low: number, high: number): void {
    this.halves[at * 2] = low
    this.halves[at * 2 + 1] = high
  }

  #point(at: number, target: number, kind: number, high: number): void {
    this.#put(at, ((target - at - 1) << 2) | kind, high)
  }

  /** A struct behind the pointer at `at`. @returns the word index of its data section */
  struct(at: number, dataWords: number, pointers: number): number {
    if (dataWords + pointers === 0) {
      // A pointer to nothing would be all zero, which means null: point at itself instead.
      this.#put(at, -4, 0)
      return at
    }
    const target = this.allocate(dataWords + pointers)
    this.#point(at, target, 0, dataWords | (pointers << 16))
    return target
  }

  /** A list of `words` words behind the pointer at `at`. @returns the word index of its content */
  list(at: number, size: number, count: number, words: number): number {
    if (count > MAX_LIST_LENGTH) throw badValue(`at most ${MAX_LIST_LENGTH} elements`, count)
    const target = this.allocate(words)
    this.#point(at, target, 1, (count << 3) | size)
    return target
  }

  /** A list of structs. @returns the word index of the first one's data section */
  compositeList(at: number, count: number, dataWords: number, pointers: number): number {
    if (count > MAX_LIST_LENGTH) throw badValue(`at most ${MAX_LIST_LENGTH} elements`, count)
    const words = count * (dataWords + pointers)
    const target = this.list(at, 7, words, words + 1)
    this.#put(target, count << 2, dataWords | (pointers << 16))
    return target + 1
  }

  text(at: number, value: string): void {
    if (typeof value !== 'string') throw badValue('a string', value)
    let length = value.length * 3
    let target: number
    if (length > MAX_SPARE_BYTES) {
      const bytes = bytesOf(value)
      length = bytes.length
      target = this.allocate((length + 8) >> 3)
      this.bytes.set(bytes, target * 8)
    } else {
      // Room for the worst case, of which the rest is taken back.
      target = this.allocate((length + 8) >> 3)
      length = encodeText(value, this.bytes, target * 8)
      this.words = target + ((length + 8) >> 3)
    }
    this.#point(at, target, 1, ((length + 1) << 3) | 2)
  }

  /** Large `value`s are sent as they are, not copied: do not change them before the message is out. */
  data(at: number, value: Uint8Array): void {
    if (!(value instanceof Uint8Array)) throw badValue('a Uint8Array', value)
    const words = (value.length + 7) >> 3
    const { length } = value
    const isFull = (this.#external?.chunks.length ?? 0) + 1 >= DEFAULT_WIRE_LIMITS.maxSegments
    if (length < EXTERNAL_DATA_BYTES || isFull) {
      const target = this.list(at, 2, length, words)
      this.bytes.set(value, target * 8)
      return
    }
    const external = (this.#external ??= { chunks: [], words: 0 })
    external.words += words
    this.#room = 0
    const pad = this.allocate(2)
    external.chunks.push(value)
    this.#put(at, ((pad - this.#start) << 3) | 6, 0)
    this.#put(pad, 2, external.chunks.length)
    this.#put(pad + 1, 1, (length << 3) | 2)
  }

  capability(at: number, cap: object): void {
    this.#put(at, 3, this.caps.length)
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
    if (init instanceof Struct) this.#copyInto(at, type.$dataWords, type.$pointerWords, init.$)
    else type.$write(this, at, init)
  }

  /** A struct as it was received, fields unknown here included. */
  putStruct(at: number, { $: source }: Struct): void {
    // An element of a list of small scalars is a struct of less than a word.
    const dataWords = (source.dataBytes + 7) >> 3
    this.#copyInto(this.struct(at, dataWords, source.pointers), dataWords, source.pointers, source)
  }

  // Copies what fits: fields the target's type does not know are left out.
  #copyInto(at: number, dataWords: number, pointers: number, source: Reader): void {
    const { message, segment, data, depth } = source
    const most = this.#mostBytes(message)
    const length = Math.min(source.dataBytes, dataWords * 8)
    this.bytes.set(segment.bytes.subarray(data, data + length), at * 8)
    const count = Math.min(source.pointers, pointers)
    for (let index = 0; index < count; index++) {
      this.#copy(at + dataWords + index, message, segment, pointerAt(source, index), depth, most)
    }
  }

  /**
   * Deep copy of whatever the first pointer of `source` points to; no schema needed. Charged to the source's read limit; and
   * what it takes here is bounded by the size of the source. Its capabilities join our table.
   */
  copy(at: number, source: Reader): void {
    this.#copyInto(at, 0, 1, source)
  }

  /** What a copy out of a message may make of `totalBytes`. */
  #mostBytes({ words }: Message): number {
    return this.totalBytes + (words * COPIES_PER_WORD + COPIED_WORDS) * 8
  }

  #copy(
    at: number,
    message: Message,
    source: Segment,
    from: number,
    depth: number,
    most: number,
  ): void {
    if (this.totalBytes > most) throw badMessage('its parts are shared too often to be copied')
    const kind = follow(message, source, from, depth)
    if (kind === NULL) return
    const { segment, at: start, a, b } = found
    const { bytes } = segment
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
      const content = bytes.subarray(start * 8, start * 8 + length)
      if (a === 2 && length >= EXTERNAL_DATA_BYTES) this.data(at, content)
      else {
        target = this.list(at, a, b, (length + 7) >> 3)
        this.bytes.set(content, target * 8)
      }
      return
    }
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
        this.#copy(target++, message, segment, of++, depth - 1, most)
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
    const external = this.#external?.chunks
    const start = this.#start * 8
    let chunks: Uint8Array[]
    if (external) {
      const sizes = [external.length, this.words - this.#start]
      chunks = [this.bytes.subarray(start, this.words * 8)]
      for (const bytes of external) {
        sizes.push((bytes.length + 7) >> 3)
        chunks.push(bytes)
        const padding = -bytes.length & 7
        if (padding) chunks.push(new Uint8Array(padding))
      }
      // Whole words, as all of a frame.
      if (sizes.length & 1) sizes.push(0)
      chunks.unshift(new Uint8Array(Uint32Array.from(sizes).buffer))
    } else {
      this.#table()
      chunks = [this.bytes.subarray(start - 8, this.words * 8)]
    }
    this.#close(true)
    return chunks
  }

  /** The table of a frame with one segment, in the word that was left for it. */
  #table(): void {
    this.#put(this.#start - 1, 0, this.words - this.#start)
  }

  /** Finishes the message and reads it here. Its `caps` are this builder's, still borrowed. */
  toMessage(): Message {
    const message = new Message(this.segments())
    message.caps = this.caps
    this.#close(true)
    return message
  }

  /**
   * What was written so far, for whoever knows where in it to begin: pointers of ours need no bounds, so
   * messages share the segment that is all of our memory.
   */
  snapshot(): Message {
    const segments = this.#external ? this.segments() : this.#slab!.segments
    return new Message(segments, DEFAULT_WIRE_LIMITS, this.totalBytes / 8)
  }

  /** What was written so far. */
  segments(): Segment[] {
    const { bytes, view, halves } = this
    const segments: Segment[] = [{ bytes, view, halves, start: this.#start, end: this.words }]
    for (const data of this.#external?.chunks ?? []) {
      const whole = new Uint8Array((data.length + 7) & ~7)
      whole.set(data)
      segments.push(segmentOf(whole))
    }
    return segments
  }

  /** The message is not wanted. Nothing after it was finished. */
  discard(): void {
    this.#close(true)
  }

  #close(isTaken: boolean): void {
    this.#slab?.close(this.words, isTaken)
    this.#slab = undefined
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
