// Runs scripts of the official WebAssembly tests twice, on modules as they are and as they are
// rewritten, and compares all that can be seen: values, traps, and what does not load.

import { Malformed } from '../../../src/cell/malformed.ts'
import { takeApart } from '../../../src/cell/module/data.ts'
import { rewriteModule } from '../../../src/cell/module/rewrite.ts'
import type { Stopper, StopReason } from '../../../src/cell/world/stop.ts'
import { rewrittenInstance } from './rewritten.ts'
import type { Exported } from './rewritten.ts'
import { wat } from './wat.ts'

/** What came of the commands of one script. */
export interface Tally {
  /** Modules that ran both ways; that use what cells do not have; that our assembler does not know. */
  modules: number
  refused: number
  unknown: number
  /** Calls that gave the same values, or the same end, both ways. */
  values: number
  traps: number
  exhausted: number
  /** Modules that are wrong, and are refused. */
  invalid: number
  /** Commands about modules that did not run, or that no host in JavaScript can give. */
  skipped: number
  /** What differed. */
  readonly differences: string[]
}

export function emptyTally(): Tally {
  return {
    ...{ modules: 0, refused: 0, unknown: 0, values: 0, traps: 0, exhausted: 0 },
    ...{ invalid: 0, skipped: 0, differences: [] },
  }
}

/** Parts of a text at its top level: parenthesized ones, strings and words. */
function parts(text: string): string[] {
  const found: string[] = []
  const token = /;;[^\n]*|\(;|"(?:[^"\\]|\\.)*"|\(|\)|[^\s()";]+/g
  let depth = 0
  let start = 0
  for (let match = token.exec(text); match; match = token.exec(text)) {
    const [word] = match
    if (word.startsWith(';;')) continue
    if (word === '(;') {
      token.lastIndex = endOfComment(text, match.index)
      continue
    }
    if (word === ')') {
      depth--
      if (depth === 0) found.push(text.slice(start, token.lastIndex))
      continue
    }
    if (depth === 0) {
      start = match.index
      if (word !== '(') found.push(word)
    }
    if (word === '(') depth++
  }
  return found
}

function endOfComment(text: string, at: number): number {
  const edge = /\(;|;\)/g
  edge.lastIndex = at
  let depth = 0
  for (let match = edge.exec(text); match; match = edge.exec(text)) {
    depth += match[0] === '(;' ? 1 : -1
    if (depth === 0) return edge.lastIndex
  }
  return text.length
}

const inside = (form: string): string[] => parts(form.slice(1, -1))
const HEX = /^[0-9a-f]{2}/i
const ESCAPES: Readonly<Record<string, number>> = { t: 9, n: 10, r: 13, '"': 34, "'": 39, '\\': 92 }

/** The bytes a string literal stands for. */
function stringBytes(literal: string): Uint8Array {
  const bytes: number[] = []
  const text = literal.slice(1, -1)
  for (let i = 0; i < text.length; i++) {
    if (text[i] !== '\\') {
      const symbol = String.fromCodePoint(text.codePointAt(i)!)
      bytes.push(...new TextEncoder().encode(symbol))
      i += symbol.length - 1
      continue
    }
    const rest = text.slice(i + 1)
    const hex = HEX.exec(rest)
    const code = /^u\{([0-9a-f_]+)\}/i.exec(rest)
    if (hex) bytes.push(Number.parseInt(hex[0], 16))
    else if (code) {
      const symbol = String.fromCodePoint(Number.parseInt(code[1]!.replaceAll('_', ''), 16))
      bytes.push(...new TextEncoder().encode(symbol))
    } else bytes.push(ESCAPES[rest[0]!]!)
    i += hex ? 2 : code ? code[0].length : 1
  }
  return Uint8Array.from(bytes)
}

const string = (literal: string) => new TextDecoder().decode(stringBytes(literal))

type Side = 'before' | 'after'
const SIDES: readonly Side[] = ['before', 'after']

/** A module under its name, both ways; nothing where it did not run. */
interface Pair {
  readonly before: WebAssembly.Exports
  readonly after: WebAssembly.Exports
  readonly stopper: Stopper
}

/** How an action ended. */
type Outcome = readonly unknown[]

