// A received message: segments, and the one function that follows a pointer.
//
// Invariants
//  - Nothing outside `follow` trusts a pointer; every bound, shape and budget is checked there, at
//    the moment of use, so no check can drift away from what it guards.
//  - Following charges the size of the target in words (zero-size things one per element), so the
//    work a message can cause is bounded by `maxReadWords`, however its pointers overlap.
//  - Reading never writes to a message, and the bytes behind it never change.
//
// Layout: https://capnproto.org/encoding.html

import { DEFAULT_WIRE_LIMITS, READS_PER_WORD } from './limits.ts'
import type { WireLimits } from './limits.ts'
import { badMessage } from './text.ts'

/** Words `start` to `end` of `bytes`; several segments may share one chunk. */
export interface Segment {
  readonly bytes: Uint8Array
  readonly view: DataView
  readonly start: number
  readonly end: number
}

/** What a capability pointer stands for. The wire layer only carries it. */
export type CapEntry = object | null

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** A whole-word buffer as one segment. */
export function segmentOf(bytes: Uint8Array): Segment {
  return { bytes, view: viewOf(bytes), start: 0, end: bytes.length >>> 3 }
}

export class Message {
  readonly segments: readonly Segment[]
  /** Size of its segments. */
  readonly words: number
  readonly maxDepth: number
  /** What its capability pointers index. Set by whoever received the message. */
  caps: CapEntry[] = []
  #budgetWords: number

  constructor(segments: readonly Segment[], limits: WireLimits = DEFAULT_WIRE_LIMITS) {
    this.segments = segments
    this.maxDepth = limits.maxDepth
    let words = 0
    for (const { start, end } of segments) words += end - start
    this.words = words
    this.#budgetWords = Math.max(limits.maxReadWords, words * READS_PER_WORD)
  }

  charge(words: number): void {
    this.#budgetWords -= words
    if (this.#budgetWords < 0) throw badMessage('it asks for more reading than its limit allows')
  }
}

export const NULL = 0
export const STRUCT = 1
export const LIST = 2
export const COMPOSITE = 3
export const CAPABILITY = 4

/**
 * Where the last followed pointer led. One shared record: following is the hottest thing this
 * library does, and an object for each would double its cost. Read it before following again.
 */
export const found = {
  kind: NULL,
  segment: 0,
  /** Word index of the target in its segment's buffer; for a composite list, of its first element. */
  at: 0,
  /** Struct: data words. List: element size code. Composite: element count. Capability: index. */
  a: 0,
  /** Struct: pointer count. List: element count. Composite: data words | pointers << 16. */
  b: 0,
}

/** Bytes per element by size code, for the codes with whole bytes. */
export const ELEMENT_BYTES = [0, 0, 1, 2, 4, 8, 8] as const

/** Follows the pointer at word `at` of segment `segment`, leaving the result in {@link found}. */
export function follow(message: Message, segment: number, at: number, depth: number): void {
  let source = message.segments[segment]!
  let low = source.view.getInt32(at * 8, true)
  let high = source.view.getUint32(at * 8 + 4, true)
  if (low === 0 && high === 0) {
    found.kind = NULL
    return
  }
  let base = at + 1
  if ((low & 3) === 2) {
    const pad = segmentAt(message, high)
    const padAt = pad.start + (low >>> 3)
    const double = (low & 4) !== 0
    if (padAt + (double ? 2 : 1) > pad.end) throw badMessage('a far pointer leaves its segment')
    const padLow = pad.view.getInt32(padAt * 8, true)
    const padHigh = pad.view.getUint32(padAt * 8 + 4, true)
    if (double) {
      if ((padLow & 7) !== 2) throw badMessage('a double-far landing pad is no far pointer')
      segment = padHigh
      source = segmentAt(message, segment)
      base = source.start + (padLow >>> 3)
      low = pad.view.getInt32(padAt * 8 + 8, true)
      high = pad.view.getUint32(padAt * 8 + 12, true)
      if (low >> 2 !== 0 && (low & 3) < 2) throw badMessage('a double-far tag has an offset')
    } else {
      segment = high
      source = pad
      base = padAt + 1
      low = padLow
      high = padHigh
    }
    if ((low & 3) === 2) throw badMessage('a far pointer leads to a far pointer')
  }
  if ((low & 3) === 3) {
    if (low !== 3) throw badMessage('a pointer of unknown kind')
    found.kind = CAPABILITY
    found.a = high
    return
  }
  if (depth <= 0) throw badMessage('it is nested too deeply')
  const target = base + (low >> 2)
  if ((low & 3) === 0) {
    const dataWords = high & 0xffff
    const pointers = high >>> 16
    const words = dataWords + pointers
    if (target < source.start || target + words > source.end) {
      throw badMessage('a struct leaves its segment')
    }
    message.charge(words === 0 ? 1 : words)
    found.kind = STRUCT
    found.segment = segment
    found.at = target
    found.a = dataWords
    found.b = pointers
    return
  }
  followList(message, source, segment, target, high)
}

function followList(
  message: Message,
  source: Segment,
  segment: number,
  target: number,
  high: number,
): void {
  const size = high & 7
  const count = high >>> 3
  found.segment = segment
  if (size === 7) {
    // `count` is words here; a tag word in front says how many elements of which shape.
    if (target < source.start || target + 1 + count > source.end) {
      throw badMessage('a list leaves its segment')
    }
    const tagLow = source.view.getUint32(target * 8, true)
    const tagHigh = source.view.getUint32(target * 8 + 4, true)
    if ((tagLow & 3) !== 0) throw badMessage('a list tag is no struct')
    const elements = tagLow >>> 2
    const elementWords = (tagHigh & 0xffff) + (tagHigh >>> 16)
    if (elements * elementWords > count) throw badMessage('a list has more elements than words')
    message.charge(count + 1 + (elementWords === 0 ? elements : 0))
    found.kind = COMPOSITE
    found.at = target + 1
    found.a = elements
    found.b = tagHigh
    return
  }
  const words = size === 1 ? Math.ceil(count / 64) : Math.ceil((count * ELEMENT_BYTES[size]!) / 8)
  if (target < source.start || target + words > source.end) {
    throw badMessage('a list leaves its segment')
  }
  message.charge(words === 0 ? Math.max(count, 1) : words)
  found.kind = LIST
  found.at = target
  found.a = size
  found.b = count
}

function segmentAt(message: Message, index: number): Segment {
  const segment = message.segments[index]
  if (!segment) throw badMessage('a far pointer names a segment that is not there')
  return segment
}
