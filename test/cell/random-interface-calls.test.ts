import { readFileSync } from 'node:fs'

import fc from 'fast-check'
import { expect, test } from 'vitest'

import { Canon } from '../../src/cell/component/canon.ts'
import type { Guest } from '../../src/cell/component/canon.ts'
import { CLI } from '../../src/cell/component/cli.ts'
import { CLOCKS_AND_RANDOM } from '../../src/cell/component/clocks-and-random.ts'
import { FILESYSTEM } from '../../src/cell/component/filesystem.ts'
import { HandleTable } from '../../src/cell/component/handles.ts'
import { IO } from '../../src/cell/component/io.ts'
import { SOCKETS } from '../../src/cell/component/sockets.ts'
import { WETWARE } from '../../src/cell/component/wetware.ts'
import { DEFAULT_CELL_LIMITS } from '../../src/cell/limits.ts'
import { allocateCell, CellSide } from '../../src/cell/shared-cell.ts'
import { GuestFiles } from '../../src/cell/world/files.ts'
import { Image } from '../../src/cell/world/image.ts'
import { MemoryFault, TextFault } from '../../src/cell/world/memory.ts'
import { Scratch } from '../../src/cell/world/scratch.ts'
import { Stop } from '../../src/cell/world/stop.ts'
import { NO_TERMINALS, openWorld } from '../../src/cell/world/world.ts'

const SEEDS = JSON.parse(
  readFileSync(new URL('../../../test/cell/fixture/random-calls.json', import.meta.url), 'utf8'),
) as readonly number[]
const RUNS = 300
const MEMORY_BYTES = 65_536
const TEXT_AT = 1_024
const TEXTS = ['a', 'b', 'd', 'd/a', '../x', '.', 'l', '/abs', 'd/..']

/** Which parameters of a function have 64 bits. */
const LONG: readonly (readonly [name: RegExp, at: readonly number[]])[] = [
  [/stream\.(blocking-)?(read|skip)$|write-zeroes/, [1]],
  [/splice$/, [2]],
  [/-via-stream$|set-size$/, [1]],
  [/descriptor\.(read|advise)$/, [1, 2]],
  [/descriptor\.write$/, [3]],
  [/set-times$/, [2, 5]],
  [/set-times-at$/, [5, 8]],
  [/random-bytes$|^subscribe-|^display$|^utc-offset$/, [0]],
]
/** Would wait for a moment that a random number names. */
const WAITS = /^subscribe-(instant|duration)$/
const PARAMETERS = 12
const RESULT_AT = 40_000
const OPEN_CREATE = 1
const READ_WRITE = 3

const CALLS = [IO, CLI, CLOCKS_AND_RANDOM, FILESYSTEM, SOCKETS, WETWARE]
  .flatMap((interfaces) => Object.values(interfaces))
  .flatMap((calls) => Object.entries(calls))
  .filter(([name]) => !WAITS.test(name))
  .map(([name, make]) => ({ name, make, long: LONG.find(([each]) => each.test(name))?.[1] ?? [] }))

/** A guest without a thread: its pipes are closed, its root is its scratch, its allocator simple. */
function aGuest(): { guest: Guest; canon: Canon } {
  const pipes = new CellSide(allocateCell())
  const world = openWorld(pipes, ['x'], ['A=b'], NO_TERMINALS, DEFAULT_CELL_LIMITS)
  const scratch = new Scratch(DEFAULT_CELL_LIMITS)
  const files = new GuestFiles(new Image(pipes, world.waiter), scratch, scratch.root)
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1 })
  TEXTS.forEach((text, i) => new Uint8Array(memory.buffer).set(Buffer.from(text), TEXT_AT + 8 * i))
  let next = 0
  const realloc = (_old: number, _oldSize: number, align: number, size: number) => {
    next = Math.ceil(next / align) * align
    if (next + size > MEMORY_BYTES) next = 0
    return (next += size) - size
  }
  const guest = {
    world: { ...world, files },
    handles: new HandleTable(DEFAULT_CELL_LIMITS.handles),
    connected: false,
  }
  const canon = new Canon(memory, realloc)
  closePipes(guest)
  // Handles 1 to 8: a directory, a file, its streams, a pollable, a listing, standard streams.
  const call = (end: string, ...args: unknown[]) => {
    const { make } = CALLS.find(({ name }) => name.endsWith(end))!
    ;(make(guest, canon) as (...given: unknown[]) => unknown)(...args, RESULT_AT)
  }
  call('get-directories')
  call('.open-at', 1, 0, TEXT_AT, 1, OPEN_CREATE, READ_WRITE)
  call('.read-via-stream', 2, 0n)
  call('.write-via-stream', 2, 0n)
  call('input-stream.subscribe', 3)
  call('.read-directory', 1)
  call('get-stdin')
  call('get-stdout')
  return { guest, canon }
}

function closePipes({ world: { pipes } }: Guest): void {
  for (const reader of [pipes.stdin, pipes.dataIn]) reader.closeForWriter()
  for (const writer of [pipes.stdout, pipes.stderr, pipes.dataOut]) writer.closeForReader()
}

const number = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 12 }) },
  { weight: 3, arbitrary: fc.integer({ min: 0, max: 8 }).map((i) => TEXT_AT + 8 * i) },
  { weight: 2, arbitrary: fc.constantFrom(32_768, MEMORY_BYTES - 4, MEMORY_BYTES, 0xffff_ffff) },
)
const long = fc.oneof(fc.bigInt({ min: 0n, max: 300n }), fc.constantFrom(-1n, 1n << 53n, 1n << 62n))
const aCall = fc.record({
  call: fc.constantFrom(...CALLS),
  numbers: fc.array(number, { minLength: PARAMETERS, maxLength: PARAMETERS }),
  longs: fc.array(long, { minLength: PARAMETERS, maxLength: PARAMETERS }),
  drop: fc.boolean(),
})

test.each(SEEDS)(
  'whatever a component calls with whatever, it gets an answer or a trap with a reason (seed %i)',
  (seed) => {
    let answered = 0
    fc.assert(
      fc.property(fc.array(aCall, { minLength: 100, maxLength: 200 }), (calls) => {
        const { guest, canon } = aGuest()
        for (const { call, numbers, longs, drop } of calls) {
          const args = numbers.map((value, i) => (call.long.includes(i) ? longs[i]! : value))
          const made = call.make(guest, canon) as (...given: unknown[]) => unknown
          // Results go to the last parameter: functions with any number of them are given three.
          const count = made.length === 0 ? 3 : made.length
          try {
            made(...args.slice(0, Math.max(1, count - 1)), RESULT_AT)
            answered++
            if (drop) guest.handles.drop(numbers[0]!, 'pollable')
          } catch (thrown) {
            const isReason = [Stop, MemoryFault, TextFault].some((each) => thrown instanceof each)
            if (!isReason) throw new Error(`${call.name}(${args.join(', ')})`, { cause: thrown })
          }
        }
      }),
      { seed, numRuns: RUNS },
    )
    expect(answered).toBeGreaterThan(1_000)
  },
)
