import fc from 'fast-check'
import { expect, test } from 'vitest'

import { WwError } from '../../src/base/index.ts'
import {
  Builder,
  copyPointer,
  DEFAULT_WIRE_LIMITS,
  getCapEntry,
  rootOf,
  rootReader,
} from '../../src/wire/index.ts'
import type { Message } from '../../src/wire/index.ts'
import { Choice, Kinds, Kinds_Inner, Lists, New, NewLists, OldLists } from '../fixture/kinds.gen.ts'
import { Random } from '../help/random.ts'
import { rounds } from '../help/rounds.ts'
import {
  doubleFarPointer,
  encode,
  farPointer,
  frameOf,
  listPointer,
  messageIn,
  messagesIn,
  structPointer,
} from './help.ts'
import { kinds, lists } from './values.ts'

/** Reading through reflection is slow: what is tried at random may be read this far. */
const FEW_WORDS = { ...DEFAULT_WIRE_LIMITS, maxReadWords: 5000 }

/** Everything a program may read of a message, as the types that are closest to it and as others. */
function readAll(message: Message): void {
  const root = rootOf(message)
  const attempts = [
    () => walk(root.asStruct(Kinds)),
    () => walk(root.asStruct(Lists)),
    () => walk(root.asStruct(Choice)),
    () => walk(root.asStruct(OldLists)),
    () => walk(root.asStruct(NewLists)),
    () => walk(root.asStruct(New)),
    () => root.asText(),
    () => root.asData(),
    () => getCapEntry(root.$at, 0),
    () => copy(message),
  ]
  for (const attempt of attempts) {
    try {
      attempt()
    } catch (thrown) {
      if (!(thrown instanceof WwError)) throw thrown
      if (!['BAD_MESSAGE', 'MESSAGE_TOO_LARGE'].includes(thrown.code)) throw thrown
    }
  }
}

function copy(message: Message): void {
  const builder = new Builder()
  try {
    copyPointer(builder, builder.allocate(1), rootReader(message))
  } finally {
    builder.discard()
  }
}

/** Reads every property that generated code has on `value`, lists to their hundredth element. */
function walk(value: unknown, depth = 0): void {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value) || depth > 70) return
  if ('toArray' in value) {
    const list = value as unknown as { length: number; at(index: number): unknown }
    for (let at = 0; at < Math.min(list.length, 100); at++) walk(list.at(at), depth + 1)
    return
  }
  const prototype: object = Object.getPrototypeOf(value) as object
  for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
    if (property.get && name !== '$which') walk(property.get.call(value), depth + 1)
  }
}

const codeOf = (attempt: () => unknown): string => {
  try {
    attempt()
    return 'nothing thrown'
  } catch (thrown) {
    return thrown instanceof WwError ? thrown.code : String(thrown)
  }
}

const asKinds = (bytes: Uint8Array) => rootOf(messageIn(bytes)).asStruct(Kinds)

/** A Kinds (6 words, 4 pointers) whose text, data, inner and any are these words, then more words. */
const kindsWith = (
  pointers: (readonly [number, number])[],
  more: (bigint | readonly [number, number])[] = [],
) => frameOf([structPointer(0, 6, 4), 0n, 0n, 0n, 0n, 0n, 0n, ...pointers, ...more])

