// Random schemas and random values of their structs: as text for the `capnp` tool, as what our code
// writes, and as what a reader must find.

import type { Random } from '../help/random.ts'

const ENUMERANTS = ['red', 'green', 'blue', 'black']

export type Value = unknown

/** A type without types in it: a random value, the value when absent, and a value as text. */
interface Leaf {
  random(r: Random): Value
  readonly empty: Value
  text?(value: never): string
}

const integer = (bits: number, low: number): Leaf => ({
  random: (r) => Math.floor(r.next() * 2 ** bits) + low,
  empty: 0,
})
const wide = (change: (value: bigint) => bigint): Leaf => ({
  random: (r) => {
    const high = BigInt(Math.floor(r.next() * 2 ** 32))
    const some = (high << 32n) | BigInt(r.below(1 << 30))
    return change(r.pick([0n, 1n, (1n << 64n) - 1n, 1n << 63n, some]))
  },
  empty: 0n,
})
const float = (random: (r: Random) => number): Leaf => ({
  random,
  empty: 0,
  text: (value: number) => {
    if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf'
    return Object.is(value, -0) ? '-0.0' : value.toExponential()
  },
})

const LEAVES = {
  Void: { random: () => null, empty: null, text: () => 'void' },
  Bool: { random: (r) => r.chance(0.5), empty: false },
  Int8: integer(8, -(2 ** 7)),
  Int16: integer(16, -(2 ** 15)),
  Int32: integer(32, -(2 ** 31)),
  Int64: wide((value) => BigInt.asIntN(64, value)),
  UInt8: integer(8, 0),
  UInt16: integer(16, 0),
  UInt32: integer(32, 0),
  UInt64: wide((value) => BigInt.asUintN(64, value)),
  Float32: float((r) => Math.fround(r.pick([0, -2.25, r.next() * 1e6, -r.next(), Infinity]))),
  Float64: float((r) => r.pick([0, -1.5, r.next() * 1e300, r.next(), -Infinity])),
  Text: {
    random: (r) => r.pick(['', 'a', 'é€😀', 'quoted "x"\n', 'x'.repeat(r.below(40)), 'nul\0nul']),
    empty: '',
    text: (value: string) => escaped(new TextEncoder().encode(value)),
  },
  Data: {
    random: (r) => r.bytes(r.below(20)),
    empty: new Uint8Array(),
    text: (value: Uint8Array) => escaped(value),
  },
  Colour: {
    random: (r) => r.below(ENUMERANTS.length),
    empty: 0,
    text: (value: number) => ENUMERANTS[value]!,
  },
} satisfies { readonly [name: string]: Leaf }

type LeafName = keyof typeof LEAVES
const LEAF_NAMES = Object.keys(LEAVES) as LeafName[]
const leaf = (name: LeafName): Leaf => LEAVES[name]

type Type =
  | { readonly kind: 'leaf'; readonly of: LeafName }
  | { readonly kind: 'struct'; readonly of: number }
  | { readonly kind: 'box'; readonly of: Type }
  | { readonly kind: 'list'; readonly of: Type }
  | { readonly kind: 'group'; readonly of: Fields }

interface Field {
  readonly name: string
  readonly type: Type
  readonly byDefault: Value
}

/** Of a struct or group: those that are always there, and the members of its unnamed union. */
interface Fields {
  readonly plain: readonly Field[]
  readonly union: readonly Field[]
}

export class RandomSchema {
  readonly text: string
  readonly structs: readonly Fields[]
  readonly #r: Random
  #names = 0

