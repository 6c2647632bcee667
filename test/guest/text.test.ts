import fc from 'fast-check'
import { expect, test } from 'vitest'

import { GuestTextDecoder, GuestTextEncoder } from '../../src/guest/text.ts'

// Any UTF-16: lone surrogates, pairs, byte order marks and ASCII all come up often.
const anyText = fc
  .array(
    fc.oneof(
      fc.integer({ min: 0, max: 0xffff }),
      fc.integer({ min: 0xd7f0, max: 0xe010 }),
      fc.integer({ min: 0x20, max: 0x7f }),
      fc.constantFrom(0xfeff, 0xd800, 0xdbff, 0xdc00, 0xdfff, 0x7f, 0x80, 0x7ff, 0x800),
    ),
  )
  .map((units) => String.fromCharCode(...units))

// Any bytes, with whole and broken sequences of every length among them.
const anyBytes = fc
  .array(
    fc.oneof(
      fc.uint8Array({ maxLength: 4 }),
      fc.constantFrom([0xef, 0xbb, 0xbf], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80]),
      fc.constantFrom([0xe0, 0x80], [0xf0, 0x8f], [0xc0, 0xaf], [0xf0, 0x9f, 0x98], [0xe2, 0x82]),
      anyText.map((text) => [...new TextEncoder().encode(text)]),
    ),
  )
  .map((parts) => Uint8Array.from(parts.flatMap((part) => [...part])))

test('encode() gives the bytes the built-in encoder gives', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      expect([...new GuestTextEncoder().encode(text)]).toEqual([...new TextEncoder().encode(text)])
    }),
  )
})

test('encodeInto() stops where the built-in encoder stops, whatever the room', () => {
  fc.assert(
    fc.property(anyText, fc.nat(40), (text, room) => {
      const [mine, theirs] = [new Uint8Array(room), new Uint8Array(room)]
      expect(new GuestTextEncoder().encodeInto(text, mine)).toEqual(
        new TextEncoder().encodeInto(text, theirs),
      )
      expect([...mine]).toEqual([...theirs])
    }),
  )
})

test('decode() gives the text the built-in decoder gives, broken bytes included', () => {
  fc.assert(
    fc.property(anyBytes, fc.boolean(), (bytes, ignoreBOM) => {
      expect(new GuestTextDecoder('utf-8', { ignoreBOM }).decode(bytes)).toBe(
        new TextDecoder('utf-8', { ignoreBOM }).decode(bytes),
      )
    }),
    { numRuns: 500 },
  )
})

test('a fatal decoder refuses exactly what the built-in one refuses', () => {
  const outcome = (decode: () => string): string => {
    try {
      return decode()
    } catch (thrown) {
      return (thrown as Error).name
    }
  }
  fc.assert(
    fc.property(anyBytes, (bytes) => {
      expect(outcome(() => new GuestTextDecoder('utf-8', { fatal: true }).decode(bytes))).toBe(
        outcome(() => new TextDecoder('utf-8', { fatal: true }).decode(bytes)),
      )
    }),
  )
})

test('a stream of chunks decodes as the whole does, wherever it is cut', () => {
  fc.assert(
    fc.property(anyBytes, fc.array(fc.nat(30), { maxLength: 5 }), (bytes, cuts) => {
      const decoder = new GuestTextDecoder()
      let text = ''
      let at = 0
      for (const cut of cuts) {
        text += decoder.decode(bytes.subarray(at, at + cut), { stream: true })
        at = Math.min(at + cut, bytes.length)
      }
      text += decoder.decode(bytes.subarray(at))
      expect(text).toBe(new TextDecoder().decode(bytes))
    }),
  )
})

test('a decoder starts over after it ended, also by an error', () => {
  const decoder = new GuestTextDecoder('utf-8', { fatal: true })
  expect(() => decoder.decode(Uint8Array.of(0xe2, 0x82))).toThrow(TypeError)
  expect(decoder.decode(Uint8Array.of(0x41))).toBe('A')
})

test('a long text survives both ways', () => {
  const text = 'grüße 😀 '.repeat(20_000)
  expect(new GuestTextDecoder().decode(new GuestTextEncoder().encode(text))).toBe(text)
})

test('buffers and other views are bytes too', () => {
  const bytes = new GuestTextEncoder().encode('xabcx')
  expect(new GuestTextDecoder().decode(bytes.buffer)).toBe('xabcx')
  expect(new GuestTextDecoder().decode(new DataView(bytes.buffer, 1, 3))).toBe('abc')
})

test('an encoding that is not UTF-8 is refused by name', () => {
  expect(() => new GuestTextDecoder('utf-16le')).toThrow(
    'A cell decodes only utf-8, not "utf-16le"',
  )
})
