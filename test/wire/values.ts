// Random values of the test schema, and how the `capnp` tool writes them.

import fc from 'fast-check'

import { Colour } from '../fixture/kinds.gen.ts'
import type { Kinds, Kinds_Inner, Kinds$Init, Lists, Lists$Init } from '../fixture/kinds.gen.ts'

const int = (bits: number) => fc.integer({ min: -(2 ** (bits - 1)), max: 2 ** (bits - 1) - 1 })
const uint = (bits: number) => fc.integer({ min: 0, max: 2 ** bits - 1 })
const int64 = fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n })
const uint64 = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n })
const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.constantFrom('', '\0', 'a\0b', '\ufeffbom', 'é'.repeat(60), 'x'.repeat(100), '😀😀'),
)
const data = fc.uint8Array({ maxLength: 40 })
const colour = fc.constantFrom(...Object.values(Colour))
const float32 = fc.float()
const float64 = fc.double()

interface InnerValue {
  id?: number
  name?: string
  next?: InnerValue
}
const inner: fc.Arbitrary<InnerValue> = fc.letrec<{ inner: InnerValue }>((tie) => ({
  inner: fc.record(
    {
      id: uint(32),
      name: text,
      next: fc.oneof({ maxDepth: 2 }, fc.constant({}), tie('inner')),
    },
    { requiredKeys: [] },
  ),
})).inner

export const kinds = fc.record(
  {
    bool: fc.boolean(),
    int8: int(8),
    int16: int(16),
    int32: int(32),
    int64,
    uint8: uint(8),
    uint16: uint(16),
    uint32: uint(32),
    uint64,
    float32,
    float64,
    text,
    data,
    colour,
    inner,
  },
  { requiredKeys: [] },
) satisfies fc.Arbitrary<Kinds$Init>

const list = <T>(element: fc.Arbitrary<T>) => fc.array(element, { maxLength: 9 })
export const lists = fc.record(
  {
    voids: list(fc.constant(null)),
    bools: fc.array(fc.boolean(), { maxLength: 70 }),
    int8s: list(int(8)),
    int16s: list(int(16)),
    int32s: list(int(32)),
    int64s: list(int64),
    uint8s: list(uint(8)),
    uint16s: list(uint(16)),
    uint32s: list(uint(32)),
    uint64s: list(uint64),
    float32s: list(float32),
    float64s: list(float64),
    texts: list(text),
    datas: list(data),
    colours: list(colour),
    inners: list(inner),
    matrix: list(list(int(32))),
    cube: list(list(list(text))),
    table: list(list(inner)),
  },
  { requiredKeys: [] },
) satisfies fc.Arbitrary<Lists$Init>

// ---- what a reader must show for a value

const wellFormed = (value: string) =>
  new TextDecoder('utf-8', { ignoreBOM: true }).decode(new TextEncoder().encode(value))

export interface PlainInner {
  id: number
  name: string
  next: PlainInner | undefined
}

function expectedInner(value: InnerValue): PlainInner {
  const { id = 0, name = '', next } = value
  return { id, name: wellFormed(name), next: next && expectedInner(next) }
}

/** An absent `next` and an empty one look the same to a reader, so both are read as far as they go. */
function plainInner(reader: Kinds_Inner, shape: InnerValue): PlainInner {
  const { id, name } = reader
  return { id, name, next: shape.next && plainInner(reader.next, shape.next) }
}

type KindsValue = typeof kinds extends fc.Arbitrary<infer T> ? T : never
type ListsValue = typeof lists extends fc.Arbitrary<infer T> ? T : never

export function expectedKinds(value: KindsValue): object {
  return {
    bool: value.bool ?? false,
    int8: value.int8 ?? 0,
    int16: value.int16 ?? 0,
    int32: value.int32 ?? 0,
    int64: value.int64 ?? 0n,
    uint8: value.uint8 ?? 0,
    uint16: value.uint16 ?? 0,
    uint32: value.uint32 ?? 0,
    uint64: value.uint64 ?? 0n,
    float32: value.float32 ?? 0,
    float64: value.float64 ?? 0,
    text: wellFormed(value.text ?? ''),
    data: [...(value.data ?? [])],
    colour: value.colour ?? 0,
    inner: expectedInner(value.inner ?? {}),
  }
}

