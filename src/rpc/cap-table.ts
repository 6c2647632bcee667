// The capabilities of a message, until somebody reads them.
//
// Each belongs to the message until it is read; reading makes a client that owns it, the same client at
// every read. Releasing the message disposes read clients and drops unread ones; a message that is
// collected drops the unread ones.

import type { WwError } from '../base/index.ts'
import type { Client, InterfaceType } from './client.ts'
import { failed } from './error.ts'
import { BrokenHook } from './hook.ts'
import type { Hook } from './hook.ts'
import { Owned } from './owned.ts'

/** A capability in a message's table. */
export class CapSlot {
  #hook: Hook
  #clients: Client[] = []
  #isReleased = false

  /** Takes ownership of one reference. */
  constructor(hook: Hook) {
    this.#hook = hook
  }

  /** The hook, borrowed; a broken one when its reference is gone. */
  get current(): Hook {
    const isGone =
      this.#isReleased ||
      (this.#clients.length > 0 && this.#clients.every((client) => client.$isDisposed))
    return isGone ? new BrokenHook(released()) : this.#hook
  }

  /** Whether its reference is the slot's own. */
  get #isUnread(): boolean {
    return !this.#isReleased && this.#clients.length === 0
  }

  /** Whether it has a reference of its own that somebody would miss. */
  get isHeld(): boolean {
    return this.#isUnread && this.#hook.isMissed
  }

  /** From now on the slot is `hook` (one reference of it), unless it was read or released before. */
  standIn(hook: Hook): void {
    const isUnread = this.#isUnread
    const old = isUnread ? this.#hook : hook
    if (isUnread) this.#hook = hook
    old.release()
  }

  /** The slot's capability as a client; the first read hands the slot's reference to it. */
  client<C extends Client>(type: InterfaceType<C>): C {
    const known = this.#clients.find((client) => (client.$type as unknown) === type)
    if (known) return known as C
    const client = new type(this.#isUnread ? this.#hook : this.current.addRef())
    this.#clients.push(client)
    return client
  }

  release(): void {
    this.dropUnread()
    for (const client of this.#clients) client[Symbol.dispose]()
  }

  /** The message is gone, but clients read from it may be in use. */
  dropUnread(): void {
    const isUnread = this.#isUnread
    this.#isReleased = true
    if (isUnread) this.#hook.release()
  }
}

function released(): WwError {
  const sentence = 'The message with this capability was released: keep one with $dup() before'
  return failed('MESSAGE_RELEASED', sentence)
}

/** By index; null where the message has none. */
export type CapSlots = readonly (CapSlot | null)[]

export class CapTable extends Owned {
  /** Empty when they were released: what they held may lead back to the message. */
  slots: CapSlots

  constructor(slots: CapSlots) {
    super()
    this.slots = slots
  }

  get isHeld(): boolean {
    return this.slots.some((slot) => slot?.isHeld)
  }

  letGo(): void {
    for (const slot of this.slots) slot?.dropUnread()
  }

  release(): void {
    const { slots } = this
    this.slots = []
    this.givenBack()
    for (const slot of slots) slot?.release()
  }
}

/** The capability a builder's table entry stands for: a hook, or a slot of a message copied from. */
export function hookOfEntry(entry: object): Hook {
  return entry instanceof CapSlot ? entry.current : (entry as Hook)
}
