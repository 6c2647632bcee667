import { expect, test } from 'vitest'

import type { Log } from '../../src/base/index.ts'
import { CELL_LIMITS } from '../../src/cell/index.ts'
import { allotMemory } from '../../src/cell/module/allot.ts'
import { Stopper } from '../../src/cell/world/stop.ts'
import { untilIdle } from '../help/host.ts'
import { collect, readAll, spawn, spawnFor, until } from './help/cells.ts'
import { rewrittenInstance } from './help/rewritten.ts'
import type { Exported } from './help/rewritten.ts'
import { command, flooder, wat } from './help/wat.ts'

const PAGE = 65_536
const MIB = 1 << 20

/** Does `grow` until it gives -1, then exits with how often it did not. */
const grower = (grow: string, declared = '') =>
  wat(`(module
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 2 ${declared}) (table $t 5 funcref)
    (func (export "_start") (local $count i32)
      (block $full (loop $more
        (br_if $full (i32.eq ${grow} (i32.const -1)))
        (local.set $count (i32.add (local.get $count) (i32.const 1)))
        (br $more)))
      (call $exit (local.get $count))))`)
const GROW_MEMORY = '(memory.grow (i32.const 1))'

const busy = wat('(module (func (export "_start") (loop $l (br $l))))')
const asleep = command(
  { poll_oneoff: 'i32 i32 i32 i32' },
  `(i32.store (i32.const 16) (i32.const 1))
  (i64.store (i32.const 24) (i64.const 0x7fffffffffffffff))
  (drop (call $poll_oneoff (i32.const 0) (i32.const 64) (i32.const 1) (i32.const 128)))`,
)

function recorder(): { readonly log: Log; readonly lines: unknown[][] } {
  const lines: unknown[][] = []
  const line =
    (level: string) =>
    (...facts: unknown[]) =>
      void lines.push([level, ...facts])
  const log: Log = {
    debug: line('debug'),
    info: line('info'),
    warn: line('warn'),
    error: line('error'),
    trace: line('trace'),
  }
  return { log, lines }
}

test.each([
  ['the limit of the cell', '', { memoryBytes: 10 * PAGE }, 8],
  ['what it declares itself', '7', { memoryBytes: 10 * PAGE }, 5],
  ['the default of 64 MiB', '', {}, 1_022],
])('memory grows up to %s and no further', async (_what, declared, limits, pages) => {
  await using cell = await spawn(grower(GROW_MEMORY, declared), { limits })
  expect(await cell.exited).toEqual({ kind: 'exited', code: pages })
})

test('one compiled program serves cells with different memory limits', async () => {
  const source = grower(GROW_MEMORY)
  for (const pages of [3, 6, 4]) {
    await using cell = await spawn(source, { limits: { memoryBytes: pages * PAGE } })
    expect(await cell.exited).toEqual({ kind: 'exited', code: pages - 2 })
  }
})

test('a program whose memory is over its limit at the start does not start', async () => {
  const starting = spawn(grower(GROW_MEMORY), { name: 'big', limits: { memoryBytes: PAGE } })
  await expect(starting).rejects.toMatchObject({
    code: 'CELL_NOT_STARTED',
    message: 'Cannot start cell big: its memory starts with 131072 bytes; its limit is 65536',
  })
})

test('the memories of a program stay within the limit together', () => {
  const shape = (minPages: number, maxPages = 65_536) => ({ minPages, maxPages })
  const limit = 100 * PAGE
  expect(allotMemory([shape(10)], limit)).toEqual([100])
  expect(allotMemory([undefined, shape(0), shape(50)], limit)).toEqual([0, 16, 84])
  expect(allotMemory([shape(1, 1), shape(5, 40), shape(2, 4)], limit)).toEqual([1, 40, 4])
  expect(allotMemory([shape(40), shape(40), shape(20)], limit)).toEqual([40, 40, 20])
  expect(allotMemory([undefined, undefined], limit)).toEqual([0, 0])
  expect(() => allotMemory([shape(60), shape(41)], limit)).toThrow(
    'starts with 6619136 bytes; its limit is 6553600',
  )
})

test('a guest that is killed stops at its next call of the host', () => {
  let isKilled = false
  let calls = 0
  const stopper = new Stopper(() => isKilled)
  const call = stopper.guard(() => void calls++)
  call()
  isKilled = true
  expect(call).toThrow(WebAssembly.RuntimeError)
  expect(stopper.reason).toEqual({ kind: 'kill' })
  expect(calls).toBe(1)
})

