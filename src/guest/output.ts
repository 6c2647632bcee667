// Bytes on their way out of the guest: stdout, stderr and the data stream.
//
// Invariants
//  - Bytes leave in the order they were pushed; what the stream does not take stays in front.
//  - All that was pushed in one turn of the loop leaves in as few writes as the stream allows.
//  - When the reader is gone the queue is empty and stays so.

import { concatBytes } from '../base/index.ts'
import type { Source } from './loop.ts'
import { isStreamClosed } from './wasi.ts'
import type { OutputStream, Pollable } from './wasi.ts'

/** Chunks are put together until they have so many bytes: what a ring of the host holds. */
const PIECE_BYTES = 65_536

export class OutputQueue implements Source {
  readonly #open: () => OutputStream
  #stream: OutputStream | undefined
  #pollable: Pollable | undefined
  #chunks: Uint8Array[] = []
  #pending = 0
  #isClosed = false
  #isFailed = false
  #onProgress: () => void = () => {}

  /** @param open makes the stream when the first byte wants to leave */
  constructor(open: () => OutputStream) {
    this.#open = open
  }

  /** Bytes pushed and not yet taken by the stream. */
  get pending(): number {
    return this.#pending
  }

  /** No byte will ever be taken again. */
  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Closed by a failure, and not because the reader left. */
  get isFailed(): boolean {
    return this.#isFailed
  }

  /** Runs `listener` whenever bytes have left or the stream has closed. */
  onProgress(listener: () => void): void {
    this.#onProgress = listener
  }

  /** Takes ownership of `bytes`. */
  push(bytes: Uint8Array): void {
    if (this.#isClosed || bytes.length === 0) return
    this.#chunks.push(bytes)
    this.#pending += bytes.length
  }

  wanted(): Pollable | undefined {
    if (this.#pending === 0) return undefined
    this.flush()
    if (this.#pending === 0) return undefined
    this.#pollable ??= this.#stream?.subscribe()
    return this.#pollable
  }

  ready(): void {
    this.flush()
  }

  /** Writes what the stream takes now. */
  flush(): void {
    if (this.#pending === 0) return
    const before = this.#pending
    try {
      this.#stream ??= this.#open()
      const stream = this.#stream
      while (this.#pending > 0) {
        const written = stream.write(this.#front())
        if (written === 0) break
        this.#drop(written)
      }
    } catch (thrown) {
      this.#isFailed = !isStreamClosed(thrown)
      this.close()
    }
    if (this.#pending < before) this.#onProgress()
  }

  /** Waits, letting nothing else happen, until everything is written or the reader is gone. */
  flushBlocking(poll: (pollables: readonly Pollable[]) => void, below = 1): void {
    while (this.#pending >= below) {
      const pollable = this.wanted()
      if (pollable && this.#pending >= below) poll([pollable])
    }
  }

  /** Drops the queue and the stream. Twice is once. */
  close(): void {
    this.#isClosed = true
    this.#chunks = []
    this.#pending = 0
    // WASI: a stream may go only after what was subscribed to it.
    this.#pollable?.[Symbol.dispose]()
    this.#pollable = undefined
    this.#stream?.[Symbol.dispose]()
    this.#stream = undefined
  }

  /** The bytes in front, in one piece: the first chunk, or several small ones made one. */
  #front(): Uint8Array {
    const first = this.#chunks[0]!
    if (this.#chunks.length === 1 || first.length >= PIECE_BYTES) return first
    let used = 0
    let length = 0
    while (used < this.#chunks.length && length < PIECE_BYTES) {
      length += this.#chunks[used]!.length
      used += 1
    }
    const piece = concatBytes(this.#chunks.slice(0, used))
    this.#chunks.splice(0, used, piece)
    return piece
  }

  /** Forgets `count` bytes of the first chunk. */
  #drop(count: number): void {
    const first = this.#chunks[0]!
    if (count === first.length) this.#chunks.shift()
    else this.#chunks[0] = first.subarray(count)
    this.#pending -= count
  }
}
