// The host's side of a cell: one thread, its shared memory, its pipes, its end.
//
// Invariants
//  - The host's thread never blocks on a cell, and does nothing for a cell that does nothing: it
//    waits for the cell's doorbell without a timer.
//  - `exited` resolves once, after the thread is gone, or was given up, and after what it wrote to the data stream
//    was delivered, as far as the sink takes it. What lies in stdout and stderr can be read later.
//  - Whatever ends a cell, its pipes are closed behind it: every reader sees the end, every writer
//    an error.

import { messageOf, WwError } from '../base/index.ts'
import type { ByteLink, ByteReader, ByteWriter, Log, ReadOnlyTree } from '../base/index.ts'
import { EMPTY_TREE, FileServer } from './file-server.ts'
import { CELL_LIMITS, DEFAULT_CELL_LIMITS } from './limits.ts'
import type { CellLimits, LimitName } from './limits.ts'
import { allotMemory, checkTables } from './module/allot.ts'
import type { Shape } from './module/rewrite.ts'
import { DataLink, OutputMeter, PipeReader, PipeWriter } from './pipe.ts'
import type { HostEnd } from './pipe.ts'
import type { ThreadPool } from './pool.ts'
import type { Program } from './program.ts'
import type { CellExit, CellMessage } from './protocol.ts'
import { Pump, Served } from './pump.ts'
import { HostSide } from './shared-cell.ts'
import { CellThread } from './thread.ts'
import type { ThreadListener } from './thread.ts'
import { Turns } from './turns.ts'
import type { Seat } from './turns.ts'
import { NO_TERMINALS } from './world/world.ts'
import type { Terminals } from './world/world.ts'

// There is one thread that serves cells, and one set of processors.
const pump = new Pump()
const turns = new Turns()

export interface CellOptions {
  readonly program: Program
  /** For logs and errors. */
  readonly name: string
  /** Exactly what the guest sees; by custom the first is the program's name. */
  readonly args: readonly string[]
  /** `NAME=value`, exactly what the guest sees. */
  readonly env: readonly string[]
  /** Which standard streams the guest is told are terminals; none, unless said. */
  readonly terminals?: Partial<Terminals>
  /** What the guest sees, read-only, at `/`, but for `/tmp`, which is its own. Without one it is empty. */
  readonly root?: ReadOnlyTree
  /** What differs from the node's defaults. */
  readonly limits?: Partial<CellLimits>
  /** Who starts it: of several that start many cells, each has its turn. */
  readonly starter?: object | undefined
  /** Where its thread comes from; without one it is started now. */
  readonly threads?: ThreadPool | undefined
  readonly log: Log
  /** Stops the start. A cell that has started is ended by `kill` or by disposing it. */
  readonly signal?: AbortSignal
}

/** What a cell has used and holds, as far as its own thread and pipes know. */
export interface CellUsage {
  /** Of its linear memories. */
  readonly memoryBytes: number
  /** Units so far. */
  readonly fuel: number
  /** Since its start. */
  readonly wallMs: number
  /** Taken from stdout and stderr so far. */
  readonly outputBytes: number
  /** Open files, or resources. */
  readonly handles: number
  /** Of its tables together. */
  readonly tableEntries: number
}

/** A running guest. Disposing it kills it and waits for its thread to be gone. */
export interface Cell extends AsyncDisposable {
  readonly name: string
  /** The guest's data stream: descriptor 4, or `wetware:streams`. */
  readonly data: ByteLink
  readonly stdin: ByteWriter
  readonly stdout: ByteReader
  readonly stderr: ByteReader
  readonly limits: CellLimits
  /** As of now; after the end, as of then. */
  readonly usage: CellUsage
  /** Never rejects. */
  readonly exited: Promise<CellExit>
  /** Ends the guest for exceeding a limit that somebody else counts. `message` as in {@link CellExit}. */
  exceed(limit: LimitName, message: string): void
  /** Ends the guest wherever it is; resolves when its thread is gone or was given up. Twice is once. */
  kill(): Promise<void>
}

/**
 * Bytes that the memories of a program can grow to in a cell of such a limit.
 * @throws {WwError} CELL_LIMITED when they do not fit even at the start
 */
export function memoryBytesOf(program: Program, limitBytes: number): number {
  return (
    allotMemory(memoriesOf(program), limitBytes).reduce((sum, pages) => sum + pages, 0) * PAGE_BYTES
  )
}

/**
 * Starts a program in a thread of its own.
 *
 * @returns when it is instantiated and about to run
 * @throws {WwError} CELL_NOT_STARTED when it cannot be instantiated, for lack of memory too; or the
 *   reason of `signal`
 */
export async function spawnCell(options: CellOptions): Promise<Cell> {
  options.signal?.throwIfAborted()
  const { threads, starter } = options
  if (threads) {
    return await threads.lend(async (thread) => await startCell(options, thread), starter)
  }
  return await startCell(options, new CellThread())
}

