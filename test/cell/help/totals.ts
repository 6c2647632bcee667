// A process of its own: prints as JSON the fuel that programs use and how they end, which depends on
// the programs alone. `scripts/hostile-on-node.mjs` compares it on several versions of Node.

import { isMainThread, parentPort, Worker } from 'node:worker_threads'

import { CELL_LIMITS } from '../../../src/cell/index.ts'
import { WORKLOADS } from './workloads.ts'

// In a thread with the stack that cells have.
if (isMainThread) {
  const resourceLimits = { stackSizeMb: CELL_LIMITS.stackMb }
  const worker = new Worker(new URL(import.meta.url), { resourceLimits })
  worker.on('message', (totals) => process.stdout.write(JSON.stringify(totals)))
} else {
  parentPort?.postMessage(
    Object.fromEntries(Object.entries(WORKLOADS).map(([name, run]) => [name, run()])),
  )
}
