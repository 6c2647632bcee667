// A peer that speaks rpc.capnp message by message: the test says what it sends.

import type { ByteLink } from '../../src/base/index.ts'
import { Connection, loopback, serve } from '../../src/rpc/index.ts'
import type { ConnectionOptions } from '../../src/rpc/index.ts'
import {
  Builder,
  finished,
  FrameReader,
  putCapability,
  putStruct,
  rootOf,
} from '../../src/wire/index.ts'
import type { AnyPointer, Struct, StructType } from '../../src/wire/index.ts'
import { Node } from '../fixture/calls.gen.ts'
import { Message } from '../fixture/rpc.gen.ts'
import type {
  CapDescriptor$Init,
  Message$Init,
  MessageTarget$Init,
  Payload$Init,
} from '../fixture/rpc.gen.ts'
import { quiet } from './help.ts'

export const NODE = Node.$interface.id

/** Ordinals of Node's methods. */
export const method = Object.fromEntries(
  Node.$interface.methods.map(({ name }, ordinal) => [name, ordinal]),
) as Record<string, number>

export class RawPeer {
  readonly connection: Connection
  readonly link: ByteLink
  readonly inbox: Message[] = []
  isEnded = false

  constructor(options: ConnectionOptions = {}) {
    const [ours, theirs] = loopback()
    this.link = ours
    const frames = new FrameReader((message) => {
      this.inbox.push(rootOf(message).asStruct(Message))
      return true
    })
    ours.open({
      chunk: (chunk) => frames.feed(chunk),
      drained: () => {},
      ended: () => {
        this.isEnded = true
      },
    })
    this.connection = new Connection(theirs, options)
  }

  send(...messages: Message$Init[]): void {
    for (const message of messages) {
      const builder = new Builder()
      putStruct(builder, builder.allocate(1), Message, message)
      this.link.send(builder.frame())
    }
  }

  /** An empty Return with `noFinishNeeded`, a field younger than the schema we generate from. */
  sendReturnWithoutFinish(answerId: number): void {
    const builder = new Builder()
    const root = builder.allocate(1)
    putStruct(builder, root, Message, { return: { answerId, results: {} } })
    builder.bytes[(root + 3) * 8 + 4]! |= 2 // bit 33 of the Return, three words behind
    this.link.send(builder.frame())
  }

  /** The next message, which is of this kind. */
  async next<K extends NonNullable<Message['$which']>>(kind: K): Promise<NonNullable<Message[K]>> {
    if (this.inbox.length === 0) await quiet()
    const message = this.inbox.shift()
    if (!message) throw new Error(`Expected a ${kind}, nothing came`)
    if (message.$which !== kind) throw new Error(`Expected a ${kind}, got ${describe(message)}`)
    return message[kind] as NonNullable<Message[K]>
  }

  /** Everything that came until nothing more comes, by kind. */
  async rest(): Promise<string[]> {
    await quiet()
    return this.inbox.splice(0).map(describe)
  }

  /** Bootstraps and finishes. @returns the id of the bootstrap export */
  async bootstrap(questionId = 1000): Promise<number> {
    this.send({ bootstrap: { questionId } })
    const { results } = await this.next('return')
    this.send({ finish: { questionId, releaseResultCaps: false } })
    return results!.capTable.at(0)!.senderHosted!
  }

  call(
    questionId: number,
    target: MessageTarget$Init | number,
    name: string,
    params: Payload$Init = {},
    more: object = {},
  ): void {
    const to = typeof target === 'number' ? { importedCap: target } : target
    const methodId = method[name]!
    this.send({ call: { questionId, target: to, interfaceId: NODE, methodId, params, ...more } })
  }

  /** The abort that must have come, and nothing after it. */
  async aborted(): Promise<string> {
    await quiet()
    const last = this.inbox.at(-1)
    if (last?.$which !== 'abort') throw new Error(`No abort: ${(await this.rest()).join(', ')}`)
    return last.abort!.reason
  }
}

/** A message in one line. */
export function describe(message: Message): string {
  const { call, return: returned, finish, release, resolve, disembargo, abort } = message
  if (call) return `call ${call.questionId} method ${call.methodId}`
  if (returned) return `return ${returned.answerId} ${returned.$which}`
  if (finish) return `finish ${finish.questionId}`
  if (release) return `release ${release.id} x${release.referenceCount}`
  if (resolve) return `resolve ${resolve.promiseId} ${resolve.$which}`
  if (disembargo) return `disembargo ${disembargo.context.$which}`
  if (abort) return `abort ${abort.reason}`
  return message.$which ?? 'unknown'
}

/** Content for a payload: capability pointers in it are numbered in the order of their fields. */
export function content<T extends Struct, Init>(type: StructType<T, Init>, init: Init): AnyPointer {
  const builder = new Builder()
  putStruct(builder, builder.allocate(1), type, init)
  return rootOf(finished(builder))
}

/** Stands for a capability pointer in {@link content}. */
export const CAP: Node = serve(Node, {} as never)

/** Content that is a capability pointer. */
export function capContent(): AnyPointer {
  const builder = new Builder()
  putCapability(builder, builder.allocate(1), CAP)
  return rootOf(finished(builder))
}

export const caps = (...capTable: CapDescriptor$Init[]) => ({ capTable })