test.each<[string, () => unknown]>([
  ['an empty segment', () => asKinds(frameOf([]))],
  ['a struct beyond its segment', () => asKinds(frameOf([structPointer(0, 6, 4)]))],
  ['a struct before its segment', () => asKinds(frameOf([structPointer(-5, 1, 0), 0n]))],
  ['a list where a struct belongs', () => asKinds(frameOf([listPointer(0, 2, 8), 0n]))],
  ['a capability where a struct belongs', () => asKinds(frameOf([[3, 0]]))],
  ['a pointer of unknown kind', () => asKinds(frameOf([[7, 0]]))],
  ['a far pointer to no segment', () => asKinds(frameOf([farPointer(9, 0)]))],
  ['a far pointer beyond its segment', () => asKinds(frameOf([farPointer(0, 99)]))],
  ['a far pointer to itself', () => asKinds(frameOf([farPointer(0, 0)]))],
  [
    'a far pointer to a far pointer',
    () => asKinds(frameOf([farPointer(1, 0)], [farPointer(0, 0)])),
  ],
  [
    'a double-far pad that is no far pointer',
    () => asKinds(frameOf([doubleFarPointer(1, 0)], [structPointer(0, 1, 0), 0n])),
  ],
  [
    'a double-far pad cut off',
    () => asKinds(frameOf([doubleFarPointer(1, 0)], [farPointer(0, 0)])),
  ],
  [
    'a double-far tag with an offset',
    () => asKinds(frameOf([doubleFarPointer(1, 0)], [farPointer(0, 0), structPointer(1, 1, 0)])),
  ],
  [
    'a double-far tag that is far',
    () => asKinds(frameOf([doubleFarPointer(1, 0)], [farPointer(0, 0), farPointer(0, 0)])),
  ],
  ['a text beyond its segment', () => asKinds(kindsWith([listPointer(3, 2, 100)])).text],
  [
    'a text that does not end',
    () => asKinds(kindsWith([listPointer(3, 2, 8), [0, 0], [0, 0], [0, 0]], [-1n])).text,
  ],
  [
    'a text of no bytes',
    () => asKinds(kindsWith([listPointer(3, 2, 0), [0, 0], [0, 0], [0, 0]])).text,
  ],
  [
    'a text of words',
    () => asKinds(kindsWith([listPointer(3, 5, 1), [0, 0], [0, 0], [0, 0]], [0n])).text,
  ],
  [
    'data that is a struct',
    () => asKinds(kindsWith([[0, 0], structPointer(2, 1, 0), [0, 0], [0, 0]], [0n])).data,
  ],
  [
    'a struct that is a list',
    () => asKinds(kindsWith([[0, 0], [0, 0], listPointer(1, 2, 1), [0, 0]], [0n])).inner,
  ],
  [
    'a capability outside the table',
    () =>
      getCapEntry(
        asKinds(
          kindsWith([
            [0, 0],
            [0, 0],
            [0, 0],
            [3, 5],
          ]),
        ).any.$at,
        0,
      ),
  ],
  [
    'a list tag that is no struct',
    () =>
      rootOf(
        messageIn(
          frameOf([
            structPointer(0, 0, 19),
            ...Array<bigint>(15).fill(0n),
            listPointer(3, 7, 1),
            0n,
            0n,
            0n,
            listPointer(0, 2, 1),
            0n,
          ]),
        ),
      ).asStruct(Lists).inners,
  ],
  [
    'more elements than words',
    () =>
      rootOf(
        messageIn(
          frameOf([
            structPointer(0, 0, 19),
            ...Array<bigint>(15).fill(0n),
            listPointer(3, 7, 1),
            0n,
            0n,
            0n,
            structPointer(2, 1, 0),
            0n,
          ]),
        ),
      ).asStruct(Lists).inners,
  ],
  [
    '2^29 elements of nothing',
    () =>
      rootOf(
        messageIn(
          frameOf([
            structPointer(0, 0, 19),
            listPointer(18, 0, (1 << 29) - 1),
            ...Array<bigint>(18).fill(0n),
          ]),
        ),
      ).asStruct(Lists).voids,
  ],
  [
    '2^30 structs of nothing',
    () =>
      rootOf(
        messageIn(
          frameOf([
            structPointer(0, 0, 19),
            ...Array<bigint>(15).fill(0n),
            listPointer(3, 7, 0),
            0n,
            0n,
            0n,
            [0xffff_fffc, 0],
          ]),
        ),
      ).asStruct(Lists).inners,
  ],
])('%s is a malformed message, not a crash', (_, read) => {
  expect(codeOf(read)).toBe('BAD_MESSAGE')
})

test('a struct that contains itself ends at the depth limit, read and copied', () => {
  const loop = frameOf([structPointer(0, 1, 2), 0n, 0n, structPointer(-3, 1, 2)])
  const deep = () => {
    let inner = rootOf(messageIn(loop)).asStruct(Kinds_Inner)
    for (let level = 0; level < 1000; level++) inner = inner.next
  }
  expect(codeOf(deep)).toBe('BAD_MESSAGE')
  expect(codeOf(() => copy(messageIn(loop)))).toBe('BAD_MESSAGE')
})

