import type { Program } from '../../../src/cell/index.ts'
import { wat } from './wat.ts'

const LEAF =
  '(func $leaf (i32.store (i32.const 8) (i32.add (i32.load (i32.const 8)) (i32.const 1))))'
const TABLE = `(type $t (func)) (table $table 1 funcref) (elem (i32.const 0) $leaf) ${LEAF}`

const module =
  (body: string, pages = 16, around = '') =>
  () =>
    wat(`(module (memory (export "memory") ${pages}) ${around}
    (func $start (export "_start") ${body}))`)

/** Code that is called often enough to be optimized before it turns without end. */
const hot = (body: string, around = '') =>
  module(
    `(local $k i32) (local.set $k (i32.const 200000))
    (loop $w (call $hot (i32.const 0))
      (local.set $k (i32.sub (local.get $k) (i32.const 1))) (br_if $w (local.get $k)))
    (call $hot (i32.const 1))`,
    16,
    `${around} (func $hot (param $endless i32) (local $i i32) (local.set $i (i32.const 200))
      (loop $l ${body} (br_if $l (local.get $endless))
        (local.set $i (i32.sub (local.get $i) (i32.const 1))) (br_if $l (local.get $i))))`,
  )

const fill = (bytes: number) => `(memory.fill (i32.const 0) (i32.const 1) (i32.const ${bytes}))`
const endless = (body: string) => `(loop $l ${body} (br $l))`

/** Programs that keep what they can, by what they do. */
export const HOSTILE: Readonly<Record<string, () => Uint8Array>> = {
  'an empty loop': module('(loop $l (br $l))'),
  'fills all of a large memory': module(endless(fill(64 << 20)), 1_024),
  'fills a megabyte': module(endless(fill(1_000_000))),
  'fills sixteen bytes': module(endless(fill(16))),
  copies: module(endless('(memory.copy (i32.const 0) (i32.const 1000) (i32.const 65536))')),
  'fills in straight lines': module(endless(fill(1 << 20).repeat(5_000))),
  'grows memory by nothing': module(endless('(drop (memory.grow (i32.const 0)))')),
  'grows memory by all there is': module(
    `(loop $l (drop (memory.grow (i32.const 64))) ${fill(1 << 20)} (br $l))`,
  ),
  calls: module(endless('(call $leaf)'), 16, LEAF),
  'calls through a table': module(endless('(call_indirect (type $t) (i32.const 0))'), 16, TABLE),
  'calls itself at the end': module('(return_call $start)'),
  'calls itself at the end, through a table': module(
    '(return_call_indirect (type $t) (i32.const 0))',
    16,
    '(type $t (func)) (table 1 funcref) (elem (i32.const 0) $start)',
  ),
  'grows a table': module(
    endless('(drop (table.grow $table (ref.null func) (i32.const 1000)))'),
    16,
    TABLE,
  ),
  'grows many tables': module(
    endless(
      [0, 1, 2, 3, 4, 5, 6]
        .map((i) => `(drop (table.grow ${i} (ref.null func) (i32.const 10000)))`)
        .join(''),
    ),
    16,
    '(table 1 funcref)'.repeat(7),
  ),
  'fills a table': module(
    endless('(table.fill $t (i32.const 0) (ref.func $start) (i32.const 65536))'),
    16,
    '(table $t 65536 funcref)',
  ),
  'optimized loop': hot(
    '(i32.store (i32.const 8) (i32.add (i32.load (i32.const 8)) (i32.const 1)))',
  ),
  'optimized calls': hot('(call $leaf)', LEAF),
  'optimized fills': hot(fill(64)),
  'a loop with a long body': module(endless('(drop (i32.const 0))'.repeat(500_000))),
  'jumps over every place to pay': module(
    endless(
      `(block ${'(drop (i32.const 0))'.repeat(8_150)} (br 0) ${'(nop)'.repeat(200)})`.repeat(50),
    ),
  ),
  'recursion in a loop': module(
    endless('(drop (call $deep (i32.const 5000)))'),
    16,
    `(func $deep (param i32) (result i32) (if (result i32) (local.get 0)
      (then (call $deep (i32.sub (local.get 0) (i32.const 1)))) (else (i32.const 0))))`,
  ),
  'many functions that are slow to compile': module(
    `${Array.from({ length: 40 }, (_, i) => `(call $f${i})`).join('')} (loop $l (br $l))`,
    16,
    Array.from(
      { length: 40 },
      (_, i) =>
        `(func $f${i} ${'(local i32)'.repeat(2_000)} ${'(if (local.get 0) (then))'.repeat(2_400)})`,
    ).join(''),
  ),
  'catches everything that is thrown': module(
    endless('(try (do (call $deep (i32.const 5000))) (catch_all))'),
    16,
    `(tag $e) (func $deep (param i32)
      (if (i32.eqz (local.get 0)) (then (throw $e)))
      (try (do (call $deep (i32.sub (local.get 0) (i32.const 1)))) (catch_all (rethrow 0))))`,
  ),
  'throws and catches': module(endless('(try (do (throw $e)) (catch_all))'), 16, '(tag $e)'),
  'deep recursion in a loop': module(
    endless('(drop (call $deep (i32.const 20000)))'),
    16,
    `(func $deep (param i32) (result i32) (local i64 i64 i64 i64 i64 i64 i64 i64)
      (if (result i32) (local.get 0)
        (then (i32.add (call $deep (i32.sub (local.get 0) (i32.const 1))) (i32.const 1)))
        (else (i32.const 0))))`,
  ),
  'asks the host without end': () =>
    wat(`(module (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))
      (func (export "_start") (loop $l (drop (call $yield)) (br $l))))`),
  'asks for randomness': () =>
    wat(`(module (import "wasi_snapshot_preview1" "random_get"
        (func $random (param i32 i32) (result i32)))
      (memory (export "memory") 512)
      (func (export "_start")
        (loop $l (drop (call $random (i32.const 0) (i32.const 33554432))) (br $l))))`),
}

/**
 * What no program can become: one that has the marks of a rewritten module and pays for nothing. V8
 * does not stop it, on any version.
 */
export function unstoppable(program: Program): Program {
  const bytes = wat(`(module (import "__ww_cell" "memory" (memory 1024))
    (global (export "__ww_fuel") (mut i32) (i32.const 0))
    (global (export "__ww_stack") (mut i32) (i32.const 0))
    (table (export "__ww_host") 2 funcref)
    (func (export "_start") ${endless(fill(64 << 20))}))`)
  const shape = {
    memory: { minPages: 1_024, maxPages: 1_024 },
    tableEntries: 0,
    isMetered: true,
    hasStart: false,
  }
  if (program.code.kind === 'rewritten') {
    const rewritten = { kind: 'module', module: { ...shape, bytes } } as const
    return { ...program, code: { ...program.code, program: rewritten } }
  }
  const module = new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>)
  return { ...program, code: { kind: 'module', module: { ...shape, module } } }
}
