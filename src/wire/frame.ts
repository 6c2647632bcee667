// Cuts a byte stream into messages.
//
// Invariants
//  - What is buffered is at most one frame (bounded by the limits, checked on its table before its
//    body is awaited) and one chunk; memory grows as bytes arrive, never on a claim, and small
//    chunks are gathered, so that a stream cut into single bytes costs no more than a whole one.
//  - A buffer handed to a message begins at a frame, so every segment is word-aligned in it.
//
// Format: https://capnproto.org/encoding.html#serialization-over-a-stream

import { concatBytes, EMPTY_BYTES } from '../base/index.ts'
import { DEFAULT_WIRE_LIMITS } from './limits.ts'
import type { WireLimits } from './limits.ts'
import { Message, viewOf } from './message.ts'
import type { Segment } from './message.ts'
import { badMessage } from './text.ts'

/** Chunks smaller than this are copied together while a frame is awaited. */
const SMALL_BYTES = 4 << 10
const GATHER_BYTES = 16 << 10

export class FrameReader {
  readonly #limits: WireLimits
  readonly #deliver: (message: Message) => boolean
  #pending: Uint8Array[] = []
  #pendingBytes = 0
  /** The last of `#pending` if it is a gathering buffer: how much of it is filled. */
  #gathered: { readonly buffer: Uint8Array; length: number } | undefined
  /** Bytes without which nothing can be decided. */
  #neededBytes = 8

  /** @param deliver gets each message in order; false stops the reading of what is left */
  constructor(deliver: (message: Message) => boolean, limits: WireLimits = DEFAULT_WIRE_LIMITS) {
    this.#deliver = deliver
    this.#limits = limits
  }

  /** Whether the stream may end here without cutting a message in two. */
  get isBetweenFrames(): boolean {
    return this.#pendingBytes === 0
  }

  /** Takes ownership of `chunk`. @throws {WwError} BAD_MESSAGE */
  feed(chunk: Uint8Array): void {
    let bytes = chunk
    if (this.#pendingBytes > 0) {
      this.#add(chunk)
      if (this.#pendingBytes < this.#neededBytes) return
      bytes = concatBytes(this.#pending)
      this.#pending = []
      this.#pendingBytes = 0
      this.#gathered = undefined
    }
    const view = viewOf(bytes)
    let at = 0
    for (;;) {
      const end = this.#frameEnd(view, at)
      if (end === undefined) break
      if (!this.#deliver(this.#cut(bytes, view, at))) return
      at = end
    }
    if (at < bytes.length) {
      this.#add(at === 0 ? bytes : bytes.subarray(at))
    }
  }

  #add(chunk: Uint8Array): void {
    this.#pendingBytes += chunk.length
    if (chunk.length >= SMALL_BYTES) {
      this.#pending.push(chunk)
      this.#gathered = undefined
      return
    }
    if (!this.#gathered || this.#gathered.length + chunk.length > GATHER_BYTES) {
      this.#gathered = { buffer: new Uint8Array(GATHER_BYTES), length: 0 }
      this.#pending.push(EMPTY_BYTES)
    }
    const { buffer, length } = this.#gathered
    buffer.set(chunk, length)
    this.#gathered.length = length + chunk.length
    this.#pending[this.#pending.length - 1] = buffer.subarray(0, length + chunk.length)
  }

  /** Where the frame at `at` ends, or undefined (and `#neededBytes` set) when it is not all there. */
  #frameEnd(view: DataView, at: number): number | undefined {
    const left = view.byteLength - at
    if (left < 8) return this.#need(8)
    const segments = view.getUint32(at, true) + 1
    if (segments > this.#limits.maxSegments) throw badMessage(`a frame of ${segments} segments`)
    const table = (4 + 4 * segments + 7) & ~7
    if (left < table) return this.#need(table)
    let words = 0
    for (let index = 0; index < segments; index++) words += view.getUint32(at + 4 + 4 * index, true)
    if (words > this.#limits.maxFrameWords) throw badMessage(`a frame of ${words} words`)
    const length = table + words * 8
    if (left < length) return this.#need(length)
    return at + length
  }

  #need(bytes: number): undefined {
    this.#neededBytes = bytes
    return undefined
  }

  #cut(bytes: Uint8Array, view: DataView, at: number): Message {
    const count = view.getUint32(at, true) + 1
    let start = (at + ((4 + 4 * count + 7) & ~7)) >>> 3
    const segments: Segment[] = []
    for (let index = 0; index < count; index++) {
      const end = start + view.getUint32(at + 4 + 4 * index, true)
      segments.push({ bytes, view, start, end })
      start = end
    }
    return new Message(segments, this.#limits)
  }
}