test('a guest that computes stops by itself when it is killed, and says what it used', async () => {
  const { log, lines } = recorder()
  const cell = await spawn(busy, { name: 'busy', log })
  const { stopMs } = CELL_LIMITS
  // It is given as long as it takes to have a processor: terminated, it would say nothing.
  Reflect.set(CELL_LIMITS, 'stopMs', 60_000)
  try {
    await cell.kill()
  } finally {
    Reflect.set(CELL_LIMITS, 'stopMs', stopMs)
  }
  const fuelUsed = expect.any(Number) as number
  const facts = { cell: 'busy', kind: 'killed', code: 137, fuelUsed }
  expect(lines).toEqual([['debug', 'cell ended', facts]])
})

const GROW_TABLE = '(table.grow $t (ref.null func) (i32.const 1))'

test.each([
  ['the default', {}, 65_536],
  ['the limit of the cell', { tableEntries: 100 }, 100],
])('tables grow up to %s and no further', async (_what, limits, entries) => {
  await using cell = await spawn(grower(GROW_TABLE), { limits })
  expect(await cell.exited).toEqual({ kind: 'exited', code: entries - 5 })
  expect(cell.usage.tableEntries).toBe(entries)
})

test('all tables of a program grow within one limit, and a growth that fails takes nothing', () => {
  const source = wat(`(module
    (table $a 10 funcref) (table $b 10 20 externref) (table $c 5 5 funcref)
    (func (export "a") (param i32) (result i32) (table.grow $a (ref.null func) (local.get 0)))
    (func (export "b") (param i32) (result i32) (table.grow $b (ref.null extern) (local.get 0))))`)
  const { exports } = rewrittenInstance(source, {}, { tableEntries: 50 })
  const grow = (name: string, by: number) => (exports[name] as Exported)(by)
  // Ten more than it declares itself: refused by the engine, and not counted.
  expect(grow('b', 20)).toBe(-1)
  expect(grow('a', 26)).toBe(-1)
  expect(grow('a', 17)).toBe(10)
  expect(grow('b', 9)).toBe(-1)
  expect(grow('b', 8)).toBe(10)
  expect(grow('a', 1)).toBe(-1)
  expect(grow('a', -1)).toBe(-1)
  expect(grow('a', 0)).toBe(27)
})

test('a program whose tables are over its limit at the start does not start', async () => {
  const source = wat('(module (table 60 funcref) (table 41 externref) (func (export "_start")))')
  const starting = spawn(source, { name: 'wide', limits: { tableEntries: 100 } })
  await expect(starting).rejects.toMatchObject({
    code: 'CELL_NOT_STARTED',
    message: 'Cannot start cell wide: its tables start with 101 entries; its limit is 100',
  })
})

test('a cell that used up its fuel is ended, and its exit, stream and log say so', async () => {
  const { log, lines } = recorder()
  await using cell = await spawn(busy, { name: 'busy', log, limits: { fuel: 5_000_000 } })
  const cause = 'used up its fuel, 5000000 units'
  const { error } = await collect(cell.data).ended
  expect(error?.message).toBe(`Cell busy ${cause}`)
  expect(await cell.exited).toEqual({ kind: 'limited', code: 137, limit: 'fuel', message: cause })
  const facts = { cell: 'busy', kind: 'limited', code: 137, fuelUsed: 5_000_002, cause }
  expect(lines).toContainEqual(['warn', 'cell ended at its limit', facts])
})

test.each([
  ['computes', busy],
  ['sleeps', asleep],
])('a cell that %s is ended when its time is over', async (_what, source) => {
  const begin = performance.now()
  const { cell, wallMs } = await spawnFor(700, source)
  expect(await cell.exited).toEqual({
    kind: 'limited',
    code: 137,
    limit: 'wall',
    message: `ran for ${wallMs} ms, its limit`,
  })
  // A timer may be a moment early.
  expect(performance.now() - begin).toBeGreaterThan(wallMs - 10)
})

test('a start that takes all the time there is fails and says so', async () => {
  const source = wat('(module (func $f (loop $l (br $l))) (start $f) (func (export "_start")))')
  await expect(spawn(source, { name: 'slow', limits: { wallMs: 300 } })).rejects.toThrow(
    'Cannot start cell slow: it ran for 300 ms, its limit',
  )
})

