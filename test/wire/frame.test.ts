import fc from 'fast-check'
import { expect, test } from 'vitest'

import { concatBytes, WwError } from '../../src/base/index.ts'
import {
  Builder,
  DEFAULT_WIRE_LIMITS,
  finished,
  FrameReader,
  putStruct,
  rootOf,
} from '../../src/wire/index.ts'
import type { Message } from '../../src/wire/index.ts'
import { EXTERNAL_DATA_BYTES } from '../../src/wire/limits.ts'
import { Kinds, Lists } from '../fixture/kinds.gen.ts'
import { Random } from '../help/random.ts'
import { decode, encode, messageIn } from './help.ts'

function reading(limits = DEFAULT_WIRE_LIMITS) {
  const texts: string[] = []
  const reader = new FrameReader((message) => {
    texts.push(rootOf(message).asStruct(Kinds).text)
    return true
  }, limits)
  return { reader, texts }
}

const frameOfText = (text: string) => encode(Kinds, { text })

test('a stream cut into single bytes yields the same messages as one chunk', () => {
  const stream = concatBytes(['a', '', 'x'.repeat(30_000), 'end'].map(frameOfText))
  const { reader, texts } = reading()
  for (let at = 0; at < stream.length; at++) reader.feed(stream.slice(at, at + 1))
  expect(texts).toEqual(['a', '', 'x'.repeat(30_000), 'end'])
  expect(reader.isBetweenFrames).toBe(true)
})

test('a frame cut at any byte is one message, and the reader knows that it was cut', () => {
  const stream = concatBytes([
    encode(Kinds, { text: 'one', data: new Uint8Array(EXTERNAL_DATA_BYTES + 3).fill(7) }),
    frameOfText('two'),
  ])
  for (const cut of [...Array(80).keys(), 16_000, stream.length - 9, stream.length - 1]) {
    const { reader, texts } = reading()
    reader.feed(stream.slice(0, cut))
    expect(reader.isBetweenFrames).toBe(cut === 0)
    reader.feed(stream.slice(cut))
    expect(texts).toEqual(['one', 'two'])
  }
})

test('random cuts change nothing', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(9000), { maxLength: 12 }), fc.nat(), (sizes, seed) => {
      const random = new Random(seed)
      const stream = concatBytes(sizes.map((size) => frameOfText('y'.repeat(size))))
      const { reader, texts } = reading()
      for (let at = 0; at < stream.length;) {
        const length = 1 + random.below(random.chance(0.5) ? 20 : 9000)
        reader.feed(stream.slice(at, at + length))
        at += length
      }
      expect(texts.map((text) => text.length)).toEqual(sizes)
    }),
    { numRuns: 60 },
  )
})

/** Memory as a platform gives it that does not wipe: it holds what somebody else left there. */
function unwiped(sizes: number[] = []) {
  return (bytes: number) => {
    sizes.push(bytes)
    return new Uint8Array(bytes).fill(0xa5)
  }
}

/** Reads `stream` in pieces of `pieceBytes()`, each to where the reader would have it if `isPlaced()`. */
function readInto(
  reader: FrameReader,
  stream: Uint8Array,
  pieceBytes: () => number,
  isPlaced: () => boolean,
): void {
  for (let at = 0; at < stream.length;) {
    const piece = stream.subarray(at, at + pieceBytes())
    const room = isPlaced() ? reader.room()?.subarray(0, piece.length) : undefined
    room?.set(piece.subarray(0, room.length))
    reader.feed(room ?? piece.slice())
    at += (room ?? piece).length
  }
}

test('bytes that are put where the reader would have them make the same messages', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(200_000), { maxLength: 6 }), fc.nat(), (sizes, seed) => {
      const random = new Random(seed)
      const datas = sizes.map((size, at) => new Uint8Array(size).fill(at + 1))
      const stream = concatBytes(datas.map((data) => encode(Kinds, { data, text: 'beside it' })))
      const read: Uint8Array[] = []
      const deliver = (message: Message) => {
        const { data, text } = rootOf(message).asStruct(Kinds)
        expect(text).toBe('beside it')
        return read.push(data) > 0
      }
      const reader = new FrameReader(deliver, DEFAULT_WIRE_LIMITS, unwiped())
      const pieceBytes = () => 1 + random.below(random.chance(0.2) ? 20 : 50_000)
      readInto(reader, stream, pieceBytes, () => random.chance(0.7))
      expect(reader.isBetweenFrames).toBe(true)
      expect(read.map((data) => data.length)).toEqual(sizes)
      // Only now: no message changes when later ones come.
      for (const [at, data] of read.entries()) {
        const strange = [0, 1, 2, 3, 4, 5, 6, 0xa5].filter((byte) => byte !== at + 1)
        expect(strange.filter((byte) => data.includes(byte))).toEqual([])
      }
    }),
    { numRuns: 30 },
  )
})

