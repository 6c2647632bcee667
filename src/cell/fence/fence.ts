// One cell host, as its node knows it: a process that holds cells and nothing of ours.
//
// Invariants
//  - The host is taken for an enemy: whatever it says is bounded and has its place, or it is ended,
//    and every cell with it. Nothing it says is waited for by anybody but those whose cells it has.
//  - It is fit until it is lost or has a thread that cannot be ended. Where it is not fit no cell is
//    started; it is ended when the last of its healthy cells has.
//  - A program is sent to it once, and stays there for as long as somebody here has it.
//  - It keeps the process alive while it has cells or compiles, and only then.

import { WwError } from '../../base/index.ts'
import type { Log } from '../../base/index.ts'
import type { PoolLimits } from '../limits.ts'
import { Malformed } from '../malformed.ts'
import type { ModuleData } from '../module/data.ts'
import type { RewrittenCode } from '../program.ts'
import { splitProgram } from '../rewritten-format.ts'
import { turns as ownTurns } from '../turn-desk.ts'
import type { TurnDesk } from '../turn-desk.ts'
import { PROCESSORS } from '../turns.ts'
import type { CellReport, FarBody } from './far-body.ts'
import { FarPlace } from './far-place.ts'
import { Breach, FrameReader } from './frame.ts'
import type { Frame } from './frame.ts'
import { FENCE_LIMITS } from './limits.ts'
import type { CellSpec, Order } from './message.ts'
import { encodeOrder } from './order.ts'
import { decodeReport } from './report.ts'

/** The process behind a fence. */
export interface HostLine {
  /** @returns false when it is better to wait for `drained` */
  send(bytes: Uint8Array): boolean
  /** Resolves when what was sent is on its way, or never will be. */
  drained(): Promise<void>
  /** Whether this process lives as long as that one. */
  keepAlive(isKept: boolean): void
  /** At once. */
  kill(): void
}

type WithoutNumber<T> = T extends unknown ? Omit<T, 'number'> : never

/** The way to one cell. */
export interface CellLine {
  /** As of the host's line. */
  drained(): Promise<void>
  say(order: WithoutNumber<Extract<Order, { readonly number: number }>>): void
}

interface Known {
  readonly number: number
  readonly ready: Promise<void>
}

interface Compiling {
  readonly resolve: () => void
  readonly reject: (reason: Error) => void
}