const deep = wat('(module (func $f (export "_start") (call $f) (call $f)))')

const catching = wat(`(module (func $f (export "_start")
  (try (do (call $f)) (catch_all (call $f)))))`)

test.each([
  ['nests calls', deep],
  ['nests calls and catches what stops it', catching],
])('a cell that %s without end is ended at its stack', async (_what, source) => {
  for (const [limits, bytes] of [
    [{}, 16_777_216],
    [{ stackBytes: 50_000 }, 50_000],
  ] as const) {
    await using cell = await spawn(source, { limits })
    const message = `nested calls too deep for its stack, ${bytes} bytes`
    expect(await cell.exited).toEqual({ kind: 'limited', code: 137, limit: 'stack', message })
  }
})

test('frames larger than they are counted end a guest at the stack of its thread', () => {
  // As it was, without counters.
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(deep))
  const stopper = new Stopper(() => false)
  let thrown: unknown
  try {
    ;(exports['_start'] as Exported)()
  } catch (error) {
    thrown = error
  }
  const message = 'used up the stack of its thread, 32 MiB'
  expect(stopper.reasonFor(thrown)).toEqual({ kind: 'limit', limit: 'stack', message })
})

test('how deep calls go depends on the limit of their stack and on nothing else', () => {
  const source = wat(`(module (global $depth (export "depth") (mut i32) (i32.const 0))
    (func $f (export "run") (param i64)
      (global.set $depth (i32.add (global.get $depth) (i32.const 1)))
      (call $f (i64.const 1)) (global.set $depth (global.get $depth))))`)
  const depthAt = (stackBytes: number) => {
    const { exports, stopper } = rewrittenInstance(source, {}, { stackBytes })
    expect(() => (exports['run'] as Exported)(1n)).toThrow(WebAssembly.RuntimeError)
    expect(stopper.reason).toMatchObject({ kind: 'limit', limit: 'stack' })
    return (exports['depth'] as WebAssembly.Global).value
  }
  // 112 bytes, and 8 each for its parameter, the two locals of the counters, and two operands.
  const frame = 112 + 8 * 5
  expect(depthAt(20_000)).toBe(Math.floor(20_000 / frame))
  expect(depthAt(2 << 20)).toBe(Math.floor((2 << 20) / frame))
  expect(depthAt(2 << 20)).toBe(depthAt(2 << 20))
})

test('a cell that writes more than it may is ended; what it may is delivered', async () => {
  await using cell = await spawn(flooder(1), { limits: { outputBytes: 3 * MIB + 5 } })
  expect((await readAll(cell.stdout)).length).toBe(3 * MIB + 5)
  expect(await cell.exited).toEqual({
    kind: 'limited',
    code: 137,
    limit: 'output',
    message: 'wrote more than 3145733 bytes, its limit',
  })
})

test('a cell that ends within its limits leaves no timer behind', async () => {
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
  const before = timers()
  const program = wat('(module (func (export "_start")))')
  const cell = await spawn(program, { limits: { wallMs: 60_000 } })
  expect(await cell.exited).toEqual({ kind: 'exited', code: 0 })
  // Others come and go; that one would be there for a minute.
  await until(() => timers() <= before)
})

const loops = wat(`(module (func (export "loops") (param $n i32)
  (loop $l (local.set $n (i32.sub (local.get $n) (i32.const 1)))
    (br_if $l (local.get $n)))))`)

/** Does so many loops with a clock of the test's own; what was slept, and the fuel used. */
function paced(count: number, perSecond: number) {
  let nowMs = 0
  const sleeps: number[] = []
  const { exports, fuel } = rewrittenInstance(
    loops,
    {},
    {
      pace: {
        perSecond,
        nowMs: () => nowMs,
        sleepUntilMs(deadlineMs) {
          sleeps.push(deadlineMs - nowMs)
          nowMs = deadlineMs
        },
        tell() {},
      },
    },
  )
  ;(exports['loops'] as Exported)(count)
  return { sleptMs: sleeps.reduce((sum, ms) => sum + ms, 0), sleeps, used: fuel.used }
}

test('a guest with a rate of fuel sleeps until it has earned more, and uses what it would without', () => {
  const free = paced(1_000_000, Infinity)
  expect(free.sleeps).toEqual([])
  const perSecond = 1_000_000
  const slow = paced(1_000_000, perSecond)
  expect(slow.used).toBe(free.used)
  // One second's worth was saved; the rest was granted in advance, a slice at most.
  const wantedMs = (slow.used / perSecond) * 1_000 - CELL_LIMITS.savedMs
  expect(slow.sleptMs).toBeGreaterThanOrEqual(wantedMs - 1)
  expect(slow.sleptMs).toBeLessThanOrEqual(wantedMs + (CELL_LIMITS.fuelSlice / perSecond) * 1_000)
})

