import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import fc from 'fast-check'
import { expect, test } from 'vitest'
import loadWabt from 'wabt'

import { takeApart } from '../../src/cell/module/data.ts'
import { u32Bytes } from '../../src/cell/module/output.ts'
import { rewriteModule } from '../../src/cell/module/rewrite.ts'
import { randomModule } from './help/random-module.ts'
import { rewrittenInstance } from './help/rewritten.ts'
import type { Exported } from './help/rewritten.ts'
import { wat } from './help/wat.ts'

const require = createRequire(import.meta.url)
const TOTALS = fileURLToPath(new URL('./help/totals.js', import.meta.url))

// ——— what it does is what it did ———

interface World {
  readonly imports: WebAssembly.Imports
  readonly seen: unknown[]
}

function world(): World {
  const seen: unknown[] = []
  return { seen, imports: { host: { log: (value: number) => void seen.push(value) } } }
}

const ARGUMENTS: readonly (readonly [number, bigint, number, number])[] = [
  [0, 0n, 0, 0],
  [1, -1n, 1.5, -2.5],
  [-7, 1n << 40n, Infinity, NaN],
]

/** All that can be seen of a module: what it returns, traps with, logs and leaves behind. */
function behaviour({ seen }: World, exports: WebAssembly.Exports): unknown[] {
  for (let i = 0; i < 5; i++) {
    for (const args of ARGUMENTS) {
      const calls = exports['calls'] as WebAssembly.Global
      calls.value = 40
      try {
        seen.push((exports[`f${i}`] as Exported)(...args))
      } catch (thrown) {
        seen.push((thrown as Error).message)
      }
    }
  }
  const globals = ['i32', 'i64', 'f32', 'f64'].map(
    (name) => (exports[name] as WebAssembly.Global).value,
  )
  const { length } = exports['table'] as WebAssembly.Table
  const memory = Buffer.from((exports['memory'] as WebAssembly.Memory).buffer)
  const digest = createHash('sha256').update(memory).digest('hex')
  return [...seen, ...globals, length, memory.length, digest]
}

test.each([
  ['whole', false],
  ['taken apart', true],
])(
  'a rewritten module does what the original does, whatever it is made of: %s',
  (_, isSeparable) => {
    const RUNS = 300
    let results = 0
    let traps = 0
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const bytes = wat(randomModule(seed, { isSeparable }))
        expect(takeApart(bytes).data !== undefined).toBe(isSeparable)
        const [before, after, again] = [world(), world(), world()]
        const original = new WebAssembly.Instance(new WebAssembly.Module(bytes), before.imports)
        const expected = behaviour(before, original.exports)
        const rewritten = rewrittenInstance(bytes, after.imports)
        expect(behaviour(after, rewritten.exports)).toEqual(expected)
        const second = rewrittenInstance(bytes, again.imports)
        behaviour(again, second.exports)
        expect(second.fuel.used).toBe(rewritten.fuel.used)
        expect(rewritten.fuel.used).toBeGreaterThan(15)
        traps += expected.slice(0, -1).filter((each) => typeof each === 'string').length
        results += expected.filter((each) => typeof each === 'number').length
      }),
      { numRuns: RUNS, seed: 4 },
    )
    // The modules are worth the name: most calls return, and some trap.
    expect(traps).toBeGreaterThan(2 * RUNS)
    expect(results).toBeGreaterThan(15 * RUNS)
  },
)

test.each(['optimized.wasm', 'untouched.wasm', 'optimized.simd.wasm', 'untouched.simd.wasm'])(
  'a hash function from a package hashes as before: %s',
  (file) => {
    const bytes = new Uint8Array(
      readFileSync(require.resolve(`@chainsafe/as-sha256/build/${file}`)),
    )
    const { exports } = rewrittenInstance(bytes, { env: { abort: () => {} } })
    const memory = (exports['memory'] as WebAssembly.Memory).buffer
    const at = (name: string) => Number((exports[name] as WebAssembly.Global).value)
    const data = Uint8Array.from({ length: 200 }, (_, i) => i * 7)
    new Uint8Array(memory).set(data, at('input'))
    ;(exports['digest'] as Exported)(data.length)
    const digest = Buffer.from(memory, at('output'), 32).toString('hex')
    expect(digest).toBe(createHash('sha256').update(data).digest('hex'))
  },
)

