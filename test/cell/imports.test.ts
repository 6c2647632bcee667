import { expect, test } from 'vitest'

import { DEFAULT_CELL_LIMITS } from '../../src/cell/index.ts'
import { Fuel } from '../../src/cell/module/fuel.ts'
import { Tables } from '../../src/cell/module/tables.ts'
import { allocateCell, CellSide } from '../../src/cell/shared-cell.ts'
import { PREVIEW1_NAMES } from '../../src/cell/wasi/names.ts'
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

/** Links a module that imports functions of these names, and calls each of them once with nothing. */
function link(names: readonly string[], from = 'wasi_snapshot_preview1') {
  const pipes = new CellSide(allocateCell())
  const stopper = new CountingStopper(() => pipes.killed)
  const limits = DEFAULT_CELL_LIMITS
  const world = openWorld(pipes, [], [], NO_TERMINALS, limits)
  const fuel = new Fuel(limits, stopper)
  const tables = new Tables(limits.tableEntries, stopper)
  const imports = names.map((name) => `(import "${from}" "${name}" (func))`).join('\n')
  const calls = names.map((_, i) => `(call ${i})`).join('\n')
  const text = `(module ${imports} (memory (export "memory") 1) (func (export "_start") ${calls}))`
  const module = new WebAssembly.Module(wat(text) as Uint8Array<ArrayBuffer>)
  const core = { module, memory: undefined, tableEntries: 0, isMetered: false, hasStart: false }
  stopper.made = 0
  const entry = linkCommand(core, world, stopper, { fuel, tables, usage: world.usage }, 1)
  return { stopper, entry }
}

test('of preview 1 a guest is given what it imports and no more, each function behind its guard', () => {
  const names = ['sched_yield', 'proc_raise', 'fd_close']
  const { stopper, entry } = link(names)
  expect(stopper.made).toBe(names.length)
  entry()
  expect(stopper.called).toBe(names.length)
})

test('every function that a program may import is there', () => {
  expect(link([...PREVIEW1_NAMES]).stopper.made).toBe(PREVIEW1_NAMES.size)
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
