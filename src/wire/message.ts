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

/**
 * Words `start` to `end` of `bytes`; several segments may share one chunk. `view` and `halves` are the
 * same bytes: pointers are read as 32-bit halves of words, which an interpreter does in one step.
 */
export interface Segment {
  readonly bytes: Uint8Array
  readonly view: DataView
  readonly halves: Int32Array
  readonly start: number
  readonly end: number
}

/** What a capability pointer stands for. The wire layer only carries it. */
export type CapEntry = object | null

// `halves` would be read the wrong way round, and nothing would tell.
if (new Uint8Array(new Uint16Array([1]).buffer)[0] !== 1) {
  throw new Error('Cannot run on a big-endian machine')
}

/** A buffer of whole words as one segment; copied if it does not begin at one. */
export function segmentOf(bytes: Uint8Array): Segment {
  const aligned = bytes.byteOffset & 7 ? bytes.slice() : bytes
  const { buffer, byteOffset, length } = aligned
  return {
    bytes: aligned,
    view: new DataView(buffer, byteOffset, length),
    halves: new Int32Array(buffer, byteOffset, length >>> 2),
    start: 0,
    end: length >>> 3,
  }
}

/** No capabilities, as most messages have. */
const NO_CAPS: readonly CapEntry[] = []

function wordsOf(segments: readonly Segment[]): number {
  let words = 0
  for (const { start, end } of segments) words += end - start
  return words
}

export class Message {
  // Declared, not defined, here and wherever many objects are made: defining a field before the
  // constructor fills it takes as long as filling it.
  declare readonly segments: readonly Segment[]
  /** Size of its segments. */
  declare readonly words: number
  declare readonly maxDepth: number
  /** What its capability pointers index. Set by whoever received the message. */
  declare caps: readonly CapEntry[]
  /** What may still be read: `follow` counts it down. Below zero there is no end to it. */
  declare budgetWords: number

  constructor(segments: readonly Segment[], limits: WireLimits = DEFAULT_WIRE_LIMITS) {
    const words = wordsOf(segments)
    this.segments = segments
    this.words = words
    this.maxDepth = limits.maxDepth
    this.caps = NO_CAPS
    // Always a small integer: with others, an engine is slower for all messages there are.
    const { maxReadWords } = limits
    this.budgetWords =
      maxReadWords === Infinity ? -1 : Math.max(words * READS_PER_WORD, maxReadWords)
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
  /** None before anything was followed. */
  segment: undefined as unknown as Segment,
  /** Word index of the target in its segment's buffer; for a composite list, of its first element. */
  at: 0,
  /** Struct: data words. List: element size code. Composite: element count. Capability: index. */
  a: 0,
  /** Struct: pointer count. List: element count. Composite: data words | pointers << 16. */
  b: 0,
}

/** Bytes per element by size code, for the codes with whole bytes. */
export const ELEMENT_BYTES = [0, 0, 1, 2, 4, 8, 8] as const

/**
 * Follows the pointer at word `at` of `segment`, leaving the result in {@link found}.
 * @returns its kind
 */
export function follow(message: Message, segment: Segment, at: number, depth: number): number {
  const { halves } = segment
  let low = halves[at * 2]!
  let high = halves[at * 2 + 1]!
  if ((low | high) === 0) return (found.kind = NULL)
  let base = at + 1
  if ((low & 3) === 2) {
    // Far: the pointer, or where its target is and what it is, stands in a landing pad.
    const pad = segmentAt(message, high)
    const padAt = pad.start + (low >>> 3)
    const isDouble = (low & 4) !== 0
    if (padAt + (isDouble ? 2 : 1) > pad.end) throw badMessage('a far pointer leaves its segment')
    const padLow = pad.halves[padAt * 2]!
    const padHigh = pad.halves[padAt * 2 + 1]!
    if (isDouble) {
      if ((padLow & 7) !== 2) throw badMessage('a double-far landing pad is no far pointer')
      segment = segmentAt(message, padHigh)
      base = segment.start + (padLow >>> 3)
      low = pad.halves[padAt * 2 + 2]!
      high = pad.halves[padAt * 2 + 3]!
      if (low >> 2 !== 0 && (low & 3) < 2) throw badMessage('a double-far tag has an offset')
    } else {
      segment = pad
      base = padAt + 1
      low = padLow
      high = padHigh
    }
    if ((low & 3) === 2) throw badMessage('a far pointer leads to a far pointer')
  }
  const kind = low & 3
  if (kind === 3) {
    if (low !== 3) throw badMessage('a pointer of unknown kind')
    found.a = high >>> 0
    return (found.kind = CAPABILITY)
  }
  if (depth <= 0) throw badMessage('it is nested too deeply')
  const target = base + (low >> 2)
  if (kind !== 0) return followList(message, segment, target, high)
  const dataWords = high & 0xffff
  const pointers = high >>> 16
  claim(message, segment, target, dataWords + pointers, 1)
  found.a = dataWords
  found.b = pointers
  return (found.kind = STRUCT)
}

function followList(message: Message, segment: Segment, target: number, high: number): number {
  const size = high & 7
  const count = high >>> 3
  if (size === 7) {
    // `count` is words here; a tag word in front says how many elements of which shape.
    claim(message, segment, target, count + 1, 0)
    const tagLow = segment.halves[target * 2]!
    const tagHigh = segment.halves[target * 2 + 1]!
    if ((tagLow & 3) !== 0) throw badMessage('a list tag is no struct')
    const elements = tagLow >>> 2
    const elementWords = (tagHigh & 0xffff) + (tagHigh >>> 16)
    if (elements * elementWords > count) throw badMessage('a list has more elements than words')
    if (elementWords === 0) claim(message, segment, target, 0, elements)
    found.at = target + 1
    found.a = elements
    found.b = tagHigh
    return (found.kind = COMPOSITE)
  }
  const words = size === 1 ? Math.ceil(count / 64) : Math.ceil((count * ELEMENT_BYTES[size]!) / 8)
  claim(message, segment, target, words, Math.max(count, 1))
  found.a = size
  found.b = count
  return (found.kind = LIST)
}

/** The target is `words` from word `at` of `segment`; if it has none, it counts as `least`. */
function claim(message: Message, segment: Segment, at: number, words: number, least: number): void {
  if (at < segment.start || at + words > segment.end) {
    throw badMessage('a pointer leads out of its segment')
  }
  const { budgetWords } = message
  const left = budgetWords - (words === 0 ? least : words)
  if (left >= 0) message.budgetWords = left
  else if (budgetWords >= 0) throw badMessage('it asks for more reading than its limit allows')
  // Most are in the same one; and to store an object takes longer than to compare it.
  if (found.segment !== segment) found.segment = segment
  found.at = at
}

function segmentAt(message: Message, index: number): Segment {
  const segment = message.segments[index >>> 0]
  if (!segment) throw badMessage('a far pointer names a segment that is not there')
  return segment
}
