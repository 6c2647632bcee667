// Params and results: the content of a call in either direction.
//
// Ownership
//  - Arguments stay the caller's. What a handler receives is its own copy of each reference, for
//    the length of the call; `$dup()` keeps one longer.
//  - Results pass to the caller. What a handler returns is no longer the handler's: clients in it
//    are disposed once they are encoded; `$dup()` keeps one.
//  - Each capability in a message belongs to the message until it is read; reading makes a client
//    that owns it, the same client at every read. Releasing the message disposes read clients
//    and drops unread ones; a message that is collected drops the unread ones.

import type { WwError } from '../base/index.ts'
import {
  Builder,
  getCapEntry,
  getStruct,
  Message,
  pointerOf,
  Reader,
  readerAt,
} from '../wire/index.ts'
import type { Struct, StructType } from '../wire/index.ts'
import type { Client, InterfaceType } from './client.ts'
import { asWwError, failed } from './error.ts'
import { BrokenHook, nullHook } from './hook.ts'
import type { Hook, Outcome, Path } from './hook.ts'
import { Owned } from './owned.ts'

/** What can be put into a message, at once or later. */
export interface Content {
  /** Writes the content behind the pointer at word `at`; capabilities join the builder's table. */
  writeTo(builder: Builder, at: number): void
  /**
   * The content as a message, for reading; the same one every time. From here on it no longer depends
   * on the objects it was made from.
   */
  toPayload(): Payload
  /** Ends this content's references. Twice is once. */
  release(): void
}

const NONE: readonly never[] = []

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

/** The capabilities of a message, by index: what is unread of them ends with it. */
export class CapTable extends Owned {
  slots: readonly (CapSlot | null)[]