async function startCell(options: CellOptions, thread: CellThread): Promise<Cell> {
  const cell = new WorkerCell(options, thread)
  const abort = () => void cell.kill()
  options.signal?.addEventListener('abort', abort)
  try {
    await cell.started
    options.signal?.throwIfAborted()
  } catch (thrown) {
    await cell.kill()
    options.signal?.throwIfAborted()
    throw thrown
  } finally {
    options.signal?.removeEventListener('abort', abort)
  }
  return cell
}

const PAGE_BYTES = 65_536

function instancesOf({ code }: Program): readonly Shape[] {
  if (code.kind === 'module') return [code.module]
  return code.plan.steps.map(({ module }) => code.modules[module]!)
}

const memoriesOf = (program: Program) => instancesOf(program).map(({ memory }) => memory)

class WorkerCell implements Cell, ThreadListener {
  readonly name: string
  readonly data: DataLink
  readonly stdin: PipeWriter
  readonly stdout: PipeReader
  readonly stderr: PipeReader
  /** Rejects when the program cannot be instantiated, or the thread ends before it is. */
  readonly started: Promise<void>
  readonly exited: Promise<CellExit>
  readonly limits: CellLimits

  readonly #log: Log
  readonly #shared: HostSide
  readonly #thread: CellThread
  readonly #ends: readonly HostEnd[]
  readonly #seat: Seat
  #isAsked = false
  /** Ends the pump's rest. */
  #wake = () => {}
  readonly #output: OutputMeter
  readonly #deadline: NodeJS.Timeout | undefined
  readonly #startMs = performance.now()
  #endMs: number | undefined
  #stopping: Promise<void> | undefined
  #gone = false
  /** The guest's code has run to its end, whichever. */
  #hasEnded = false
  /** How the guest or its thread said it ended. */
  #exit: CellExit | undefined
  /** Known once the guest has ended by itself. */
  #fuelUsed: number | undefined
  #resolveStarted!: () => void
  #rejectStarted!: (reason: WwError) => void
  #resolveExited!: (exit: CellExit) => void

