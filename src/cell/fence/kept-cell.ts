// One cell inside a cell host, and what the node is told of it.
//
// Invariants
//  - Bytes go to the node as far as it gave credit; at the end all that are left. What cannot go yet
//    stays in the cell's pipes, but for the piece of the data stream that was being delivered.
//  - Credit for bytes from the node is given when the cell's pipe has taken them.
//  - The last word is `notStarted` or `ended`, and there is one.

import { messageOf, WwError } from '../../base/index.ts'
import type { ByteReader } from '../../base/index.ts'
import type { Gauges } from '../body.ts'
import type { AnswerFiles } from '../files.ts'
import type { HostedCell } from '../hosted-cell.ts'
import type { FileAnswer } from '../mailbox.ts'
import type { CellExit } from '../protocol.ts'
import { windowOf } from './limits.ts'
import type { InPipe, Order, OutPipe, Report } from './message.ts'

type WithoutNumber<T> = T extends unknown ? Omit<T, 'number'> : never
type Say = (report: WithoutNumber<Extract<Report, { readonly number: number }>>) => void

type CellOrder = Extract<
  Order,
  { readonly kind: 'kill' | 'bytes' | 'end' | 'closed' | 'credit' | 'answer' }
>

const ABORTED = new WwError(
  'disconnected',
  'LINK_ABORTED',
  'The node does not want the stream any more',
)

const NOTHING: Gauges = { fuel: 0, memoryBytes: 0, handles: 0, tableEntries: 0 }

/** @param meet is given the cell before it has started */
type StartCell = (
  answer: AnswerFiles,
  signal: AbortSignal,
  meet: (cell: HostedCell) => void,
) => Promise<HostedCell>