test('a C++ program from a package, the WebAssembly assembler, works as before', async () => {
  const text = randomModule(1)
  const engine = WebAssembly as unknown as { instantiate: unknown }
  const real = engine.instantiate
  let size = 0
  let used = () => 0
  engine.instantiate = async (bytes: Uint8Array, imports: WebAssembly.Imports) => {
    size = bytes.length
    const { exports, fuel } = rewrittenInstance(new Uint8Array(bytes), imports)
    used = () => fuel.used
    return { instance: { exports } }
  }
  try {
    const rewrittenWabt = await loadWabt()
    const module = rewrittenWabt.parseWat('x.wat', text, { tail_call: true })
    const { buffer } = module.toBinary({})
    expect(Buffer.compare(buffer, wat(text))).toBe(0)
    expect(size).toBeGreaterThan(100_000)
    expect(used()).toBeGreaterThan(100_000)
  } finally {
    engine.instantiate = real
  }
})

// ——— fuel ———

const FIB = wat(`(module (func $fib (export "fib") (param i32) (result i32)
  (if (result i32) (i32.lt_u (local.get 0) (i32.const 2))
    (then (local.get 0))
    (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1)))
                   (call $fib (i32.sub (local.get 0) (i32.const 2))))))))`)

test('fuel is the same number on every run and every version of Node', () => {
  const { exports, fuel } = rewrittenInstance(FIB)
  ;(exports['fib'] as Exported)(20)
  expect(fuel.used).toBe(459_711)
})

test('fuel that is just enough is enough, and one unit less is not', () => {
  const enough = rewrittenInstance(FIB, {}, { limit: 459_711 })
  expect((enough.exports['fib'] as Exported)(20)).toBe(6765)
  const short = rewrittenInstance(FIB, {}, { limit: 459_710 })
  expect(() => (short.exports['fib'] as Exported)(20)).toThrow('unreachable')
  expect(short.stopper.reason).toEqual({
    kind: 'limit',
    limit: 'fuel',
    message: 'used up its fuel, 459710 units',
  })
})

test('bulk operations pay for their length', () => {
  const usedBy = (body: string) => {
    const source = `(module (memory 16) (table $t 100 funcref) (func (export "run") ${body}))`
    const { exports, fuel } = rewrittenInstance(wat(source))
    ;(exports['run'] as Exported)()
    return fuel.used
  }
  const fill = (length: number) =>
    usedBy(`(memory.fill (i32.const 0) (i32.const 1) (i32.const ${length}))`)
  const copy = (length: number) =>
    usedBy(`(memory.copy (i32.const 0) (i32.const 9) (i32.const ${length}))`)
  const table = (length: number) =>
    usedBy(`(table.fill $t (i32.const 0) (ref.null func) (i32.const ${length}))`)
  expect(fill(640_000) - fill(0)).toBe(10_000)
  expect(copy(640_000) - copy(0)).toBe(10_000)
  expect(table(80) - table(0)).toBe(20)
})

test('a length no bulk operation can have does not turn the counter over', () => {
  const source = `(module (memory 1) (table $t 1 funcref)
    (func (export "memory") (memory.fill (i32.const 0) (i32.const 1) (i32.const -1)))
    (func (export "table") (table.fill $t (i32.const 0) (ref.null func) (i32.const -1))))`
  const { exports, fuel } = rewrittenInstance(wat(source))
  for (const name of ['memory', 'table']) {
    const before = fuel.used
    for (let i = 0; i < 10; i++) expect(exports[name] as Exported).toThrow('out of bounds')
    expect(fuel.used - before).toBeGreaterThan(10 * 67_000_000)
  }
})

test('code that is long pays again and again, also when it jumps over every place to pay', () => {
  const LENGTH = 300_000
  const SPAN = 16_384
  const long = '(drop (i32.const 0))'.repeat(LENGTH / 2)
  const pay = (body: string) => {
    const source = wat(`(module (func (export "run") ${body}))`)
    const { exports, fuel } = rewrittenInstance(source)
    ;(exports['run'] as Exported)()
    return fuel.used
  }
  const sites = Math.floor(LENGTH / SPAN)
  expect(pay(long)).toBeGreaterThanOrEqual(sites * 63)
  // Blocks that cost a span each, left just before their end, where a site would stand.
  const DEAD = 80
  const part = `${'(drop (i32.const 0))'.repeat((SPAN - DEAD - 2) / 2)} (nop)`
  const left = `(br 0) ${'(nop)'.repeat(DEAD)})`
  expect(pay(`(block ${part} ${left}`.repeat(20))).toBeGreaterThanOrEqual(19 * 60)
  const nested = `${'(block '.repeat(20)}${`${part} ${left}`.repeat(20)}`
  expect(pay(nested)).toBeGreaterThanOrEqual(19 * 60)
})