  constructor(slots: readonly (CapSlot | null)[]) {
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

/** Content that is a message already. */
export class Payload implements Content {
  readonly #message: Message
  readonly #root: Reader
  readonly #caps: CapTable | undefined

  /**
   * Takes over the references in `slots`, which become the message's capability table.
   * @param root has the pointer to the content as its first
   */
  constructor(message: Message, root: Reader, slots: readonly (CapSlot | null)[]) {
    this.#message = message
    this.#root = root
    if (slots.length === 0) return
    this.#caps = new CapTable(slots)
    message.caps = slots
  }

  /** From now on its references end with the message, if nobody releases it. @returns this */
  guard(): this {
    this.#caps?.endWith(this.#message)
    return this
  }

  /**
   * The same content with other capabilities: entry for entry what `change` makes of the hook
   * (borrowed) that is there, with a reference for us.
   */
  withHooks(change: (hook: Hook) => Hook): Payload {
    const { segment, data, dataBytes, pointers, depth } = this.#root
    const message = new Message(this.#message.segments)
    const root = new Reader(message, segment, data, dataBytes, pointers, depth)
    const slots = this.#caps?.slots.map((slot) => slot && new CapSlot(change(slot.current)))
    return new Payload(message, root, slots ?? NONE).guard()
  }

  /** Size of the message it is in. */
  get words(): number {
    return this.#message.words
  }

  writeTo(builder: Builder, at: number): void {
    builder.copy(at, this.#root)
  }
  toPayload(): Payload {
    return this
  }

  /** The struct at the end of a path of pointers. */
  structAt<T extends Struct>(path: Path, type: StructType<T, never>): T {
    return getStruct(this.#follow(path), 0, type)
  }

  /** The capability at the end of a path of pointers. @returns with a reference for the caller */
  hookAt(path: Path): Hook {
    const slot = getCapEntry(this.#follow(path), 0)
    return slot instanceof CapSlot ? slot.current.addRef() : nullHook()
  }

  /**
   * Whoever takes the capability at `path` gets `hook` (one reference of it) instead: it is the same
   * one, but knows which calls must come first.
   */
  standIn(path: Path, hook: Hook): void {
    const slot = getCapEntry(this.#follow(path), 0)
    if (slot instanceof CapSlot) slot.standIn(hook)
    else hook.release()
  }

  #follow(path: Path): Reader {
    let pointer = this.#root
    for (const index of path) pointer = pointerOf(readerAt(pointer, 0), index)
    return pointer
  }

  release(): void {
    this.#caps?.release()
  }
}

/** The capability a builder's table entry stands for: a hook, or a slot of a message copied from. */
export function hookOfEntry(entry: object): Hook {
  return entry instanceof CapSlot ? entry.current : (entry as Hook)
}

/** What was written into `builder` behind the pointer at `at`, as content with its own references. */
function payloadAt(builder: Builder, at: number): Payload {
  const { caps } = builder
  const slots =
    caps.length === 0 ? NONE : caps.map((entry) => new CapSlot(hookOfEntry(entry).addRef()))
  const message = builder.snapshot()
  const root = new Reader(message, message.segments[0]!, at * 8, 0, 1, message.maxDepth)
  return new Payload(message, root, slots)
}

/** What `write` puts behind the pointer at `at`, as a message with references of its own. */
export function encoded(write: (builder: Builder, at: number) => void): Payload {
  const builder = new Builder()
  try {
    const at = builder.allocate(1)
    write(builder, at)
    return payloadAt(builder, at)
  } finally {
    builder.discard()
  }
}

/**
 * The same outcome, in a message and with references of its own: the first may be released. Its
 * capabilities are what `change` makes of them.
 */
export function copyOf(outcome: Outcome, change: (hook: Hook) => Hook): Outcome {
  if ('error' in outcome) return outcome
  try {
    const { results } = outcome
    const copy = encoded((builder, at) => results.writeTo(builder, at))
    const changed = copy.withHooks(change)
    copy.release()
    return { results: changed }
  } catch (thrown) {
    return { error: asWwError(thrown) }
  }
}

/** A struct that is written when it is first needed: at best once, straight into the message it is for. */
export class Draft implements Content {
  readonly #type: StructType<Struct, never>
  #init: unknown
  readonly #isHandedOver: boolean
  #isWritten = false
  #isSent = false
  #payload: Payload | undefined
  #failure: WwError | undefined
  /** What it takes in a message; 0 until it is written. */
  bytes = 0

  /**
   * @param isHandedOver whether the capabilities in `init`, as clients or within a message from
   *   elsewhere, are ours now (a handler's results), and are let go as soon as they are encoded; or the
   *   caller's (its params)
   */
  constructor(type: StructType<Struct, never>, init: unknown, isHandedOver: boolean) {
    this.#type = type
    this.#init = init
    this.#isHandedOver = isHandedOver
  }

  /** @throws {WwError} whatever is wrong with the objects it is made from; the same every time */
  writeTo(builder: Builder, at: number): void {
    this.#isSent = true
    this.#write(builder, at)
  }

  #write(builder: Builder, at: number): void {
    if (this.#failure) throw this.#failure
    const before = builder.totalBytes
    if (this.#payload) this.#payload.writeTo(builder, at)
    else this.#encode(builder, at)
    this.bytes = builder.totalBytes - before
  }

  toPayload(): Payload {
    if (this.#payload) return this.#payload
    const builder = new Builder()
    try {
      const at = builder.allocate(1)
      this.#write(builder, at)
      this.#init = undefined
      this.#payload ??= payloadAt(builder, at)
    } finally {
      builder.discard()
    }
    return this.#isHandedOver ? this.#payload : this.#payload.guard()
  }

  #encode(builder: Builder, at: number): void {
    this.#isWritten = true
    // Released: nobody looks at it any more.
    if (this.#init === undefined) return
    if (!this.#isHandedOver) {
      builder.put(at, this.#type, this.#init as never)
      return
    }
    const clients: Client[] = []
    const before = collector
    const capsBefore = builder.caps.length
    collector = clients
    try {
      builder.put(at, this.#type, this.#init as never)
      // Their capabilities outlive the handler's objects; without any, writing again is cheaper.
      if (builder.caps.length > capsBefore) {
        this.#payload = payloadAt(builder, at)
        takeOver(builder.caps, capsBefore)
      }
    } catch (thrown) {
      throw (this.#failure = asWwError(thrown))
    } finally {
      collector = before
      for (const client of clients) client[Symbol.dispose]()
    }
  }

  /**
   * Later it will not depend on the objects it is made from. Who sent it on releases it; who reads it
   * may forget it.
   */
  settle(): void {
    if (this.#isSent) return
    try {
      this.toPayload().guard()
    } catch {
      // Kept as `#failure`: whoever wants the content hears.
    }
  }

  release(): void {
    // Writing is also what finds the clients.
    if (this.#isHandedOver && !this.#isWritten) this.settle()
    this.#init = undefined
    this.#payload?.release()
  }
}

/** Clients in what is being written; writing is synchronous, so they belong to one message. */
let collector: Client[] | undefined

/** Lets go what was copied from other messages; a payload with references of its own stays. */
function takeOver(caps: object[], from: number): void {
  const slots: CapSlot[] = []
  for (let index = from; index < caps.length; index++) {
    const entry = caps[index]
    if (!(entry instanceof CapSlot)) continue
    slots.push(entry)
    caps[index] = entry.current
  }
  for (const slot of slots) slot.release()
}

/** Writes a capability field. null and undefined leave it null. */
export function putCap(builder: Builder, at: number, client: Client | null | undefined): void {
  if (!client) return
  builder.capability(at, client.$hook)
  collector?.push(client)
}

/** Reads a capability field: null when absent. The client belongs to the message (see above). */
export function getCap<C extends Client>(
  s: Reader,
  index: number,
  type: InterfaceType<C>,
): C | null {
  const slot = getCapEntry(s, index)
  return slot instanceof CapSlot ? slot.client(type) : null
}