  constructor(
    { name, log, program, args, env, terminals, root, limits }: CellOptions,
    thread: CellThread,
  ) {
    this.limits = { ...DEFAULT_CELL_LIMITS, ...limits }
    const { wallMs, outputBytes, outputBytesPerSecond } = this.limits
    this.name = name
    const maxPages = this.#allot(program)
    this.#log = log
    const shared = new HostSide(thread.buffer)
    this.#shared = shared
    this.#seat = turns.join(() => {
      shared.turn.grant()
      shared.cellBell.ring()
    })
    const ask = () => this.#ask()
    this.data = new DataLink(shared.dataOut, shared.dataIn, ask)
    this.stdin = new PipeWriter(shared.stdin, `stdin of cell ${name}`)
    this.#output = new OutputMeter({
      bytes: outputBytes,
      bytesPerSecond: outputBytesPerSecond,
      exceeded: () => this.exceed('output', `wrote more than ${outputBytes} bytes, its limit`),
      more: ask,
    })
    this.stdout = new PipeReader(shared.stdout, this.#output, ask)
    this.stderr = new PipeReader(shared.stderr, this.#output, ask)
    const files = new FileServer(shared.mailbox, shared.cellBell, root ?? EMPTY_TREE, log, ask)
    this.#ends = [this.data, this.stdin, this.stdout, this.stderr, files]
    this.started = new Promise((resolve, reject) => {
      this.#resolveStarted = resolve
      this.#rejectStarted = reject
    })
    this.exited = new Promise((resolve) => {
      this.#resolveExited = resolve
    })

    this.#thread = thread
    const seen = { ...NO_TERMINALS, ...terminals }
    const start = { args, env, terminals: seen, maxPages, limits: this.limits }
    thread.begin({ ...start, code: program.code }, this)
    if (wallMs !== Infinity) {
      const exceeded = () => this.exceed('wall', `ran for ${wallMs} ms, its limit`)
      this.#deadline = setTimeout(exceeded, wallMs)
    }
    void this.#pump()
  }

  async kill(): Promise<void> {
    this.#stopping ??= this.#stop()
    await this.exited
  }

  get usage(): CellUsage {
    const { fuel, memoryBytes, handles, tableEntries } = this.#shared.gauges
    const wallMs = (this.#endMs ?? performance.now()) - this.#startMs
    const outputBytes = this.#output.bytes
    const fuelUsed = this.#fuelUsed ?? fuel
    return { memoryBytes, fuel: fuelUsed, wallMs, outputBytes, handles, tableEntries }
  }

  exceed(limit: LimitName, message: string): void {
    if (this.#gone) return
    this.#exit ??= { kind: 'limited', code: 137, limit, message }
    this.#stopping ??= this.#stop()
  }

  // A ladder: the guest stops itself at the kill word; if it does not, its thread is terminated; and
  // a thread that V8 cannot terminate is left behind, with nothing but shared memory in its hands.
  async #stop(): Promise<void> {
    if (this.#gone) return
    this.#shared.kill()
    if (await this.#goneWithin(CELL_LIMITS.stopMs)) return
    // A guest that has said how it ended does nothing more: its thread is being taken down, which
    // takes as long as the machine is busy.
    if (!this.#hasEnded) {
      void this.#thread.terminate()
      if (await this.#goneWithin(CELL_LIMITS.terminateMs)) return
    }
    if (this.#hasEnded && (await this.#goneWithin(CELL_LIMITS.takeDownMs))) return
    this.#log.error('cell thread does not end', { cell: this.name })
    this.#thread.abandon()
    this.#exit ??= { kind: 'killed', code: 137 }
    this.end()
  }

  async #goneWithin(ms: number): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(false), ms)
    })
    const isGone = await Promise.race([this.exited.then(() => true), late])
    clearTimeout(timer)
    return isGone
  }

  /** How far the memory of each instance may grow. */
  #allot(program: Program): number[] {
    const { memoryBytes, tableEntries } = this.limits
    try {
      checkTables(instancesOf(program), tableEntries)
      return allotMemory(memoriesOf(program), memoryBytes)
    } catch (thrown) {
      throw this.#notStarted(messageOf(thrown))
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
  }

  // The thread is a ref'd handle, so the process stays alive for this wait, and only as long.
  async #pump(): Promise<void> {
    const { hostBell, turn } = this.#shared
    const served = new Served()
    const work = (maxBytes: number) => {
      if (!this.#gone) this.#turn(maxBytes)
    }
    let isListening = false
    while (!this.#gone) {
      const seen = hostBell.count
      this.#isAsked = false
      if (turn.isAsked) this.#seat.ask()
      else if (!turn.isGranted) this.#seat.leave()
      await pump.serve(served, work)
      // A guest that rings without pause must not keep the event loop.
      if (this.data.hasMore || hostBell.count !== seen) await new Promise(setImmediate)
      else if (!this.#isAsked) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve
          if (isListening) return
          const rung = hostBell.waitAsync(seen)
          if (!rung) return resolve()
          isListening = true
          void rung.then(() => {
            isListening = false
            this.#wake()
          })
        })
      }
    }
  }

  /** One of our ends wants a turn, besides those the cell rings for. It comes after the caller. */
  #ask(): void {
    if (this.#gone) queueMicrotask(() => this.#turn())
    this.#isAsked = true
    this.#wake()
  }

  #turn(maxBytes?: number): void {
    for (const end of this.#ends) end.turn(maxBytes)
  }

  hear(message: CellMessage): void {
    switch (message.kind) {
      case 'started':
        this.#resolveStarted()
        return
      case 'refused':
        this.#exit ??= { kind: 'trapped', code: 134, message: message.cause }
        this.#rejectStarted(this.#notStarted(message.cause))
        return
      case 'ended':
        this.#hasEnded = true
        this.#exit ??= message.exit
        this.#fuelUsed = message.fuelUsed
    }
  }

  // The thread broke down outside the guest's code: most likely its heap is full.
  fail(thrown: unknown): void {
    this.#exit ??= { kind: 'trapped', code: 134, message: messageOf(thrown) }
  }

  end(): void {
    if (this.#gone) return
    clearTimeout(this.#deadline)
    this.#endMs = performance.now()
    const exit = this.#outcome()
    const shared = this.#shared
    // Readers see what still lies in the rings, then the end.
    shared.closeForCell()
    if (exit.kind !== 'exited') this.data.fail(this.#cellEnded(exit))
    this.#gone = true
    // What it wrote is all there will be: nobody need wait for it.
    this.#output.stopPacing()
    this.#seat.leave()
    this.#turn()
    this.#wake()
    this.#rejectStarted(this.#notStarted(`it ${howEnded(exit)}`))
    this.#report(exit)
    this.#resolveExited(exit)
  }

  #report(exit: CellExit): void {
    const facts = { cell: this.name, kind: exit.kind, code: exit.code, fuelUsed: this.#fuelUsed }
    if (exit.kind !== 'limited') this.#log.debug('cell ended', facts)
    else this.#log.warn('cell ended at its limit', { ...facts, cause: exit.message })
  }

  #outcome(): CellExit {
    if (this.#exit) return this.#exit
    if (this.#stopping) return { kind: 'killed', code: 137 }
    return { kind: 'trapped', code: 134, message: 'its thread ended without a word' }
  }

  #notStarted(cause: string): WwError {
    return new WwError('failed', 'CELL_NOT_STARTED', `Cannot start cell ${this.name}: ${cause}`)
  }

  #cellEnded(exit: CellExit): WwError {
    return new WwError('disconnected', 'CELL_ENDED', `Cell ${this.name} ${howEnded(exit)}`)
  }
}

function howEnded(exit: CellExit): string {
  switch (exit.kind) {
    case 'exited':
      return `exited with ${exit.code}`
    case 'trapped':
      return `trapped: ${exit.message}`
    case 'limited':
      return exit.message
    case 'killed':
      return 'was killed'
  }
}
