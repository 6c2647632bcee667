// Bytes on their way out of the guest: stdout, stderr and the data stream.
//
// Invariants
//  - Bytes leave in the order they were pushed; what the stream does not take stays in front.
//  - All that was pushed in one turn of the loop leaves in as few writes as the stream allows.
//  - When the reader is gone the queue is empty and stays so.
//  - `wanted` is set when a flush left bytes behind, until they are gone.

import { concatBytes } from '../base/index.ts'
import type { Loop, Source } from './loop.ts'
import { isStreamClosed } from './wasi.ts'
import type { OutputStream, Pollable } from './wasi.ts'

/** Chunks are put together until they have so many bytes: what a ring of the host holds. */
const PIECE_BYTES = 65_536

export class OutputQueue implements Source {
  /** Bytes pushed and not yet taken by the stream. Set here only. */
  pending = 0
  /** What to wait for before the next flush. Set here only. */
  wanted: Pollable | undefined

  readonly #loop: Pick<Loop, 'add' | 'beforeWait'>
  readonly #open: () => OutputStream
  #stream: OutputStream | undefined
  #pollable: Pollable | undefined
  #chunks: Uint8Array[] = []
  #isClosed = false
  #isFailed = false
  readonly #onProgress: () => void
  readonly #flush = () => this.flush()

  /**
   * @param open makes the stream when the first byte wants to leave
   * @param onProgress runs whenever bytes have left or the stream has closed
   */
  constructor(
    loop: Pick<Loop, 'add' | 'beforeWait'>,
    open: () => OutputStream,
    onProgress: () => void,
  ) {
    this.#loop = loop
    this.#open = open
    this.#onProgress = onProgress
  }

  /** No byte will ever be taken again. */
  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Closed by a failure, and not because the reader left. */
  get isFailed(): boolean {
    return this.#isFailed
  }

  /** Takes ownership of `bytes`. */
  push(bytes: Uint8Array): void {
    if (this.#isClosed || bytes.length === 0) return
    if (this.pending === 0) this.#loop.beforeWait(this.#flush)
    this.#chunks.push(bytes)
    this.pending += bytes.length
  }

  ready(): void {
    this.flush()
  }

  /** Writes what the stream takes now. */
  flush(): void {
    const before = this.pending
    if (before === 0) return
    try {
      const stream = (this.#stream ??= this.#open())
      do {
        const piece = this.#front()
        const written = stream.write(piece)
        if (written === 0) break
        if (written === piece.length) this.#chunks.shift()
        else this.#chunks[0] = piece.subarray(written)
        this.pending -= written
      } while (this.pending > 0)
      if (this.pending === 0) this.wanted = undefined
      else this.wanted = this.#pollable ??= this.#subscribe(stream)
    } catch (thrown) {
      this.#isFailed = !isStreamClosed(thrown)
      this.close()
    }
    if (this.pending < before) this.#onProgress()
  }

  /** Waits, letting nothing else happen, until everything is written or the reader is gone. */
  flushBlocking(poll: (pollables: readonly Pollable[]) => void, below = 1): void {
    while (this.pending >= below) {
      this.flush()
      if (this.wanted && this.pending >= below) poll([this.wanted])
    }
  }

  /** Drops the queue and the stream. Twice is once. */
  close(): void {
    this.#isClosed = true
    this.#chunks = []
    this.pending = 0
    this.wanted = undefined
    // WASI: a stream may go only after what was subscribed to it.
    this.#pollable?.[Symbol.dispose]()
    this.#pollable = undefined
    this.#stream?.[Symbol.dispose]()
    this.#stream = undefined
  }

  // Most outputs are never waited for, and then the loop need not ask them.
  #subscribe(stream: OutputStream): Pollable {
    this.#loop.add(this)
    return stream.subscribe()
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
}