test('a small message has no room of its own, and a large one never more than it needs', () => {
  const { reader } = reading()
  expect(reader.room()).toBeUndefined()
  reader.feed(frameOfText('x'.repeat(9000)).subarray(0, 100))
  expect(reader.room()).toBeUndefined()
  const stream = encode(Kinds, { data: new Uint8Array(100_000) })
  const large = new FrameReader(() => true)
  large.feed(stream.slice(0, 40_000))
  expect(large.room()?.length).toBe(stream.length - 40_000)
})

test('memory grows eightfold with what has come, and 8 MiB of Data are moved once', () => {
  const sizes: number[] = []
  const reader = new FrameReader(() => true, DEFAULT_WIRE_LIMITS, unwiped(sizes))
  const stream = encode(Kinds, { data: new Uint8Array(8 << 20) })
  const moved = (1 << 20) + (1 << 10)
  readInto(
    reader,
    stream.subarray(0, moved),
    () => 100_000,
    () => true,
  )
  expect(sizes).toEqual([moved])
  expect(reader.room()?.length).toBe(stream.length - moved)
  expect(sizes).toEqual([moved, stream.length])
})

test('whoever only claims a large message is given room for little', () => {
  const sizes: number[] = []
  const reader = new FrameReader(() => true, DEFAULT_WIRE_LIMITS, unwiped(sizes))
  const table = new Uint8Array(8)
  new DataView(table.buffer).setUint32(4, DEFAULT_WIRE_LIMITS.maxFrameWords, true)
  reader.feed(table)
  let came = table.length
  for (let room = reader.room(); came < 5 << 20; room = reader.room()) {
    const most = Math.max((1 << 20) + (1 << 10), came * 8)
    expect(came + room!.length).toBeLessThanOrEqual(most)
    reader.feed(room!.subarray(0, 50_000))
    came += Math.min(room!.length, 50_000)
  }
  expect(Math.max(...sizes)).toBeLessThanOrEqual(came * 8)
})

test('nothing is delivered after the receiver says stop', () => {
  let count = 0
  const reader = new FrameReader(() => ++count < 2)
  reader.feed(concatBytes([frameOfText('1'), frameOfText('2'), frameOfText('3')]))
  expect(count).toBe(2)
})

test.each([
  ['2^32 segments', [0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]],
  ['more segments than allowed', [0, 2, 0, 0, 0, 0, 0, 0]],
  ['a segment beyond the frame limit', [0, 0, 0, 0, 0, 0, 0, 1]],
])('a frame that claims %s is refused on its first eight bytes', (_, bytes) => {
  const { reader } = reading()
  expect(() => reader.feed(new Uint8Array(bytes))).toThrow(WwError)
  try {
    reading().reader.feed(new Uint8Array(bytes))
  } catch (thrown) {
    expect((thrown as WwError).code).toBe('BAD_MESSAGE')
  }
})

test('segments that together exceed the frame limit are refused before their bodies are awaited', () => {
  const table = new Uint8Array(16)
  const view = new DataView(table.buffer)
  view.setUint32(0, 1, true)
  view.setUint32(4, DEFAULT_WIRE_LIMITS.maxFrameWords, true)
  view.setUint32(8, 1, true)
  expect(() => reading().reader.feed(table)).toThrow('Malformed message: a frame of')
})

test('a stream of single bytes is buffered in little more than its size', () => {
  const { reader } = reading()
  const head = new Uint8Array(8)
  new DataView(head.buffer).setUint32(4, 1 << 20, true)
  reader.feed(head)
  const before = process.memoryUsage()
  for (let count = 0; count < 400_000; count++) reader.feed(new Uint8Array(1))
  const after = process.memoryUsage()
  const grown = after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers
  expect(grown).toBeLessThan(20_000_000) // a chunk object for each byte would be 40 MB and more
})

test('large Data travels uncopied as a segment of its own', () => {
  const data = new Uint8Array(EXTERNAL_DATA_BYTES).fill(3)
  const builder = new Builder()
  putStruct(builder, builder.allocate(1), Kinds, { data, text: 'beside it' })
  const chunks = builder.frame()
  expect(chunks.some((chunk) => chunk === data)).toBe(true)
  const read = decode(Kinds, concatBytes(chunks))
  expect(read.data).toEqual(data)
  expect(read.text).toBe('beside it')
})

test('a message with a thousand large Data is still one that a reader takes', () => {
  const datas = Array.from({ length: 1000 }, (_, at) =>
    new Uint8Array(EXTERNAL_DATA_BYTES).fill(at & 255),
  )
  const bytes = encode(Lists, { datas })
  expect(messageIn(bytes).segments.length).toBeLessThanOrEqual(DEFAULT_WIRE_LIMITS.maxSegments)
  const read = decode(Lists, bytes)
  expect(read.datas.length).toBe(1000)
  expect(read.datas.at(999)).toEqual(datas[999])
})

