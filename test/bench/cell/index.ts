// What a cell costs beside the plain thing of Node it is made of. Both sides run in turns in the
// same process, and the median of the turns counts: the machine's mood hits both alike.

import { Worker } from 'node:worker_threads'

import { silentLog } from '../../../src/base/index.ts'
import { loadProgram, spawnCell } from '../../../src/cell/index.ts'
import type { Program } from '../../../src/cell/index.ts'
import { copier } from '../../cell/help/wat.ts'
import type { Bench } from '../bench.ts'
import { fuelBenches } from './fuel.ts'

const echo = copier(4, 4)
const MESSAGE_BYTES = 64
const WARM_UP = 2_000
const ROUND_TRIPS = 2_000
const TURNS = 7
const STARTS = 12

// Workers from source text: what is measured is the thread, not the loading of a file.
const ECHO_WORKER = `const { parentPort } = require('node:worker_threads')
parentPort.on('message', (message) => parentPort.postMessage(message))`
const READY_WORKER = `require('node:worker_threads').parentPort.postMessage(0)`

const start = (program: Program) =>
  spawnCell({ program, name: 'bench', args: [], env: [], log: silentLog })

export const benches: Bench[] = [
  ...fuelBenches,
  {
    name: 'host↔cell round trip, 64 bytes',
    unit: 'µs',
    run: async () => {
      await using cell = await start(await loadProgram(echo, 'echo'))
      const worker = new Worker(ECHO_WORKER, { eval: true })
      try {
        const message = new Uint8Array(MESSAGE_BYTES)
        let received = 0
        let next = () => {}
        cell.data.open({
          chunk(chunk) {
            received += chunk.length
            if (received < MESSAGE_BYTES) return
            received = 0
            next()
          },
          drained() {},
          ended() {},
        })
        worker.on('message', () => next())
        // The next message leaves from the callback of the last, on both sides alike.
        const trips = (send: () => void) => (count: number) =>
          new Promise<void>((resolve) => {
            let left = count
            next = () => (left-- > 0 ? send() : resolve())
            next()
          })
        const ours = trips(() => void cell.data.send([message.slice()]))
        const rival = trips(() => worker.postMessage(message))
        await ours(WARM_UP)
        await rival(WARM_UP)
        const perTrip = async (run: (count: number) => Promise<void>) =>
          ((await timeMs(() => run(ROUND_TRIPS))) * 1_000) / ROUND_TRIPS
        return await inTurns(
          TURNS,
          () => perTrip(ours),
          () => perTrip(rival),
          'worker postMessage',
        )
      } finally {
        await worker.terminate()
      }
    },
  },
  {
    name: 'cell start, program compiled',
    unit: 'ms',
    run: async () => {
      const program = await loadProgram(echo, 'echo')
      return await inTurns(STARTS, () => cellStartMs(() => program), workerStartMs, 'bare Worker')
    },
  },
  {
    name: 'cell start, program new',
    unit: 'ms',
    run: async () => {
      const ours = () => cellStartMs(() => loadProgram(fresh(echo), 'echo'))
      return await inTurns(STARTS, ours, workerStartMs, 'bare Worker')
    },
  },
]

async function cellStartMs(load: () => Program | Promise<Program>): Promise<number> {
  const begin = performance.now()
  await using _cell = await start(await load())
  return performance.now() - begin
}

async function workerStartMs(): Promise<number> {
  const begin = performance.now()
  const worker = new Worker(READY_WORKER, { eval: true })
  await new Promise((resolve) => worker.once('message', resolve))
  const ms = performance.now() - begin
  await worker.terminate()
  return ms
}

let copies = 0

/** The same program with other bytes, so that it is in no cache: a custom section tells them apart. */
function fresh(program: Uint8Array): Uint8Array {
  const name = new TextEncoder().encode(`copy ${copies++} ${performance.now()}`)
  return Uint8Array.of(...program, 0, name.length + 1, name.length, ...name)
}

async function timeMs(run: () => Promise<void>): Promise<number> {
  const begin = performance.now()
  await run()
  return performance.now() - begin
}

async function inTurns(
  turns: number,
  ours: () => Promise<number>,
  rival: () => Promise<number>,
  rivalName: string,
) {
  const figures: { ours: number[]; rival: number[] } = { ours: [], rival: [] }
  for (let i = 0; i < turns; i++) {
    figures.ours.push(await ours())
    figures.rival.push(await rival())
  }
  return { ours: median(figures.ours), rival: median(figures.rival), rivalName }
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1]!
}
