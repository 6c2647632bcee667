import { randomModule } from './random-module.ts'
import { rewrittenInstance } from './rewritten.ts'
import type { Exported } from './rewritten.ts'
import { wat } from './wat.ts'

const FIB = wat(`(module (func $fib (export "run") (param i32) (result i32)
  (if (result i32) (i32.lt_u (local.get 0) (i32.const 2))
    (then (local.get 0))
    (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1)))
                   (call $fib (i32.sub (local.get 0) (i32.const 2))))))))`)

/** Calls itself without end; how deep it got lies in its memory. With many locals, its frames are large. */
const descent = (locals: number) =>
  wat(`(module (memory (export "memory") 1)
    (func $down (export "run") (param i32) (result i32) ${'(local i64)'.repeat(locals)}
      ${Array.from({ length: locals }, (_, i) => `(local.set ${i + 1} (i64.load (i32.const ${8 * i + 8})))`).join('')}
      (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.const 1)))
      (i32.add (call $down (local.get 0)) (i32.const 1))
      ${Array.from({ length: locals }, (_, i) => `(i64.store (i32.const ${8 * i + 8}) (local.get ${i + 1}))`).join('')}))`)

/** NaNs as V8 makes them on one tier or another, seen as numbers. */
const NANS = wat(`(module (func (export "run") (param $n i32) (result i32) (local $sum i32)
  (local $a f32) (local $b f32)
  (loop $l
    (local.set $a (f32.reinterpret_i32 (i32.or (local.get $n) (i32.const 0x7f800001))))
    (local.set $b (f32.reinterpret_i32 (i32.sub (i32.const -7) (local.get $n))))
    (local.set $sum (i32.add (i32.rotl (local.get $sum) (i32.const 1))
      (i32.reinterpret_f32 (f32.add (f32.mul (local.get $a) (local.get $b)) (local.get $a)))))
    (local.set $sum (i32.mul (i32.const 31) (i32.add (local.get $sum)
      (i32x4.extract_lane 1 (f32x4.sub (f32x4.splat (local.get $b)) (f32x4.splat (local.get $a)))))))
    (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
  (local.get $sum)))`)

/** What one run of a program comes to: its result or its end, and the fuel. */
function runOf(bytes: Uint8Array, argument: number): unknown[] {
  const { exports, fuel, stopper } = rewrittenInstance(bytes, {}, { isDeterministic: true })
  try {
    return [(exports['run'] as Exported)(argument), fuel.used]
  } catch (thrown) {
    const memory = exports['memory'] as WebAssembly.Memory
    const depth = new DataView(memory.buffer).getInt32(0, true)
    return [stopper.reason ?? (thrown as Error).message, depth, fuel.used]
  }
}

function randomRuns(isDeterministic: boolean): unknown {
  return Array.from({ length: 40 }, (_, seed) => {
    const seen: unknown[] = []
    const imports = { host: { log: (value: number) => void seen.push(value) } }
    const { exports, fuel } = rewrittenInstance(wat(randomModule(seed)), imports, {
      isDeterministic,
    })
    ;(exports['calls'] as WebAssembly.Global).value = 40
    try {
      seen.push((exports['f0'] as Exported)(seed, 5n, 1.5, -2))
    } catch (thrown) {
      // The engines' words differ.
      seen.push((thrown as Error).name)
    }
    return [fuel.used, seen.length, seen.at(-1)]
  })
}

/** Programs whose fuel, results and end are the same wherever they run. */
export const WORKLOADS: Readonly<Record<string, () => unknown>> = {
  fib: () => runOf(FIB, 22),
  NaNs: () => runOf(NANS, 100_000),
  'deep calls': () => runOf(descent(0), 0),
  'deep calls with large frames': () => runOf(descent(200), 0),
  'random modules': () => randomRuns(false),
  'random modules, deterministic': () => randomRuns(true),
}
