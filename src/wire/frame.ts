// Cuts a byte stream into messages.
//
// Invariants
//  - Every byte is copied once, into memory of ours, unless it was put there (`room`); chunks are only
//    borrowed. So a message is aligned and complete in one buffer, nobody else writes to it, and small
//    ones share a buffer and a view.
//  - Bytes of a buffer are written once: a message that was delivered never changes.
//  - A frame is refused by its table, before its body is awaited; and memory grows with what has come,
//    never on a claim: to no more than GROWTH times that, or TRUSTED_BYTES.
//  - A frame larger than a slab has a buffer of its own and fills it, so nobody sees what was there before.
//
// Format: https://capnproto.org/encoding.html#serialization-over-a-stream

import { EMPTY_BYTES } from '../base/index.ts'
import { DEFAULT_WIRE_LIMITS, SLAB_BYTES } from './limits.ts'
import type { WireLimits } from './limits.ts'
import { Message, segmentOf } from './message.ts'
import type { Segment } from './message.ts'
import { badMessage } from './text.ts'

/** How often a frame may be moved while it comes in: an eighth of it twice, and so on. */
const GROWTH = 8
/**
 * A claim that is believed: a megabyte, and what stands around it in a message. Data are often a power
 * of two, and 8 MiB with what stands around them are not to be moved for the sake of that.
 */
const TRUSTED_BYTES = (1 << 20) + (1 << 10)
/** The first buffer: who says little takes little. */
const FIRST_BYTES = 1 << 10

/** Memory that frames are gathered in; what it is when there is nothing. */
const NOTHING = segmentOf(EMPTY_BYTES)

export class FrameReader {
  readonly #limits: WireLimits
  readonly #deliver: (message: Message) => boolean
  readonly #allocate: (bytes: number) => Uint8Array
  #buffer = NOTHING
  /** Where the frame begins that is awaited, and where what has come of it ends. Bytes. */
  #start = 0
  #end = 0
  /** From `#start`, without which nothing can be decided. */
  #neededBytes = 8

  /**
   * @param deliver gets each message in order; false stops the reading of what is left
   * @param allocate makes memory for large frames; it may hold anything
   */
  constructor(
    deliver: (message: Message) => boolean,
    limits: WireLimits = DEFAULT_WIRE_LIMITS,
    allocate: (bytes: number) => Uint8Array = (bytes) => new Uint8Array(bytes),
  ) {
    this.#deliver = deliver
    this.#limits = limits
    this.#allocate = allocate
  }

  /** Whether the stream may end here without cutting a message in two. */
  get isBetweenFrames(): boolean {
    return this.#start === this.#end
  }

  /** Where the rest of a large frame goes, if one is under way: what is fed from there is not copied. */
  room(): Uint8Array | undefined {
    if (this.#start + this.#neededBytes - this.#end <= SLAB_BYTES) return undefined
    if (this.#end === this.#buffer.bytes.length) this.#renew()
    return this.#buffer.bytes.subarray(this.#end)
  }

  /** Borrows `chunk`. @throws {WwError} BAD_MESSAGE */
  feed(chunk: Uint8Array): void {
    const { length } = chunk
    for (let at = 0; at < length;) {
      let end = this.#end
      if (end === this.#buffer.bytes.length) end = this.#renew()
      const { bytes } = this.#buffer
      const count = Math.min(bytes.length - end, length - at)
      if (chunk.buffer !== bytes.buffer || chunk.byteOffset !== bytes.byteOffset + end) {
        bytes.set(count === length ? chunk : chunk.subarray(at, at + count), end)
      }
      at += count
      end += count
      this.#end = end
      if (end - this.#start >= this.#neededBytes && !this.#deliverWhole(end >>> 3)) return
    }
  }

  /** The frame goes on in a larger buffer, or the next one begins in a new one. @returns `#end` */
  #renew(): number {
    const came = this.#buffer.bytes.subarray(this.#start, this.#end)
    const believed = Math.max(TRUSTED_BYTES, came.length * GROWTH)
    const slabBytes = Math.min(SLAB_BYTES, this.#buffer.bytes.length * 4 || FIRST_BYTES)
    const size = Math.max(slabBytes, Math.min(this.#neededBytes, believed))
    const bytes = size > SLAB_BYTES ? this.#allocate(size) : new Uint8Array(size)
    bytes.set(came)
    this.#buffer = segmentOf(bytes)
    this.#start = 0
    return (this.#end = came.length)
  }

  /**
   * Delivers what is there whole, and sees what the next frame needs.
   * @param have words of the buffer that came @returns whether to go on
   */
  #deliverWhole(have: number): boolean {
    const { bytes, view, halves } = this.#buffer
    const limits = this.#limits
    let at = this.#start >>> 3
    let needed = 1
    while (at + needed <= have) {
      // The table: segments less one, and the words of each, in half a word each.
      const count = (halves[at * 2]! >>> 0) + 1
      if (count > limits.maxSegments) throw badMessage(`a frame of ${count} segments`)
      const table = (count >>> 1) + 1
      needed = table
      if (at + table > have) break
      // Most often one: a list that grows from none takes room for seventeen.
      let segments: Segment[] | undefined
      let end = at + table
      for (let index = 1; index <= count; index++) {
        const start = end
        end += halves[at * 2 + index]! >>> 0
        const segment = { bytes, view, halves, start, end }
        if (segments) segments.push(segment)
        else segments = [segment]
      }
      needed = end - at
      const words = needed - table
      if (words > limits.maxFrameWords) throw badMessage(`a frame of ${words} words`)
      if (end > have) break
      at = end
      needed = 1
      this.#start = end * 8
      if (!this.#deliver(new Message(segments!, limits))) return false
    }
    this.#neededBytes = needed * 8
    // A large buffer ends with its message.
    if (bytes.length > SLAB_BYTES && this.isBetweenFrames) {
      this.#buffer = NOTHING
      this.#start = this.#end = 0
    }
    return true
  }
}
