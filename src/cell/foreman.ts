import { Worker } from 'node:worker_threads'
import type { MessagePort } from 'node:worker_threads'

import { foremanArguments } from './fence/permission.ts'
import { CELL_LIMITS } from './limits.ts'

const FILE = new URL('./foreman.cjs', import.meta.url)
const WORKER = new URL('./worker.cjs', import.meta.url)

/** What the thread that starts cells' threads is told. */
export type ForemanOrder =
  | {
      readonly kind: 'start'
      readonly number: number
      readonly buffer: SharedArrayBuffer
      /** The thread's end of its channel to this one. */
      readonly port: MessagePort
    }
  | { readonly kind: 'terminate'; readonly number: number }

/** What it says of one of them. */
export type ForemanReport =
  /** It broke down; `gone` follows. */
  | { readonly kind: 'failed'; readonly number: number; readonly cause: string }
  | { readonly kind: 'gone'; readonly number: number }

/** Whoever a thread belongs to. */
export interface HandListener {
  /** It broke down outside the guest's code, and will end. */
  fail(thrown: unknown): void
  /** It has been joined. Nothing follows. */
  gone(): void
}

/** A thread that was started. */
export interface Hand {
  terminate(): void
  /** Whether this process lives until it is gone. */
  keep(isKept: boolean): void
}

/**
 * Starts the threads of cells, and waits for their ends, in a thread of its own: to make one takes
 * its maker milliseconds, and to join one as long as the system takes to get around to its last
 * instructions, which among forty is tens of milliseconds each. This thread is told by a message.
 *
 * Invariants
 *  - Every thread that is started is gone once: behind its own last word, or with the foreman.
 *  - The foreman comes up for the first thread, and leaves when there has been none for `foremanIdleMs`.
 *  - It keeps the process alive for threads that are kept, and only for them.
 */
export class Foreman {
  readonly #crew = new Map<number, HandListener>()
  readonly #kept = new Set<number>()
  #worker: Worker | undefined
  #lastNumber = 0
  #idle: NodeJS.Timeout | undefined

  /** @param port its end of a channel; it goes to the thread */
  start(buffer: SharedArrayBuffer, port: MessagePort, listener: HandListener): Hand {
    clearTimeout(this.#idle)
    const worker = (this.#worker ??= this.#launch())
    const number = ++this.#lastNumber
    this.#crew.set(number, listener)
    const say = (order: ForemanOrder, moved: readonly MessagePort[] = []) => {
      worker.postMessage(order, moved)
    }
    say({ kind: 'start', number, buffer, port }, [port])
    return {
      terminate: () => say({ kind: 'terminate', number }),
      keep: (isKept) => this.#keep(number, isKept),
    }
  }

  #launch(): Worker {
    const worker = new Worker(FILE, {
      name: 'foreman',
      env: {},
      argv: [],
      execArgv: foremanArguments(FILE, WORKER),
      stdout: true,
      stderr: true,
      trackUnmanagedFds: false,
      resourceLimits: { maxOldGenerationSizeMb: CELL_LIMITS.foremanHeapMb },
    })
    worker.unref()
    worker.stdout.resume()
    worker.stderr.resume()
    worker.on('message', (report: ForemanReport) => this.#hear(report))
    worker.on('error', (thrown) => {
      for (const listener of this.#crew.values()) listener.fail(thrown)
    })
    // What it has started ends before it does.
    worker.on('exit', () => {
      if (this.#worker !== worker) return
      this.#worker = undefined
      for (const number of [...this.#crew.keys()]) this.#lose(number)
    })
    return worker
  }

  #hear(report: ForemanReport): void {
    switch (report.kind) {
      case 'failed':
        this.#crew.get(report.number)?.fail(new Error(report.cause))
        return
      case 'gone':
        this.#lose(report.number)
        if (this.#crew.size === 0) this.#leaveSoon()
    }
  }

  #lose(number: number): void {
    const listener = this.#crew.get(number)
    this.#crew.delete(number)
    this.#keep(number, false)
    listener?.gone()
  }

  #keep(number: number, isKept: boolean): void {
    if (isKept && this.#crew.has(number)) this.#kept.add(number)
    else this.#kept.delete(number)
    if (this.#kept.size > 0) this.#worker?.ref()
    else this.#worker?.unref()
  }

  #leaveSoon(): void {
    clearTimeout(this.#idle)
    this.#idle = setTimeout(() => {
      const worker = this.#worker
      this.#worker = undefined
      void worker?.terminate()
    }, CELL_LIMITS.foremanIdleMs).unref()
  }
}