  constructor(r: Random, id: bigint) {
    this.#r = r
    const count = 1 + r.below(3)
    this.structs = Array.from({ length: count }, () => this.#fields(0, count))
    const structs = this.structs.map((fields, at) => {
      const slots = countSlots(fields)
      const ordinals = shuffled(r, slots)
      return `struct S${at} {\n${this.#declare(fields, ordinals, '  ')}}\n`
    })
    this.text = [
      `@0x${(id | (1n << 63n)).toString(16)};`,
      `enum Colour { ${ENUMERANTS.map((name, at) => `${name} @${at};`).join(' ')} }`,
      'struct Box(T) { value @0 :T; more @1 :UInt16 = 9; }',
      ...structs,
    ].join('\n')
  }

  /** Whether a union has a struct: absent, it may have a union with one as well, and so on. */
  get hasEndlessUnion(): boolean {
    const begins = ({ plain, union }: Fields): boolean =>
      union.some(({ type }) => type.kind === 'struct' || type.kind === 'box') ||
      [...plain, ...union].some(({ type }) => type.kind === 'group' && begins(type.of))
    return this.structs.some(begins)
  }

  #fields(depth: number, structs: number): Fields {
    const r = this.#r
    const some = (count: number) => Array.from({ length: count }, () => this.#field(depth, structs))
    const plain = some(depth === 0 ? 1 + r.below(9) : 1 + r.below(3))
    return { plain, union: r.chance(0.4) ? some(2 + r.below(4)) : [] }
  }

  #field(depth: number, structs: number): Field {
    const r = this.#r
    const name = `f${this.#names++}`
    const type =
      depth < 2 && r.chance(0.15)
        ? ({ kind: 'group', of: this.#fields(depth + 1, structs) } as const)
        : this.#type(structs)
    // What a default of a struct refers to is not yet known here.
    const isSimple = type.kind === 'list' ? !mentionsStruct(type) : type.kind === 'leaf'
    const canDefault = isSimple && !(type.kind === 'leaf' && type.of === 'Void')
    const byDefault = canDefault && r.chance(0.3) ? this.value(type, 2) : undefined
    return { name, type, byDefault }
  }

  #type(structs: number): Type {
    const r = this.#r
    if (r.chance(0.15)) return { kind: 'struct', of: r.below(structs) }
    if (r.chance(0.25)) return { kind: 'list', of: this.#type(structs) }
    if (r.chance(0.12)) {
      const of = r.pick<Type>([
        { kind: 'leaf', of: 'Text' },
        { kind: 'leaf', of: 'Data' },
        { kind: 'struct', of: r.below(structs) },
        { kind: 'list', of: { kind: 'leaf', of: 'UInt16' } },
      ])
      return { kind: 'box', of: r.chance(0.3) ? { kind: 'box', of } : of }
    }
    return { kind: 'leaf', of: r.pick(LEAF_NAMES) }
  }

  #declare({ plain, union }: Fields, ordinals: number[], indent: string): string {
    const one = ({ name, type, byDefault }: Field, inside: string): string => {
      if (type.kind === 'group') {
        return `${inside}${name} :group {\n${this.#declare(type.of, ordinals, `${inside}  `)}${inside}}\n`
      }
      const stated = byDefault === undefined ? '' : ` = ${textOf(type, byDefault, this.structs)}`
      return `${inside}${name} @${ordinals.pop()} :${typeName(type)}${stated};\n`
    }
    const members = union.map((field) => one(field, `${indent}  `)).join('')
    return (
      plain.map((field) => one(field, indent)).join('') +
      (members && `${indent}union {\n${members}${indent}}\n`)
    )
  }

  /** A random value of struct `of`: only its own fields, some left out. */
  struct(of: number, depth = 0): Value {
    return this.#record(this.structs[of]!, depth)
  }

  #record({ plain, union }: Fields, depth: number): Value {
    const value: Record<string, Value> = {}
    for (const field of plain) {
      if (isVoid(field.type) || this.#r.chance(0.25)) continue
      value[field.name] = this.value(field.type, depth)
    }
    if (union.length > 0 && this.#r.chance(0.85)) {
      const field = this.#r.pick(union)
      value[field.name] = this.value(field.type, depth)
    }
    return value
  }

  value(type: Type, depth: number): Value {
    const r = this.#r
    switch (type.kind) {
      case 'leaf':
        return leaf(type.of).random(r)
      case 'struct':
        return depth > 2 ? {} : this.struct(type.of, depth + 1)
      case 'box':
        return r.chance(0.2) ? {} : { value: this.value(type.of, depth + 1), more: r.below(99) }
      case 'list': {
        const length = r.pick([0, 1, 3, depth > 1 ? 2 : 9])
        return Array.from({ length }, () => this.value(type.of, depth + 1))
      }
      case 'group':
        return this.#record(type.of, depth)
    }
  }

  textOf(of: number, value: Value): string {
    return textOf({ kind: 'struct', of }, value, this.structs)
  }

  /** What a reader of struct `of` shows, as far as `value` goes; absent fields are their defaults. */
  check(of: number, value: Value, reader: unknown): string[] {
    const wrong: string[] = []
    this.#checkRecord(this.structs[of]!, value, reader, `S${of}`, wrong)
    return wrong
  }

  #checkRecord(fields: Fields, value: Value, reader: unknown, path: string, wrong: string[]): void {
    const given = value as Record<string, Value>
    const chosen = fields.union.find(({ name }) => name in given)
    for (const { name, type, byDefault } of fields.plain) {
      const expected = name in given ? given[name] : (byDefault ?? emptyOf(type))
      this.#check(type, expected, Reflect.get(reader as object, name), `${path}.${name}`, wrong)
    }
    if (chosen && Reflect.get(reader as object, '$which') !== chosen.name) {
      wrong.push(`${path}: member ${String(Reflect.get(reader as object, '$which'))}`)
    }
    for (const { name, type } of fields.union) {
      const found: unknown = Reflect.get(reader as object, name)
      if (chosen?.name === name) this.#check(type, given[name], found, `${path}.${name}`, wrong)
      else if (chosen && found !== undefined) wrong.push(`${path}.${name} is there`)
    }
  }

