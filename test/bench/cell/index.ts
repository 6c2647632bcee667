// What a cell costs beside the plain thing of Node it is made of, and beside what others make of it.

import { Worker } from 'node:worker_threads'

import { silentLog } from '../../../src/base/index.ts'
import { loadProgram, spawnCell } from '../../../src/cell/index.ts'
import type { Program } from '../../../src/cell/index.ts'
import { copier } from '../../cell/help/wat.ts'
import type { Bench } from '../bench.ts'
import { crowdBenches } from './crowd.ts'
import { fenceBenches } from './fence.ts'
import { fuelBenches } from './fuel.ts'
import { guestBenches } from './guest.ts'
import { startBenches } from './start.ts'
import { inTurns } from './turns.ts'

const echo = copier(4, 4)
const MESSAGE_BYTES = 64
const WARM_UP = 2_000
const ROUND_TRIPS = 2_000
const TURNS = 7

// Workers from source text: what is measured is the thread, not the loading of a file.
const ECHO_WORKER = `const { parentPort } = require('node:worker_threads')
parentPort.on('message', (message) => parentPort.postMessage(message))`

const start = (program: Program) =>
  spawnCell({ program, name: 'bench', args: [], env: [], log: silentLog })

export const benches: Bench[] = [
  ...fuelBenches,
  ...startBenches,
  ...crowdBenches,
  ...guestBenches,
  ...fenceBenches,
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
]

async function timeMs(run: () => Promise<void>): Promise<number> {
  const begin = performance.now()
  await run()
  return performance.now() - begin
}
