// Capabilities of ours that the peer holds, and how capabilities are written into messages.
//
//   ─▶ senderHosted 4 … ◀─ Release 4 x1                        #export, release
//   ─▶ senderPromise 3 … ─▶ Resolve 3 … ◀─ Release 3 x1        #export, #sendResolve
//
// Invariants
//  - An export's count is how often its id went out in a descriptor minus what was released. Below
//    zero ends the connection; at zero the hook is let go. One hook has one id.
//  - What the peer has itself is named, not exported. But in a Return or a Resolve only what is final: a
//    capability of the peer that is still its promise goes back to it as a promise of ours until it is
//    settled. So a Disembargo for it always finds what it must bounce off, however many promises lie
//    between.
//  - A promise that was sent is owed a Resolve, once, as long as the peer holds it.

import { soon } from '../base/index.ts'
import { addStruct, addStructs, putUint16, putUint32 } from '../wire/index.ts'
import type { Builder } from '../wire/index.ts'
import { hookOfEntry } from './cap-table.ts'
import { asWwError, overloaded, protocolError } from './error.ts'
import { BrokenHook } from './hook.ts'
import type { Hook, SettledListener } from './hook.ts'
import { IdTable } from './ids.ts'
import type { Payload } from './payload.ts'
import {
  CAP_SENDER_HOSTED,
  CAP_SENDER_PROMISE,
  RESOLVE,
  RESOLVE_EXCEPTION,
  writeException,
} from './protocol.ts'
import { isBehind } from './remote.ts'
import type { Tables } from './tables.ts'

interface Export {
  readonly id: number
  hook: Hook
  count: number
  /** The peer was told it is a promise; it is owed a Resolve. */
  readonly isPromise: boolean
  /** Waits for the promise. */
  onSettled?: SettledListener
}

const NONE: readonly number[] = []

export class Exports extends IdTable<Export> {
  readonly #tables: Tables
  readonly #byHook = new Map<Hook, Export>()

  constructor(tables: Tables) {
    super()
    this.#tables = tables
  }

  /** What the peer knows as `id`. @returns with a reference for the caller */
  hookAt(id: number): Hook {
    const entry = this.at(id)
    if (!entry) throw protocolError(`export ${id} does not exist`)
    return entry.hook.addRef()
  }

  /** The peer, or a message that was not sent, has so many references less. */
  release(id: number, count: number): void {
    const entry = this.at(id)
    if (!entry || entry.count < count) {
      throw protocolError(`${count} references of export ${id} were released, which it has not`)
    }
    entry.count -= count
    if (entry.count > 0) return
    this.delete(id)
    if (this.#byHook.get(entry.hook) === entry) this.#byHook.delete(entry.hook)
    letGo(entry)
  }

  /** Releases one reference for each entry of `ids`. */
  releaseEach(ids: readonly number[]): void {
    for (const id of ids) this.release(id, 1)
  }

  /**
   * Writes content and its capability table as a Payload behind the pointer at `at`.
   * @param inCall whether promises of the peer may be named as such (see the invariants)
   * @returns what was exported, an entry per reference; nothing is when it throws
   */
  writePayload(builder: Builder, at: number, content: Payload, inCall: boolean): readonly number[] {
    const payload = addStruct(builder, at, 0, 2)
    content.writeTo(builder, payload)
    const { caps } = builder
    if (caps.length === 0) return NONE
    const exported: number[] = []
    try {
      let descriptor = addStructs(builder, payload + 1, caps.length, 1, 1)
      for (const entry of caps) {
        const id = this.#writeDescriptor(builder, descriptor, hookOfEntry(entry), inCall)
        if (id !== undefined) exported.push(id)
        descriptor += 2
      }
    } catch (thrown) {
      this.releaseEach(exported)
      throw thrown
    }
    return exported
  }

  /** @returns the export a reference was given out for, if one was */
  #writeDescriptor(builder: Builder, at: number, hook: Hook, inCall: boolean): number | undefined {
    const { target } = hook
    const isNameable = (inCall || target.isSettled) && isBehind(target, this.#tables)
    if (isNameable && target.writeDescriptor(builder, at)) return undefined
    const entry = this.#export(target)
    entry.count++
    putUint16(builder, at * 8, entry.isPromise ? CAP_SENDER_PROMISE : CAP_SENDER_HOSTED, 0)
    putUint32(builder, at * 8 + 4, entry.id, 0)
    return entry.id
  }

  #export(hook: Hook): Export {
    const known = this.#byHook.get(hook)
    if (known) return known
    const { maxExports } = this.#tables.limits
    if (this.size >= maxExports) {
      const sentence = `The peer holds ${maxExports} capabilities and cannot get more`
      throw overloaded('TOO_MANY_CAPABILITIES', sentence)
    }
    // A broken capability goes out as a promise that breaks: there is no descriptor for an error.
    const isBroken = hook instanceof BrokenHook
    const isPromise = isBroken || !hook.isSettled
    const make = (id: number): Export => ({ id, hook: hook.addRef(), count: 0, isPromise })
    const entry = this.add(make)
    this.#byHook.set(hook, entry)
    if (isBroken) soon(() => this.#sendResolve(entry, hook))
    else if (isPromise) {
      entry.onSettled = (target) => this.#sendResolve(entry, target)
      hook.whenSettled(entry.onSettled)
    }
    return entry
  }

  #sendResolve(entry: Export, target: Hook): void {
    const { id, hook: promise } = entry
    if (this.at(id) !== entry) return
    // The id stays the promise's; whoever sends this hook again gives it an id of its own.
    this.#byHook.delete(promise)
    entry.hook = target.addRef()
    promise.release()
    const { sender } = this.#tables
    const message = sender.begin(RESOLVE, id, 1, 1)
    const at = message.body + 1
    let error = target instanceof BrokenHook ? target.error : undefined
    try {
      if (!error) this.#writeDescriptor(message, addStruct(message, at, 1, 1), target, false)
    } catch (thrown) {
      error = asWwError(thrown)
    }
    if (error) {
      message.u16(4, RESOLVE_EXCEPTION)
      writeException(message, at, this.#tables.expose(error))
    }
    sender.send(message)
  }

  end(): void {
    this.#byHook.clear()
    for (const entry of this.clear()) letGo(entry)
  }
}

function letGo({ hook, onSettled }: Export): void {
  if (onSettled) hook.ignore(onSettled)
  hook.release()
}
