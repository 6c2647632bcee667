// The host's side of the thread that compiles programs.
//
// Invariants
//  - The thread has one job at a time, so whatever breaks it is known by name: that job fails, the
//    thread is replaced, and the others go on.
//  - The host's thread copies a program's bytes once and does nothing else with them.
//  - The thread is there while there is work, and for `compilerIdleMs` after it. It does not keep
//    the process alive, except while it has a job.

import { Worker } from 'node:worker_threads'

import { messageOf, WwError } from '../base/index.ts'
import type { Log } from '../base/index.ts'
import type { CompilerAnswer, CompilerJob, CompilerSetup } from './compiler-protocol.ts'
import { fencedArguments } from './fence/permission.ts'
import { CELL_LIMITS } from './limits.ts'
import { Malformed } from './malformed.ts'

type Done = Extract<CompilerAnswer, { readonly kind: 'done' }>

interface Waiting {
  readonly job: CompilerJob
  readonly resolve: (done: Done) => void
  readonly reject: (reason: Error) => void
}

const FILE = new URL('./compiler.mjs', import.meta.url)

export class CompileQueue implements AsyncDisposable {
  readonly #setup: CompilerSetup
  readonly #log: Log
  readonly #waiting: Waiting[] = []
  #thread: Worker | undefined
  #current: Waiting | undefined
  #deadline: NodeJS.Timeout | undefined
  #idle: NodeJS.Timeout | undefined
  #isClosed = false

  constructor(setup: CompilerSetup, log: Log) {
    this.#setup = setup
    this.#log = log
  }

  /** Has the thread started, so that the first program does not wait for it. */
  prepare(): void {
    if (this.#isClosed || this.#thread) return
    this.#thread = this.#start()
    this.#rest()
  }

  /**
   * @param job what it is made of is copied when it is its turn
   * @throws {Malformed} when the program is refused
   * @throws {WwError} COMPILER_BUSY, COMPILER_CLOSED
   */
  async compile(job: CompilerJob): Promise<Done> {
    if (this.#isClosed) throw closed()
    if (this.#waiting.length >= CELL_LIMITS.waitingPrograms) {
      const count = CELL_LIMITS.waitingPrograms
      const sentence = `Cannot load a program now: ${count} others are waiting; try again later`
      throw new WwError('overloaded', 'COMPILER_BUSY', sentence)
    }
    return await new Promise((resolve, reject) => {
      this.#waiting.push({ job, resolve, reject })
      this.#next()
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#deadline)
    clearTimeout(this.#idle)
    for (const { reject } of this.#waiting.splice(0)) reject(closed())
    this.#current?.reject(closed())
    this.#current = undefined
    await this.#thread?.terminate()
  }

  #next(): void {
    if (this.#current) return
    this.#current = this.#waiting.shift()
    if (!this.#current) return this.#rest()
    clearTimeout(this.#idle)
    const thread = (this.#thread ??= this.#start())
    thread.ref()
    this.#deadline = setTimeout(() => this.#tooLate(thread), CELL_LIMITS.compileMs)
    const { job } = this.#current
    if (job.kind === 'compile') return thread.postMessage(job)
    // Not `slice`: a Buffer's does not copy.
    const bytes = new Uint8Array(job.bytes)
    thread.postMessage({ ...job, bytes }, [bytes.buffer])
  }

  #rest(): void {
    this.#thread?.unref()
    clearTimeout(this.#idle)
    this.#idle = setTimeout(() => {
      void this.#thread?.terminate()
      this.#thread = undefined
    }, CELL_LIMITS.compilerIdleMs).unref()
  }

  #start(): Worker {
    const thread = new Worker(FILE, {
      name: 'compiler',
      workerData: this.#setup,
      env: {},
      argv: [],
      execArgv: fencedArguments(FILE),
      resourceLimits: { maxOldGenerationSizeMb: CELL_LIMITS.compilerHeapMb },
    })
    thread.on('message', (answer: CompilerAnswer) => {
      if (thread === this.#thread) this.#hear(answer)
    })
    thread.on('error', (thrown) => this.#broken(thread, messageOf(thrown)))
    thread.on('exit', () => this.#broken(thread, 'the thread that compiles ended'))
    return thread
  }

  #hear(answer: CompilerAnswer): void {
    switch (answer.kind) {
      case 'told':
        this.#log.warn(answer.event, answer.facts)
        return
      case 'done':
        this.#settle()?.resolve(answer)
        break
      case 'refused':
        this.#settle()?.reject(new Malformed(answer.code, answer.cause))
    }
    this.#next()
  }

  #tooLate(thread: Worker): void {
    void thread.terminate()
    this.#broken(thread, `compiling it takes longer than ${CELL_LIMITS.compileMs} ms, the limit`)
  }

  /** Whatever a thread says after it was replaced is not heard. */
  #broken(thread: Worker, cause: string): void {
    if (thread !== this.#thread) return
    this.#thread = undefined
    if (this.#isClosed) return
    const failed = this.#settle()
    this.#log.error('compiling broke down', { digest: failed?.job.digest, cause })
    failed?.reject(new Malformed('PROGRAM_NOT_COMPILED', `it could not be compiled: ${cause}`))
    this.#next()
  }

  #settle(): Waiting | undefined {
    clearTimeout(this.#deadline)
    const current = this.#current
    this.#current = undefined
    return current
  }
}

function closed(): WwError {
  return new WwError('disconnected', 'COMPILER_CLOSED', 'Cannot load a program: the node is ending')
}