test('what is added to a module cannot be reached through its exports', () => {
  const source = `(module (global $g (mut i32) (i32.const 0)) (global (export "g") i32 (i32.const 1))
    (func $s (global.set $g (i32.const 7))) (start $s)
    (memory (export "memory") 1)
    (func (export "get") (result i32) (global.get $g)))`
  const { exports } = rewrittenInstance(wat(source))
  expect(Object.keys(exports)).toEqual(['g', 'memory', 'get'])
  expect((exports['get'] as Exported)()).toBe(7)
})

// ——— deterministic ———

test('a program uses the same fuel and ends at the same place wherever it runs', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [TOTALS])
  const expected = readFileSync(new URL('../../../test/cell/fixture/totals.json', import.meta.url))
  expect(JSON.parse(stdout)).toEqual(JSON.parse(expected.toString()))
})

test('a deterministic module does what the original does, but for NaNs', () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const bytes = wat(randomModule(seed).replaceAll(/(32|64)\.const nan/g, '$1.const 2'))
      const [before, after] = [world(), world()]
      const original = new WebAssembly.Instance(new WebAssembly.Module(bytes), before.imports)
      const expected = behaviour(before, original.exports)
      const options = { isDeterministic: true }
      const { exports } = rewrittenInstance(bytes, after.imports, options)
      const seen = behaviour(after, exports)
      // A NaN that was made and stored shows in the digest of the memory, which is the last.
      expect(seen.slice(0, -1)).toEqual(expected.slice(0, -1))
    }),
    { numRuns: 60, seed: 5 },
  )
})

test('calls that return give back their stack, however they return', () => {
  const source = `(module (type $two (func (param i32) (result i32 i32)))
    (table 1 funcref) (elem (i32.const 0) $fall)
    (func $leaf (export "leaf"))
    (func $fall (param i32) (result i32 i32) (call $leaf) (local.get 0) (local.get 0))
    (func $return (param i32) (result i32 i32) (call $leaf)
      (if (local.get 0) (then (return (i32.const 1) (i32.const 2)))) (i32.const 1) (i32.const 2))
    (func $br (param i32) (result i32 i32) (call $leaf)
      (i32.const 7) (br 0 (i32.const 1) (i32.const 2)))
    (func $br_if (param i32) (result i32 i32) (call $leaf)
      (br_if 0 (i32.const 1) (i32.const 2) (local.get 0)))
    (func $br_table (param i32) (result i32 i32) (call $leaf)
      (block (result i32 i32) (br_table 0 1 (i32.const 1) (i32.const 2) (local.get 0))))
    (func $tail (param i32) (result i32 i32) (call $leaf) (return_call $fall (local.get 0)))
    (func $tail_table (param i32) (result i32 i32) (call $leaf)
      (return_call_indirect (type $two) (local.get 0) (i32.const 0)))
    (func (export "run") (param i32) (result i32) (local i32)
      (loop $l
        ${['fall', 'return', 'br', 'br_if', 'br_table', 'tail', 'tail_table']
          .map((name) => `(call $${name} (i32.and (local.get 0) (i32.const 1))) (drop) (drop)`)
          .join('')}
        (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
      (i32.const 1)))`
  const { exports } = rewrittenInstance(wat(source), {}, { isDeterministic: true })
  expect((exports['run'] as Exported)(100_000)).toBe(1)
})

test('a loop that asks for fuel in the middle goes on where it was, whatever it carries', () => {
  const source =
    wat(`(module (func (export "run") (param $n i32) (result i64) (local $sum i64) (local $turns i32)
    (i64.const 3) (i64.const 5)
    (loop $outer (param i64 i64) (result i64)
      (i64.add) (local.set $sum)
      (local.set $turns (i32.const 3))
      (block $done
        (loop $inner
          (br_table $inner $done
            (i32.eqz (local.tee $turns (i32.sub (local.get $turns) (i32.const 1)))))))
      (local.set $n (i32.sub (local.get $n) (i32.const 1)))
      (local.get $sum) (i64.const 7)
      (br_if $outer (local.get $n))
      (i64.sub))))`)
  const original = new WebAssembly.Instance(new WebAssembly.Module(source)).exports
  const { exports, fuel } = rewrittenInstance(source)
  expect((exports['run'] as Exported)(400_000)).toBe((original['run'] as Exported)(400_000))
  // More than one slice.
  expect(fuel.used).toBeGreaterThan(10 * (1 << 18))
})

