// What it costs that cells are in a process of their own: the same beside cells in threads of this one.

import { readFileSync } from 'node:fs'

import { silentLog } from '../../../src/base/index.ts'
import { Executor } from '../../../src/capnp/system.ts'
import { ProcessHost, ThreadHost } from '../../../src/cell/index.ts'
import type { Cell, CellHost } from '../../../src/cell/index.ts'
import { Connection } from '../../../src/rpc/index.ts'
import { copier } from '../../cell/help/wat.ts'
import type { Bench } from '../bench.ts'
import { guestBytes } from './guest.ts'
import { inTurns } from './turns.ts'

const MESSAGE_BYTES = 64
const WARM_UP = 2_000
const TRIPS = 1_000
const TURNS = 7
const BULK_BYTES = 64 << 20
const MIB = 1 << 20
const KIB_PER_MIB = 1_024
const RIVAL = 'in a thread of this process'

const echo = copier(4, 4)

interface Placed extends AsyncDisposable {
  readonly cell: Cell
}

async function placed(host: CellHost, wasm: Uint8Array): Promise<Placed> {
  const program = await host.load(wasm, 'bench')
  const cell = await host.start({ program, name: 'bench', args: [], env: [], log: silentLog })
  return {
    cell,
    async [Symbol.asyncDispose]() {
      await cell.kill()
      await host[Symbol.asyncDispose]()
    },
  }
}

type Act = () => Promise<void>

/** The same in both ways, in turns. @param prepare gives what is done, again and again */
async function besides(
  wasm: Uint8Array,
  prepare: (cell: Cell) => (count: number) => Promise<number>,
) {
  await using far = await placed(new ProcessHost({ log: silentLog }), wasm)
  await using near = await placed(new ThreadHost({ log: silentLog }), wasm)
  const [ours, rival] = [prepare(far.cell), prepare(near.cell)]
  await ours(WARM_UP)
  await rival(WARM_UP)
  return await inTurns(
    TURNS,
    async () => await ours(TRIPS),
    async () => await rival(TRIPS),
    RIVAL,
  )
}

async function medianUs(count: number, act: Act): Promise<number> {
  const took: number[] = []
  for (let n = 0; n < count; n++) {
    const begin = performance.now()
    await act()
    took.push(performance.now() - begin)
  }
  return took.sort((a, b) => a - b)[count >> 1]! * 1_000
}

function echoes({ data }: Cell) {
  let received = 0
  let heard = () => {}
  data.open({
    chunk(chunk) {
      received += chunk.length
      if (received >= MESSAGE_BYTES) heard()
    },
    drained() {},
    ended() {},
  })
  return async (count: number) =>
    await medianUs(count, async () => {
      received = 0
      const answered = new Promise<void>((resolve) => (heard = resolve))
      data.send([new Uint8Array(MESSAGE_BYTES)])
      await answered
    })
}

function calls({ data }: Cell) {
  const executor = new Connection(data).bootstrap(Executor)
  const message = 'x'.repeat(MESSAGE_BYTES)
  return async (count: number) =>
    await medianUs(count, async () => void (await executor.echo({ message })))
}

/** MB/s of the data stream, there and back. */
async function bulk(host: CellHost): Promise<number> {
  await using there = await placed(host, echo)
  const { data } = there.cell
  const begin = performance.now()
  await new Promise<void>((resolve) => {
    let left = BULK_BYTES
    let sent = 0
    const send = () => {
      while (sent < BULK_BYTES) {
        sent += MIB
        if (!data.send([new Uint8Array(MIB)])) return
      }
    }
    data.open({
      chunk(chunk) {
        left -= chunk.length
        if (left <= 0) resolve()
      },
      drained: send,
      ended: () => resolve(),
    })
    send()
  })
  return BULK_BYTES / 1_000 / (performance.now() - begin)
}

/** Of the process that holds nothing but one idle cell and what is kept ready. */
async function residentMiB(file: string, key: RegExp): Promise<number> {
  const host = new ProcessHost({ log: silentLog, pool: { minIdle: 0, maxIdle: 0 } })
  await using _there = await placed(host, echo)
  const text = readFileSync(`/proc/${host.pids[0]}/${file}`, 'utf8')
  return Number(key.exec(text)![1]) / KIB_PER_MIB
}

export const fenceBenches: Bench[] = [
  {
    name: 'in its own process: round trip, 64 bytes',
    unit: 'µs',
    run: async () => await besides(echo, echoes),
  },
  {
    name: 'in its own process: call of a guest in TypeScript',
    unit: 'µs',
    run: async () => await besides(await guestBytes(), calls),
  },
  {
    name: 'in its own process: echo of 64 MiB',
    unit: 'MB/s',
    run: async () => ({
      ours: await bulk(new ProcessHost({ log: silentLog })),
      rival: await bulk(new ThreadHost({ log: silentLog })),
      rivalName: RIVAL,
    }),
  },
  {
    name: 'in its own process: the process with one cell, resident; shared counted in part',
    unit: 'MiB',
    run: async () => ({
      ours: await residentMiB('status', /VmRSS:\s+(\d+)/),
      rival: await residentMiB('smaps_rollup', /Pss:\s+(\d+)/),
      rivalName: 'counted in part',
    }),
  },
]
