// Bytes on their way out of the guest: stdout, stderr and the data stream.
//
// Invariants
//  - Bytes leave in the order they were pushed; nothing is written beyond the permit the stream
//    gave (WASI: that would trap).
//  - All that was pushed in one turn of the loop leaves in as few writes as the permits allow.
//  - When the reader is gone the queue is empty and stays so.

import type { Source } from './loop.ts'
import { isStreamClosed } from './wasi.ts'
import type { OutputStream, Pollable } from './wasi.ts'

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
      for (let permit = stream.checkWrite(); permit > 0; permit = stream.checkWrite()) {
        stream.write(this.#take(permit))
        if (this.#pending === 0) break
      }
      if (this.#pending < before) stream.flush()
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

  /** At most `length` bytes from the front, in one piece. */
  #take(length: number): Uint8Array {
    const first = this.#chunks[0]!
    if (first.length >= length || this.#chunks.length === 1) {
      const taken = first.subarray(0, length)
      if (taken.length === first.length) this.#chunks.shift()
      else this.#chunks[0] = first.subarray(length)
      this.#pending -= taken.length
      return taken
    }
    const taken = new Uint8Array(Math.min(length, this.#pending))
    let filled = 0
    let used = 0
    while (filled < taken.length) {
      const chunk = this.#chunks[used]!
      const part = chunk.subarray(0, taken.length - filled)
      taken.set(part, filled)
      filled += part.length
      if (part.length < chunk.length) this.#chunks[used] = chunk.subarray(part.length)
      else used += 1
    }
    this.#chunks.splice(0, used)
    this.#pending -= taken.length
    return taken
  }
}