// ——— long fills and copies ———

const BULK = wat(`(module (memory (export "memory") 100)
  (func (export "fill") (param i32 i32 i32)
    (memory.fill (local.get 0) (local.get 1) (local.get 2)))
  (func (export "copy") (param i32 i32 i32)
    (memory.copy (local.get 0) (local.get 1) (local.get 2))))`)
const BULK_BYTES = 100 * 65_536
const PIECE = 1 << 20

test('long fills and copies do what they did, over whatever they overlap and where they do not fit', () => {
  const original = new WebAssembly.Instance(new WebAssembly.Module(BULK)).exports
  const { exports } = rewrittenInstance(BULK)
  const bytesOf = ({ memory }: WebAssembly.Exports) =>
    Buffer.from((memory as WebAssembly.Memory).buffer)
  for (const each of [original, exports]) {
    const bytes = bytesOf(each)
    for (let i = 0; i < bytes.length; i++) bytes[i] = (i * 2_654_435_761) >>> 24
  }
  const near = (edge: number) => fc.integer({ min: -3, max: 3 }).map((by) => (edge + by) >>> 0)
  const place = fc.oneof(
    fc.nat({ max: BULK_BYTES }),
    ...[0, PIECE, 3 * PIECE, BULK_BYTES - 2 * PIECE, BULK_BYTES].map(near),
  )
  const length = fc.oneof(place, ...[2 * PIECE, 2 ** 32 - PIECE].map(near))
  let long = 0
  let trapped = 0
  fc.assert(
    fc.property(fc.constantFrom('fill', 'copy'), place, place, length, (name, to, from, count) => {
      const ends = [original, exports].map((each) => {
        try {
          ;(each[name] as Exported)(to, from, count)
          return 'done'
        } catch (thrown) {
          return (thrown as Error).message
        }
      })
      expect(ends[1]).toBe(ends[0])
      expect(bytesOf(exports).equals(bytesOf(original))).toBe(true)
      if (ends[0] !== 'done') trapped++
      else if (count > PIECE) long++
    }),
    { numRuns: 300, seed: 3 },
  )
  expect(Math.min(long, trapped)).toBeGreaterThan(40)
})

test.each(['fill', 'copy'])(
  'a long %s can be stopped after each megabyte, and costs what it did',
  (name) => {
    for (const to of [0, PIECE]) {
      let looks = 0
      const { exports, fuel } = rewrittenInstance(BULK, {}, { isKilled: () => ++looks > 4 })
      const bytes = new Uint8Array((exports['memory'] as WebAssembly.Memory).buffer)
      const run = exports[name] as Exported
      bytes.fill(7, 0, 5 * PIECE)
      // Fuel, and three pieces of five.
      expect(() => run(to, 0, 5 * PIECE)).toThrow(WebAssembly.RuntimeError)
      expect(looks).toBe(5)
      expect(fuel.used).toBe((5 * PIECE) / 64 + 8)
    }
  },
)

// ——— exceptions ———

const THROWER = `(tag $e (param i32 i64)) (tag $other)
  (func $throw (export "throw") (param i32) (throw $e (local.get 0) (i64.const 9)))
  (func $deep (param i32)
    (if (local.get 0)
      (then (call $deep (i32.sub (local.get 0) (i32.const 1))))
      (else (call $throw (i32.const 5)))))
  (func $catch (export "run") (param $n i32) (result i32) (local $sum i32)
    (loop $again
      (block $out
        (try
          (do (call $deep (i32.and (local.get $n) (i32.const 15))))
          (catch $other (unreachable))
          (catch $e (drop) (local.set $sum (i32.add (local.get $sum))) (br $out))))
      (try (do (loop $quiet
          (if (i32.and (local.get $n) (i32.const 1)) (then (throw $other)))))
        (catch_all (local.set $sum (i32.add (local.get $sum) (i32.const 100)))))
      (try (do (try (do (throw $other)) (catch_all (rethrow 0))))
        (catch $other (local.set $sum (i32.add (local.get $sum) (i32.const 1000)))))
      (block $gone
        (try (do (loop $quiet (try (do (throw $other)) (delegate 1))))
          (catch $other (br $gone)))
        (unreachable))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum))`

