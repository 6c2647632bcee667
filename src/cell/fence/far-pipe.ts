// A node's ends of the pipes of a cell in another process. They stand where rings stand for a cell of
// this one.
//
// Invariants
//  - No more than a window of bytes is on its way or lies unread, in either direction. What comes
//    beyond is a breach: the other side may be an enemy.
//  - A byte taken is credit given back, told in halves of a window.

import { EMPTY_BYTES } from '../../base/index.ts'
import type { PipeSource, PipeTarget } from '../pipe.ts'
import { Breach } from './frame.ts'
import { FENCE_LIMITS } from './limits.ts'

const FIRST_BYTES = 4 << 10

export interface SourceLine {
  credit(count: number): void
  closed(): void
}

/** What a cell writes. */
export class FarSource implements PipeSource {
  /** Bytes of its window. */
  readonly capacity: number
  readonly #line: SourceLine
  /** A ring that grows as it is needed. */
  #bytes: Uint8Array = EMPTY_BYTES
  #head = 0
  #readable = 0
  #credit: number
  /** Taken, and not given back as credit. */
  #owed = 0
  #writerClosed = false
  #readerClosed = false

  constructor(windowBytes: number, line: SourceLine) {
    this.capacity = windowBytes
    this.#credit = windowBytes
    this.#line = line
  }

  get readable(): number {
    return this.#readable
  }

  get writerClosed(): boolean {
    return this.#writerClosed
  }

  get readerClosed(): boolean {
    return this.#readerClosed
  }

  /** @throws {Breach} */
  receive(bytes: Uint8Array): void {
    if (this.#writerClosed) throw new Breach('wrote to a pipe behind its end')
    this.#credit -= bytes.length
    if (this.#credit < 0) throw new Breach('wrote more to a pipe than it may')
    if (this.#readerClosed) return
    this.#reserve(this.#readable + bytes.length)
    const at = (this.#head + this.#readable) % this.#bytes.length
    const first = Math.min(bytes.length, this.#bytes.length - at)
    this.#bytes.set(bytes.subarray(0, first), at)
    this.#bytes.set(bytes.subarray(first), 0)
    this.#readable += bytes.length
  }

  /** What is left of the writer comes at once. */
  expectRest(): void {
    this.#credit += FENCE_LIMITS.restBytes
  }

  end(): void {
    this.#writerClosed = true
  }

  read(target: Uint8Array, at: number, length: number): number {
    const count = Math.min(length, this.#readable)
    if (count <= 0) return 0
    const first = Math.min(count, this.#bytes.length - this.#head)
    target.set(this.#bytes.subarray(this.#head, this.#head + first), at)
    target.set(this.#bytes.subarray(0, count - first), at + first)
    this.#head = (this.#head + count) % this.#bytes.length
    this.#readable -= count
    this.#giveBack(count)
    return count
  }

  close(): void {
    if (this.#readerClosed) return
    this.#readerClosed = true
    this.#readable = 0
    this.#bytes = EMPTY_BYTES
    if (!this.#writerClosed) this.#line.closed()
  }

  #giveBack(count: number): void {
    this.#owed += count
    if (this.#writerClosed || this.#owed < this.capacity / 2) return
    this.#credit += this.#owed
    this.#line.credit(this.#owed)
    this.#owed = 0
  }

  #reserve(size: number): void {
    if (size <= this.#bytes.length) return
    let capacity = Math.max(FIRST_BYTES, this.#bytes.length)
    while (capacity < size) capacity *= 2
    const grown = new Uint8Array(capacity)
    const first = Math.min(this.#readable, this.#bytes.length - this.#head)
    grown.set(this.#bytes.subarray(this.#head, this.#head + first))
    grown.set(this.#bytes.subarray(0, this.#readable - first), first)
    this.#bytes = grown
    this.#head = 0
  }
}

export interface TargetLine {
  bytes(bytes: Uint8Array): void
  end(): void
}

/** What a cell reads. */
export class FarTarget implements PipeTarget {
  readonly #windowBytes: number
  readonly #line: TargetLine
  #credit: number
  #writerClosed = false
  #readerClosed = false

  constructor(windowBytes: number, line: TargetLine) {
    this.#windowBytes = windowBytes
    this.#credit = windowBytes
    this.#line = line
  }

  get readerClosed(): boolean {
    return this.#readerClosed
  }

  write(source: Uint8Array, at: number, length: number): number {
    if (this.#writerClosed) return length
    const count = Math.min(length, this.#credit)
    if (count <= 0) return 0
    this.#credit -= count
    this.#line.bytes(source.subarray(at, at + count))
    return count
  }

  close(): void {
    if (this.#writerClosed) return
    this.#writerClosed = true
    if (!this.#readerClosed) this.#line.end()
  }

  /** @throws {Breach} */
  grant(count: number): void {
    this.#credit += count
    if (this.#credit > this.#windowBytes)
      throw new Breach('took more from a pipe than it was given')
  }

  /** The reader is gone. */
  closeForReader(): void {
    this.#readerClosed = true
  }
}
