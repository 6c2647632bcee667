// Orders as frames. A host believes its node.

import { EMPTY_BYTES } from '../../base/index.ts'
import type { PoolLimits } from '../limits.ts'
import type { Segment } from '../module/data.ts'
import type { ProgramShape } from '../rewritten-format.ts'
import {
  decodeCount,
  decodeJson,
  encodeCount,
  encodeJson,
  encodeMessage,
  inPipe,
  outPipe,
} from './encoding.ts'
import { decodeAnswer, encodeAnswer } from './file-encoding.ts'
import { Breach } from './frame.ts'
import type { Frame } from './frame.ts'
import type { CellSpec, Order } from './message.ts'

const ORDERS = [
  'setup',
  'prepare',
  'part',
  'program',
  'forget',
  'start',
  'kill',
  'bytes',
  'end',
  'closed',
  'credit',
  'answer',
  'data',
  'lend',
  'recall',
] as const satisfies readonly Order['kind'][]

export function encodeOrder(order: Order): Uint8Array {
  return encodeMessage(ORDERS.indexOf(order.kind), order, orderBody(order))
}

function orderBody(order: Order): Uint8Array {
  switch (order.kind) {
    case 'part':
    case 'bytes':
      return order.bytes
    case 'credit':
      return encodeCount(order.count)
    case 'answer':
      return encodeAnswer(order.answer)
    case 'setup':
      return encodeJson([order.places, order.pool])
    case 'program':
      return encodeJson([order.originalBytes, order.shape])
    case 'data':
      return encodeJson([order.program, order.minPages, order.segments])
    case 'start':
      return encodeJson(order.spec)
    case 'prepare':
    case 'forget':
    case 'kill':
    case 'end':
    case 'closed':
    case 'lend':
    case 'recall':
      return EMPTY_BYTES
  }
}

export function decodeOrder({ kind, number, pipe, body }: Frame): Order {
  const name = ORDERS[kind]
  if (name === undefined) throw new Breach(`sent a message of unknown kind ${kind}`)
  switch (name) {
    case 'prepare':
      return { kind: name }
    case 'setup': {
      const [places, pool] = decodeJson(body) as [number, Partial<PoolLimits>]
      return { kind: name, pool: numbers(pool), places }
    }
    case 'part':
      // Kept until the program is whole. Not `slice`: a Buffer's does not copy.
      return { kind: name, number, bytes: new Uint8Array(body) }
    case 'program': {
      const [originalBytes, shape] = decodeJson(body) as [number, ProgramShape]
      return { kind: name, number, originalBytes, shape }
    }
    case 'data': {
      const [program, minPages, segments] = decodeJson(body) as [number, number, Segment[]]
      return { kind: name, number, program, minPages, segments }
    }
    case 'start': {
      const spec = decodeJson(body) as CellSpec
      return { kind: name, number, spec: { ...spec, limits: numbers(spec.limits) } }
    }
    case 'forget':
    case 'kill':
    case 'lend':
    case 'recall':
      return { kind: name, number }
    case 'bytes':
      return { kind: name, number, pipe: inPipe(pipe), bytes: body }
    case 'end':
      return { kind: name, number, pipe: inPipe(pipe) }
    case 'closed':
      return { kind: name, number, pipe: outPipe(pipe) }
    case 'credit':
      return { kind: name, number, pipe: outPipe(pipe), count: decodeCount(body) }
    case 'answer':
      return { kind: name, number, answer: decodeAnswer(body) }
  }
}

/** Numbers that went through JSON, where Infinity is null. */
function numbers<T>(record: T): T {
  const entries = Object.entries(record as Record<string, number | null>)
  return Object.fromEntries(entries.map(([key, value]) => [key, value ?? Infinity])) as T
}
