// The linker that makes one program of the engine and its glue, held against the engine of Node: random
// pairs of modules are linked, and instantiated apart with each other's exports; both must do the same.

import { expect, test } from 'vitest'
import wabt from 'wabt'

import { Random } from '../help/random.ts'

interface LinkOptions {
  readonly exported: readonly string[] | undefined
  readonly withData: boolean
  readonly notice?: Uint8Array
}
type Link = (engine: Uint8Array, glue: Uint8Array, options: LinkOptions) => Uint8Array<ArrayBuffer>

const { link } = (await import(
  new URL('../../../scripts/engine/link.mjs', import.meta.url).href
)) as { link: Link }
const toolkit = await wabt()

const PAIRS = 60
const CALLS_PER_PAIR = 24
const FUEL = 2_000

type Type = 'i32' | 'i64' | 'f64'
interface Signature {
  readonly params: readonly Type[]
  readonly result: Type
}
interface Callable extends Signature {
  readonly name: string
}

const TYPES: readonly Type[] = ['i32', 'i64', 'f64']
const SIGNATURES: readonly Signature[] = [
  { params: [], result: 'i32' },
  { params: ['i32'], result: 'i32' },
  { params: ['i32', 'i64'], result: 'i64' },
  { params: ['f64'], result: 'f64' },
  { params: ['i64', 'i32', 'i32'], result: 'i32' },
]
const textOf = ({ params, result }: Signature) =>
  `${params.map((type) => `(param ${type})`).join(' ')} (result ${result})`

/** What a module is written with: what it may call, and what it has. */
interface Scope {
  readonly callable: readonly Callable[]
  readonly globals: readonly { readonly name: string; readonly type: Type }[]
  /** How many entries its table has, if it has one. */
  readonly entries: number
}

/** One function: expressions of known type, with everything that names something by its index. */
class Body {
  readonly #random: Random
  readonly #scope: Scope
  readonly #locals: readonly Type[]
  #left = 40

  constructor(random: Random, scope: Scope, params: readonly Type[]) {
    this.#random = random
    this.#scope = scope
    this.#locals = [...params, 'i32', 'i64', 'f64']
  }

  text(result: Type): string {
    const statements = Array.from({ length: this.#random.below(3) }, () => this.#statement())
    return `(local i32 i64 f64) (call $burn) ${statements.join(' ')} ${this.#of(result)}`
  }

  #local(type: Type): number {
    const fitting = this.#locals.flatMap((one, at) => (one === type ? [at] : []))
    return this.#random.pick(fitting)
  }

  #statement(): string {
    const type = this.#random.pick(TYPES)
    const globals = this.#scope.globals
    switch (this.#random.below(6)) {
      case 0:
        return `(local.set ${this.#local(type)} ${this.#of(type)})`
      case 1: {
        if (globals.length === 0) return '(nop)'
        const { name, type: held } = this.#random.pick(globals)
        return `(global.set ${name} ${this.#of(held)})`
      }
      case 2:
        return `(${type}.store offset=${this.#random.below(300)} ${this.#address()} ${this.#of(type)})`
      case 3:
        return `(memory.copy ${this.#address()} ${this.#address()} (i32.const ${this.#random.below(90)}))`
      case 4: {
        const body = this.#left > 0 ? this.#statement() : '(nop)'
        return `(block (block (loop (call $burn) ${body} (br_table 1 2 0 1 ${this.#of('i32')}))))`
      }
      default:
        return `(if ${this.#of('i32')} (then ${this.#left > 0 ? this.#statement() : '(nop)'}))`
    }
  }

