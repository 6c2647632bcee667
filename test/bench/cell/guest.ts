// What a guest in TypeScript costs: its bytes, and a message to it and back, through its standard
// streams and as a call of a capability it offers.

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { silentLog } from '../../../src/base/index.ts'
import { buildGuest } from '../../../src/bundle/index.ts'
import { Executor } from '../../../src/capnp/system.ts'
import { loadProgram, spawnCell } from '../../../src/cell/index.ts'
import type { Cell, Program } from '../../../src/cell/index.ts'
import { Connection } from '../../../src/rpc/index.ts'
import { copier } from '../../cell/help/wat.ts'
import type { Bench } from '../bench.ts'

const GUEST = `
import { Executor, serve, type Guest } from 'ww/guest'

export async function main(guest: Guest): Promise<void> {
  guest.offer(serve(Executor, {
    echo: ({ message }) => ({ response: message }),
    runBytes: () => ({}),
    spawn: () => ({}),
    load: () => {
      throw new Error('not here')
    },
  }))
  for (;;) {
    const bytes = await guest.stdin.read()
    if (bytes.length === 0) return
    guest.stdout.write(bytes)
  }
}
`
const MESSAGE_BYTES = 64
const WARM_UP = 3_000
const ROUND_TRIPS = 3_000

let building: Promise<Buffer> | undefined
export const guestBytes = async () => await (building ??= build())

async function build(): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'ww-bench-'))
  try {
    const entry = join(folder, 'main.ts')
    const out = join(folder, 'main.wasm')
    await writeFile(entry, GUEST)
    await buildGuest({ entry, out })
    return await readFile(out)
  } finally {
    await rm(folder, { recursive: true })
  }
}

const start = (program: Program) =>
  spawnCell({ program, name: 'bench', args: [], env: [], log: silentLog })

interface Cost {
  readonly us: number
  /** Units; the same on any machine, however busy it is. */
  readonly fuel: number
}

async function costOf(cell: Cell, act: () => Promise<unknown>): Promise<Cost> {
  for (let n = 0; n < WARM_UP; n += 1) await act()
  const startedMs = performance.now()
  const { fuel } = cell.usage
  for (let n = 0; n < ROUND_TRIPS; n += 1) await act()
  return {
    us: ((performance.now() - startedMs) * 1_000) / ROUND_TRIPS,
    fuel: (cell.usage.fuel - fuel) / ROUND_TRIPS,
  }
}

/** A message through standard input and output. */
async function streamCost(program: Program): Promise<Cost> {
  await using cell = await start(program)
  const message = new Uint8Array(MESSAGE_BYTES)
  return await costOf(cell, async () => {
    await cell.stdin.write(message)
    for (let got = 0; got < MESSAGE_BYTES;) got += (await cell.stdout.read(MESSAGE_BYTES)).length
  })
}

/** A call with a text of that length. */
async function callCost(program: Program): Promise<Cost> {
  await using cell = await start(program)
  const connection = new Connection(cell.data)
  using executor = connection.bootstrap(Executor)
  const message = 'x'.repeat(MESSAGE_BYTES)
  return await costOf(cell, async () => await executor.echo({ message }))
}

export const guestBenches: Bench[] = [
  {
    name: 'guest in TypeScript: 64 bytes in and out, against a copier in WAT',
    unit: 'µs',
    run: async () => ({
      ours: (await streamCost(await loadProgram(await guestBytes(), 'guest'))).us,
      rival: (await streamCost(await loadProgram(copier(0, 1), 'copier'))).us,
      rivalName: 'a copier in WAT',
    }),
  },
  {
    name: 'guest in TypeScript: a call, against its stream',
    unit: 'µs',
    run: async () => {
      const program = await loadProgram(await guestBytes(), 'guest')
      return {
        ours: (await callCost(program)).us,
        rival: (await streamCost(program)).us,
        rivalName: 'its stream',
      }
    },
  },
  {
    name: 'guest in TypeScript: fuel of a call, against its stream',
    unit: 'thousand units',
    run: async () => {
      const program = await loadProgram(await guestBytes(), 'guest')
      return {
        ours: (await callCost(program)).fuel / 1_000,
        rival: (await streamCost(program)).fuel / 1_000,
        rivalName: 'its stream',
      }
    },
  },
  {
    name: 'guest in TypeScript: size, against the limit',
    unit: 'kB',
    run: async () => ({
      ours: (await guestBytes()).length / 1_000,
      rival: 900,
      rivalName: 'the limit',
    }),
  },
]
