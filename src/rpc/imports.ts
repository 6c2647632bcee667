// Capabilities of the peer that we hold, and how capabilities are read from messages.
//
//   ◀─ senderHosted 4 … Release 4 x1 ─▶                        #import, drop
//   ◀─ senderPromise 3 … ◀─ Resolve 3, Release 3 x1 ─▶         #import, receiveResolve
//
// Invariants
//  - An import is let go with one Release of everything the peer ever counted for it. A descriptor
//    for an id that is in the table is the same hook.
//  - A message that breaks a rule leaves nothing behind: references taken while it was read are given
//    back before the connection ends.
//  - A third-party capability is reached by its vine.

import { pointerOf, readerAt } from '../wire/index.ts'
import type { Reader } from '../wire/index.ts'
import { CapSlot } from './cap-table.ts'
import { failed, protocolError, unknownKind } from './error.ts'
import { BrokenHook, nullHook } from './hook.ts'
import type { Hook } from './hook.ts'
import { Payload } from './payload.ts'
import {
  CAP_NONE,
  CAP_RECEIVER_ANSWER,
  CAP_RECEIVER_HOSTED,
  CAP_SENDER_HOSTED,
  CAP_SENDER_PROMISE,
  CAP_THIRD_PARTY,
  listAt,
  readException,
  RELEASE,
  RESOLVE_CAP,
  RESOLVE_EXCEPTION,
  u16,
  u32,
} from './protocol.ts'
import { ImportHook } from './remote.ts'
import type { Tables } from './tables.ts'

const NONE: readonly never[] = []

export class Imports extends Map<number, ImportHook> {
  readonly #tables: Tables

  constructor(tables: Tables) {
    super()
    this.#tables = tables
  }

  /** @param inReturn whether its capabilities may be what calls of ours went out to already */
  readPayload(payload: Reader, inReturn: boolean): Payload {
    const table = listAt(payload, 1)
    const root = pointerOf(payload, 0)
    if (table.length === 0) return Payload.of(root, NONE)
    const slots: (CapSlot | null)[] = []
    if (table.length > this.#tables.limits.maxMessageCaps) {
      throw protocolError(`a message with ${table.length} capabilities`)
    }
    try {
      for (let index = 0; index < table.length; index++) {
        const descriptor = table.at(index)!
        const hook = inReturn ? this.#readSettled(descriptor) : this.#readCap(descriptor)
        slots.push(hook && new CapSlot(hook))
      }
    } catch (thrown) {
      for (const slot of slots) slot?.release()
      throw thrown
    }
    return Payload.of(root, slots).guard()
  }

  /** What a promise of the peer has become; null for none. */
  #readSettled(descriptor: Reader): Hook | null {
    const hook = this.#readCap(descriptor)
    const kind = u16(descriptor, 0)
    const isByWayOfUs = kind === CAP_RECEIVER_HOSTED || kind === CAP_RECEIVER_ANSWER
    return hook && isByWayOfUs ? this.#tables.embargoes.detour(hook) : hook
  }

  /** The hook of a capability descriptor, with a reference for the caller; null for none. */
  #readCap(descriptor: Reader): Hook | null {
    const { answers, exports } = this.#tables
    const kind = u16(descriptor, 0)
    const id = u32(descriptor, 4)
    switch (kind) {
      case CAP_NONE:
        return null
      case CAP_SENDER_HOSTED:
      case CAP_SENDER_PROMISE:
        return this.#import(id, kind === CAP_SENDER_PROMISE)
      case CAP_RECEIVER_HOSTED:
        return exports.hookAt(id)
      case CAP_RECEIVER_ANSWER:
        return answers.pipelineOf(readerAt(descriptor, 0))
      case CAP_THIRD_PARTY:
        return this.#import(u32(readerAt(descriptor, 0), 0), false)
      default:
        throw unknownKind('capability', kind)
    }
  }

  #import(id: number, isPromise: boolean): Hook {
    const known = this.get(id)
    if (known) {
      known.wireCount++
      return known.addRef()
    }
    const { maxImports } = this.#tables.limits
    if (this.size >= maxImports) {
      const sentence = `The peer gave out more than ${maxImports} capabilities`
      throw failed('TOO_MANY_CAPABILITIES', sentence)
    }
    const made = new ImportHook(this.#tables, id, isPromise)
    this.set(id, made)
    this.#tables.countHeld(1)
    return made
  }

  /** Nobody needs it any more, or what it was a promise for is known. */
  drop(dropped: ImportHook): void {
    const { id } = dropped
    if (this.get(id) !== dropped) return
    this.delete(id)
    const { sender } = this.#tables
    const message = sender.begin(RELEASE, id)
    message.u32(4, dropped.wireCount)
    sender.send(message, false)
    this.#tables.countHeld(-1)
  }

  receiveResolve(id: number, resolve: Reader): void {
    const kind = u16(resolve, 4)
    const what = readerAt(resolve, 0)
    let target: Hook
    if (kind === RESOLVE_CAP) target = this.#readSettled(what) ?? nullHook()
    else if (kind === RESOLVE_EXCEPTION) target = new BrokenHook(readException(what))
    else throw unknownKind('resolution', kind)
    const promise = this.get(id)
    if (promise?.isPromise) {
      promise.resolve(target)
      this.drop(promise)
      return
    }
    target.release()
    // Released meanwhile: the Release and this Resolve have crossed. What it carried is not wanted.
    if (promise) throw protocolError(`a resolution of import ${id}, which is not an open promise`)
  }

  end(error: Error): void {
    const hooks = [...this.values()]
    this.clear()
    for (const hook of hooks) hook.settle(new BrokenHook(error))
  }
}
