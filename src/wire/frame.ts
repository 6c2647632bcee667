// Cuts a byte stream into messages.
//
// Invariants
//  - Every byte is copied once, into memory of ours; chunks are only borrowed. So a message is aligned
//    and complete in one buffer, nobody else writes to it, and small ones share a buffer and a view.
//  - Bytes of a buffer are written once: a message that was delivered never changes.
//  - A frame is refused by its table, before its body is awaited; and memory grows with what has come,
//    never on a claim: to no more than GROWTH times that, or a slab.
//
// Format: https://capnproto.org/encoding.html#serialization-over-a-stream

import { EMPTY_BYTES } from '../base/index.ts'
import { DEFAULT_WIRE_LIMITS, SLAB_BYTES } from './limits.ts'
import type { WireLimits } from './limits.ts'
import { Message, viewOf } from './message.ts'
import type { Segment } from './message.ts'
import { badMessage } from './text.ts'

/** How often a frame may be moved while it comes in: an eighth of it twice, and so on. */
const GROWTH = 8
/** A claim that is believed: what the smallest buffer for a large frame has. */
const TRUSTED_BYTES = 1 << 20

export class FrameReader {
  readonly #limits: WireLimits
  readonly #deliver: (message: Message) => boolean
  #bytes = EMPTY_BYTES
  #view = viewOf(EMPTY_BYTES)
  /** Where the frame begins that is awaited, and where what has come of it ends. */
  #start = 0
  #end = 0
  /** From `#start`, without which nothing can be decided. */
  #neededBytes = 8

  /** @param deliver gets each message in order; false stops the reading of what is left */
  constructor(deliver: (message: Message) => boolean, limits: WireLimits = DEFAULT_WIRE_LIMITS) {
    this.#deliver = deliver
    this.#limits = limits
  }

  /** Whether the stream may end here without cutting a message in two. */
  get isBetweenFrames(): boolean {
    return this.#start === this.#end
  }

  /** Borrows `chunk`. @throws {WwError} BAD_MESSAGE */
  feed(chunk: Uint8Array): void {
    let at = 0
    while (at < chunk.length) {
      if (this.#end === this.#bytes.length) this.#renew()
      const to = Math.min(at + this.#bytes.length - this.#end, chunk.length)
      const isWhole = to - at === chunk.length
      this.#bytes.set(isWhole ? chunk : chunk.subarray(at, to), this.#end)
      this.#end += to - at
      at = to
      while (this.#end - this.#start >= this.#neededBytes) {
        const message = this.#next()
        if (message && !this.#deliver(message)) return
      }
    }
    // A large buffer ends with its message.
    if (this.isBetweenFrames && this.#bytes.length > SLAB_BYTES) {
      this.#bytes = EMPTY_BYTES
      this.#start = this.#end = 0
    }
  }

  /** The frame goes on in a larger buffer, or the next one begins in a new one. */
  #renew(): void {
    const came = this.#bytes.subarray(this.#start, this.#end)
    const believed = Math.max(TRUSTED_BYTES, came.length * GROWTH)
    const bytes = new Uint8Array(Math.max(SLAB_BYTES, Math.min(this.#neededBytes, believed)))
    bytes.set(came)
    this.#bytes = bytes
    this.#view = viewOf(bytes)
    this.#start = 0
    this.#end = came.length
  }

  /** The message at `#start`; or undefined, and `#neededBytes` is more. */
  #next(): Message | undefined {
    const view = this.#view
    const at = this.#start
    const count = view.getUint32(at, true) + 1
    if (count > this.#limits.maxSegments) throw badMessage(`a frame of ${count} segments`)
    const tableBytes = (4 + 4 * count + 7) & ~7
    if (this.#neededBytes < tableBytes) {
      this.#neededBytes = tableBytes
      return undefined
    }
    const segments: Segment[] = []
    let start = (at + tableBytes) >>> 3
    for (let index = 0; index < count; index++) {
      const end = start + view.getUint32(at + 4 + 4 * index, true)
      segments.push({ bytes: this.#bytes, view, start, end })
      start = end
    }
    const words = start - ((at + tableBytes) >>> 3)
    if (words > this.#limits.maxFrameWords) throw badMessage(`a frame of ${words} words`)
    const needed = tableBytes + words * 8
    if (this.#end - at < needed) {
      this.#neededBytes = needed
      return undefined
    }
    this.#start = at + needed
    this.#neededBytes = 8
    return new Message(segments, this.#limits)
  }
}
