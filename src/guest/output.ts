// Bytes on their way out of the guest: stdout, stderr and the data stream.
//
// Invariants
//  - Bytes leave in the order they were pushed; what the stream does not take stays in front.
//  - What is pushed first in a turn of the loop leaves at once; all that follows leaves at the turn's end,
//    in as few writes as the stream allows. Who says one thing per turn, as who answers does, pays for
//    no queue, and who says many wakes the reader twice.
//  - Nobody is called back while he pushes: that the reader is gone is found out at the turn's end.
//  - When the reader is gone the queue is empty and stays so.
//  - The loop waits for it when a flush left bytes behind, until they are gone.

import { concatBytes } from '../base/index.ts'
import type { Late, Loop, Source } from './loop.ts'
import { isStreamClosed } from './wasi.ts'
import type { OutputStream, Pollable } from './wasi.ts'

/** Chunks are put together until they have so many bytes: what a ring of the host holds. */
const PIECE_BYTES = 65_536

/** What an output asks of the loop. */
export type OutputLoop = Pick<Loop, 'add' | 'beforeWait' | 'turn' | 'wanted'>

export class OutputQueue implements Source, Late {
  /** Bytes pushed and not yet taken by the stream. Set here only. */
  pending = 0
  /** Runs whenever bytes have left or will never; unset while nobody cares. */
  onProgress: (() => void) | undefined
  /** No byte will ever be taken again. Set here only. */
  isClosed = false
  /** Closed by a failure, and not because the reader left. Set here only. */
  isFailed = false

  readonly #loop: OutputLoop
  readonly #open: () => OutputStream
  readonly #onGone: (() => void) | undefined
  #stream: OutputStream | undefined
  #pollable: Pollable | undefined
  #chunks: Uint8Array[] = []
  /** In what the loop wants. Most outputs never wait, and have none. */
  #bit = 0
  /** In which bytes left at once. */
  #turn = -1

  /**
   * @param open makes the stream when the first byte wants to leave
   * @param onGone hears that the reader has left, or the stream failed
   */
  constructor(loop: OutputLoop, open: () => OutputStream, onGone?: () => void) {
    this.#loop = loop
    this.#open = open
    this.#onGone = onGone
  }

  get pollable(): Pollable {
    this.#stream ??= this.#open()
    this.#pollable ??= this.#stream.subscribe()
    return this.#pollable
  }

  /** Takes ownership of `bytes`, unless they are only lent: then what is kept of them is a copy. */
  push(bytes: Uint8Array, isLent = false): void {
    const { length } = bytes
    if (this.isClosed || length === 0) return
    const { turn } = this.#loop
    let rest = bytes
    if (turn !== this.#turn && this.pending === 0) {
      this.#turn = turn
      try {
        const written = (this.#stream ??= this.#open()).write(bytes)
        if (written === length) return
        rest = bytes.subarray(written)
      } catch {
        // The flush hears it again.
      }
    }
    if (this.pending === 0) this.#loop.beforeWait(this)
    this.#chunks.push(isLent ? new Uint8Array(rest) : rest)
    this.pending += rest.length
  }

  ready(): void {
    this.flush()
  }

  /** Writes what the stream takes now. */
  flush(): void {
    const before = this.pending
    if (before === 0) return
    const chunks = this.#chunks
    try {
      const stream = (this.#stream ??= this.#open())
      do {
        const piece = this.#front()
        const written = stream.write(piece)
        if (written === 0) break
        if (written === piece.length) chunks.shift()
        else chunks[0] = piece.subarray(written)
        this.pending -= written
      } while (this.pending > 0)
      if (this.pending > 0) this.#loop.wanted |= this.#bit ||= this.#loop.add(this)
      else if (this.#bit !== 0) this.#loop.wanted &= ~this.#bit
    } catch (thrown) {
      this.isFailed = !isStreamClosed(thrown)
      this.close()
      this.#onGone?.()
    }
    if (this.onProgress !== undefined && this.pending < before) this.onProgress()
  }

  /** Waits, letting nothing else happen, until everything is written or the reader is gone. */
  flushBlocking(waitFor: (pollable: Pollable) => void, below = 1): void {
    while (this.pending >= below) {
      this.flush()
      if (this.pending >= below) waitFor(this.pollable)
    }
  }

  /** Drops the queue and the stream. Twice is once. */
  close(): void {
    this.isClosed = true
    this.#chunks.length = 0
    this.pending = 0
    this.#loop.wanted &= ~this.#bit
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
}