export class KeptCell {
  /** Resolves behind the last word. */
  readonly over: Promise<void>
  readonly #say: Say
  readonly #killed = new AbortController()
  readonly #credit: Record<OutPipe, number> = {
    dataOut: windowOf('dataOut'),
    stdout: windowOf('stdout'),
    stderr: windowOf('stderr'),
  }
  readonly #owed: Record<InPipe, number> = { dataIn: 0, stdin: 0 }
  /** Wakes whoever waits for credit. */
  #granted: (() => void)[] = []
  /** Of the data stream: delivered to us, and not yet to the node. */
  #rest: Uint8Array | undefined
  #cell: HostedCell | undefined
  #answered: ((answer: FileAnswer) => void) | undefined
  #told = ''
  readonly #unread = new Set<InPipe>()
  #isOver = false

  /** @param start gives the cell to `meet` before it has started */
  constructor(start: StartCell, name: string, say: Say) {
    this.#say = (report) => {
      if (!this.#isOver) say(report)
    }
    const answer: AnswerFiles = (question) =>
      new Promise((resolve) => {
        this.#answered = resolve
        this.#say({ kind: 'question', question })
      })
    const meet = (cell: HostedCell) => void (this.#cell = cell)
    this.over = this.#run(start(answer, this.#killed.signal, meet), name)
  }

  obey(order: CellOrder): void {
    switch (order.kind) {
      case 'kill':
        // If it has not started, this is what stops it.
        this.#killed.abort()
        void this.#cell?.kill()
        return
      case 'bytes':
        this.#take(order.pipe, order.bytes)
        return
      case 'end':
        if (order.pipe === 'dataIn') this.#cell?.data.close()
        else this.#cell?.stdin.close()
        return
      case 'closed':
        this.#close(order.pipe)
        return
      case 'credit':
        this.#credit[order.pipe] += order.count
        this.#wake()
        return
      case 'answer':
        this.#answered?.(order.answer)
        this.#answered = undefined
    }
  }

  /** @returns whether there was something new to tell */
  tellGauges(): boolean {
    if (!this.#cell) return false
    const gauges = gaugesOf(this.#cell)
    const told = Object.values(gauges).join(' ')
    if (told === this.#told) return false
    this.#told = told
    this.#say({ kind: 'gauges', gauges })
    return true
  }

  async #run(starting: Promise<HostedCell>, name: string): Promise<void> {
    let cell: HostedCell
    try {
      cell = await starting
    } catch (thrown) {
      return this.#failed(thrown, name)
    }
    this.#say({ kind: 'started' })
    const data = this.#deliverData(cell)
    const outputs = [this.#pull('stdout', cell.stdout), this.#pull('stderr', cell.stderr)]
    const exit = await cell.exited
    this.#say({ kind: 'ending' })
    for (const pipe of ['dataOut', 'stdout', 'stderr'] as const) this.#credit[pipe] = Infinity
    this.#wake()
    cell.data.resume()
    await Promise.all([data, ...outputs])
    this.#sayEnded(exit)
  }

  #sayEnded(exit: CellExit): void {
    const cell = this.#cell
    const gauges = cell ? gaugesOf(cell) : NOTHING
    this.#say({ kind: 'ended', end: { exit, gauges, isLeftBehind: cell?.isLeftBehind === true } })
    this.#isOver = true
  }

  #failed(thrown: unknown, name: string): void {
    if (this.#killed.signal.aborted) return this.#sayEnded({ kind: 'killed', code: 137 })
    const beginning = `Cannot start cell ${name}: `
    const sentence = messageOf(thrown)
    const cause = sentence.startsWith(beginning) ? sentence.slice(beginning.length) : sentence
    this.#say({ kind: 'notStarted', cause })
    this.#isOver = true
  }

  /** Resolves at the end of the stream. */
  async #deliverData({ data }: HostedCell): Promise<void> {
    const reason = await new Promise<WwError | undefined>((resolve) => {
      data.open({
        chunk: (chunk) => this.#deliver(chunk),
        drained: () => this.#giveBack('dataIn', 0, true),
        ended: resolve,
      })
    })
    while (this.#rest) await this.#whenGranted()
    if (data.isUnread) this.#tellUnread('dataIn')
    // Else how the cell ended says why there is no more.
    if (!reason) this.#say({ kind: 'end', pipe: 'dataOut' })
  }

  /** Once. */
  #tellUnread(pipe: InPipe): void {
    if (this.#unread.has(pipe)) return
    this.#unread.add(pipe)
    this.#say({ kind: 'closed', pipe })
  }

  #deliver(chunk: Uint8Array): void {
    const count = this.#rest ? 0 : Math.min(chunk.length, this.#credit.dataOut)
    if (count > 0) this.#pass('dataOut', chunk.subarray(0, count))
    if (count === chunk.length) return
    // The chunk is lent. There is one such piece: the stream is paused while it is here.
    this.#rest = Buffer.concat([this.#rest ?? Buffer.alloc(0), chunk.subarray(count)])
    this.#cell?.data.pause()
  }

  #passRest(): void {
    const rest = this.#rest
    if (!rest) return
    const count = Math.min(rest.length, this.#credit.dataOut)
    if (count > 0) this.#pass('dataOut', rest.subarray(0, count))
    this.#rest = count < rest.length ? rest.subarray(count) : undefined
    if (!this.#rest) this.#cell?.data.resume()
  }

  /** Resolves at the end of the pipe. */
  async #pull(pipe: OutPipe, reader: ByteReader): Promise<void> {
    for (;;) {
      while (this.#credit[pipe] === 0) await this.#whenGranted()
      const bytes = await reader.read(Math.min(this.#credit[pipe], windowOf(pipe)))
      if (bytes.length === 0) break
      this.#pass(pipe, bytes)
    }
    this.#say({ kind: 'end', pipe })
  }

  #pass(pipe: OutPipe, bytes: Uint8Array): void {
    this.#credit[pipe] -= bytes.length
    this.#say({ kind: 'bytes', pipe, bytes })
  }

  #take(pipe: InPipe, bytes: Uint8Array): void {
    if (!this.#cell) return
    if (pipe === 'dataIn') {
      const hasRoom = this.#cell.data.send([bytes])
      this.#giveBack(pipe, bytes.length, hasRoom)
      if (this.#cell.data.isUnread) this.#tellUnread(pipe)
      return
    }
    this.#cell.stdin.write(bytes).then(
      () => this.#giveBack(pipe, bytes.length, true),
      () => this.#tellUnread(pipe),
    )
  }

  /** @param isTaken by the cell's own pipe, and all before it */
  #giveBack(pipe: InPipe, count: number, isTaken: boolean): void {
    this.#owed[pipe] += count
    if (!isTaken || this.#owed[pipe] < windowOf(pipe) / 2) return
    this.#say({ kind: 'credit', pipe, count: this.#owed[pipe] })
    this.#owed[pipe] = 0
  }

  #close(pipe: OutPipe): void {
    switch (pipe) {
      case 'dataOut':
        this.#cell?.data.abort(ABORTED)
        this.#rest = undefined
        return
      case 'stdout':
      case 'stderr':
        this.#cell?.[pipe].close()
        this.#credit[pipe] = Infinity
        this.#wake()
    }
  }

  #whenGranted(): Promise<void> {
    return new Promise((resolve) => this.#granted.push(resolve))
  }

  #wake(): void {
    this.#passRest()
    for (const wake of this.#granted.splice(0)) wake()
  }
}

function gaugesOf({ usage }: HostedCell): Gauges {
  const { fuel, memoryBytes, handles, tableEntries } = usage
  return { fuel, memoryBytes, handles, tableEntries }
}