test('a message of sharing pointers cannot make a copy without bound', () => {
  // 60 levels of two pointers to the same next level: 2^60 structs, if somebody followed them all.
  const words: (bigint | readonly [number, number])[] = [structPointer(0, 0, 2)]
  for (let level = 0; level < 60; level++) {
    words.push(structPointer(1, 0, 2), structPointer(0, 0, 2))
  }
  words.push(0n, 0n)
  expect(codeOf(() => copy(messageIn(frameOf(words))))).toBe('BAD_MESSAGE')
  // 2000 pointers to one blob of 64 KiB: 128 MiB from 80 kB.
  const blob = Array<bigint>(8192).fill(1n)
  const pointers = Array.from({ length: 2000 }, (_, at) => listPointer(2000 - at - 1, 5, 8192))
  const dag = frameOf([listPointer(0, 6, 2000), ...pointers, ...blob])
  expect(codeOf(() => copy(messageIn(dag)))).toBe('BAD_MESSAGE')
})

test('a small message cannot be read without end', () => {
  const limits = { ...DEFAULT_WIRE_LIMITS, maxReadWords: 100_000 }
  const read = rootOf(messageIn(encode(Kinds, { text: 'x' }), limits)).asStruct(Kinds)
  const forever = () => {
    for (;;) if (read.text === '') return
  }
  expect(codeOf(forever)).toBe('BAD_MESSAGE')
})

test('bytes that are no UTF-8 read as replacement characters, and a NUL inside is a character', () => {
  const bytes = encode(Kinds, { text: 'abcdefg' })
  const at = bytes.indexOf(0x61)
  bytes.set([0xff, 0xc3, 0x28, 0xed, 0xa0, 0x80, 0x00], at)
  expect(asKinds(bytes).text).toBe('\ufffd\ufffd(\ufffd\ufffd\ufffd\0')
  expect(asKinds(encode(Kinds, { text: '\ud800x' })).text).toBe('\ufffdx')
})

test('reading never changes a message', () => {
  for (const value of fc.sample(lists, { numRuns: rounds(20), seed: 1 })) {
    const bytes = encode(Lists, value)
    const before = bytes.slice()
    readAll(messageIn(bytes, FEW_WORDS))
    expect(bytes).toEqual(before)
  }
})

test('a message with any bytes changed is read or refused, without hanging', () => {
  const random = new Random(20)
  const samples = [
    ...fc.sample(kinds, { numRuns: 8, seed: 2 }).map((value) => encode(Kinds, value)),
    ...fc.sample(lists, { numRuns: 8, seed: 2 }).map((value) => encode(Lists, value)),
  ]
  for (const sample of samples) {
    const head = 8
    for (let run = 0; run < rounds(60); run++) {
      const bytes = sample.slice()
      for (let change = 0; change <= random.below(4); change++) {
        const at = head + random.below(bytes.length - head)
        bytes[at] = random.chance(0.3) ? random.below(256) : bytes[at]! ^ (1 << random.below(8))
      }
      readAll(messageIn(bytes, FEW_WORDS))
    }
  }
})

test('random words are read or refused, without hanging', () => {
  const random = new Random(4)
  for (let run = 0; run < 400; run++) {
    const word = () => {
      const small = () => random.below(12) - 3
      switch (random.below(5)) {
        case 0:
          return structPointer(small(), random.below(4), random.below(4))
        case 1:
          return listPointer(small(), random.below(8), random.below(40))
        case 2:
          return farPointer(random.below(3), random.below(12))
        case 3:
          return doubleFarPointer(random.below(3), random.below(12))
        default:
          return [random.below(2 ** 32), random.below(2 ** 32)] as const
      }
    }
    const segments = Array.from({ length: 1 + random.below(3) }, () =>
      Array.from({ length: 1 + random.below(14) }, word),
    )
    for (const message of messagesIn(frameOf(...segments), FEW_WORDS)) readAll(message)
  }
})

test('a stream of random bytes is refused or waits for more, without hanging', () => {
  const random = new Random(9)
  for (let run = 0; run < 500; run++) {
    const bytes = random.bytes(random.below(200))
    if (random.chance(0.7)) bytes.fill(0, 0, 4)
    try {
      for (const message of messagesIn(bytes, FEW_WORDS)) readAll(message)
    } catch (thrown) {
      const sentence = (thrown as Error).message
      expect(sentence).toMatch(/^Malformed message: |^The last message is cut off$/)
    }
  }
})
