// The inspector: the messages of a connection, a readable line each.
//
//   -> call 1 Node.give on import 0 [export 0] 120 bytes
//   <- return 1 Node.give results [export 0] 88 bytes
//
// Invariants
//  - Ids are named from this side: what the peer calls its export is `import` here, in both directions.
//  - Nothing of a call's content is in a line, nor what an error says: only kinds, ids, sizes, and
//    the names that the schemas handed in give them.
//  - A line has at most MAX_LINE characters, and any message at all makes one.
//  - Of a connection nothing is kept but the names of calls that are not finished.

import type { Reader, Segment } from '../wire/index.ts'
import { getBool, getUint64, Message, readerAt, rootStruct } from '../wire/index.ts'
import type { Interface } from './client.ts'
import {
  ABORT,
  BOOTSTRAP,
  CALL,
  CAP_NONE,
  CAP_RECEIVER_ANSWER,
  CAP_RECEIVER_HOSTED,
  CAP_SENDER_HOSTED,
  CAP_SENDER_PROMISE,
  CAP_THIRD_PARTY,
  DISEMBARGO,
  FINISH,
  listAt,
  readException,
  readPath,
  RECEIVER_LOOPBACK,
  RELEASE,
  RESOLVE,
  RESOLVE_CAP,
  RETURN,
  RETURN_CANCELED,
  RETURN_EXCEPTION,
  RETURN_RESULTS,
  RETURN_SENT_ELSEWHERE,
  RETURN_TAKE_FROM_OTHER,
  SENDER_LOOPBACK,
  TARGET_ANSWER,
  TARGET_IMPORT,
  TO_YOURSELF,
  u16,
  u32,
  UNIMPLEMENTED,
} from './protocol.ts'

export type Direction = 'sent' | 'received'

/** Sees the messages of one connection. */
export interface Trace {
  /** The message behind `segments`, which are borrowed, is on its way. Must not throw. */
  message(direction: Direction, segments: readonly Segment[]): void
}

/** Enough for every message with a few capabilities; the rest of a line is cut off. */
const MAX_LINE = 240

/** Capabilities of a message that are named. */
const MAX_CAPS = 8

const NAMES = new Map([
  [UNIMPLEMENTED, 'unimplemented'],
  [ABORT, 'abort'],
  [CALL, 'call'],
  [RETURN, 'return'],
  [FINISH, 'finish'],
  [RESOLVE, 'resolve'],
  [RELEASE, 'release'],
  [BOOTSTRAP, 'bootstrap'],
  [DISEMBARGO, 'disembargo'],
])

/**
 * A trace that writes lines. Make one for each connection.
 * @param schemas generated modules, whose interfaces give ids their names
 */
export function traceLines(write: (line: string) => void, schemas: readonly object[]): Trace {
  const lines = new Lines(schemas.flatMap(interfacesIn))
  return { message: (direction, segments) => write(lines.of(direction, segments)) }
}

/** The interfaces of a generated module. */
function interfacesIn(schema: object): Interface[] {
  const found: Interface[] = []
  for (const value of Object.values(schema) as unknown[]) {
    if (typeof value === 'function' && '$interface' in value) {
      found.push(value.$interface as Interface)
    }
  }
  return found
}

class Lines {
  readonly #interfaces: ReadonlyMap<bigint, Interface>
  /** What open calls are calls of, by id: the ones this side made, and the ones it was sent. */
  readonly #calls = { sent: new Map<number, string>(), received: new Map<number, string>() }

  constructor(interfaces: readonly Interface[]) {
    this.#interfaces = new Map(interfaces.map((one) => [one.id, one]))
  }

  of(direction: Direction, segments: readonly Segment[]): string {
    const arrow = direction === 'sent' ? '->' : '<-'
    let bytes = 0
    for (const { start, end } of segments) bytes += (end - start) * 8
    let said: string
    try {
      said = this.#say(direction, new Message(segments))
    } catch {
      said = 'message that cannot be read'
    }
    const line = `${arrow} ${said}`
    const end = ` ${bytes} bytes`
    const room = MAX_LINE - end.length
    return (line.length > room ? `${line.slice(0, room - 1)}…` : line) + end
  }

