// The host's side of a cell: its pipes, what it may use, its end. What runs it is its body.
//
// Invariants
//  - The host's thread never blocks on a cell, and does nothing for a cell that does nothing: it
//    waits for the cell's bell without a timer.
//  - `exited` resolves once, after the body is gone, or was given up, and after what it wrote to the data stream
//    was delivered, as far as the sink takes it. What lies in stdout and stderr can be read later.
//  - Whatever ends a cell, its pipes are closed behind it: every reader sees the end, every writer
//    an error.

import { messageOf, WwError } from '../base/index.ts'
import type { Log } from '../base/index.ts'
import type { BodyListener, CellBody, Ending } from './body.ts'
import type { Cell, CellUsage } from './cell.ts'
import type { CellLimits, LimitName } from './limits.ts'
import { DataLink, OutputMeter, PipeReader, PipeWriter } from './pipe.ts'
import type { HostEnd } from './pipe.ts'
import type { CellExit, CellMessage } from './protocol.ts'
import { Pump, Served } from './pump.ts'

// There is one thread that serves cells.
const pump = new Pump()

export interface HostedCellOptions {
  readonly name: string
  readonly limits: CellLimits
  readonly log: Log
}

export class HostedCell implements Cell, BodyListener, Ending {
  readonly name: string
  readonly data: DataLink
  readonly stdin: PipeWriter
  readonly stdout: PipeReader
  readonly stderr: PipeReader
  /** Rejects when the program cannot be instantiated, or the body ends before it is. */
  readonly started: Promise<void>
  readonly exited: Promise<CellExit>
  readonly limits: CellLimits

  readonly #log: Log
  readonly #body: CellBody
  readonly #ends: readonly HostEnd[]
  #isAsked = false
  /** Ends the pump's rest. */
  #wake = () => {}
  readonly #output: OutputMeter
  readonly #deadline: NodeJS.Timeout | undefined
  readonly #startMs = performance.now()
  #endMs: number | undefined
  #stopping: Promise<void> | undefined
  #gone = false
  #isLeftBehind = false
  #hasEnded = false
  /** How the guest or its body said it ended. */
  #exit: CellExit | undefined
  /** Known once the guest has ended by itself. */
  #fuelUsed: number | undefined
  #resolveStarted!: () => void
  #rejectStarted!: (reason: WwError) => void
  #resolveExited!: (exit: CellExit) => void

  constructor({ name, limits, log }: HostedCellOptions, body: CellBody) {
    this.name = name
    this.limits = limits
    this.#log = log
    this.#body = body
    const { wallMs, outputBytes, outputBytesPerSecond } = limits
    const ask = () => this.ask()
    this.data = new DataLink(body.dataOut, body.dataIn, ask)
    this.stdin = new PipeWriter(body.stdin, `stdin of cell ${name}`)
    this.#output = new OutputMeter({
      bytes: outputBytes,
      bytesPerSecond: outputBytesPerSecond,
      exceeded: () => this.exceed('output', `wrote more than ${outputBytes} bytes, its limit`),
      more: ask,
    })
    this.stdout = new PipeReader(body.stdout, this.#output, ask)
    this.stderr = new PipeReader(body.stderr, this.#output, ask)
    this.#ends = [this.data, this.stdin, this.stdout, this.stderr, body]
    this.started = new Promise((resolve, reject) => {
      this.#resolveStarted = resolve
      this.#rejectStarted = reject
    })
    this.exited = new Promise((resolve) => {
      this.#resolveExited = resolve
    })

    body.begin(this)
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
    const { fuel, memoryBytes, handles, tableEntries } = this.#body.gauges
    const wallMs = (this.#endMs ?? performance.now()) - this.#startMs
    const outputBytes = this.#output.bytes
    const fuelUsed = this.#fuelUsed ?? fuel
    return { memoryBytes, fuel: fuelUsed, wallMs, outputBytes, handles, tableEntries }
  }

  /** Its body did not end and was given up. */
  get isLeftBehind(): boolean {
    return this.#isLeftBehind
  }

  get hasEnded(): boolean {
    return this.#hasEnded
  }

  exceed(limit: LimitName, message: string): void {
    if (this.#gone) return
    this.#exit ??= { kind: 'limited', code: 137, limit, message }
    this.#stopping ??= this.#stop()
  }

  async #stop(): Promise<void> {
    if (this.#gone || (await this.#body.stop(this))) return
    this.#isLeftBehind = true
    this.#log.error('cell thread does not end', { cell: this.name })
    this.#exit ??= { kind: 'killed', code: 137 }
    this.end()
  }

  async goneWithin(ms: number): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(false), ms)
    })
    const isGone = await Promise.race([this.exited.then(() => true), late])
    clearTimeout(timer)
    return isGone
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
  }

  // The body keeps the process alive for this wait, and only as long.
  async #pump(): Promise<void> {
    const { bell } = this.#body
    const served = new Served()
    const work = (maxBytes: number) => {
      if (!this.#gone) this.#turn(maxBytes)
    }
    let isListening = false
    while (!this.#gone) {
      const seen = bell.count
      this.#isAsked = false
      this.#body.look()
      await pump.serve(served, work)
      // A guest that rings without pause must not keep the event loop.
      if (this.data.hasMore || bell.count !== seen) await new Promise(setImmediate)
      else if (!this.#isAsked) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve
          if (isListening) return
          const rung = bell.waitAsync(seen)
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
  ask(): void {
    if (this.#gone) queueMicrotask(() => this.#lastTurn())
    this.#isAsked = true
    this.#wake()
  }

  #turn(maxBytes?: number): void {
    for (const end of this.#ends) end.turn(maxBytes)
  }

  /** Nothing will come any more, so all there is can be moved. */
  #lastTurn(): void {
    do this.#turn()
    while (this.data.hasMore)
  }

  hear(message: CellMessage): void {
    switch (message.kind) {
      case 'started':
        this.#resolveStarted()
        return
      case 'refused':
        this.#exit ??= { kind: 'trapped', code: 134, message: message.cause }
        this.#rejectStarted(notStarted(this.name, message.cause))
        return
      case 'ended':
        this.#hasEnded = true
        this.#exit ??= message.exit
        this.#fuelUsed = message.fuelUsed
    }
  }

  // It broke down outside the guest's code: most likely its heap is full.
  fail(thrown: unknown): void {
    this.#exit ??= { kind: 'trapped', code: 134, message: messageOf(thrown) }
  }

  end(): void {
    if (this.#gone) return
    clearTimeout(this.#deadline)
    this.#endMs = performance.now()
    const exit = this.#outcome()
    this.#body.close()
    if (exit.kind !== 'exited') this.data.fail(this.#cellEnded(exit))
    this.#gone = true
    // What it wrote is all there will be: nobody need wait for it.
    this.#output.stopPacing()
    this.#lastTurn()
    this.#wake()
    this.#rejectStarted(notStarted(this.name, `it ${howEnded(exit)}`))
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

  #cellEnded(exit: CellExit): WwError {
    return new WwError('disconnected', 'CELL_ENDED', `Cell ${this.name} ${howEnded(exit)}`)
  }
}

/** @param cause follows “Cannot start cell <name>: ” */
export function notStarted(name: string, cause: string): WwError {
  return new WwError('failed', 'CELL_NOT_STARTED', `Cannot start cell ${name}: ${cause}`)
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
