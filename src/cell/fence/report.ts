// Reports as frames. They may come from an enemy, so they are refused unless they are exactly what a
// report can be.

import { EMPTY_BYTES, ERROR_KINDS } from '../../base/index.ts'
import type { Gauges } from '../body.ts'
import { LIMIT_NAMES } from '../limits.ts'
import type { CellExit } from '../protocol.ts'
import {
  decodeCount,
  decodeJson,
  encodeCount,
  encodeJson,
  encodeMessage,
  inPipe,
  outPipe,
  viewOf,
} from './encoding.ts'
import { decodeQuestion, encodeQuestion } from './file-encoding.ts'
import { Breach } from './frame.ts'
import type { Frame } from './frame.ts'
import { FENCE_LIMITS } from './limits.ts'
import type { CellEnd, Refusal, Report } from './message.ts'

const REPORTS = [
  'up',
  'compiled',
  'refused',
  'started',
  'notStarted',
  'bytes',
  'end',
  'closed',
  'credit',
  'question',
  'gauges',
  'ending',
  'ended',
  'askPlace',
  'givePlace',
] as const satisfies readonly Report['kind'][]

export function encodeReport(report: Report): Uint8Array {
  return encodeMessage(REPORTS.indexOf(report.kind), report, reportBody(report))
}

function reportBody(report: Report): Uint8Array {
  switch (report.kind) {
    case 'bytes':
      return report.bytes
    case 'credit':
      return encodeCount(report.count)
    case 'question':
      return encodeQuestion(report.question)
    case 'gauges':
      return encodeGauges(report.gauges)
    case 'refused':
      return encodeJson({ ...report.refusal, message: cut(report.refusal.message) })
    case 'notStarted':
      return encodeJson(cut(report.cause))
    case 'ended': {
      const { exit, gauges, isLeftBehind } = report.end
      const told = 'message' in exit ? { ...exit, message: cut(exit.message) } : exit
      return encodeJson([told, numbersOf(gauges), isLeftBehind])
    }
    case 'up':
    case 'compiled':
    case 'started':
    case 'end':
    case 'closed':
    case 'ending':
    case 'askPlace':
    case 'givePlace':
      return EMPTY_BYTES
  }
}

/** @throws {Breach} */
export function decodeReport({ kind, number, pipe, body }: Frame): Report {
  const name = REPORTS[kind]
  if (name === undefined) throw new Breach(`sent a message of unknown kind ${kind}`)
  switch (name) {
    case 'up':
      requireNothing(body)
      return { kind: name }
    case 'compiled':
    case 'started':
    case 'ending':
    case 'askPlace':
    case 'givePlace':
      requireNothing(body)
      return { kind: name, number }
    case 'refused':
      return { kind: name, number, refusal: refusalFrom(decodeJson(body)) }
    case 'notStarted':
      return { kind: name, number, cause: sentenceFrom(decodeJson(body)) }
    case 'bytes':
      return { kind: name, number, pipe: outPipe(pipe), bytes: body }
    case 'end':
      requireNothing(body)
      return { kind: name, number, pipe: outPipe(pipe) }
    case 'closed':
      requireNothing(body)
      return { kind: name, number, pipe: inPipe(pipe) }
    case 'credit':
      return { kind: name, number, pipe: inPipe(pipe), count: decodeCount(body) }
    case 'question':
      return { kind: name, number, question: decodeQuestion(body) }
    case 'gauges':
      return { kind: name, number, gauges: decodeGauges(body) }
    case 'ended':
      return { kind: name, number, end: endFrom(decodeJson(body)) }
  }
}

function requireNothing(body: Uint8Array): void {
  if (body.length > 0) throw new Breach(`said ${body.length} bytes where there is nothing to say`)
}

const GAUGES = [
  'fuel',
  'memoryBytes',
  'handles',
  'tableEntries',
] as const satisfies readonly (keyof Gauges)[]

function numbersOf(gauges: Gauges): number[] {
  return GAUGES.map((name) => gauges[name])
}

function gaugesFrom(numbers: readonly unknown[]): Gauges {
  const isGood = (value: unknown) => Number.isFinite(value) && (value as number) >= 0
  if (numbers.length !== GAUGES.length || !numbers.every(isGood)) {
    throw new Breach('said that a cell uses what nothing can use')
  }
  return Object.fromEntries(GAUGES.map((name, i) => [name, numbers[i]])) as unknown as Gauges
}

function encodeGauges(gauges: Gauges): Uint8Array {
  return new Uint8Array(Float64Array.from(numbersOf(gauges)).buffer)
}

function decodeGauges(body: Uint8Array): Gauges {
  const view = viewOf(body)
  const count = body.length / Float64Array.BYTES_PER_ELEMENT
  if (count !== GAUGES.length) throw new Breach('sent gauges of a wrong size')
  return gaugesFrom(GAUGES.map((_, i) => view.getFloat64(i * Float64Array.BYTES_PER_ELEMENT, true)))
}

function refusalFrom(value: unknown): Refusal {
  const { kind, code, message } = objectFrom(value)
  if (typeof code !== 'string' || !/^[A-Z_]{1,64}$/.test(code)) {
    throw new Breach('refused a program for no reason')
  }
  const known = ERROR_KINDS.find((name) => name === kind)
  return { ...(known ? { kind: known } : {}), code, message: sentenceFrom(message) }
}

function endFrom(value: unknown): CellEnd {
  if (!Array.isArray(value) || value.length !== 3 || !Array.isArray(value[1])) {
    throw new Breach('said of a cell that it ended, but not how')
  }
  const [exit, numbers, isLeftBehind] = value as [unknown, unknown[], unknown]
  const gauges = gaugesFrom(numbers)
  return { exit: exitFrom(exit), gauges, isLeftBehind: isLeftBehind === true }
}

function exitFrom(value: unknown): CellExit {
  const { kind, code, limit, message } = objectFrom(value)
  switch (kind) {
    case 'exited':
      if (Number.isSafeInteger(code)) return { kind, code: code as number }
      break
    case 'trapped':
      return { kind, code: 134, message: sentenceFrom(message) }
    case 'limited': {
      const known = LIMIT_NAMES.find((name) => name === limit)
      if (known) return { kind, code: 137, limit: known, message: sentenceFrom(message) }
      break
    }
    case 'killed':
      return { kind, code: 137 }
  }
  throw new Breach('said of a cell that it ended in a way that there is not')
}

function sentenceFrom(value: unknown): string {
  if (typeof value === 'string' && value.length <= FENCE_LIMITS.sentence) return value
  throw new Breach('said something that is no sentence')
}

function cut(sentence: string): string {
  return sentence.slice(0, FENCE_LIMITS.sentence)
}

function objectFrom(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  throw new Breach('said something that has no parts')
}