export class Fence {
  readonly #line: HostLine
  readonly #log: Log
  readonly #reader = new FrameReader(FENCE_LIMITS.reportBytes, (frame) => this.#hear(frame))
  readonly #cells = new Map<number, FarBody>()
  /** Where its cells may compute, by number. */
  readonly #places: readonly FarPlace[]
  readonly #compiling = new Map<number, Compiling>()
  readonly #known = new WeakMap<RewrittenCode | ModuleData, Known>()
  readonly #unknown = new FinalizationRegistry<number>((number) => {
    this.#say({ kind: 'forget', number })
  })
  #lastNumber = 0
  #isUp = false
  #isSick = false
  /** Why it is gone: follows “its host process ”. */
  #lost: string | undefined

  /** @param turns of all hosts of this process */
  constructor(line: HostLine, pool: Partial<PoolLimits>, log: Log, turns = ownTurns) {
    this.#line = line
    this.#log = log
    const places = PROCESSORS.count
    this.#places = Array.from({ length: places }, (_, number) => this.#place(turns, number))
    this.#say({ kind: 'setup', pool, places })
    this.#keep()
  }

  /** Cells can be started there. */
  get isFit(): boolean {
    return this.#lost === undefined && !this.#isSick
  }

  /** Has a thread started for a cell that is about to come. */
  prepare(): void {
    this.#say({ kind: 'prepare' })
  }

  /**
   * Has a program compiled there, unless its code is.
   * @param data that was taken from it: a program's own
   * @returns its number there
   * @throws {Malformed} when it is refused
   * @throws {WwError} COMPILER_BUSY (overloaded)
   */
  async know(code: RewrittenCode, data?: ModuleData): Promise<number> {
    const compiled = await this.#once(code, (number) => this.#compile(code, number))
    return data ? await this.#once(data, (number) => this.#add(data, compiled, number)) : compiled
  }

  /** Sends what is not known there. */
  async #once(
    what: RewrittenCode | ModuleData,
    send: (number: number) => Promise<void>,
  ): Promise<number> {
    let known = this.#known.get(what)
    if (!known) {
      const number = ++this.#lastNumber
      known = { number, ready: send(number) }
      this.#known.set(what, known)
      this.#unknown.register(what, number)
      // What failed may be asked for again.
      known.ready.catch(() => this.#known.delete(what))
    }
    await known.ready
    return known.number
  }

  /** For a body that begins; it hears of everything from a later turn on. */
  start(spec: CellSpec, body: FarBody): CellLine {
    const number = ++this.#lastNumber
    if (this.#lost === undefined) {
      this.#cells.set(number, body)
      this.#say({ kind: 'start', number, spec })
      this.#keep()
    } else {
      const cause = this.#lost
      queueMicrotask(() => body.lose(cause))
    }
    return {
      drained: async () => await this.#line.drained(),
      say: (order) => this.#say({ ...order, number } as Order),
    }
  }

  /** Hears the host. */
  receive(bytes: Uint8Array): void {
    if (this.#lost !== undefined) return
    try {
      this.#reader.push(bytes)
    } catch (thrown) {
      if (!(thrown instanceof Breach)) throw thrown
      this.#log.error('cell host broke the protocol', { cause: `it ${thrown.message}` })
      this.end(`broke the protocol: it ${thrown.message}`)
    }
  }

  /** Ends the host and all its cells. `cause` follows “its host process ”. */
  end(cause: string): void {
    this.lose(cause)
    this.#line.kill()
  }

  /** The host is gone. */
  lose(cause: string): void {
    if (this.#lost !== undefined) return
    this.#lost = cause
    if (this.#cells.size > 0) {
      this.#log.error('cell host ended with its cells', { cells: this.#cells.size, cause })
    }
    for (const { reject } of this.#compiling.values()) reject(notCompiled(cause))
    this.#compiling.clear()
    for (const place of this.#places) place.leave()
    const bodies = [...this.#cells.values()]
    this.#cells.clear()
    for (const body of bodies) body.lose(cause)
    this.#keep()
  }

  #say(order: Order): void {
    if (this.#lost === undefined) this.#line.send(encodeOrder(order))
  }

  async #compile(code: RewrittenCode, number: number): Promise<void> {
    if (this.#lost !== undefined) throw notCompiled(this.#lost)
    const done = new Promise<void>((resolve, reject) => {
      this.#compiling.set(number, { resolve, reject })
    })
    this.#keep()
    const { shape, modules } = splitProgram(code.program)
    for (const bytes of [code.original, ...modules]) await this.#sendParts(number, bytes)
    this.#say({ kind: 'program', number, originalBytes: code.original.length, shape })
    await done
  }

  async #add(data: ModuleData, program: number, number: number): Promise<void> {
    const { minPages, segments, bytes } = data
    await this.#sendParts(number, bytes)
    this.#say({ kind: 'data', number, program, minPages, segments })
  }

  // What others say goes between.
  async #sendParts(number: number, bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length && this.#lost === undefined;) {
      const part = bytes.subarray(at, at + FENCE_LIMITS.partBytes)
      at += part.length
      if (!this.#line.send(encodeOrder({ kind: 'part', number, bytes: part }))) {
        await this.#line.drained()
      }
    }
  }

  #hear(frame: Frame): void {
    if (this.#lost !== undefined) return
    const report = decodeReport(frame)
    switch (report.kind) {
      case 'up':
        if (this.#isUp) throw new Breach('came up twice')
        this.#isUp = true
        return
      case 'compiled':
        this.#settle(report.number).resolve()
        return
      case 'refused': {
        const { kind, code, message } = report.refusal
        const reason = kind ? new WwError(kind, code, message) : new Malformed(code, message)
        this.#settle(report.number).reject(reason)
        return
      }
      case 'askPlace':
        this.#placeOf(report.number).ask()
        return
      case 'givePlace':
        this.#placeOf(report.number).giveBack()
        return
      case 'started':
      case 'notStarted':
      case 'bytes':
      case 'end':
      case 'closed':
      case 'credit':
      case 'question':
      case 'gauges':
      case 'ending':
      case 'ended':
        this.#hearCell(report)
    }
  }

  #hearCell(report: CellReport): void {
    const body = this.#cells.get(report.number)
    if (!body) throw new Breach(`spoke of cell ${report.number}, which is not there`)
    const isLast = report.kind === 'ended' || report.kind === 'notStarted'
    if (isLast) this.#cells.delete(report.number)
    body.hear(report)
    if (!isLast) return
    if (report.kind === 'ended' && report.end.isLeftBehind) {
      this.#isSick = true
      this.#log.error('cell thread does not end', { cell: body.name })
    }
    if (this.#isSick && this.#cells.size === 0) this.end('had a thread that does not end')
    this.#keep()
  }

  #place(turns: TurnDesk, number: number): FarPlace {
    return new FarPlace(turns, {
      lend: () => this.#say({ kind: 'lend', number }),
      recall: () => this.#say({ kind: 'recall', number }),
      drained: async () => await this.#line.drained(),
    })
  }

  #placeOf(number: number): FarPlace {
    const place = this.#places[number]
    if (!place) throw new Breach(`spoke of place ${number}, which there is not`)
    return place
  }

  #settle(number: number): Compiling {
    const compiling = this.#compiling.get(number)
    if (!compiling) throw new Breach(`spoke of program ${number}, which it was not given`)
    this.#compiling.delete(number)
    this.#keep()
    return compiling
  }

  #keep(): void {
    this.#line.keepAlive(this.#cells.size + this.#compiling.size > 0)
  }
}

function notCompiled(cause: string): Malformed {
  const sentence = `it could not be compiled: its host process ${cause}`
  return new Malformed('PROGRAM_NOT_COMPILED', sentence)
}