test.each([false, true])('exceptions are thrown and caught as before (deterministic: %s)', (is) => {
  const bytes = wat(`(module ${THROWER})`)
  const original = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports
  const { exports } = rewrittenInstance(bytes, {}, { isDeterministic: is })
  expect((exports['run'] as Exported)(3_000)).toBe((original['run'] as Exported)(3_000))
  // Frames that were thrown over are given back: there would not be enough for so many.
  if (is) expect((exports['run'] as Exported)(30_000)).toBeGreaterThan(0)
})

test('a guest cannot catch what ends it when its fuel is used up', () => {
  const source = `(module (func (export "run") (loop $again
    (try (do (loop $l (br $l))) (catch_all (br $again))))))`
  const { exports, stopper } = rewrittenInstance(wat(source), {}, { limit: 100_000 })
  expect(exports['run'] as Exported).toThrow(WebAssembly.RuntimeError)
  expect(stopper.reason).toMatchObject({ kind: 'limit', limit: 'fuel' })
})

// ——— what is refused ———

const bytesOf = (...sections: number[][]) =>
  Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...sections.flat()])

test.each<[string, Uint8Array, string]>([
  ['shared memory', wat('(module (memory 1 2 shared))'), 'threads (memory is shared)'],
  [
    'imported shared memory',
    wat('(module (import "a" "b" (memory 1 2 shared)))'),
    'threads (memory is shared)',
  ],
  [
    'an atomic instruction',
    wat('(module (memory 1) (func (drop (i32.atomic.load (i32.const 0)))))'),
    'threads (function 0 at 0x1e)',
  ],
  ['64-bit memory', wat('(module (memory i64 1))'), '64-bit addresses (memory)'],
  ['two memories', wat('(module (memory 1) (memory 1))'), 'several memories (section memory)'],
  [
    'a memory and an imported one',
    wat('(module (import "a" "b" (memory 1)) (memory 1))'),
    'several memories (import 0)',
  ],
  [
    'an imported exception',
    wat('(module (import "a" "b" (tag (param i32))))'),
    'exceptions of other modules (import 0)',
  ],
  [
    'the newer handlers of exceptions',
    bytesOf([1, 4, 1, 0x60, 0, 0], [3, 2, 1, 0], [10, 8, 1, 6, 0, 0x1f, 0x40, 0, 0x0b, 0x0b]),
    'exception handling with references (function 0 at 0x17)',
  ],
  ['a type of a structure', bytesOf([1, 3, 1, 0x5f, 0]), 'garbage-collected types (type 0)'],
  ['a recursive type', bytesOf([1, 3, 1, 0x4e, 0]), 'garbage-collected types (type 0)'],
  [
    'a table of a garbage-collected type',
    bytesOf([4, 4, 1, 0x6c, 0, 0]),
    'garbage-collected types (table 0)',
  ],
  [
    'a global of a garbage-collected type',
    bytesOf([6, 6, 1, 0x6e, 0, 0xd0, 0x6e, 0x0b]),
    'garbage-collected types (global 0)',
  ],
  [
    'a call through a typed reference',
    bytesOf([1, 4, 1, 0x60, 0, 0], [3, 2, 1, 0], [10, 6, 1, 4, 0, 0x14, 0, 0x0b]),
    'typed function references (function 0 at 0x17)',
  ],
  [
    'relaxed SIMD',
    bytesOf([1, 4, 1, 0x60, 0, 0], [3, 2, 1, 0], [10, 7, 1, 5, 0, 0xfd, 0x80, 0x02, 0x0b]),
    'relaxed SIMD (function 0 at 0x17)',
  ],
  [
    'an instruction nobody knows',
    bytesOf([1, 4, 1, 0x60, 0, 0], [3, 2, 1, 0], [10, 6, 1, 4, 0, 0xff, 0, 0x0b]),
    'instruction 0xff (function 0 at 0x17)',
  ],
  ['a section nobody knows', bytesOf([14, 0]), 'a section of kind 14 (at 0xa)'],
])('a feature cells do not have is refused by name and place: %s', (_what, bytes, expected) => {
  expect(() => rewriteModule(bytes)).toThrow(`it uses ${expected}, which cells do not have`)
})

/** A module with one function: its locals and instructions. */
function functionOf(locals: number[], code: Uint8Array): Uint8Array {
  const size = locals.length + code.length + 1
  const head = [1, ...u32Bytes(size), ...locals]
  const start = [
    [1, 4, 1, 0x60, 0, 0],
    [3, 2, 1, 0],
    [10, ...u32Bytes(size + head.length - locals.length)],
    head,
  ]
  return Buffer.concat([bytesOf(...start), code, Uint8Array.of(0x0b)])
}

