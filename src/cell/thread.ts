import { Worker } from 'node:worker_threads'

import { fencedArguments } from './fence/permission.ts'
import { CELL_LIMITS } from './limits.ts'
import type { CellMessage, CellStart, ThreadMessage } from './protocol.ts'
import { allocateCell } from './shared-cell.ts'

const FILE = new URL('./worker.cjs', import.meta.url)

/** Whoever a thread belongs to. */
export interface ThreadListener {
  /** Its code is loaded: a cell would start at once. */
  up?(): void
  hear(message: CellMessage): void
  /** It broke down outside the guest's code, and will end. */
  fail(thrown: unknown): void
  /** It is gone. Nothing follows. */
  end(): void
}

/**
 * A thread for one cell, ready before anybody knows which.
 *
 * Invariants
 *  - It begins one cell, once, and ends with it. A thread that ran foreign code never runs anything
 *    else: what a guest may have left behind in it, no other guest meets.
 *  - Until it begins, it has seen nothing of any cell, and does not keep the process alive.
 */
export class CellThread {
  /** What it shares with the host's side of its cell. */
  readonly buffer = allocateCell()
  readonly #worker: Worker
  #listener: ThreadListener
  #hasBegun = false
  #isUp = false

  constructor(listener: ThreadListener = NOBODY) {
    this.#listener = listener
    this.#worker = startWorker(this.buffer)
    this.#worker.unref()
    this.#worker.on('message', (message: ThreadMessage) => {
      if (message.kind !== 'up') return this.#listener.hear(message)
      this.#isUp = true
      this.#listener.up?.()
    })
    this.#worker.on('error', (thrown) => this.#listener.fail(thrown))
    this.#worker.on('exit', () => this.#listener.end())
  }

  /** Its code is loaded. */
  get isUp(): boolean {
    return this.#isUp
  }

  get hasBegun(): boolean {
    return this.#hasBegun
  }

  /** Runs a cell; as soon as the thread is up, if it is not yet. From now on it belongs to `listener`. */
  begin(start: CellStart, listener: ThreadListener): void {
    if (this.#hasBegun) throw new Error('A thread runs one cell, and this one had its own')
    this.#hasBegun = true
    this.#listener = listener
    this.#worker.ref()
    this.#worker.postMessage(start)
  }

  /** Resolves when it is gone, if V8 can end it; its owner hears of it either way. */
  async terminate(): Promise<void> {
    await this.#worker.terminate()
  }

  /** Lets the process end without it. */
  abandon(): void {
    this.#worker.unref()
  }
}

const NOBODY: ThreadListener = { hear() {}, fail() {}, end() {} }

function startWorker(buffer: SharedArrayBuffer): Worker {
  const worker = new Worker(FILE, {
    name: 'cell',
    workerData: buffer,
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
  worker.stdout.resume()
  worker.stderr.resume()
  return worker
}
