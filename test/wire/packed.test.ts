import fc from 'fast-check'
import { expect, test } from 'vitest'

import { concatBytes, hexFromBytes } from '../../src/base/index.ts'
import { DEFAULT_WIRE_LIMITS, pack, PackedReader, rootOf } from '../../src/wire/index.ts'
import type { Message } from '../../src/wire/index.ts'
import { Kinds } from '../fixture/kinds.gen.ts'
import { encode, frameOf } from './help.ts'

const hex = hexFromBytes
const words = (text: string) =>
  Uint8Array.from(text.match(/[^ ]{2}/g) ?? [], (byte) => Number.parseInt(byte, 16))

/** The words of the only segment of each message. */
function unpack(packed: Uint8Array, cuts: readonly number[] = []): Uint8Array[] {
  const found: Uint8Array[] = []
  const reader = new PackedReader(({ segments: [one] }: Message) => {
    found.push(one!.bytes.slice(one!.start * 8, one!.end * 8))
    return true
  })
  let at = 0
  for (const cut of [...cuts, packed.length]) {
    reader.feed(packed.slice(at, cut))
    at = cut
  }
  if (!reader.isBetweenFrames) throw new Error('The last message is cut off')
  return found
}

const frame = (body: Uint8Array): Uint8Array => {
  const head = new Uint8Array(8 + body.length)
  new DataView(head.buffer).setUint32(4, body.length / 8, true)
  head.set(body, 8)
  return head
}

test('words are packed as the encoding says', () => {
  // The examples of https://capnproto.org/encoding.html#packing.
  expect(hex(pack(words('0800 0000 0300 0200  1900 0000 aa01 0000')))).toBe('51080302311' + '9aa01')
  expect(hex(pack(new Uint8Array(32 * 8)))).toBe('001f')
  const dense = words('8a8a8a8a8a8a8a8a'.repeat(3))
  expect(hex(pack(dense))).toBe(`ff8a8a8a8a8a8a8a8a02${'8a'.repeat(16)}`)
  expect(hex(pack(new Uint8Array()))).toBe('')
  expect(() => pack(new Uint8Array(7))).toThrow('expected whole words')
})

test('a run of more words than a byte counts is several', () => {
  for (const byte of [0, 1, 0xff]) {
    for (const count of [255, 256, 257, 600, 5000]) {
      const body = new Uint8Array(count * 8).fill(byte)
      expect(unpack(pack(frame(body)))).toEqual([body])
    }
  }
})

test('whatever is packed is unpacked again, however the stream is cut', () => {
  const word = fc.oneof(
    fc.constant(new Uint8Array(8)),
    fc.constant(new Uint8Array(8).fill(0xff)),
    fc.uint8Array({ minLength: 8, maxLength: 8 }),
    fc
      .array(fc.constantFrom(0, 0, 0, 7), { minLength: 8, maxLength: 8 })
      .map((it) => Uint8Array.from(it)),
  )
  const body = fc.array(word, { maxLength: 60 }).map((all) => {
    const joined = new Uint8Array(all.length * 8)
    all.forEach((one, at) => joined.set(one, at * 8))
    return joined
  })
  fc.assert(
    fc.property(fc.array(body, { maxLength: 4 }), fc.array(fc.nat(400)), (bodies, cutting) => {
      const packed = concatBytes(bodies.map((one) => pack(frame(one))))
      const cuts = cutting.filter((cut) => cut <= packed.length).sort((a, b) => a - b)
      expect(unpack(packed, cuts)).toEqual(bodies)
      expect(unpack(packed, [...packed.keys()])).toEqual(bodies)
    }),
    { numRuns: 200 },
  )
})

test('a message of every kind of field goes through the packed form', () => {
  const value = { int64: -5n, text: 'é'.repeat(500), data: new Uint8Array(50_000).fill(3) }
  const packed = pack(encode(Kinds, value))
  let read: Kinds | undefined
  new PackedReader((message) => {
    read = rootOf(message).asStruct(Kinds)
    return true
  }).feed(packed)
  expect([read?.int64, read?.text, read?.data]).toEqual([-5n, value.text, value.data])
})

test('a few packed bytes cannot stand for a frame beyond the limits', () => {
  const limits = { ...DEFAULT_WIRE_LIMITS, maxFrameWords: 1000 }
  const none = () => {
    throw new Error('There is no message')
  }
  // A table that claims too many words is refused before a byte of them is there.
  const table = new Uint8Array(8)
  new DataView(table.buffer).setUint32(4, 1001, true)
  expect(() => new PackedReader(none, limits).feed(pack(table))).toThrow('a frame of 1001 words')
  const claim = new Uint8Array(8).fill(0xff)
  expect(() => new PackedReader(none).feed(pack(claim))).toThrow('segments')
})

test('a stream of zero runs is many empty messages, of which none is kept', () => {
  // 2 bytes are 256 words of zero: 256 frames of an empty segment.
  let count = 0
  const reader = new PackedReader(({ segments }) => {
    expect(segments[0]!.start).toBe(segments[0]!.end)
    return ++count < 100_000
  })
  const bomb = new Uint8Array(2000)
  for (let at = 1; at < bomb.length; at += 2) bomb[at] = 0xff
  reader.feed(bomb)
  // It stopped when it was told to, in the middle of the chunk.
  expect(count).toBe(100_000)
  reader.feed(bomb)
  expect(count).toBe(100_000)
})

test('a stream that ends inside a word, a run or a frame is not between frames', () => {
  const packed = pack(frameOf([0x1122_3344_5566_7788n, 0n, 0x1n]))
  for (let length = 1; length < packed.length; length++) {
    const reader = new PackedReader(() => true)
    reader.feed(packed.slice(0, length))
    expect(reader.isBetweenFrames, `${length} bytes`).toBe(false)
  }
})