const hex = (bytes: string, times: number) => bytes.repeat(times)
const repeat = (bytes: string, times: number) => bytesFrom(hex(bytes, times))
const bytesFrom = (...parts: string[]) => new Uint8Array(Buffer.from(parts.join(''), 'hex'))
const labels = (count: number) =>
  Array.from({ length: count }, (_, i) => Buffer.from(u32Bytes(i)).toString('hex'))

const module = (text: string) => wat(`(module ${text})`)
const nops = new Uint8Array(2 << 20).fill(0x01)
const manyLocals = [1, ...u32Bytes(20_001), 0x7f]
// Blocks, and as many ends: one block more than allowed.
const nested = new Uint8Array(3 * 10_001).fill(0x0b)
for (let i = 0; i < 10_001; i++) nested.set([0x02, 0x40], 2 * i)

test.each<[string, Uint8Array, string]>([
  [
    'memory',
    module('(memory 20000)'),
    'its memory starts with 20000 pages of 64 KiB; at most 16384 are allowed',
  ],
  [
    'a table',
    module('(table 524289 funcref)'),
    'its tables up to 0 start with 524289 entries; at most 524288 are allowed',
  ],
  ['tables', module('(table 1 funcref)'.repeat(17)), 'it has 17 tables; at most 16 are allowed'],
  [
    'locals',
    functionOf(manyLocals, new Uint8Array(0)),
    'its function 0 has 20001 locals; at most 20000 are allowed',
  ],
  ['blocks in blocks', functionOf([0], nested), 'its function 0 nests blocks deeper than 10000'],
  [
    'blocks over locals',
    functionOf([1, ...u32Bytes(5_000), 0x7f], repeat('02400b', 1_100)),
    'its function 0 takes 5502201 units of work to compile; at most 5000000 are allowed',
  ],
  [
    'ifs over operands',
    functionOf([0], bytesFrom(hex('4100', 5_000), hex('410004400b', 1_100))),
    'its function 0 takes 5508301 units of work to compile; at most 5000000 are allowed',
  ],
  [
    'operands',
    functionOf([0], repeat('4100', 10_001)),
    'its function 0 has more than 10000 operands at once',
  ],
  [
    'operands where code is not reached',
    functionOf([0], bytesFrom('00', hex('4100', 10_001))),
    'its function 0 has more than 10000 operands at once',
  ],
  [
    'branches to many places over locals',
    functionOf(
      [1, ...u32Bytes(3_000), 0x7f],
      bytesFrom(hex('0240', 1_000), '4100', '0ee707', ...labels(1_000), hex('0b', 1_000)),
    ),
    'its function 0 takes 6006003 units of work to compile; at most 5000000 are allowed',
  ],
  [
    'memory accesses',
    functionOf([0], bytesFrom('4100', hex('280200', 340_000))),
    'its function 0 takes 5100022 units of work to compile; at most 5000000 are allowed',
  ],
  [
    'results of calls',
    module(
      `(func $f (result ${'i32 '.repeat(1_000)}) (unreachable)) (func ${'(call $f) (unreachable)'.repeat(200)})`,
    ),
    'its function 1 takes 8003401 units of work to compile; at most 5000000 are allowed',
  ],
  [
    'parameters and results of types',
    module(
      Array.from({ length: 1_001 }, () => `(type (func (param ${'i32 '.repeat(200)})))`).join(''),
    ),
    'its types up to type 1000 have 200200 parameters and results; at most 200000 are allowed',
  ],
  [
    'functions together',
    module(`(func ${'(local i32)'.repeat(2_000)} ${'(block)'.repeat(2_300)})`.repeat(45)),
    'its functions up to 43 take ',
  ],
  [
    'a function',
    functionOf([0], nops),
    'its function 0 has 2097154 bytes; at most 2097152 are allowed',
  ],
])('a module too large is refused with figures: %s', (_what, bytes, expected) => {
  expect(() => rewriteModule(bytes)).toThrow(expected)
})

test.each(['(func (export "__ww_fuel"))', '(import "__ww_cell" "memory" (memory 1))'])(
  'the names of what is added cannot be taken: %s',
  (text) => {
    expect(() => rewriteModule(wat(`(module ${text})`))).toThrow('a name cells keep for themselves')
  },
)
