// The thread that starts the threads of cells and joins them; see foreman.ts. The build makes one file
// of it, `foreman.cjs`.

import { parentPort, Worker } from 'node:worker_threads'

import { messageOf } from '../base/index.ts'
import { fencedArguments } from './fence/permission.ts'
import type { ForemanOrder, ForemanReport } from './foreman.ts'
import { CELL_LIMITS } from './limits.ts'
import { standBack } from './stand-back.ts'

const FILE = new URL('./worker.cjs', import.meta.url)

const threads = new Map<number, Worker>()

function start({ number, buffer, port }: Extract<ForemanOrder, { readonly kind: 'start' }>): void {
  const thread = new Worker(FILE, {
    name: 'cell',
    workerData: { buffer, port },
    transferList: [port],
    // Nothing of ours: no environment, no flags but those that take away, no streams of the process.
    env: {},
    argv: [],
    execArgv: fencedArguments(FILE),
    stdout: true,
    stderr: true,
    trackUnmanagedFds: false,
    resourceLimits: {
      maxOldGenerationSizeMb: CELL_LIMITS.heapMb,
      maxYoungGenerationSizeMb: CELL_LIMITS.youngHeapMb,
      stackSizeMb: CELL_LIMITS.stackMb,
    },
  })
  // Only Node itself could write here; the guest's streams are rings.
  thread.stdout.resume()
  thread.stderr.resume()
  thread.on('error', (thrown) => say({ kind: 'failed', number, cause: messageOf(thrown) }))
  thread.on('exit', () => {
    threads.delete(number)
    say({ kind: 'gone', number })
  })
  threads.set(number, thread)
}

function say(report: ForemanReport): void {
  parentPort?.postMessage(report)
}

// Its threads have the same from their start: what they load is no cell's work yet, and not the host's.
standBack(CELL_LIMITS.foremanNiceness)

parentPort?.on('message', (order: ForemanOrder) => {
  switch (order.kind) {
    case 'start':
      return start(order)
    case 'terminate':
      void threads.get(order.number)?.terminate()
  }
})
