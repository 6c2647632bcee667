// What metering costs: the same code rewritten and as it was, in turns in one process.

import { silentLog } from '../../../src/base/index.ts'
import { parseComponent } from '../../../src/cell/component/binary.ts'
import { loadProgram, spawnCell } from '../../../src/cell/index.ts'
import type { Program } from '../../../src/cell/index.ts'
import { rewriteModule } from '../../../src/cell/module/rewrite.ts'
import { readAll, treeOf } from '../../cell/help/cells.ts'
import { buildGuest } from '../../cell/help/component.ts'
import { rewrittenInstance } from '../../cell/help/rewritten.ts'
import type { Exported } from '../../cell/help/rewritten.ts'
import { wat } from '../../cell/help/wat.ts'
import type { Bench } from '../bench.ts'

const FIB = wat(`(module (func $fib (export "run") (param i32) (result i32)
  (if (result i32) (i32.lt_u (local.get 0) (i32.const 2))
    (then (local.get 0))
    (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1)))
                   (call $fib (i32.sub (local.get 0) (i32.const 2))))))))`)

// Counts the primes below its argument.
const SIEVE = wat(`(module (memory 64) (func (export "run") (param $n i32) (result i32)
  (local $i i32) (local $j i32) (local $count i32)
  (memory.fill (i32.const 0) (i32.const 0) (local.get $n))
  (local.set $i (i32.const 2))
  (loop $outer
    (if (i32.eqz (i32.load8_u (local.get $i)))
      (then
        (local.set $count (i32.add (local.get $count) (i32.const 1)))
        (local.set $j (i32.add (local.get $i) (local.get $i)))
        (block $done (loop $inner
          (br_if $done (i32.ge_u (local.get $j) (local.get $n)))
          (i32.store8 (local.get $j) (i32.const 1))
          (local.set $j (i32.add (local.get $j) (local.get $i)))
          (br $inner)))))
    (local.set $i (i32.add (local.get $i) (i32.const 1)))
    (br_if $outer (i32.lt_u (local.get $i) (local.get $n))))
  (local.get $count)))`)

const TURNS = 5
/** Bytes a QuickJS guest sums up one by one. */
const SUMMED_BYTES = 1_000_000

function core(name: string, bytes: Uint8Array, argument: number): Bench {
  const original = new WebAssembly.Instance(new WebAssembly.Module(bytes))
  const { exports } = rewrittenInstance(bytes)
  const timeMs = (run: WebAssembly.ImportValue | undefined) => {
    const begin = performance.now()
    ;(run as Exported)(argument)
    return performance.now() - begin
  }
  return {
    name,
    unit: 'ms',
    async run() {
      const figures = { ours: Infinity, rival: Infinity }
      for (let i = 0; i < TURNS; i++) {
        figures.ours = Math.min(figures.ours, timeMs(exports['run']))
        figures.rival = Math.min(figures.rival, timeMs(original.exports['run']))
      }
      return { ...figures, rivalName: 'without counters' }
    },
  }
}

/** The same program with its core modules as they were. */
async function unmetered(program: Program, bytes: Uint8Array): Promise<Program> {
  if (program.code.kind !== 'component') throw new Error('The guest is no component')
  const modules = await Promise.all(
    parseComponent(bytes).modules.map(async (module) => ({
      module: await WebAssembly.compile(module),
      memory: undefined,
      tableEntries: 0,
      isMetered: false,
      hasStart: false,
    })),
  )
  return { ...program, code: { ...program.code, modules } }
}

async function sumMs(program: Program): Promise<number> {
  const root = treeOf({ '/big': new Uint8Array(SUMMED_BYTES) })
  const begin = performance.now()
  const options = { name: 'sum', args: ['big'], env: [], log: silentLog, root }
  await using cell = await spawnCell({ program, ...options })
  await readAll(cell.stdout)
  return performance.now() - begin
}

let built: Promise<{ bytes: Uint8Array; ours: Program; rival: Program }> | undefined

async function buildPrograms() {
  const bytes = await buildGuest()
  const ours = await loadProgram(bytes, 'sum')
  return { bytes, ours, rival: await unmetered(ours, bytes) }
}

export const fuelBenches: Bench[] = [
  core('metered fib(27)', FIB, 27),
  core('metered sieve of 4 M', SIEVE, 4_000_000),
  {
    name: 'metered QuickJS cell, 1 M steps',
    unit: 'ms',
    async run() {
      built ??= buildPrograms()
      const { ours, rival } = await built
      const figures = { ours: Infinity, rival: Infinity }
      for (let i = 0; i < TURNS; i++) {
        figures.ours = Math.min(figures.ours, await sumMs(ours))
        figures.rival = Math.min(figures.rival, await sumMs(rival))
      }
      return { ...figures, rivalName: 'without counters' }
    },
  },
  {
    name: 'rewriting a QuickJS component',
    unit: 'ms',
    async run() {
      built ??= buildPrograms()
      const { modules } = parseComponent((await built).bytes)
      const timeMs = (work: (module: Uint8Array) => void) => {
        const begin = performance.now()
        for (const module of modules) work(module)
        return performance.now() - begin
      }
      const ours = timeMs((module) => void rewriteModule(module))
      const rival = timeMs((module) => void WebAssembly.validate(module))
      return { ours, rival, rivalName: 'WebAssembly.validate' }
    },
  },
]