class Script {
  readonly #named = new Map<string, Pair | undefined>()
  readonly #registered: Record<Side, WebAssembly.Imports> = {
    before: { spectest: spectest() },
    after: { spectest: spectest() },
  }
  #current: Pair | undefined
  readonly #tally: Tally
  readonly #isDeterministic: boolean

  constructor(tally: Tally, isDeterministic: boolean) {
    this.#tally = tally
    this.#isDeterministic = isDeterministic
  }

  run(form: string): void {
    const tally = this.#tally
    const [command = '', ...rest] = inside(form)
    switch (command) {
      case 'module':
        this.#module(rest, form)
        return
      case 'register': {
        const pair = rest[1] ? this.#named.get(rest[1]) : this.#current
        for (const side of SIDES) this.#registered[side][string(rest[0]!)] = pair?.[side] ?? {}
        return
      }
      case 'invoke':
        this.#act(form, [], form)
        return
      case 'assert_return':
        this.#act(rest[0]!, rest.slice(1), form)
        return
      case 'assert_trap':
      case 'assert_exhaustion':
      case 'assert_exception':
        if (rest[0]!.startsWith('(module')) this.#module(inside(rest[0]!).slice(1), rest[0]!)
        else this.#act(rest[0]!, [], form)
        return
      case 'assert_invalid':
      case 'assert_malformed':
        this.#wrong(rest[0]!)
        return
      default:
        tally.skipped++
    }
  }

  #module(words: string[], form: string): void {
    const name = words[0]?.startsWith('$') ? words[0] : undefined
    this.#current = this.#load(form, words)
    if (name) this.#named.set(name, this.#current)
  }

  #load(form: string, words: readonly string[]): Pair | undefined {
    const tally = this.#tally
    const bytes = assemble(form, words)
    if (!bytes || !WebAssembly.validate(bytes)) {
      tally.unknown++
      return undefined
    }
    const outcomes = SIDES.map((side): Outcome => {
      const imports = this.#registered[side]
      try {
        if (side === 'before') {
          return ['runs', new WebAssembly.Instance(new WebAssembly.Module(bytes), imports).exports]
        }
        const options = { isDeterministic: this.#isDeterministic }
        const { exports, stopper } = rewrittenInstance(bytes, imports, options)
        return ['runs', exports, stopper]
      } catch (thrown) {
        if (thrown instanceof Malformed) return ['refused', thrown.code, thrown.message]
        return ['fails', endOf(thrown)]
      }
    })
    const [before, after] = outcomes as [Outcome, Outcome]
    if (after[0] === 'refused') {
      if (after[1] === 'PROGRAM_INVALID') tally.differences.push(`${String(after[2])}: ${form}`)
      tally.refused++
      return undefined
    }
    if (before[0] !== after[0] || (before[0] === 'fails' && before[1] !== after[1])) {
      tally.differences.push(`${String(before[1])} ≠ ${String(after[1])}: ${form.slice(0, 300)}`)
      return undefined
    }
    if (before[0] === 'fails') {
      tally.traps++
      return undefined
    }
    tally.modules++
    return {
      before: before[1] as WebAssembly.Exports,
      after: after[1] as WebAssembly.Exports,
      stopper: after[2] as Stopper,
    }
  }

  #act(action: string, expected: readonly string[], form: string): void {
    const tally = this.#tally
    const [verb, ...words] = inside(action)
    const pair = words[0]?.startsWith('$') ? this.#named.get(words.shift()!) : this.#current
    // One that was stopped, as deterministic ones are where their stack ends, stays stopped.
    if (!pair || pair.stopper.reason) {
      tally.skipped++
      return
    }
    const name = string(words[0]!)
    const args = words.slice(1)
    const { stopper } = pair
    const [before, ended] = SIDES.map((side) => outcome(pair[side], verb!, name, args, expected))
    const isExhausted = outOfStack(stopper.reason)
    const after = isExhausted ? ['ends', EXHAUSTED] : ended
    if (!before || !after) {
      tally.skipped++
      return
    }
    const allowed = [before]
    if (this.#isDeterministic) allowed.push(withCanonicalNans(before, expected))
    if (!allowed.some((each) => JSON.stringify(each) === JSON.stringify(after))) {
      tally.differences.push(`${JSON.stringify(before)} ≠ ${JSON.stringify(after)}: ${form}`)
    }
    if (before[0] === 'value') tally.values++
    else if (before[1] === EXHAUSTED) tally.exhausted++
    else tally.traps++
  }

  #wrong(form: string): void {
    const bytes = assemble(form, inside(form).slice(1))
    if (!bytes || WebAssembly.validate(bytes)) {
      this.#tally.skipped++
      return
    }
    // What the engine refuses goes no further, also when its data is taken from it; the rewriter reads
    // it all the same, and first.
    const { code } = takeApart(bytes)
    if (WebAssembly.validate(code as Uint8Array<ArrayBuffer>)) {
      this.#tally.differences.push(`valid without its data: ${form}`)
    }
    try {
      rewriteModule(code)
    } catch (thrown) {
      const isKnown = thrown instanceof Malformed
      if (!isKnown) this.#tally.differences.push(`${String(thrown)}: ${form}`)
    }
    this.#tally.invalid++
  }
}

