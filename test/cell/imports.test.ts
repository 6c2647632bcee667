import { expect, test } from 'vitest'

import { linkComponent } from '../../src/cell/component/link.ts'
import { DEFAULT_CELL_LIMITS } from '../../src/cell/index.ts'
import { Fuel } from '../../src/cell/module/fuel.ts'
import { Tables } from '../../src/cell/module/tables.ts'
import { allocateCell, CellSide } from '../../src/cell/shared-cell.ts'
import { PREVIEW1 } from '../../src/cell/wasi/names.ts'
import { linkCommand } from '../../src/cell/wasi/preview1.ts'
import { Stopper } from '../../src/cell/world/stop.ts'
import type { HostFunction } from '../../src/cell/world/stop.ts'
import { NO_TERMINALS, openWorld } from '../../src/cell/world/world.ts'
import { wat } from './help/wat.ts'

/** Counts what it guards, and what guests call. */
class CountingStopper extends Stopper {
  made = 0
  called = 0

  override guard(call: HostFunction): HostFunction {
    this.made++
    return super.guard((...args) => {
      this.called++
      return call(...args)
    })
  }
}

function surroundings() {
  const pipes = new CellSide(allocateCell())
  const stopper = new CountingStopper(() => pipes.killed)
  const limits = DEFAULT_CELL_LIMITS
  const world = openWorld(pipes, [], [], NO_TERMINALS, limits)
  const fuel = new Fuel(limits, stopper)
  const tables = new Tables(limits.tableEntries, stopper)
  stopper.made = 0
  return { world, stopper, meters: { fuel, tables, usage: world.usage } }
}

function coreModule(text: string) {
  const module = new WebAssembly.Module(wat(text) as Uint8Array<ArrayBuffer>)
  return { module, memory: undefined, tableEntries: 0, isMetered: false, hasStart: false }
}

/** Links a module that imports functions of these names, and calls each of them once with nothing. */
function link(names: readonly string[], from = 'wasi_snapshot_preview1') {
  const { world, stopper, meters } = surroundings()
  const imports = names.map((name) => `(import "${from}" "${name}" (func))`).join('\n')
  const calls = names.map((_, i) => `(call ${i})`).join('\n')
  const text = `(module ${imports} (memory (export "memory") 1) (func (export "_start") ${calls}))`
  const entry = linkCommand(coreModule(text), world, stopper, meters, 1)
  return { stopper, entry }
}

/** Runs a component whose module has declared `exit-with-code` as it likes, and calls it with `value`. */
function exitOf(params: string, value: string) {
  const { world, stopper, meters } = surroundings()
  const text = `(module (import "" "exit" (func $exit ${params}))
    (func $run (export "run") (result i32) (call $exit ${value}) (i32.const 0)))`
  const imports = [
    {
      kind: 'call',
      interface: 'wasi:cli/exit@0.2.3',
      name: 'exit-with-code',
      memory: undefined,
      realloc: undefined,
    },
  ] as const
  const entries = [{ name: 'exit', ref: { kind: 'host', index: 0 } }] as const
  const args = [{ name: '', from: { kind: 'bundle', entries } }] as const
  const run = { kind: 'export', step: 0, name: 'run' } as const
  const plan = { steps: [{ module: 0, args }], imports, run }
  const code = { kind: 'component', modules: [coreModule(text)], plan } as const
  const entry = linkComponent(code, world, stopper, meters, [1])
  try {
    entry()
  } catch {
    return stopper.reason
  }
  return undefined
}

test('of preview 1 a guest is given what it imports and no more, each function behind its guard', () => {
  const names = ['sched_yield', 'proc_raise', 'fd_close']
  const { stopper, entry } = link(names)
  expect(stopper.made).toBe(names.length)
  entry()
  expect(stopper.called).toBe(names.length)
})

test('every function that a program may import is there', () => {
  expect(link([...PREVIEW1.functions.keys()]).stopper.made).toBe(PREVIEW1.functions.size)
})

test('a function imported twice is served and guarded twice', () => {
  const { stopper, entry } = link(['sched_yield', 'sched_yield'])
  entry()
  expect([stopper.made, stopper.called]).toEqual([2, 2])
})

test('no other name finds anything, whatever objects of the host know by it', () => {
  for (const name of ['constructor', 'toString', '__proto__', 'hasOwnProperty', 'fd_opened', '']) {
    expect(() => link([name]), name).toThrow('function import requires a callable')
  }
  expect(() => link(['fd_close'], 'wasi_unstable')).toThrow('module is not an object or function')
})

test('a component hands its host numbers, and as many as a function takes, whatever it declares', () => {
  const trapped = (message: string) => ({ kind: 'trap', message })
  expect(exitOf('(param i32)', '(i32.const 3)')).toEqual({ kind: 'exit', code: 3 })
  const reference = trapped('it passes a reference to its host')
  expect(exitOf('(param funcref)', '(ref.func $run)')).toEqual(reference)
  expect(exitOf('(param externref)', '(ref.null extern)')).toEqual(reference)
  expect(exitOf('', '')).toEqual(trapped('it passes exit-with-code less than that takes'))
})
