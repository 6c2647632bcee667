// Any bytes in any cuts: what comes out of the stream is what a reader written from the
// specification says, however it is cut, and nothing is allocated on a claim. The same messages made
// large, and put where the reader would have them, come out as well.

import { WwError } from '../../src/base/index.ts'
import { DEFAULT_WIRE_LIMITS, FrameReader } from '../../src/wire/index.ts'
import type { Message, WireLimits } from '../../src/wire/index.ts'
import { Random } from '../help/random.ts'
import type { Fuzzer } from './fuzzer.ts'

/** Small, so that inputs reach them. */
const LIMITS: WireLimits = { ...DEFAULT_WIRE_LIMITS, maxSegments: 5, maxFrameWords: 40 }

/** How often each word stands in a large message: a frame of all words has memory of its own. */
const STRETCH = 128

/** What one allocation may exceed the bytes that have come: the buffer that gathers small chunks. */
const GATHER_BYTES = 16 << 10

export const frames: Fuzzer = {
  name: 'frames',
  maxBytes: 400,
  seeds: () => [
    frame([]),
    frame([3]),
    new Uint8Array([...frame([1, 2]), ...frame([0, 0, 4]), ...frame([40])]),
    frame([20, 21]),
    frame([1, 1, 1, 1, 1, 1]),
    new Uint8Array([4, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]),
    new Uint8Array([0, 0, 0, 0, 0xff, 0xff, 0xff, 0x0f]),
  ],
  run(input) {
    // The first byte decides how the rest is cut.
    const [cutting = 0] = input
    const bytes = input.subarray(1)
    const expected = reference(bytes)
    const features = [expected.end, `${Math.min(expected.messages.length, 9)} messages`]
    const random = new Random(cutting)
    const cuts = [bytes.length, 1, 0, 0]
    for (const cut of cuts) {
      const found = read(bytes, () => cut || 1 + random.below(cutting + 1))
      if (JSON.stringify(found) !== JSON.stringify(expected)) {
        const both = `${JSON.stringify(found)} instead of ${JSON.stringify(expected)}`
        throw new Error(`cut at ${cut || 'random'}: ${both}`)
      }
    }
    for (const segments of expected.messages) features.push(`${segments.length} segments`)
    features.push(`${readLarge(expected.messages.map(stretched), random)} placed`)
    return features
  },
}

interface Stream {
  /** Each message as its segments, each segment as text. */
  readonly messages: string[][]
  end: 'whole' | 'cut off' | 'too many segments' | 'too many words'
}

/** The stream as the specification describes it, read at once. */
function reference(bytes: Uint8Array): Stream {
  const stream: Stream = { messages: [], end: 'whole' }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  let at = 0
  while (at < bytes.length) {
    stream.end = 'cut off'
    if (bytes.length - at < 8) return stream
    const count = view.getUint32(at, true) + 1
    if (count > LIMITS.maxSegments) {
      stream.end = 'too many segments'
      return stream
    }
    const table = 8 * Math.ceil((4 + 4 * count) / 8)
    if (bytes.length - at < table) return stream
    const sizes = Array.from({ length: count }, (_, index) =>
      view.getUint32(at + 4 + 4 * index, true),
    )
    const words = sizes.reduce((sum, size) => sum + size, 0)
    if (words > LIMITS.maxFrameWords) {
      stream.end = 'too many words'
      return stream
    }
    if (bytes.length - at < table + words * 8) return stream
    at += table
    const segments: string[] = []
    for (const size of sizes) {
      segments.push(bytes.subarray(at, at + size * 8).join())
      at += size * 8
    }
    stream.messages.push(segments)
    stream.end = 'whole'
  }
  return stream
}

