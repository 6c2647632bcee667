// Messages being written, one behind the other: each one growing segment, and large Data as segments of
// their own.
//
// Invariants
//  - Words are taken once, from front to back, and are zero then. So a finished message never changes, and
//    is read and sent where it lies. Whoever keeps one keeps the memory it is in, which is SLAB_BYTES
//    unless the message is larger.
//  - Indexes, of words and of bytes, count from the front of `bytes`, where other messages may lie;
//    they stay valid when the buffer is replaced. `bytes` and `view` do not, so never keep them across
//    a call that allocates.
//  - A message is finished once, by `frame`, `finished` or `discard`; `open` begins the next. Meanwhile
//    others are written by other builders.
//  - What is built, a reader with our limits takes: no more words, no more segments.

import { EMPTY_BYTES, WwError } from '../base/index.ts'
import { DEFAULT_WIRE_LIMITS, OURS, SLAB_BYTES } from './limits.ts'
import { Message, segmentOf } from './message.ts'
import type { Segment } from './message.ts'
import { putWord } from './put.ts'

const MAX_WORDS = DEFAULT_WIRE_LIMITS.maxFrameWords

/** A message is not begun with less room than this, so that small ones need not move. */
const MIN_BYTES = 512

/** Data that are segments of their own. */
interface External {
  readonly chunks: Uint8Array[]
  words: number
}

/** Memory before there is any. */
const NOTHING = segmentOf(EMPTY_BYTES)

/** No capabilities, as most messages have. */
const NONE: object[] = []

export class Builder {
  declare bytes: Uint8Array
  declare view: DataView
  /** The same bytes as 32-bit halves of words, which is what pointers are. */
  declare halves: Int32Array
  /** Where the next word is taken. */
  declare words: number
  /** What the message's capability pointers stand for, by index. Borrowed, not owned. */
  declare caps: object[]
  /** Between `open` and the end of a message. */
  isOpen = false
  /** The first word of the message, this one or the next; the one before is for the table of its frame. */
  protected start = 1
  /** All of the memory as one message: pointers of ours need no bounds. */
  #whole: Message | undefined
  /** Up to here, words can be taken without a second thought. */
  #room = 0
  #external: External | undefined

  constructor() {
    this.bytes = NOTHING.bytes
    this.view = NOTHING.view
    this.halves = NOTHING.halves
    this.words = this.start
    this.caps = NONE
  }

  /** Begins the next message. @returns this */
  open(): this {
    this.isOpen = true
    if (this.bytes.length - this.start * 8 < MIN_BYTES) this.enter(new Uint8Array(SLAB_BYTES), 1)
    this.words = this.start
    this.caps = NONE
    return this
  }

  /** Goes on in `bytes`, at word `start`. */
  protected enter(bytes: Uint8Array, start: number): void {
    const segment = segmentOf(bytes)
    this.bytes = segment.bytes
    this.view = segment.view
    this.halves = segment.halves
    this.start = start
    this.#whole = new Message([segment], OURS)
    this.#room = bytes.length >>> 3
  }

  /** Of everything written so far, large Data included. */
  get totalBytes(): number {
    return (this.words - this.start + (this.#external?.words ?? 0)) * 8
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
    const most = this.start + MAX_WORDS - (this.#external?.words ?? 0)
    if (this.words > most) {
      this.words = at
      const sentence = `Cannot send a message of more than ${(MAX_WORDS * 8) >> 20} MiB`
      throw new WwError('failed', 'MESSAGE_TOO_LARGE', sentence)
    }
    if (this.words * 8 > this.bytes.length) {
      const grown = new Uint8Array(Math.max(SLAB_BYTES, this.words * 16))
      const from = this.start * 8
      grown.set(this.bytes.subarray(from, at * 8), from)
      this.enter(grown, this.start)
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
    putWord(this, at, ((pad - this.start) << 3) | 6, 0)
    putWord(this, pad, 2, chunks.length)
    putWord(this, pad + 1, 1, (value.length << 3) | 2)
    return true
  }

  /** @returns the index of `cap` in the message's table */
  addCap(cap: object): number {
    if (this.caps === NONE) this.caps = []
    return this.caps.push(cap) - 1
  }

  /** Writes the table of a frame of one segment into the word that was left for it. @returns false if it has more */
  protected putTable(): boolean {
    if (this.#external) return false
    putWord(this, this.start - 1, 0, this.words - this.start)
    return true
  }

  /** Finishes the message: its frame as chunks, large Data among them uncopied. */
  frame(): Uint8Array[] {
    const start = this.start * 8
    let chunks: Uint8Array[]
    if (this.putTable()) chunks = [this.bytes.subarray(start - 8, this.words * 8)]
    else {
      const external = this.#external!.chunks
      const sizes = [external.length, this.words - this.start]
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
    }
    this.close(true)
    return chunks
  }

  /** What was written so far, for whoever knows where in it to begin: messages may share all of our memory. */
  snapshot(): Message {
    if (this.#external) return new Message(this.segments(), OURS)
    // Capabilities are of one message.
    return this.caps === NONE ? this.#whole! : new Message(this.#whole!.segments, OURS)
  }

  /** What was written so far. */
  segments(): Segment[] {
    const { bytes, view, halves } = this
    const segments: Segment[] = [{ bytes, view, halves, start: this.start, end: this.words }]
    for (const data of this.#external?.chunks ?? []) {
      const whole = new Uint8Array((data.length + 7) & ~7)
      whole.set(data)
      segments.push(segmentOf(whole))
    }
    return segments
  }

  /** Nothing leaves: the message is read where it lies, or is not wanted. */
  discard(): void {
    this.close(true)
  }

  /** @param _isTaken whether whoever built the message has it, or nobody wants it */
  protected close(_isTaken: boolean): void {
    this.isOpen = false
    this.start = this.words + 1
    if (this.#external) {
      this.#external = undefined
      this.#room = this.bytes.length >>> 3
    }
    // A large buffer ends with its message.
    if (this.bytes.length > SLAB_BYTES) this.enter(EMPTY_BYTES, 1)
  }
}

/** Finishes the message in `builder` and reads it here. Its `caps` are the builder's, still borrowed. */
export function finished(builder: Builder): Message {
  const message = new Message(builder.segments())
  message.caps = builder.caps
  builder.discard()
  return message
}