test('fuel is not saved for longer than a second', () => {
  const slow = paced(1_000_000, 1_000_000)
  const again = paced(1_000_000, 1_000_000)
  expect(again).toEqual(slow)
  expect(slow.sleeps.length).toBeGreaterThan(1)
})

test('a rate changes when a cell ends, not where: it has used the same fuel', async () => {
  const limits = { fuel: 5_000_000 }
  const used = []
  for (const fuelPerSecond of [Infinity, 4_000_000]) {
    await using cell = await spawn(busy, { limits: { ...limits, fuelPerSecond } })
    expect(await cell.exited).toMatchObject({ limit: 'fuel' })
    used.push(cell.usage.fuel)
  }
  expect(used).toEqual([5_000_002, 5_000_002])
})

test('a cell that waits for fuel uses no processor, and can be killed there', async () => {
  const cell = await spawn(busy, { limits: { fuelPerSecond: 1_000 } })
  await untilIdle(500, 250)
  await cell.kill()
  expect(await cell.exited).toEqual({ kind: 'killed', code: 137 })
})

test('a cell that writes faster than it may is slowed down, not ended, and nothing is lost', async () => {
  const begin = performance.now()
  const bytes = 300_000
  const limits = { outputBytesPerSecond: 200_000, outputBytes: bytes }
  await using cell = await spawn(flooder(1), { limits })
  const { length } = await readAll(cell.stdout)
  expect(length).toBe(bytes)
  // 200,000 were saved; the other 100,000 take half a second.
  expect(performance.now() - begin).toBeGreaterThan(450)
  expect(cell.usage.outputBytes).toBe(bytes)
})

test('what a cell wrote before it ended is there at once, whatever its rate', async () => {
  const hello = command(
    { fd_write: 'i32 i32 i32 i32' },
    `(i32.store (i32.const 0) (i32.const 64)) (i32.store (i32.const 4) (i32.const 5000))
     (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16)))`,
  )
  await using cell = await spawn(hello, { limits: { outputBytesPerSecond: 1 } })
  const text = readAll(cell.stdout)
  await cell.exited
  expect((await text).length).toBe(5_000)
})

test('a cell has as many files open as its limit says', async () => {
  const opener = command(
    { path_open: 'i32 i32 i32 i32 i32 i64 i64 i32 i32', proc_exit: 'i32' },
    `(local $n i32)
     (i32.store8 (i32.const 0) (i32.const 46))
     (loop $l
       (if (i32.eqz (call $path_open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 1)
           (i32.const 0) (i64.const 0) (i64.const 0) (i32.const 0) (i32.const 8)))
         (then (local.set $n (i32.add (local.get $n) (i32.const 1))) (br $l))))
     (call $exit (local.get $n))`.replace('call $exit', 'call $proc_exit'),
  )
  await using cell = await spawn(opener, { limits: { files: 12 } })
  expect(await cell.exited).toEqual({ kind: 'exited', code: 12 - 5 })
})

test('what a cell uses can be seen while it waits, and after it has ended', async () => {
  const { usage } = await (async () => {
    await using cell = await spawn(asleep)
    await until(() => cell.usage.fuel > 0 && cell.usage.memoryBytes > 0)
    expect(cell.usage).toMatchObject({ memoryBytes: 3 * PAGE, handles: 5, outputBytes: 0 })
    expect(cell.limits.memoryBytes).toBe(64 * MIB)
    return cell
  })()
  expect(usage).toMatchObject({ memoryBytes: 3 * PAGE, handles: 5 })
  expect(usage.wallMs).toBe((await Promise.resolve(usage)).wallMs)
})

test('a limit that somebody else counts ends a cell as any other does', async () => {
  await using cell = await spawn(asleep, { name: 'taker' })
  cell.exceed('references', 'gave out more than 5 capabilities, its limit')
  const { error } = await collect(cell.data).ended
  expect(error?.message).toBe('Cell taker gave out more than 5 capabilities, its limit')
  expect(await cell.exited).toMatchObject({ kind: 'limited', code: 137, limit: 'references' })
})
