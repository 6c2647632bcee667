import { spawnSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import * as es from 'capnp-es'
import fc from 'fast-check'
import { expect, test } from 'vitest'

import { concatBytes } from '../../src/base/index.ts'
import { getAny, rootOf } from '../../src/wire/index.ts'
import type { Struct, StructType } from '../../src/wire/index.ts'
import {
  Choice,
  Defaults,
  Kinds,
  Lists,
  NewLists,
  OldLists,
  Kinds_Inner,
  PointerDefaults,
} from '../fixture/kinds.gen.ts'
import { temporaryFolder } from '../help/ww.ts'
import { decode, encode, messagesIn } from './help.ts'
import {
  capnpText,
  expectedKinds,
  expectedLists,
  kinds,
  lists,
  plainKinds,
  plainLists,
} from './values.ts'

const SCHEMA = fileURLToPath(new URL('../../../test/fixture/kinds.capnp', import.meta.url))
const hasTool = spawnSync('capnp', ['--version']).status === 0
const withTool = test.skipIf(!hasTool)

class EsKinds extends es.Struct {
  static override readonly _capnp = {
    displayName: 'Kinds',
    id: '0',
    size: new es.ObjectSize(48, 4),
  }
}

function capnp(
  command: 'encode' | 'decode',
  type: string,
  input: string | Uint8Array,
  flags: readonly string[] = command === 'decode' ? ['--short'] : [],
): Buffer {
  const run = spawnSync('capnp', [command, ...flags, SCHEMA, type], { input, maxBuffer: 64 << 20 })
  if (run.status !== 0) throw new Error(run.stderr.toString().slice(0, 500))
  return run.stdout
}

/** Reads the tool's messages: one struct of `type` each. */
function readAll<T extends Struct>(type: StructType<T, never>, bytes: Uint8Array): T[] {
  return messagesIn(new Uint8Array(bytes)).map((message) => rootOf(message).asStruct(type))
}

test('every kind of field reads back as it was written', () => {
  fc.assert(
    fc.property(kinds, (value) => {
      expect(plainKinds(decode(Kinds, encode(Kinds, value)), value)).toEqual(expectedKinds(value))
    }),
    { numRuns: 300 },
  )
})

test('every kind of list reads back as it was written', () => {
  fc.assert(
    fc.property(lists, (value) => {
      expect(plainLists(decode(Lists, encode(Lists, value)), value)).toEqual(expectedLists(value))
    }),
    { numRuns: 200 },
  )
})

test('a struct that was read can be written again, whole and as an element', () => {
  fc.assert(
    fc.property(kinds, lists, (kind, list) => {
      const copied = decode(Kinds, encode(Kinds, decode(Kinds, encode(Kinds, kind))))
      expect(plainKinds(copied, kind)).toEqual(expectedKinds(kind))
      const read = decode(Lists, encode(Lists, list))
      const again = decode(
        Lists,
        encode(Lists, { inners: read.inners, texts: read.texts, bools: read.bools }),
      )
      expect(again.texts.toArray()).toEqual(read.texts.toArray())
      expect(again.bools.toArray()).toEqual(read.bools.toArray())
      expect(again.inners.map((one) => one.name)).toEqual(read.inners.map((one) => one.name))
    }),
    { numRuns: 100 },
  )
})

withTool('the capnp tool reads what we write and we read what it writes', () => {
  const check = <T extends Struct, V extends object>(
    name: string,
    type: StructType<T, V>,
    values: V[],
    plain: (reader: T, value: V) => object,
    expected: (value: V) => object,
  ) => {
    const written = capnp('encode', name, values.map((value) => capnpText(value)).join('\n'))
    readAll(type, written).forEach((reader, at) => {
      expect(plain(reader, values[at]!)).toEqual(expected(values[at]!))
    })
    const ours = concatBytes(values.map((value) => encode(type, value)))
    // The tool cannot read all that it prints, but it prints the same for the same message.
    expect(capnp('decode', name, ours).toString()).toBe(capnp('decode', name, written).toString())
  }
  check('Kinds', Kinds, fc.sample(kinds, { numRuns: 150, seed: 7 }), plainKinds, expectedKinds)
  check('Lists', Lists, fc.sample(lists, { numRuns: 100, seed: 7 }), plainLists, expectedLists)
})

const plainInner = (inner: Kinds_Inner): object => ({
  id: inner.id,
  name: inner.name,
  next: getAny(inner.$, 1).isNull ? null : plainInner(inner.next),
})

const plainDefaults = (reader: PointerDefaults) => ({
  inner: plainInner(reader.inner),
  empty: plainInner(reader.empty),
  numbers: reader.numbers.toArray(),
  bools: reader.bools.toArray(),
  texts: reader.texts.toArray(),
  inners: reader.inners.map(plainInner),
  matrix: reader.matrix.map((row) => row.toArray()),
  defaults: [reader.defaults.int32, reader.defaults.text, reader.defaults.bool],
  untouched: reader.defaults.int64,
  voids: reader.voids.length,
})

const STATED = {
  inner: { id: 7, name: 'seven', next: { id: 8, name: 'eight', next: null } },
  empty: { id: 0, name: '', next: null },
  numbers: [1, -2, 3],
  bools: [true, false, true],
  texts: ['a', '', 'é'],
  inners: [
    { id: 1, name: '', next: null },
    { id: 0, name: 'two', next: { id: 3, name: '', next: null } },
  ],
  matrix: [[1, 2], [], [3]],
  defaults: [5, 'x', false],
  untouched: -5_000_000_000n,
  voids: 2,
}

test('structs and lists that are absent are what the schema states, however often they are read', () => {
  const absent = decode(PointerDefaults, encode(PointerDefaults, {}))
  for (let round = 0; round < 1000; round++) expect(plainDefaults(absent)).toEqual(STATED)
  const chosen = decode(PointerDefaults, encode(PointerDefaults, { choice: { some: [] } }))
  expect(chosen.choice.some!.toArray()).toEqual([])
  const given = {
    inner: { id: 9 },
    numbers: [],
    inners: [],
    texts: ['b'],
    matrix: [],
    bools: [],
    voids: [],
  }
  const present = decode(PointerDefaults, encode(PointerDefaults, given))
  expect(plainDefaults(present)).toEqual({
    ...STATED,
    inner: { id: 9, name: '', next: null },
    numbers: [],
    inners: [],
    texts: ['b'],
    matrix: [],
    bools: [],
    voids: 0,
  })
  // A default can be written elsewhere like anything that was read.
  const copied = decode(PointerDefaults, encode(PointerDefaults, { inners: absent.inners }))
  expect(copied.inners.map(plainInner)).toEqual(STATED.inners)
})

withTool('the capnp tool has the same defaults of structs and lists', async () => {
  await using folder = await temporaryFolder()
  const file = join(folder.path, 'empty.capnp')
  const type = `import "/${basename(SCHEMA)}".PointerDefaults`
  await writeFile(file, `@0xb2c1f09a7e6d5501;\nconst it :${type} = ();\n`)
  const evaluated = (what: string, ...flags: string[]) => {
    const args = ['eval', `-I${dirname(SCHEMA)}`, ...flags, file, what]
    const run = spawnSync('capnp', args)
    if (run.status !== 0) throw new Error(run.stderr.toString())
    return run.stdout
  }
  const absent = decode(PointerDefaults, encode(PointerDefaults, {}))
  const [inner] = readAll(Kinds_Inner, evaluated('it.inner', '-obinary'))
  expect(plainInner(inner!)).toEqual(plainInner(absent.inner))
  const text = (what: string) => evaluated(what, '--short').toString().trim()
  expect(text('it.numbers')).toBe('[1, -2, 3]')
  expect(text('it.bools')).toBe('[true, false, true]')
  expect(text('it.inners')).toBe('[(id = 1), (id = 0, name = "two", next = (id = 3))]')
  expect(text('it.matrix')).toBe('[[1, 2], [], [3]]')
  // What we leave out it fills in, what we write it takes for what it is.
  const ours = encode(PointerDefaults, { numbers: [], inner: { id: 9 } })
  expect(capnp('decode', 'PointerDefaults', ours).toString().trim()).toBe(
    '(inner = (id = 9), numbers = [], choice = (none = void))',
  )
})

withTool('defaults are those of the schema, absent, written and written by others', () => {
  const fields = (reader: Defaults) => ({
    bool: reader.bool,
    int8: reader.int8,
    int16: reader.int16,
    int32: reader.int32,
    int64: reader.int64,
    uint8: reader.uint8,
    uint16: reader.uint16,
    uint32: reader.uint32,
    uint64: reader.uint64,
    float32: reader.float32,
    float64: reader.float64,
    text: reader.text,
    data: reader.data,
    colour: reader.colour,
    notANumber: reader.notANumber,
  })
  const byDefault = {
    bool: true,
    int8: -100,
    int16: -30000,
    int32: -100000,
    int64: -5000000000n,
    uint8: 200,
    uint16: 60000,
    uint32: 4000000000,
    uint64: 0xffff_ffff_ffff_ffffn,
    float32: -1.5,
    float64: Infinity,
    text: 'default\n"text"',
    data: new Uint8Array([1, 2, 255]),
    colour: 1 as const,
    notANumber: NaN,
  }
  const other = {
    bool: false,
    int8: 5,
    int16: 6,
    int32: 7,
    int64: 8n,
    uint8: 9,
    uint16: 10,
    uint32: 11,
    uint64: 12n,
    float32: 0,
    float64: -0.25,
    text: '',
    data: new Uint8Array(),
    colour: 0 as const,
    notANumber: 1,
  }
  expect(fields(decode(Defaults, encode(Defaults, {})))).toEqual(byDefault)
  expect(fields(decode(Defaults, encode(Defaults, byDefault)))).toEqual(byDefault)
  expect(fields(decode(Defaults, encode(Defaults, other)))).toEqual(other)
  const theirs = capnp('encode', 'Defaults', `()\n${capnpText(other)}\n${capnpText(byDefault)}`)
  expect(readAll(Defaults, theirs).map(fields)).toEqual([byDefault, other, byDefault])
  const ours = concatBytes([encode(Defaults, {}), encode(Defaults, other)])
  const back = capnp('encode', 'Defaults', capnp('decode', 'Defaults', ours))
  expect(readAll(Defaults, back).map(fields)).toEqual([byDefault, other])
})

test('a union shows the member that was set and no other, in groups too', () => {
  const none = decode(Choice, encode(Choice, { before: 3 }))
  expect(none.$which).toBe('none')
  expect(none.none).toBeNull()
  expect(none.number).toBeUndefined()
  const number = decode(Choice, encode(Choice, { number: -5n }))
  expect([number.$which, number.number, number.text]).toEqual(['number', -5n, undefined])
  const point = decode(
    Choice,
    encode(Choice, { before: 9, point: { x: 1, high: 2.5 }, place: { street: 'Main' } }),
  )
  expect(point.$which).toBe('point')
  expect([point.point?.x, point.point?.y, point.point?.$which, point.point?.high]).toEqual([
    1,
    7,
    'high',
    2.5,
  ])
  expect([point.before, point.place.street, point.place.house]).toEqual([9, 'Main', 1])
  const copied = decode(Choice, encode(Choice, { before: point.before, point: point.point }))
  expect(copied.point?.high).toBe(2.5)
})

test('two members of one union are refused, not written over each other', () => {
  // @ts-expect-error -- nor does it compile
  expect(() => encode(Choice, { number: 1n, text: 'x' })).toThrow(
    'expected one member of the union',
  )
})

withTool('unions and groups mean the same to the capnp tool', () => {
  const texts = [
    '(before = 1, none = void)',
    '(number = -7)',
    '(text = "t")',
    '(point = (x = 1, y = 2, flat = void), place = (street = "s", house = 3))',
    '(point = (y = 7, high = 1.5))',
  ]
  const bytes = capnp('encode', 'Choice', texts.join('\n'))
  const read = readAll(Choice, bytes)
  expect(read.map((one) => one.$which)).toEqual(['none', 'number', 'text', 'point', 'point'])
  const again = concatBytes(read.map((one) => encode(Choice, one)))
  expect(capnp('decode', 'Choice', again).toString()).toBe(
    capnp('decode', 'Choice', bytes).toString(),
  )
  const ours = concatBytes([
    encode(Choice, { before: 1, none: null }),
    encode(Choice, { number: -7n }),
    encode(Choice, { text: 't' }),
    encode(Choice, { point: { x: 1, y: 2, flat: null }, place: { street: 's', house: 3 } }),
    encode(Choice, { point: { high: 1.5 } }),
  ])
  expect(capnp('decode', 'Choice', ours).toString()).toBe(
    capnp('decode', 'Choice', bytes).toString(),
  )
})

test('old and new versions of a schema read each other, lists of scalars grown into structs included', () => {
  const old = encode(OldLists, {
    numbers: [1, 2, 3],
    texts: ['a', 'b'],
    structs: [{ number: 4, text: 'c' }, {}],
  })
  const asNew = decode(NewLists, old)
  expect(asNew.numbers.map((one) => [one.number, one.text, one.more])).toEqual([
    [1, '', 77n],
    [2, '', 77n],
    [3, '', 77n],
  ])
  expect(asNew.texts.map((one) => [one.text, one.note])).toEqual([
    ['a', 9],
    ['b', 9],
  ])
  expect(asNew.structs.map((one) => [one.number, one.text, one.texts.length])).toEqual([
    [4, 'c', 0],
    [0, '', 0],
  ])
  // Elements of a grown list, written again as structs, keep their values.
  expect(decode(NewLists, encode(NewLists, { numbers: asNew.numbers })).numbers.at(2)?.number).toBe(
    3,
  )

  const fresh = encode(NewLists, {
    numbers: [{ number: 5, more: 6n }],
    texts: [{ text: 'd', note: 1 }],
    structs: [{ number: 7, text: 'e', texts: ['f'] }],
  })
  const asOld = decode(OldLists, fresh)
  expect(asOld.numbers.toArray()).toEqual([5])
  expect(asOld.texts.toArray()).toEqual(['d'])
  expect(asOld.structs.map((one) => [one.number, one.text])).toEqual([[7, 'e']])
  // What the old code does not know survives a copy of the whole.
  const kept = decode(NewLists, encode(OldLists, asOld))
  expect(kept.structs.at(0)?.texts.at(0)).toBe('f')
})

test('capnp-es reads what we write', () => {
  const { utils } = es
  fc.assert(
    fc.property(kinds, (value) => {
      const message = new es.Message(encode(Kinds, value), false)
      const root = message.getRoot(EsKinds)
      const expected = expectedKinds(value) as Record<string, unknown>
      expect(utils.getInt8(1, root)).toBe(expected['int8'])
      expect(utils.getInt16(2, root)).toBe(expected['int16'])
      expect(utils.getInt32(4, root)).toBe(expected['int32'])
      expect(utils.getInt64(8, root)).toBe(expected['int64'])
      expect(utils.getUint64(24, root)).toBe(expected['uint64'])
      expect(utils.getFloat64(40, root)).toEqual(expected['float64'])
      expect([...utils.getData(1, root).toUint8Array()]).toEqual(expected['data'])
      const text = expected['text'] as string
      expect(utils.getText(0, root)).toBe(text.replace(/^\ufeff/, '')) // it swallows a leading BOM
    }),
    { numRuns: 60 },
  )
})

test('we read what capnp-es writes', () => {
  const { utils } = es
  fc.assert(
    fc.property(kinds, (value) => {
      const message = new es.Message()
      const root = message.initRoot(EsKinds)
      utils.setBit(0, value.bool ?? false, root)
      utils.setInt8(1, value.int8 ?? 0, root)
      utils.setInt32(4, value.int32 ?? 0, root)
      utils.setInt64(8, value.int64 ?? 0n, root)
      utils.setUint64(24, value.uint64 ?? 0n, root)
      utils.setFloat64(40, value.float64 ?? 0, root)
      utils.setText(0, value.text ?? '', root)
      const bytes = value.data ?? new Uint8Array()
      utils.initData(1, bytes.length, root).copyBuffer(bytes)
      const read = decode(Kinds, new Uint8Array(message.toArrayBuffer()))
      const { bool, int8, int32, int64, uint64, float64, text, data } = read
      expect({ bool, int8, int32, int64, uint64, float64, text, data: [...data] }).toEqual(
        Object.fromEntries(
          Object.entries(expectedKinds(value)).filter(([name]) =>
            'bool int8 int32 int64 uint64 float64 text data'.split(' ').includes(name),
          ),
        ),
      )
    }),
    { numRuns: 60 },
  )
})

withTool('a message scattered over many segments reads like one in one piece', () => {
  for (const value of fc.sample(lists, { numRuns: 12, seed: 3 })) {
    const bytes = capnp('encode', 'Lists', capnpText(value), ['--segment-size=1'])
    const [reader] = readAll(Lists, bytes)
    expect(plainLists(reader!, value)).toEqual(expectedLists(value))
    const copied = decode(Lists, encode(Lists, reader!))
    expect(plainLists(copied, value)).toEqual(expectedLists(value))
  }
})