  #address(): string {
    return `(i32.and ${this.#of('i32')} (i32.const 1023))`
  }

  #of(type: Type): string {
    this.#left -= 1
    const kinds = this.#left > 0 ? 9 : 2
    switch (this.#random.below(kinds)) {
      case 0:
        return this.#constant(type)
      case 1:
        return `(local.get ${this.#local(type)})`
      case 2:
        return `(${type}.add ${this.#of(type)} ${this.#of(type)})`
      case 3: {
        const fitting = this.#scope.callable.filter(({ result }) => result === type)
        return fitting.length === 0 ? this.#constant(type) : this.#call(this.#random.pick(fitting))
      }
      case 4: {
        const fitting = this.#scope.globals.filter((one) => one.type === type)
        if (fitting.length === 0) return this.#constant(type)
        return `(global.get ${this.#random.pick(fitting).name})`
      }
      case 5: {
        const fitting = SIGNATURES.filter(({ result }) => result === type)
        if (this.#scope.entries === 0 || fitting.length === 0) return this.#constant(type)
        const signature = this.#random.pick(fitting)
        const args = signature.params.map((one) => this.#of(one)).join(' ')
        const entry = `(i32.rem_u ${this.#of('i32')} (i32.const ${this.#scope.entries + 1}))`
        return `(call_indirect ${textOf(signature)} ${args} ${entry})`
      }
      case 6:
        // Names its type by index.
        return `(block (result ${type}) ${this.#of('i32')} (block (param i32) (result ${type}) (drop) ${this.#of(type)}))`
      case 7:
        // Never a NaN: its bits may change on the way through JavaScript, where the modules are apart.
        return type === 'f64'
          ? `(f64.convert_i32_s (i32.load ${this.#address()}))`
          : `(${type}.load offset=${this.#random.below(300)} ${this.#address()})`
      default:
        return `(select ${this.#of(type)} ${this.#of(type)} ${this.#of('i32')})`
    }
  }

  #call({ name, params }: Callable): string {
    return `(call ${name} ${params.map((type) => this.#of(type)).join(' ')})`
  }

  #constant(type: Type): string {
    const value = this.#random.pick([0, 1, -1, 63, 64, -64, -65, 127, 128, 8191, 8192, -8193])
    if (type === 'f64') return `(f64.const ${value}.5)`
    const far = type === 'i64' ? '-9223372036854775808' : '-2147483648'
    return `(${type}.const ${this.#random.chance(0.1) ? far : value})`
  }
}

interface Pair {
  readonly engine: Uint8Array<ArrayBuffer>
  readonly glue: Uint8Array<ArrayBuffer>
  /** What may be called from outside; those of the glue have a place in the table. */
  readonly callable: readonly Callable[]
  /** Imports that stay imports. */
  readonly outside: readonly Callable[]
}