test('a text of the size of a frame can be sent, more than a frame cannot', () => {
  const text = 'é'.repeat(10) + 'x'.repeat(33 << 20)
  expect(decode(Kinds, encode(Kinds, { text })).text.length).toBe(text.length)
  expect(() => encode(Kinds, { text: 'x'.repeat(65 << 20) })).toThrow('more than 64 MiB')
  expect(() => encode(Kinds, { data: new Uint8Array(65 << 20) })).toThrow('more than 64 MiB')
})

test('a message may be read whole several times, however large', () => {
  const read = decode(Kinds, encode(Kinds, { data: new Uint8Array(40 << 20) }))
  for (let time = 0; time < 8; time++) expect(read.data.length).toBe(40 << 20)
  expect(() => read.data).toThrow('more reading than its limit')
})

test('builders may be nested, and a builder discarded twice is not handed out twice', () => {
  const outer = new Builder()
  const at = outer.allocate(1)
  const inner = new Builder()
  putStruct(inner, inner.allocate(1), Kinds, { text: 'inner' })
  inner.discard()
  inner.discard()
  const first = new Builder()
  const second = new Builder()
  putStruct(first, first.allocate(1), Kinds, { text: 'first' })
  putStruct(second, second.allocate(1), Kinds, { text: 'second' })
  putStruct(outer, at, Kinds, { text: 'outer' })
  expect(rootOf(finished(outer)).asStruct(Kinds).text).toBe('outer')
  expect(rootOf(finished(first)).asStruct(Kinds).text).toBe('first')
  expect(rootOf(finished(second)).asStruct(Kinds).text).toBe('second')
})

test('a builder writes one message after the other, and none that is finished changes', () => {
  const builder = new Builder()
  const textOf = (index: number) => 'x'.repeat(index % 97)
  const written = Array.from({ length: 2000 }, (_, index) => {
    builder.open()
    putStruct(builder, builder.allocate(1), Kinds, { text: textOf(index), uint32: index })
    // Some lie where they were written, some leave as a frame.
    return index & 1 ? finished(builder) : messageIn(concatBytes(builder.frame()))
  })
  for (const [index, message] of written.entries()) {
    const { text, uint32 } = rootOf(message).asStruct(Kinds)
    expect([text, uint32]).toEqual([textOf(index), index])
  }
})

test('a message that had large Data leaves nothing of them to the next', () => {
  const builder = new Builder()
  const data = new Uint8Array(EXTERNAL_DATA_BYTES)
  putStruct(builder, builder.allocate(1), Kinds, { data })
  builder.frame()
  builder.open()
  expect(builder.totalBytes).toBe(0)
  putStruct(builder, builder.allocate(1), Kinds, { text: 'small' })
  const chunks = builder.frame()
  expect(chunks).toHaveLength(1)
  expect(decode(Kinds, concatBytes(chunks)).text).toBe('small')
})

test.each<[string, () => unknown]>([
  ['an integer out of range', () => encode(Kinds, { int8: 128 })],
  ['a fraction in an integer', () => encode(Kinds, { uint32: 1.5 })],
  ['a bigint out of range', () => encode(Kinds, { uint64: -1n })],
  ['a number where a bigint belongs', () => encode(Kinds, { int64: 1 as unknown as bigint })],
  ['a text as a float', () => encode(Kinds, { float64: '1' as unknown as number })],
  ['a number as a text', () => encode(Kinds, { text: 1 as unknown as string })],
  ['an array as Data', () => encode(Kinds, { data: [1] as unknown as Uint8Array })],
  ['a hole in a list', () => encode(Lists, { int32s: Array<number>(2) })],
  ['an unknown thing as AnyPointer', () => encode(Kinds, { any: 5 as unknown as string })],
  [
    'a list that grows while it is written',
    () => {
      const texts = ['a', 'b']
      const growing = {
        length: 2,
        *[Symbol.iterator]() {
          yield* texts
          yield 'c'
        },
      }
      return encode(Lists, { texts: growing, datas: [new Uint8Array(1)] })
    },
  ],
])('%s cannot be encoded and says so', (_, attempt) => {
  expect(attempt).toThrow(/^Cannot encode .*: expected /)
})

test('indexes outside a list, fractions and negatives do not reach into its neighbours', () => {
  const { int32s } = decode(Lists, encode(Lists, { int32s: [1, 2, 3], int64s: [-1n] }))
  expect([3, -4, 1e9, -1e9, Infinity, NaN].map((at) => int32s.at(at))).toEqual(
    Array(6).fill(undefined),
  )
  expect([int32s.at(2.9), int32s.at(-1), int32s.at(-3)]).toEqual([3, 3, 1])
})