function read(bytes: Uint8Array, nextCut: () => number): Stream {
  const stream: Stream = { messages: [], end: 'whole' }
  const reader = new FrameReader((message) => {
    stream.messages.push(
      message.segments.map((one) => one.bytes.subarray(one.start * 8, one.end * 8).join()),
    )
    return true
  }, LIMITS)
  for (let at = 0; at < bytes.length;) {
    const chunk = bytes.slice(at, at + nextCut())
    at += chunk.length
    const largest = largestAllocation(() => {
      try {
        reader.feed(chunk)
      } catch (thrown) {
        if (!(thrown instanceof WwError) || thrown.code !== 'BAD_MESSAGE') throw thrown
        stream.end = thrown.message.includes('segments') ? 'too many segments' : 'too many words'
      }
    })
    if (largest > at + GATHER_BYTES) throw new Error(`${largest} bytes were allocated for ${at}`)
    if (stream.end !== 'whole') return stream
  }
  if (!reader.isBetweenFrames) stream.end = 'cut off'
  return stream
}

/** A message as its segments, each word many times. */
function stretched(segments: readonly string[]): Int32Array[] {
  return segments.map((segment) => {
    const bytes = Uint8Array.from(segment === '' ? [] : segment.split(',').map(Number))
    const halves = new Int32Array(bytes.buffer)
    const large = new Int32Array(halves.length * STRETCH)
    for (let at = 0; at < halves.length; at++)
      large.fill(halves[at]!, at * STRETCH, (at + 1) * STRETCH)
    return large
  })
}

/**
 * Sends them in pieces, some put where the reader would have them; its memory is not wiped.
 * @returns how many were, up to 9
 */
function readLarge(messages: readonly Int32Array[][], random: Random): number {
  const sent = messages.flatMap((segments) => [
    tableOf(segments.map(({ length }) => length / 2)),
    ...segments.map(({ buffer }) => new Uint8Array(buffer)),
  ])
  let delivered = 0
  const deliver = ({ segments }: Message) => {
    const expected = messages[delivered++]!
    const isRight = segments.every(({ halves, start, end }, index) =>
      isEqual(halves.subarray(start * 2, end * 2), expected[index]!),
    )
    if (!isRight || segments.length !== expected.length) throw new Error('a large message changed')
    return true
  }
  const limits = { ...LIMITS, maxFrameWords: LIMITS.maxFrameWords * STRETCH }
  const reader = new FrameReader(deliver, limits, (bytes) => new Uint8Array(bytes).fill(0xa5))
  let placed = 0
  for (const bytes of sent) {
    for (let at = 0; at < bytes.length;) {
      const piece = bytes.subarray(at, at + 1 + random.below(random.chance(0.2) ? 20 : 20_000))
      const room = random.chance(0.7) ? reader.room()?.subarray(0, piece.length) : undefined
      room?.set(piece.subarray(0, room.length))
      reader.feed(room ?? piece.slice())
      at += (room ?? piece).length
      if (room) placed++
    }
  }
  if (delivered !== messages.length || !reader.isBetweenFrames) {
    throw new Error(`${delivered} of ${messages.length} large messages were delivered`)
  }
  return Math.min(placed, 9)
}

function isEqual(left: Int32Array, right: Int32Array): boolean {
  return left.length === right.length && left.every((half, at) => half === right[at])
}

/** Bytes of the largest array that `work` makes. */
function largestAllocation(work: () => void): number {
  const Real = globalThis.Uint8Array
  let largest = 0
  globalThis.Uint8Array = new Proxy(Real, {
    construct(target, parameters, newTarget): object {
      if (typeof parameters[0] === 'number') largest = Math.max(largest, parameters[0])
      return Reflect.construct(target, parameters, newTarget) as object
    },
  })
  try {
    work()
  } finally {
    globalThis.Uint8Array = Real
  }
  return largest
}

/** An input: no cut to speak of, then one frame of zeros. */
function frame(sizes: readonly number[]): Uint8Array {
  const words = sizes.reduce((sum, size) => sum + size, 0)
  const table = tableOf(sizes)
  const bytes = new Uint8Array(1 + table.length + words * 8)
  bytes.set(table, 1)
  return bytes
}

/** @param sizes words of each segment */
function tableOf(sizes: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(8 * Math.ceil((4 + 4 * sizes.length) / 8))
  const view = new DataView(bytes.buffer)
  view.setUint32(0, Math.max(sizes.length, 1) - 1, true)
  sizes.forEach((size, index) => view.setUint32(4 + 4 * index, size, true))
  return bytes
}
