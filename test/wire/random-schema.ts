// Random schemas and random values of their structs: as text for the `capnp` tool, as what our code
// writes, and as what a reader must find.

import type { Random } from '../help/random.ts'

const SCALARS = {
  Bool: (r: Random) => r.chance(0.5),
  Int8: (r: Random) => r.below(256) - 128,
  Int16: (r: Random) => r.below(1 << 16) - (1 << 15),
  Int32: (r: Random) => Math.floor(r.next() * 2 ** 32) - 2 ** 31,
  Int64: (r: Random) => BigInt.asIntN(64, wide(r)),
  UInt8: (r: Random) => r.below(256),
  UInt16: (r: Random) => r.below(1 << 16),
  UInt32: (r: Random) => Math.floor(r.next() * 2 ** 32),
  UInt64: wide,
  Float32: (r: Random) => Math.fround(r.pick([0, 1.5, -2.25, r.next() * 1e6, -r.next(), Infinity])),
  Float64: (r: Random) => r.pick([0, -1.5, r.next() * 1e300, r.next(), -Infinity]),
} satisfies { [type: string]: (r: Random) => unknown }

function wide(r: Random): bigint {
  const high = BigInt(Math.floor(r.next() * 2 ** 32))
  return r.pick([0n, 1n, (1n << 64n) - 1n, 1n << 63n, (high << 32n) | BigInt(r.below(1 << 30))])
}

type Scalar = keyof typeof SCALARS
const SCALAR_NAMES = Object.keys(SCALARS) as Scalar[]

type Type =
  | { readonly kind: 'Void' | 'Text' | 'Data' | Scalar }
  | { readonly kind: 'enum' }
  | { readonly kind: 'struct'; readonly of: number }
  | { readonly kind: 'box'; readonly of: Type }
  | { readonly kind: 'list'; readonly of: Type }
  | { readonly kind: 'group'; readonly of: Fields }

interface Field {
  readonly name: string
  readonly type: Type
  readonly byDefault: Value | undefined
}

/** Of a struct or group: those that are always there, and the members of its unnamed union. */
interface Fields {
  readonly plain: readonly Field[]
  readonly union: readonly Field[]
}

export type Value = unknown

const ENUMERANTS = ['red', 'green', 'blue', 'black']

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
    const canDefault = type.kind !== 'group' && type.kind !== 'Void' && type.kind !== 'box'
    // What a default refers to must be declared: of structs it would be, but not yet known here.
    const isSimple = canDefault && type.kind !== 'struct' && !mentionsStruct(type)
    const byDefault = isSimple && r.chance(0.3) ? this.value(type, 2) : undefined
    return { name, type, byDefault }
  }

  #type(structs: number): Type {
    const r = this.#r
    switch (r.below(9)) {
      case 0:
        return { kind: 'Text' }
      case 1:
        return { kind: 'Data' }
      case 2:
        return { kind: 'struct', of: r.below(structs) }
      case 3:
      case 4:
        return { kind: 'list', of: this.#type(structs) }
      case 5:
        return r.chance(0.5) ? { kind: 'enum' } : { kind: 'Void' }
      case 6: {
        const of = r.pick<Type>([
          { kind: 'Text' },
          { kind: 'Data' },
          { kind: 'struct', of: r.below(structs) },
          { kind: 'list', of: { kind: 'UInt16' } },
        ])
        return { kind: 'box', of: r.chance(0.3) ? { kind: 'box', of } : of }
      }
      default:
        return { kind: r.pick(SCALAR_NAMES) }
    }
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
      if (field.type.kind === 'Void' || this.#r.chance(0.25)) continue
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
      case 'Void':
        return null
      case 'Text':
        return r.pick(['', 'a', 'é€😀', 'quoted "x"\n', 'x'.repeat(r.below(40)), 'nul\0nul'])
      case 'Data':
        return r.bytes(r.below(20))
      case 'enum':
        return r.below(ENUMERANTS.length)
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
      default:
        return SCALARS[type.kind](r)
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
      case 'Data':
        if (Buffer.compare(found as Uint8Array, expected as Uint8Array) !== 0) {
          wrong.push(`${path}: other bytes`)
        }
        return
      default:
        if (!Object.is(found, expected)) {
          wrong.push(`${path}: ${String(found)}, not ${String(expected)}`)
        }
    }
  }
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
    case 'Void':
      return null
    case 'Text':
      return ''
    case 'Data':
      return new Uint8Array()
    case 'Bool':
      return false
    case 'Int64':
    case 'UInt64':
      return 0n
    case 'struct':
      return undefined
    case 'box':
    case 'group':
      return {}
    case 'list':
      return []
    default:
      return 0
  }
}

function typeName(type: Type): string {
  switch (type.kind) {
    case 'enum':
      return 'Colour'
    case 'struct':
      return `S${type.of}`
    case 'box':
      return `Box(${typeName(type.of)})`
    case 'list':
      return `List(${typeName(type.of)})`
    default:
      return type.kind
  }
}

/** As the schema language writes it. */
function textOf(type: Type, value: Value, structs: readonly Fields[]): string {
  switch (type.kind) {
    case 'Void':
      return 'void'
    case 'enum':
      return ENUMERANTS[value as number]!
    case 'Text':
      return `"${escaped(new TextEncoder().encode(value as string))}"`
    case 'Data':
      return `"${escaped(value as Uint8Array)}"`
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
    case 'Float32':
    case 'Float64': {
      const number = value as number
      if (!Number.isFinite(number)) return number > 0 ? 'inf' : '-inf'
      return Object.is(number, -0) ? '-0.0' : number.toExponential()
    }
    default:
      return String(value)
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
  return [...bytes].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')
}
