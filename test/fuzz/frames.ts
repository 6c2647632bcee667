// Any bytes in any cuts: what comes out of the stream is what a reader written from the
// specification says, however it is cut, and nothing is allocated on a claim.

import { WwError } from '../../src/base/index.ts'
import { DEFAULT_WIRE_LIMITS, FrameReader } from '../../src/wire/index.ts'
import type { WireLimits } from '../../src/wire/index.ts'
import { Random } from '../help/random.ts'
import type { Fuzzer } from './fuzzer.ts'

/** Small, so that inputs reach them. */
const LIMITS: WireLimits = { ...DEFAULT_WIRE_LIMITS, maxSegments: 5, maxFrameWords: 40 }

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
  const table = 8 * Math.ceil((4 + 4 * sizes.length) / 8)
  const bytes = new Uint8Array(1 + table + words * 8)
  const view = new DataView(bytes.buffer, 1)
  view.setUint32(0, Math.max(sizes.length, 1) - 1, true)
  sizes.forEach((size, index) => view.setUint32(4 + 4 * index, size, true))
  return bytes
}