function pairOf(random: Random): Pair {
  const some = (prefix: string, from: number, below: number): Callable[] =>
    Array.from({ length: from + random.below(below) }, (_, at) => ({
      name: `$${prefix}${at}`,
      ...random.pick(SIGNATURES),
    }))
  const [own, env, outside, glued] = [
    some('f', 2, 6),
    some('e', 1, 3),
    some('w', 1, 3),
    some('js:', 1, 4),
  ]
  const plain = (name: string) => name.slice(1)
  const imported = (from: string, list: readonly Callable[]) =>
    list
      .map((one) => `(import "${from}" "${plain(one.name)}" (func ${one.name} ${textOf(one)}))`)
      .join('\n')
  const defined = (list: readonly Callable[], scope: Scope) =>
    list
      .map((one) => {
        const body = new Body(random, scope, one.params).text(one.result)
        return `(func ${one.name} (export "${plain(one.name)}") ${textOf(one)} ${body})`
      })
      .join('\n')
  // So many that the index of a type takes two bytes, and not the same two in both modules.
  const padding = Array.from(
    { length: random.below(150) },
    (_, at) =>
      `(type (func (param ${'i32 '.repeat(at % 12)} ${'i64 '.repeat(Math.floor(at / 12))})))`,
  ).join(' ')
  const burn = `(func $burn
    (global.set $fuel (i32.sub (global.get $fuel) (i32.const 1)))
    (if (i32.lt_s (global.get $fuel) (i32.const 0)) (then (unreachable))))`
  const elements = Array.from({ length: random.below(5) }, () => random.pick(own).name)

  const engine = `(module ${padding}
    ${imported('env', env)} ${imported('wasi_snapshot_preview1', outside)}
    (memory (export "memory") 1)
    (table (export "table") ${elements.length + 1} funcref)
    (elem (i32.const 1) func ${elements.join(' ')})
    (global $fuel (export "fuel") (mut i32) (i32.const 0))
    (global $g0 (mut i64) (i64.const -${random.below(1e9)}))
    (global $g1 (mut i32) (i32.const ${random.below(1e9)}))
    ${burn}
    ${defined(own, {
      callable: [...own, ...env, ...outside],
      globals: [
        { name: '$g0', type: 'i64' },
        { name: '$g1', type: 'i32' },
      ],
      entries: elements.length,
    })}
    (data (i32.const ${random.below(500)}) "${Array.from(random.bytes(40), (byte) => `\\${byte.toString(16).padStart(2, '0')}`).join('')}"))`
  const glue = `(module
    ${imported('engine', own)} ${imported('wasi_snapshot_preview1', outside.slice(1))}
    (import "engine" "memory" (memory 1))
    (import "engine" "fuel" (global $fuel (mut i32)))
    (global $g0 (export "state") (mut i32) (i32.const ${random.below(100)}))
    ${burn}
    ${defined([...env, ...glued], {
      callable: [...own, ...env, ...outside.slice(1), ...glued],
      globals: [{ name: '$g0', type: 'i32' }],
      entries: 0,
    })})`
  return { engine: binary(engine), glue: binary(glue), callable: [...own, ...glued], outside }
}

function binary(text: string): Uint8Array<ArrayBuffer> {
  const module = toolkit.parseWat('module.wat', text, { bulk_memory: true, multi_value: true })
  try {
    module.resolveNames()
    module.validate()
    return new Uint8Array(module.toBinary({}).buffer)
  } finally {
    module.destroy()
  }
}

type Exports = WebAssembly.Exports
type Value = number | bigint

/** The world outside: it notes who called with what, and answers with what depends on that. */
class Outside {
  readonly heard: string[] = []
  readonly imports: WebAssembly.ModuleImports

  constructor({ outside }: Pair) {
    this.imports = Object.fromEntries(
      outside.map(({ name, result }) => [
        name.slice(1),
        (...args: Value[]): Value => {
          this.heard.push(`${name}(${args.join(', ')})`)
          const answer = this.heard.length * 7 - 20
          return result === 'i64' ? BigInt(answer) : answer
        },
      ]),
    )
  }
}

function apart({ engine, glue }: Pair, outside: Outside): Exports {
  const [one, other] = [new WebAssembly.Module(engine), new WebAssembly.Module(glue)]
  let glueExports: Exports = {}
  const env = WebAssembly.Module.imports(one)
    .filter(({ module: from }) => from === 'env')
    .map(({ name }) => [
      name,
      (...args: Value[]) => (glueExports[name] as (...args: Value[]) => Value)(...args),
    ])
  const first = new WebAssembly.Instance(one, {
    env: Object.fromEntries(env) as WebAssembly.ModuleImports,
    wasi_snapshot_preview1: outside.imports,
  })
  const second = new WebAssembly.Instance(other, {
    engine: first.exports,
    wasi_snapshot_preview1: outside.imports,
  })
  glueExports = second.exports
  return { ...first.exports, ...second.exports }
}

function linked(bytes: Uint8Array<ArrayBuffer>, outside: Outside): Exports {
  const module = new WebAssembly.Module(bytes)
  return new WebAssembly.Instance(module, { wasi_snapshot_preview1: outside.imports }).exports
}

function valueOf(type: Type, random: Random): Value {
  const value = random.pick([0, 1, -1, 5, 1_000, -70_000])
  return type === 'i64' ? BigInt(value) : type === 'f64' ? value + 0.5 : value
}

