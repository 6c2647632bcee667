// Memory that messages are written into, one behind the other.
//
// Invariants
//  - Words are handed out once, from front to back, and are zero then. So a finished message never
//    changes, and is read and sent where it lies.
//  - One builder at a time writes into a slab, behind its last message.
//  - Whoever keeps a message keeps its slab, which is SLAB_BYTES unless the message is larger.

import { EMPTY_BYTES } from '../base/index.ts'
import { SLAB_BYTES } from './limits.ts'
import { segmentOf } from './message.ts'
import type { Segment } from './message.ts'

/** A message is not begun with less room than this, so that small ones need not move. */
const MIN_BYTES = 512

const NOTHING = [segmentOf(EMPTY_BYTES)]
const NO_CHUNKS: Uint8Array[] = []

export class Slab {
  /** All of it, as a list of one. */
  segments: readonly Segment[] = NOTHING
  /** Where the next message begins. */
  words = 0
  isOpen = false

  /** A builder begins. */
  open(): void {
    this.isOpen = true
    if (this.segments[0]!.bytes.length - this.words * 8 >= MIN_BYTES) return
    this.replace(new Uint8Array(SLAB_BYTES), 0)
  }

  /** Goes on in `bytes`, at word `words`. */
  replace(bytes: Uint8Array, words: number): void {
    this.segments = [segmentOf(bytes)]
    this.words = words
  }

  /**
   * The builder is done.
   * @param words where it ended
   * @param _isTaken whether whoever built the message has it, or nobody wants it
   */
  close(words: number, _isTaken: boolean): void {
    this.isOpen = false
    this.words = words
    // A large buffer ends with its message.
    if (this.segments[0]!.bytes.length > SLAB_BYTES) this.replace(EMPTY_BYTES, 0)
  }
}

/** A slab whose messages, each with the table of its frame in front, are to leave in order. */
export class Outbox extends Slab {
  #chunks = NO_CHUNKS
  #chunkBytes = 0
  /** Up to here, what is in the slab is in a chunk. */
  #cutWords = 0

  /** Bytes that wait to be taken. */
  get length(): number {
    return this.#chunkBytes + (this.words - this.#cutWords) * 8
  }

  /** What waits, which is no longer ours. */
  take(): Uint8Array[] {
    this.#cut()
    const chunks = this.#chunks
    this.#chunks = NO_CHUNKS
    this.#chunkBytes = 0
    return chunks
  }

  /** Lines up what was built elsewhere. */
  push(chunks: readonly Uint8Array[]): void {
    this.#cut()
    for (const chunk of chunks) this.#add(chunk)
  }

  override replace(bytes: Uint8Array, words: number): void {
    this.#cut()
    super.replace(bytes, words)
    this.#cutWords = words
  }

  override close(words: number, isTaken: boolean): void {
    if (isTaken) {
      this.#cut()
      this.#cutWords = words
    }
    super.close(words, isTaken)
  }

  #cut(): void {
    if (this.words > this.#cutWords) {
      this.#add(this.segments[0]!.bytes.subarray(this.#cutWords * 8, this.words * 8))
    }
    this.#cutWords = this.words
  }

  #add(chunk: Uint8Array): void {
    // Most often it stays the only one.
    if (this.#chunks === NO_CHUNKS) this.#chunks = [chunk]
    else this.#chunks.push(chunk)
    this.#chunkBytes += chunk.length
  }
}
