// A cell in a cell host, as this process knows it.
//
// Invariants
//  - What the host reports of it counts as far as it is possible: pipes within their credit, one
//    question at a time, nothing twice, nothing behind its end. Otherwise the host has broken the
//    protocol. So whatever it says costs it credit, an answer, or its turn; and an answer waits until
//    it reads.
//  - It ends with its host, if not before.

import type { BodyListener, CellBody, Ending, Gauges } from '../body.ts'
import type { AnswerFiles } from '../files.ts'
import type { FileQuestion } from '../mailbox.ts'
import { FarSource, FarTarget } from './far-pipe.ts'
import type { CellLine, Fence } from './fence.ts'
import { Breach } from './frame.ts'
import { FENCE_LIMITS, windowOf } from './limits.ts'
import { LocalBell } from './local-bell.ts'
import type { CellSpec, InPipe, OutPipe, Report } from './message.ts'

const NOTHING: Gauges = { fuel: 0, memoryBytes: 0, handles: 0, tableEntries: 0 }

/** What is said of one cell. */
export type CellReport = Exclude<
  Report,
  { readonly kind: 'up' | 'compiled' | 'refused' | 'askPlace' | 'givePlace' }
>

export class FarBody implements CellBody {
  readonly dataIn = this.#target('dataIn')
  readonly dataOut = this.#source('dataOut')
  readonly stdin = this.#target('stdin')
  readonly stdout = this.#source('stdout')
  readonly stderr = this.#source('stderr')
  readonly bell = new LocalBell()
  readonly #fence: Fence
  readonly #spec: CellSpec
  readonly #answer: AnswerFiles
  #gauges = NOTHING
  #listener: BodyListener | undefined
  #line: CellLine | undefined
  #gaugesTold = 0
  readonly #beganMs = performance.now()
  #isAsking = false
  #isEnding = false
  #isStopping = false

  /** @param answer for its questions about files */
  constructor(fence: Fence, spec: CellSpec, answer: AnswerFiles) {
    this.#fence = fence
    this.#spec = spec
    this.#answer = answer
  }

  get name(): string {
    return this.#spec.name
  }

  get gauges(): Gauges {
    return this.#gauges
  }

  begin(listener: BodyListener): void {
    this.#listener = listener
    this.#line = this.#fence.start(this.#spec, this)
  }

  turn(): void {}

  look(): void {}

  async stop(ending: Ending): Promise<boolean> {
    this.#isStopping = true
    this.#line?.say({ kind: 'kill' })
    if (await ending.goneWithin(FENCE_LIMITS.stopMs)) return true
    // All of it goes, and this with it.
    this.#fence.end(`did not end a cell within ${FENCE_LIMITS.stopMs} ms`)
    return await ending.goneWithin(0)
  }

  close(): void {
    for (const source of [this.dataOut, this.stdout, this.stderr]) source.end()
    for (const target of [this.dataIn, this.stdin]) target.closeForReader()
    this.#line = undefined
  }

  /** @throws {Breach} */
  hear(report: CellReport): void {
    switch (report.kind) {
      case 'bytes':
        if (report.bytes.length === 0) throw new Breach('wrote nothing to a pipe')
        this[report.pipe].receive(report.bytes)
        break
      case 'end':
        if (this[report.pipe].writerClosed) throw new Breach('ended a pipe twice')
        this[report.pipe].end()
        break
      case 'closed':
        if (this[report.pipe].readerClosed) throw new Breach('closed a pipe twice')
        this[report.pipe].closeForReader()
        break
      case 'credit':
        if (report.count === 0) throw new Breach('gave no credit')
        this[report.pipe].grant(report.count)
        break
      case 'question':
        if (this.#isAsking) throw new Breach('asked a question before the last was answered')
        void this.#ask(report.question)
        return
      case 'gauges':
        this.#countGauges()
        this.#gauges = report.gauges
        return
      case 'ending':
        if (this.#isEnding) throw new Breach('ended a cell twice')
        this.#isEnding = true
        for (const source of [this.dataOut, this.stdout, this.stderr]) source.expectRest()
        return
      case 'started':
        this.#listener?.hear({ kind: 'started' })
        return
      case 'notStarted':
        this.#listener?.hear({ kind: 'refused', cause: report.cause })
        this.#listener?.end()
        return
      case 'ended': {
        const { exit, gauges } = report.end
        this.#gauges = gauges
        this.#listener?.hear({ kind: 'ended', exit, fuelUsed: gauges.fuel })
        this.#listener?.end()
        return
      }
    }
    this.bell.ring()
  }

  /** Its host is gone. `cause` follows “its host process ”. */
  lose(cause: string): void {
    if (!this.#isStopping) this.#listener?.fail(new Error(`its host process ${cause}`))
    this.#listener?.end()
  }

  /** They cost no credit, so they are told no faster than twice as often as they are due. */
  #countGauges(): void {
    const dueMs = FENCE_LIMITS.gaugesMs / 2
    const due = (performance.now() - this.#beganMs) / dueMs
    if (++this.#gaugesTold > due + FENCE_LIMITS.gaugesAtOnce) {
      throw new Breach('said without pause what a cell uses')
    }
  }

  async #ask(question: FileQuestion): Promise<void> {
    this.#isAsking = true
    // Who does not read its answers gets no more of them.
    await this.#line?.drained()
    const answer = await this.#answer(question)
    this.#isAsking = false
    this.#line?.say({ kind: 'answer', answer })
  }

  #target(pipe: InPipe): FarTarget {
    return new FarTarget(windowOf(pipe), {
      bytes: (bytes) => this.#line?.say({ kind: 'bytes', pipe, bytes }),
      end: () => this.#line?.say({ kind: 'end', pipe }),
    })
  }

  #source(pipe: OutPipe): FarSource {
    return new FarSource(windowOf(pipe), {
      credit: (count) => this.#line?.say({ kind: 'credit', pipe, count }),
      closed: () => this.#line?.say({ kind: 'closed', pipe }),
    })
  }
}
