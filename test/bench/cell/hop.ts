// What it takes from the host to a cell and back: beside a worker's messages, and beside the least two
// threads can do, which is to count in shared memory and to wake each other.

import { once } from 'node:events'
import { Worker } from 'node:worker_threads'

import { silentLog } from '../../../src/base/index.ts'
import { loadProgram, spawnCell } from '../../../src/cell/index.ts'
import type { Cell } from '../../../src/cell/index.ts'
import { copier } from '../../cell/help/wat.ts'
import type { Bench } from '../bench.ts'
import { inTurns } from './turns.ts'

const MESSAGE_BYTES = 64
const WARM_UP = 2_000
const ROUND_TRIPS = 2_000
const TURNS = 7

/** Makes so many round trips, one after the other. */
type Trips = (count: number) => Promise<void>

/** From source text: what is measured is the thread, not the loading of a file. */
const ECHO_WORKER = `const { parentPort } = require('node:worker_threads')
parentPort.on('message', (message) => parentPort.postMessage(message))`

const HOST = 0
const THREAD = 2
/** Where the bare thread says when it was awake, ns. */
const AWAKE_AT = 1
const WORDS_BYTES = 16
const BARE_WORKER = `const { parentPort, workerData } = require('node:worker_threads')
const words = new Int32Array(workerData, 0, 4)
const times = new BigInt64Array(workerData)
parentPort.postMessage('up')
for (let seen = 0; ; seen++) {
  Atomics.wait(words, ${THREAD}, seen)
  times[${WORDS_BYTES / 8 + AWAKE_AT}] = process.hrtime.bigint()
  Atomics.add(words, ${HOST}, 1)
  Atomics.notify(words, ${HOST})
}`

/** The next message leaves from the callback of the last. */
function chained(send: () => void): { readonly trips: Trips; readonly arrived: () => void } {
  let next = () => {}
  const trips = (count: number) =>
    new Promise<void>((resolve) => {
      let left = count
      next = () => (left-- > 0 ? send() : resolve())
      next()
    })
  return { trips, arrived: () => next() }
}

const message = new Uint8Array(MESSAGE_BYTES)

function cellTrips(cell: Cell): Trips {
  let received = 0
  const { trips, arrived } = chained(() => void cell.data.send([message.slice()]))
  cell.data.open({
    chunk(chunk) {
      received += chunk.length
      if (received < MESSAGE_BYTES) return
      received = 0
      arrived()
    },
    drained() {},
    ended() {},
  })
  return trips
}

function workerTrips(worker: Worker): Trips {
  const { trips, arrived } = chained(() => worker.postMessage(message))
  worker.on('message', arrived)
  return trips
}

/** A thread that only waits and wakes, and how long each way took in all, ns. */
class BareThread {
  there = 0
  back = 0
  readonly worker: Worker
  readonly #words: Int32Array
  readonly #times: BigInt64Array

  constructor() {
    const buffer = new SharedArrayBuffer(2 * WORDS_BYTES)
    this.#words = new Int32Array(buffer, 0, WORDS_BYTES / Int32Array.BYTES_PER_ELEMENT)
    this.#times = new BigInt64Array(buffer, WORDS_BYTES)
    this.worker = new Worker(BARE_WORKER, { eval: true, workerData: buffer })
  }

  readonly trips: Trips = async (count) => {
    for (let trip = 0; trip < count; trip++) {
      const answered = Atomics.waitAsync(this.#words, HOST, Atomics.load(this.#words, HOST))
      const sentAt = process.hrtime.bigint()
      Atomics.add(this.#words, THREAD, 1)
      Atomics.notify(this.#words, THREAD)
      if (answered.async) await answered.value
      const awakeAt = this.#times[AWAKE_AT]!
      this.there += Number(awakeAt - sentAt)
      this.back += Number(process.hrtime.bigint() - awakeAt)
    }
  }
}

async function perTripUs(trips: Trips): Promise<number> {
  const begin = performance.now()
  await trips(ROUND_TRIPS)
  return ((performance.now() - begin) * 1_000) / ROUND_TRIPS
}

async function beside(rival: Trips, rivalName: string) {
  const program = await loadProgram(copier(4, 4), 'echo')
  await using cell = await spawnCell({
    program,
    name: 'bench',
    args: [],
    env: [],
    log: silentLog,
  })
  const ours = cellTrips(cell)
  await ours(WARM_UP)
  await rival(WARM_UP)
  return await inTurns(
    TURNS,
    () => perTripUs(ours),
    () => perTripUs(rival),
    rivalName,
  )
}

export const hopBenches: Bench[] = [
  {
    name: 'host↔cell round trip, 64 bytes',
    unit: 'µs',
    async run() {
      const worker = new Worker(ECHO_WORKER, { eval: true })
      try {
        return await beside(workerTrips(worker), 'worker postMessage')
      } finally {
        await worker.terminate()
      }
    },
  },
  {
    name: 'the same, against two threads that only wake each other',
    unit: 'µs',
    async run() {
      const bare = new BareThread()
      try {
        await once(bare.worker, 'message')
        return await beside(bare.trips, 'Worker and Atomics')
      } finally {
        await bare.worker.terminate()
      }
    },
  },
  {
    name: 'the way to a thread that sleeps, against the way back',
    unit: 'µs',
    async run() {
      const bare = new BareThread()
      try {
        await once(bare.worker, 'message')
        await bare.trips(WARM_UP)
        bare.there = bare.back = 0
        await bare.trips(ROUND_TRIPS)
        const us = (ns: number) => ns / ROUND_TRIPS / 1_000
        return { ours: us(bare.there), rival: us(bare.back), rivalName: 'Atomics.waitAsync' }
      } finally {
        await bare.worker.terminate()
      }
    },
  },
]
