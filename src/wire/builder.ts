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
import { DEFAULT_WIRE_LIMITS, SLAB_BYTES } from './limits.ts'
import { Message, segmentOf } from './message.ts'
import type { Segment } from './message.ts'
import { putWord } from './put.ts'
import { Slab } from './slab.ts'
import type { Outbox } from './slab.ts'

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
      const grown = new Uint8Array(Math.max(SLAB_BYTES * 2, this.words * 16))
      const from = slab.words * 8
      grown.set(this.bytes.subarray(from, at * 8), from)
      slab.replace(grown, slab.words)
      this.#enter(slab)
    }
    this.#room = Math.min(most, this.bytes.length >>> 3)
  }

  /**
   * Takes `value` along as a segment of its own, behind the pointer at `at`: it is sent, not copied.
   * @returns false if there are too many already
   */
  attach(at: number, value: Uint8Array): boolean {
    const external = (this.#external ??= { chunks: [], words: 0 })
    const { chunks } = external
    if (chunks.length + 1 >= DEFAULT_WIRE_LIMITS.maxSegments) return false
    external.words += (value.length + 7) >> 3
    this.#room = 0
    const pad = this.allocate(2)
    chunks.push(value)
    putWord(this, at, ((pad - this.#start) << 3) | 6, 0)
    putWord(this, pad, 2, chunks.length)
    putWord(this, pad + 1, 1, (value.length << 3) | 2)
    return true
  }

  /** @returns the index of `cap` in the message's table */
  addCap(cap: object): number {
    if (this.caps === NONE) this.caps = []
    return this.caps.push(cap) - 1
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
    putWord(this, this.#start - 1, 0, this.words - this.#start)
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

/** Finishes the message in `builder` and reads it here. Its `caps` are the builder's, still borrowed. */
export function finished(builder: Builder): Message {
  const message = new Message(builder.segments())
  message.caps = builder.caps
  builder.discard()
  return message
}