function attempt(exports: Exports, { name }: Callable, args: readonly Value[]): unknown {
  ;(exports['fuel'] as WebAssembly.Global).value = FUEL
  try {
    return (exports[name.slice(1)] as (...args: Value[]) => unknown)(...args)
  } catch (thrown) {
    return `${thrown as Error}`
  }
}

test('linked modules do what they did apart: results, traps, calls outside, memory, globals', () => {
  let [answered, trapped, told] = [0, 0, 0]
  for (let seed = 1; seed <= PAIRS; seed += 1) {
    const random = new Random(seed)
    const pair = pairOf(random)
    const exported = ['memory', 'fuel', 'state', ...pair.callable.map(({ name }) => name.slice(1))]
    const program = link(pair.engine, pair.glue, { exported, withData: true })
    expect(WebAssembly.validate(program), `seed ${seed}`).toBe(true)
    const worlds = [new Outside(pair), new Outside(pair)] as const
    const both = [apart(pair, worlds[0]), linked(program, worlds[1])] as const
    for (let n = 0; n < CALLS_PER_PAIR; n += 1) {
      const one = random.pick(pair.callable)
      const args = one.params.map((type) => valueOf(type, random))
      const [expected, got] = both.map((exports) => attempt(exports, one, args))
      expect(got, `seed ${seed}, call ${n} of ${one.name}`).toEqual(expected)
      if (typeof expected === 'string') trapped += 1
      else answered += 1
    }
    told += worlds[0].heard.length
    expect(worlds[1].heard).toEqual(worlds[0].heard)
    const [memories, states] = [both.map(memoryOf), both.map(stateOf)]
    expect(memories[1]?.equals(memories[0]!), `seed ${seed}`).toBe(true)
    expect(states[1]).toBe(states[0])
  }
  // None of it was compared in vain.
  expect([answered > 200, trapped > 50, told > 100]).toEqual([true, true, true])
})

test('what nobody reaches is left out, and equal modules make equal programs', () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const pair = pairOf(new Random(seed))
    const names = pair.callable.map(({ name }) => name.slice(1))
    const all = link(pair.engine, pair.glue, { exported: names, withData: true })
    const one = link(pair.engine, pair.glue, { exported: names.slice(0, 1), withData: true })
    const none = link(pair.engine, pair.glue, { exported: names.slice(0, 1), withData: false })
    expect(WebAssembly.validate(one)).toBe(true)
    expect(one.length).toBeLessThanOrEqual(all.length)
    expect(none.length).toBeLessThan(one.length)
    const exports = WebAssembly.Module.exports(new WebAssembly.Module(one))
    expect(exports.map(({ name }) => name)).toEqual(names.slice(0, 1))
    expect(
      Buffer.compare(link(pair.engine, pair.glue, { exported: names, withData: true }), all),
    ).toBe(0)
  }
})

test('what does not fit together is refused by name', () => {
  const engine = (text: string) => binary(`(module ${text} (memory 1))`)
  const glue = (text: string) => binary(`(module ${text})`)
  const options = { exported: undefined, withData: false }
  const needs = binary(
    '(module (import "env" "there" (func (param i32))) (memory 1) (func (export "f") (call 0 (i32.const 1))))',
  )
  expect(() => link(needs, glue(''), options)).toThrow('nobody defines env.there')
  expect(() => link(needs, glue('(func (export "there") (param i64))'), options)).toThrow(
    'Cannot link env.there: the types differ',
  )
  expect(() => link(engine('(func $f) (start $f)'), glue(''), options)).toThrow('start function')
})

const memoryOf = (exports: Exports) =>
  Buffer.from((exports['memory'] as WebAssembly.Memory).buffer.slice(0, 4_096))
const stateOf = (exports: Exports): unknown => (exports['state'] as WebAssembly.Global).value