  #check(type: Type, expected: Value, found: unknown, path: string, wrong: string[]): void {
    switch (type.kind) {
      case 'struct':
        // What is absent has no end where types refer to themselves.
        if (expected !== undefined) {
          this.#checkRecord(this.structs[type.of]!, expected, found, path, wrong)
        }
        return
      case 'group':
        this.#checkRecord(type.of, expected ?? {}, found, path, wrong)
        return
      case 'box': {
        const { value, more } = { more: 9, value: undefined, ...(expected as object) }
        const box = found as { value: unknown; more: number }
        if (box.more !== more) wrong.push(`${path}.more: ${box.more}, not ${more}`)
        this.#check(type.of, value ?? emptyOf(type.of), box.value, `${path}.value`, wrong)
        return
      }
      case 'list': {
        const elements = [...(found as Iterable<unknown>)]
        const wanted = (expected ?? []) as Value[]
        if (elements.length !== wanted.length) wrong.push(`${path}: ${elements.length} elements`)
        wanted.forEach((one, at) =>
          this.#check(type.of, one, elements[at], `${path}[${at}]`, wrong),
        )
        return
      }
      case 'leaf':
        if (found instanceof Uint8Array) {
          if (Buffer.compare(found, expected as Uint8Array) !== 0)
            wrong.push(`${path}: other bytes`)
        } else if (!Object.is(found, expected)) {
          wrong.push(`${path}: ${String(found)}, not ${String(expected)}`)
        }
    }
  }
}

function isVoid(type: Type): boolean {
  return type.kind === 'leaf' && type.of === 'Void'
}

function mentionsStruct(type: Type): boolean {
  if (type.kind === 'struct' || type.kind === 'box') return true
  return type.kind === 'list' && mentionsStruct(type.of)
}

function countSlots({ plain, union }: Fields): number {
  return [...plain, ...union].reduce(
    (sum, { type }) => sum + (type.kind === 'group' ? countSlots(type.of) : 1),
    0,
  )
}

function shuffled(r: Random, count: number): number[] {
  const numbers = Array.from({ length: count }, (_, at) => at)
  for (let at = count - 1; at > 0; at--) {
    const other = r.below(at + 1)
    ;[numbers[at], numbers[other]] = [numbers[other]!, numbers[at]!]
  }
  return numbers
}

function emptyOf(type: Type): Value {
  switch (type.kind) {
    case 'leaf':
      return leaf(type.of).empty
    case 'struct':
      return undefined
    case 'box':
    case 'group':
      return {}
    case 'list':
      return []
  }
}

function typeName(type: Type): string {
  switch (type.kind) {
    case 'leaf':
      return type.of
    case 'struct':
      return `S${type.of}`
    case 'box':
      return `Box(${typeName(type.of)})`
    case 'list':
      return `List(${typeName(type.of)})`
    case 'group':
      throw new Error('A group has no name')
  }
}

/** As the schema language writes it. */
function textOf(type: Type, value: Value, structs: readonly Fields[]): string {
  switch (type.kind) {
    case 'leaf':
      return leaf(type.of).text?.(value as never) ?? String(value)
    case 'struct':
      return recordText(structs[type.of]!, value, structs)
    case 'group':
      return recordText(type.of, value, structs)
    case 'box': {
      const given = value as { value?: Value; more?: number }
      if (!('value' in given)) return '()'
      return `(value = ${textOf(type.of, given.value, structs)}, more = ${given.more})`
    }
    case 'list':
      return `[${(value as Value[]).map((one) => textOf(type.of, one, structs)).join(', ')}]`
  }
}

function recordText(fields: Fields, value: Value, structs: readonly Fields[]): string {
  const given = value as Record<string, Value>
  const parts = [...fields.plain, ...fields.union].flatMap(({ name, type }) =>
    name in given ? [`${name} = ${textOf(type, given[name], structs)}`] : [],
  )
  return `(${parts.join(', ')})`
}

function escaped(bytes: Uint8Array): string {
  const bytesText = [...bytes].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`)
  return `"${bytesText.join('')}"`
}