  #say(direction: Direction, message: Message): string {
    const envelope = rootStruct(message)
    const tag = u16(envelope, 0)
    const name = NAMES.get(tag) ?? `message of kind ${tag}`
    const body = readerAt(envelope, 0)
    const id = u32(body, 0)
    switch (tag) {
      case BOOTSTRAP:
        this.#calls[direction].set(id, name)
        return `${name} ${id}`
      case CALL: {
        const method = this.#methodOf(getUint64(body, 8, 0n), u16(body, 4))
        this.#calls[direction].set(id, method)
        const target = targetOf(direction, readerAt(body, 0))
        const elsewhere = u16(body, 6) === TO_YOURSELF ? ' keeping its results' : ''
        return `${name} ${id} ${method} on ${target}${elsewhere}${capsOf(direction, readerAt(body, 1))}`
      }
      case RETURN:
        return `${name} ${this.#callOf(opposite(direction), id)} ${resultOf(direction, body)}`
      case FINISH: {
        const call = this.#callOf(direction, id)
        this.#calls[direction].delete(id)
        return `${name} ${call}${getBool(body, 32, true) ? '' : ' keeping its capabilities'}`
      }
      case RESOLVE: {
        const isCap = u16(body, 4) === RESOLVE_CAP
        const to = isCap ? capOf(direction, readerAt(body, 0)) : errorOf(readerAt(body, 0))
        return `${name} ${ownedBy(direction, 'sender')} ${id} to ${to}`
      }
      case RELEASE:
        return `${name} ${ownedBy(direction, 'receiver')} ${id} x${u32(body, 4)}`
      case DISEMBARGO: {
        const kind = u16(body, 4)
        const way =
          kind === SENDER_LOOPBACK
            ? 'there'
            : kind === RECEIVER_LOOPBACK
              ? 'back'
              : `of kind ${kind}`
        return `${name} ${id} ${way} by ${targetOf(direction, readerAt(body, 0))}`
      }
      case ABORT:
        return `${name} ${errorOf(body)}`
      case UNIMPLEMENTED: {
        const echoed = u16(body, 0)
        return `${name} ${NAMES.get(echoed) ?? `message of kind ${echoed}`}`
      }
      default:
        return name
    }
  }

  #methodOf(interfaceId: bigint, methodId: number): string {
    const found = this.#interfaces.get(interfaceId)
    const type = found?.name ?? `0x${interfaceId.toString(16)}`
    return `${type}.${found?.methods[methodId]?.name ?? methodId}`
  }

  /** @param asker the direction in which the call went */
  #callOf(asker: Direction, id: number): string {
    const method = this.#calls[asker].get(id)
    return method === undefined ? String(id) : `${id} ${method}`
  }
}

function opposite(direction: Direction): Direction {
  return direction === 'sent' ? 'received' : 'sent'
}

/** What this side calls a capability that the sender or the receiver of a message hosts. */
function ownedBy(direction: Direction, host: 'sender' | 'receiver'): string {
  return (direction === 'sent') === (host === 'sender') ? 'export' : 'import'
}

/** A place in the answer to a call that the receiver of the message was sent. */
function answerOf(direction: Direction, answerId: number, path: readonly number[]): string {
  return `${direction === 'sent' ? 'question' : 'answer'} ${[answerId, ...path].join('.')}`
}

function promisedOf(direction: Direction, promised: Reader): string {
  return answerOf(direction, u32(promised, 0), readPath(promised))
}

function targetOf(direction: Direction, target: Reader): string {
  const kind = u16(target, 4)
  if (kind === TARGET_IMPORT) return `${ownedBy(direction, 'receiver')} ${u32(target, 0)}`
  return kind === TARGET_ANSWER
    ? promisedOf(direction, readerAt(target, 0))
    : `target of kind ${kind}`
}

function resultOf(direction: Direction, returned: Reader): string {
  const kind = u16(returned, 6)
  switch (kind) {
    case RETURN_RESULTS:
      return `results${capsOf(direction, readerAt(returned, 0))}`
    case RETURN_EXCEPTION:
      return errorOf(readerAt(returned, 0))
    case RETURN_CANCELED:
      return 'canceled'
    case RETURN_SENT_ELSEWHERE:
      return 'kept'
    case RETURN_TAKE_FROM_OTHER:
      return `as ${answerOf(direction, u32(returned, 8), [])}`
    default:
      return `of kind ${kind}`
  }
}

/** Without its sentence, which may be a guest's. */
function errorOf(exception: Reader): string {
  const { kind, code } = readException(exception)
  return `error ${kind} ${code}`
}

function capsOf(direction: Direction, payload: Reader): string {
  const table = listAt(payload, 1)
  if (table.length === 0) return ''
  const caps: string[] = []
  for (let index = 0; index < Math.min(table.length, MAX_CAPS); index++) {
    const descriptor = table.at(index)
    if (descriptor) caps.push(capOf(direction, descriptor))
  }
  if (table.length > MAX_CAPS) caps.push(`${table.length - MAX_CAPS} more`)
  return ` [${caps.join(', ')}]`
}

function capOf(direction: Direction, descriptor: Reader): string {
  const kind = u16(descriptor, 0)
  const id = u32(descriptor, 4)
  switch (kind) {
    case CAP_NONE:
      return 'none'
    case CAP_SENDER_HOSTED:
      return `${ownedBy(direction, 'sender')} ${id}`
    case CAP_SENDER_PROMISE:
      return `promise ${ownedBy(direction, 'sender')} ${id}`
    case CAP_RECEIVER_HOSTED:
      return `${ownedBy(direction, 'receiver')} ${id}`
    case CAP_RECEIVER_ANSWER:
      return promisedOf(direction, readerAt(descriptor, 0))
    case CAP_THIRD_PARTY: {
      const vine = u32(readerAt(descriptor, 0), 0)
      return `third party by ${ownedBy(direction, 'sender')} ${vine}`
    }
    default:
      return `capability of kind ${kind}`
  }
}
