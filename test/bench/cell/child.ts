// Prints how many MiB of resident memory each of so many idle cells, or bare workers, takes.
//
//   node child.js cell|worker COUNT

import { readFileSync } from 'node:fs'
import { Worker } from 'node:worker_threads'

import { silentLog } from '../../../src/base/index.ts'
import { loadProgram, spawnCell } from '../../../src/cell/index.ts'
import { copier } from '../../cell/help/wat.ts'

const KIB_PER_MIB = 1_024
const SETTLE_MS = 300
/** Threads that come up at once. */
const AT_ONCE = 4
const WAITING_WORKER = `const { parentPort } = require('node:worker_threads')
parentPort.on('message', () => {})
parentPort.postMessage(0)`

const [kind, count] = process.argv.slice(2)
const program = await loadProgram(copier(4, 4), 'echo')

/** A cell that has answered once and waits for more. */
async function startCell(): Promise<void> {
  const cell = await spawnCell({ program, name: 'idle', args: [], env: [], log: silentLog })
  await new Promise<void>((resolve) => {
    cell.data.open({ chunk: () => resolve(), drained() {}, ended() {} })
    cell.data.send([new Uint8Array(1)])
  })
}

async function startWorker(): Promise<void> {
  const worker = new Worker(WAITING_WORKER, { eval: true, stdout: true, stderr: true })
  await new Promise((resolve) => worker.once('message', resolve))
}

function residentMiB(): number {
  const [, kib] = /VmRSS:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8')) ?? []
  return Number(kib) / KIB_PER_MIB
}

const before = residentMiB()
let left = Number(count)
await Promise.all(
  Array.from({ length: AT_ONCE }, async () => {
    while (left-- > 0) await (kind === 'cell' ? startCell() : startWorker())
  }),
)
await new Promise((resolve) => setTimeout(resolve, SETTLE_MS))
console.log((residentMiB() - before) / Number(count))
process.exit(0)