function assemble(form: string, words: readonly string[]): Uint8Array | undefined {
  const what = words.find((word) => !word.startsWith('$') && word !== 'definition')
  if (what === 'binary') {
    return Uint8Array.from(
      words.filter((word) => word.startsWith('"')).flatMap((word) => [...stringBytes(word)]),
    )
  }
  if (what === 'quote' || what === 'instance') return undefined
  try {
    return wat(form.replace(/^\(module\s+definition/, '(module'))
  } catch {
    return undefined
  }
}

const EXHAUSTED = 'exhausted'

function outOfStack(reason: StopReason | undefined): boolean {
  return reason?.kind === 'limit' && reason.limit === 'stack'
}

function endOf(thrown: unknown): string {
  if (thrown instanceof RangeError && /call stack/.test(thrown.message)) return EXHAUSTED
  return (thrown as Error).message
}

function outcome(
  exports: WebAssembly.Exports,
  verb: string,
  name: string,
  args: readonly string[],
  expected: readonly string[],
): Outcome | undefined {
  const item = exports[name]
  if (item === undefined) return undefined
  try {
    if (verb === 'get') return ['value', shown((item as WebAssembly.Global).value)]
    if ([...args, ...expected].some((form) => form.startsWith('(v128'))) {
      return ['value', vectors(item, args, expected)]
    }
    const values = argumentValues(args)
    return values && ['value', shown((item as Exported)(...values))]
  } catch (thrown) {
    if (thrown instanceof TypeError || (thrown as Error).name === 'LinkError') return undefined
    return ['ends', endOf(thrown)]
  }
}

function shown(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shown)
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value)
  if (typeof value === 'function' || typeof value === 'object') return value === null ? null : 'ref'
  return typeof value === 'bigint' ? `${value}n` : (value as string | number | undefined)
}

/** The engine reads the numbers: there are hexadecimal floats, and NaNs with payloads. */
function argumentValues(args: readonly string[]): (number | bigint)[] | undefined {
  if (args.length === 0) return []
  if (args.some((arg) => !/^\([if](32|64)\.const/.test(arg))) return undefined
  const globals = args.map((arg, i) => `(global (export "${i}") ${arg.slice(1, 4)} ${arg})`)
  const { exports } = new WebAssembly.Instance(
    new WebAssembly.Module(wat(`(module ${globals.join('')})`)),
  )
  return args.map((_, i) => (exports[i] as WebAssembly.Global).value as number | bigint)
}

/** Vectors do not reach JavaScript: another module makes the call, and leaves the bytes in its memory. */
function vectors(
  call: WebAssembly.ImportValue,
  args: readonly string[],
  expected: readonly string[],
): string {
  const typeOf = (form: string) => /^\((\w+)\.const/.exec(form)?.[1] ?? 'v128'
  const results = expected.map((form) =>
    form.startsWith('(either') ? typeOf(inside(form)[1]!) : typeOf(form),
  )
  const source = `(module
    (import "" "f" (func $f (param ${args.map(typeOf).join(' ')}) (result ${results.join(' ')})))
    (memory (export "memory") 1)
    (func (export "run") ${results.map((type, i) => `(local $r${i} ${type})`).join(' ')}
      (call $f ${args.join(' ')})
      ${results.map((_, i) => `(local.set $r${results.length - 1 - i})`).join(' ')}
      ${results.map((type, i) => `(${type}.store offset=${16 * i} (i32.const 0) (local.get $r${i}))`).join(' ')}))`
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(wat(source)), {
    '': { f: call },
  })
  ;(exports['run'] as Exported)()
  const { buffer } = exports['memory'] as WebAssembly.Memory
  return Buffer.from(buffer, 0, 16 * results.length).toString('hex')
}

/** What a deterministic module gives in place of this: vectors of floats, whose lanes may be NaN. */
function withCanonicalNans(before: Outcome, expected: readonly string[]): Outcome {
  const [form = ''] = expected
  const isWide = /f64x2/.test(form)
  const hasFloats = isWide || /f32x4/.test(form)
  if (
    before[0] !== 'value' ||
    typeof before[1] !== 'string' ||
    !hasFloats ||
    !/nan:[ac]/.test(form)
  ) {
    return before
  }
  const bytes = Buffer.from(before[1], 'hex')
  for (let at = 0; at < bytes.length; at += isWide ? 8 : 4) {
    if (isWide && Number.isNaN(bytes.readDoubleLE(at))) bytes.writeBigUInt64LE(0x7ff8n << 48n, at)
    if (!isWide && Number.isNaN(bytes.readFloatLE(at))) bytes.writeUInt32LE(0x7fc00000, at)
  }
  return ['value', bytes.toString('hex')]
}

const SPECTEST = wat(`(module (table (export "table") 10 20 funcref)
  ${['i32', 'i64', 'f32', 'f64'].map((type) => `(global (export "global_${type}") ${type} (${type}.const 666${type.startsWith('f') ? '.6' : ''}))`).join('')})`)

/** What these tests may import. */
function spectest(): WebAssembly.ModuleImports {
  const silent = () => {}
  return {
    ...{ print: silent, print_i32: silent, print_i64: silent, print_f32: silent },
    ...{ print_f64: silent, print_i32_f32: silent, print_f64_f64: silent },
    memory: new WebAssembly.Memory({ initial: 1, maximum: 2 }),
    ...new WebAssembly.Instance(new WebAssembly.Module(SPECTEST)).exports,
  }
}

export function runScript(text: string, isDeterministic: boolean): Tally {
  const tally = emptyTally()
  const script = new Script(tally, isDeterministic)
  for (const form of parts(text)) if (form.startsWith('(')) script.run(form)
  return tally
}