export function plainKinds(reader: Kinds, shape: KindsValue): object {
  const { bool, int8, int16, int32, int64: i64, uint8, uint16, uint32, uint64: u64 } = reader
  return {
    bool,
    int8,
    int16,
    int32,
    int64: i64,
    uint8,
    uint16,
    uint32,
    uint64: u64,
    float32: reader.float32,
    float64: reader.float64,
    text: reader.text,
    data: [...reader.data],
    colour: reader.colour,
    inner: plainInner(reader.inner, shape.inner ?? {}),
  }
}

export function expectedLists(value: ListsValue): object {
  return {
    voids: value.voids ?? [],
    bools: value.bools ?? [],
    int8s: value.int8s ?? [],
    int16s: value.int16s ?? [],
    int32s: value.int32s ?? [],
    int64s: value.int64s ?? [],
    uint8s: value.uint8s ?? [],
    uint16s: value.uint16s ?? [],
    uint32s: value.uint32s ?? [],
    uint64s: value.uint64s ?? [],
    float32s: value.float32s ?? [],
    float64s: value.float64s ?? [],
    texts: (value.texts ?? []).map(wellFormed),
    datas: (value.datas ?? []).map((bytes) => [...bytes]),
    colours: value.colours ?? [],
    inners: (value.inners ?? []).map(expectedInner),
    matrix: value.matrix ?? [],
    cube: (value.cube ?? []).map((plane) => plane.map((row) => row.map(wellFormed))),
    table: (value.table ?? []).map((row) => row.map(expectedInner)),
  }
}

export function plainLists(reader: Lists, shape: ListsValue): object {
  return {
    voids: reader.voids.toArray(),
    bools: reader.bools.toArray(),
    int8s: reader.int8s.toArray(),
    int16s: reader.int16s.toArray(),
    int32s: reader.int32s.toArray(),
    int64s: reader.int64s.toArray(),
    uint8s: reader.uint8s.toArray(),
    uint16s: reader.uint16s.toArray(),
    uint32s: reader.uint32s.toArray(),
    uint64s: reader.uint64s.toArray(),
    float32s: reader.float32s.toArray(),
    float64s: reader.float64s.toArray(),
    texts: reader.texts.toArray(),
    datas: reader.datas.map((bytes) => [...bytes]),
    colours: reader.colours.toArray(),
    inners: reader.inners.map((one, at) => plainInner(one, shape.inners?.[at] ?? {})),
    matrix: reader.matrix.map((row) => row.toArray()),
    cube: reader.cube.map((plane) => plane.map((row) => row.toArray())),
    table: reader.table.map((row, y) =>
      row.map((one, x) => plainInner(one, shape.table?.[y]?.[x] ?? {})),
    ),
  }
}

// ---- the text form of the capnp tool

const COLOUR_NAMES = Object.keys(Colour)

type Value = null | boolean | number | bigint | string | object

export function capnpText(value: Value, key = ''): string {
  if (value === null) return 'void'
  if (Array.isArray(value)) {
    return `[${value.map((one: Value) => capnpText(one, key)).join(', ')}]`
  }
  if (value instanceof Uint8Array) {
    return value.length === 0 ? '""' : `0x"${Buffer.from(value).toString('hex')}"`
  }
  if (typeof value === 'string') {
    const escaped = [...new TextEncoder().encode(value)].map(
      (byte) => `\\x${byte.toString(16).padStart(2, '0')}`,
    )
    return `"${escaped.join('')}"`
  }
  if (typeof value === 'number') return numberText(value, key)
  if (typeof value !== 'object') return value.toString()
  const fields = Object.entries(value as Record<string, Value | undefined>)
  const texts = fields.flatMap(([name, field]) =>
    field === undefined ? [] : [`${name} = ${capnpText(field, name)}`],
  )
  return `(${texts.join(', ')})`
}

function numberText(value: number, key: string): string {
  if (key.startsWith('colour')) return COLOUR_NAMES[value] ?? 'none'
  if (Number.isNaN(value)) return 'nan'
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf'
  if (Math.abs(value) >= 2 ** 53) return value.toExponential()
  return Object.is(value, -0) ? '-0.0' : String(value)
}
