// Inside a cell host: does what the node orders, with cells in threads of this process.
//
// Invariants
//  - It holds what it was sent: programs by number, cells by number, and the way to the node.
//  - It believes its node, and keeps the promises that the node checks: credit, order, one end.

import { messageOf, silentLog, WwError } from '../../base/index.ts'
import type { Log } from '../../base/index.ts'
import { spawnHere } from '../cell.ts'
import { CompileQueue } from '../compile-queue.ts'
import { Malformed } from '../malformed.ts'
import type { ModuleData } from '../module/data.ts'
import { ThreadPool } from '../pool.ts'
import type { RewrittenCode } from '../program.ts'
import type { ProgramCode } from '../protocol.ts'
import { joinProgram } from '../rewritten-format.ts'
import { TurnDesk } from '../turn-desk.ts'
import { Turns } from '../turns.ts'
import { FrameReader } from './frame.ts'
import { KeptCell } from './kept-cell.ts'
import { LentPlaces } from './lent-places.ts'
import { FENCE_LIMITS } from './limits.ts'
import type { Order, Refusal, Report } from './message.ts'
import { decodeOrder } from './order.ts'
import { encodeReport } from './report.ts'

interface Computing {
  readonly places: LentPlaces
  readonly turns: TurnDesk
}

interface Kept {
  readonly code: ProgramCode
  readonly data?: ModuleData
}

const NO_STORE = { cacheDirectory: undefined, cacheBytes: 0 }

export class Keeper {
  readonly #send: (bytes: Uint8Array) => void
  readonly #log: Log
  readonly #queue: CompileQueue
  readonly #reader = new FrameReader(FENCE_LIMITS.orderBytes, (frame) => {
    this.#obey(decodeOrder(frame))
  })
  readonly #parts = new Map<number, Uint8Array[]>()
  readonly #programs = new Map<number, Kept>()
  readonly #cells = new Map<number, KeptCell>()
  #pool: ThreadPool | undefined
  #computing: Computing | undefined
  #gauges: NodeJS.Timeout | undefined

  /** @param send to the node */
  constructor(send: (bytes: Uint8Array) => void, log: Log) {
    this.#send = send
    this.#log = log
    this.#queue = new CompileQueue(NO_STORE, log)
    this.#say({ kind: 'up' })
  }

  /** Hears the node. */
  receive(bytes: Uint8Array): void {
    this.#reader.push(bytes)
  }

  #say(report: Report): void {
    this.#send(encodeReport(report))
  }

  #obey(order: Order): void {
    switch (order.kind) {
      case 'setup':
        this.#setUp(order)
        return
      case 'prepare':
        this.#pool?.prepare()
        this.#queue.prepare()
        return
      case 'part': {
        const parts = this.#parts.get(order.number)
        if (parts) parts.push(order.bytes)
        else this.#parts.set(order.number, [order.bytes])
        return
      }
      case 'program':
        void this.#compile(order)
        return
      case 'data':
        this.#add(order)
        return
      case 'forget':
        this.#programs.delete(order.number)
        return
      case 'start':
        this.#start(order)
        return
      case 'lend':
        this.#computing?.places.lend(order.number)
        this.#computing?.turns.recount()
        return
      case 'recall':
        this.#computing?.places.recall(order.number)
        this.#computing?.turns.recount()
        return
      case 'kill':
      case 'bytes':
      case 'end':
      case 'closed':
      case 'credit':
      case 'answer':
        // It may have ended before the node knew.
        this.#cells.get(order.number)?.obey(order)
    }
  }

  #setUp({ pool, places: most }: Extract<Order, { readonly kind: 'setup' }>): void {
    this.#pool = new ThreadPool({ log: this.#log, limits: pool })
    const places = new LentPlaces(most, {
      ask: (number) => this.#say({ kind: 'askPlace', number }),
      giveBack: (number) => this.#say({ kind: 'givePlace', number }),
    })
    this.#computing = { places, turns: new TurnDesk(new Turns(places)) }
  }

  async #compile({
    number,
    originalBytes,
    shape,
  }: Extract<Order, { readonly kind: 'program' }>): Promise<void> {
    const bytes = this.#whole(number)
    const code: RewrittenCode = {
      kind: 'rewritten',
      program: joinProgram(shape, bytes.subarray(originalBytes)),
      original: bytes.subarray(0, originalBytes),
    }
    try {
      const digest = `program ${number}`
      const done = await this.#queue.compile({ kind: 'compile', code, digest })
      if (done.code.kind === 'rewritten') return
      this.#programs.set(number, { code: done.code })
      this.#say({ kind: 'compiled', number })
    } catch (thrown) {
      this.#say({ kind: 'refused', number, refusal: refusalOf(thrown) })
    }
  }

  /** Its code is there: the node sends what belongs to it then. */
  #add({ number, program, minPages, segments }: Extract<Order, { readonly kind: 'data' }>): void {
    const whole = this.#whole(number)
    const known = this.#programs.get(program)
    if (!known) return
    const bytes = new Uint8Array(new SharedArrayBuffer(whole.length))
    bytes.set(whole)
    this.#programs.set(number, { code: known.code, data: { minPages, segments, bytes } })
  }

  /** What its parts make; they are kept no longer. */
  #whole(number: number): Uint8Array {
    const bytes = new Uint8Array(Buffer.concat(this.#parts.get(number) ?? []))
    this.#parts.delete(number)
    return bytes
  }

  #start({ number, spec }: Extract<Order, { readonly kind: 'start' }>): void {
    const kept = this.#programs.get(spec.program)
    if (!kept) {
      const cause = 'its program is not there'
      return this.#say({ kind: 'notStarted', number, cause })
    }
    const { name, args, env, terminals, limits } = spec
    const cell = new KeptCell(
      async (answer, signal, meet) =>
        await spawnHere(
          {
            program: { name, digest: '', size: 0, ...kept },
            name,
            args,
            env,
            terminals,
            // The node counts these.
            limits: {
              ...limits,
              wallMs: Infinity,
              outputBytes: Infinity,
              outputBytesPerSecond: Infinity,
            },
            threads: this.#pool,
            turns: this.#computing?.turns,
            // How it ended is for the node to tell.
            log: silentLog,
            signal,
          },
          answer,
          meet,
        ),
      name,
      (report) => this.#say({ ...report, number } as Report),
    )
    this.#cells.set(number, cell)
    this.#watch(FENCE_LIMITS.gaugesMs)
    void cell.over.then(() => this.#cells.delete(number))
  }

  /** Looks what cells use: often while that changes. */
  #watch(ms: number): void {
    clearTimeout(this.#gauges)
    this.#gauges = setTimeout(() => {
      let isChanged = false
      for (const cell of this.#cells.values()) isChanged = cell.tellGauges() || isChanged
      const { gaugesMs, quietGaugesMs } = FENCE_LIMITS
      if (this.#cells.size > 0) this.#watch(isChanged ? gaugesMs : quietGaugesMs)
    }, ms).unref()
  }
}

function refusalOf(thrown: unknown): Refusal {
  if (thrown instanceof Malformed) return { code: thrown.code, message: thrown.message }
  if (thrown instanceof WwError) {
    return { kind: thrown.kind, code: thrown.code, message: thrown.message }
  }
  return { code: 'PROGRAM_NOT_COMPILED', message: `it could not be compiled: ${messageOf(thrown)}` }
}
