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

import { WwError } from '../base/index.ts'
import { AnyPointer, Builder, getAny, Message, NULL_POINTER, Struct } from '../wire/index.ts'
import type { StructType } from '../wire/index.ts'
import type { Client, InterfaceType } from './client.ts'
import { asWwError } from './error.ts'
import { BrokenHook } from './hook.ts'
import type { Hook } from './hook.ts'

/** What can be put into a message, at once or later. */
export interface Content {
  /** Writes the content behind the pointer at word `at`; capabilities join the builder's table. */
  writeTo(builder: Builder, at: number): void
  /** From here on the content no longer depends on the objects it was made from. */
  freeze(): void
  /** The content as a message, for reading. The same one every time. */
  toPayload(): Payload
  /** Ends this content's references. Twice is once. */
  release(): void
}

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

  /** From now on the slot is `hook` (one reference of it), unless it was read or released before. */
  standIn(hook: Hook): void {
    const isOurs = !this.#isReleased && this.#clients.length === 0
    const old = isOurs ? this.#hook : hook
    if (isOurs) this.#hook = hook
    old.release()
  }

  /** The slot's capability as a client; the first read hands the slot's reference to it. */
  client<C extends Client>(type: InterfaceType<C>): C {
    const known = this.#clients.find((client) => (client.$type as unknown) === type)
    if (known) return known as C
    const isFirst = this.#clients.length === 0 && !this.#isReleased
    const client = new type(isFirst ? this.#hook : this.current.addRef())
    this.#clients.push(client)
    return client
  }

  release(): void {
    if (this.#isReleased) return
    this.#isReleased = true
    if (this.#clients.length === 0) this.#hook.release()
    for (const client of this.#clients) client[Symbol.dispose]()
  }

  /** The message is gone, but clients read from it may be in use. */
  dropUnread(): void {
    if (this.#isReleased || this.#clients.length > 0) return
    this.#isReleased = true
    this.#hook.release()
  }
}

function released(): WwError {
  const sentence = 'The message with this capability was released: keep one with $dup() before'
  return new WwError('failed', 'MESSAGE_RELEASED', sentence)
}

const collected = new FinalizationRegistry<readonly (CapSlot | null)[]>((slots) => {
  for (const slot of slots) slot?.dropUnread()
})

/** Content that is a message already. */
export class Payload implements Content {
  readonly root: AnyPointer
  readonly #message: Message
  readonly #slots: readonly (CapSlot | null)[]

  /** Takes over the references in `slots`, which become the message's capability table. */
  constructor(message: Message, root: AnyPointer, slots: (CapSlot | null)[]) {
    this.#message = message
    this.root = root
    this.#slots = slots
    message.caps = slots
    if (slots.length > 0) collected.register(message, slots, message)
  }

  /**
   * The same content with other capabilities: entry for entry what `change` makes of the hook
   * (borrowed) that is there, with a reference for us.
   */
  withHooks(change: (hook: Hook) => Hook): Payload {
    const { segments } = this.#message
    const message = new Message(segments)
    const { segment, at, depth, isNull } = this.root
    const root = isNull ? NULL_POINTER : new AnyPointer(message, segment, at, depth)
    const slots = this.#slots.map((slot) => slot && new CapSlot(change(slot.current)))
    return new Payload(message, root, slots)
  }

  writeTo(builder: Builder, at: number): void {
    builder.copy(at, this.root)
  }
  freeze(): void {}
  toPayload(): Payload {
    return this
  }

  /** The struct at the end of a path of pointers. */
  structAt<T extends Struct>(path: readonly number[], type: StructType<T, never>): T {
    return this.#follow(path).asStruct(type)
  }

  /** The capability at the end of a path of pointers. @returns with a reference for the caller */
  hookAt(path: readonly number[]): Hook {
    const slot = this.#follow(path).asCap()
    if (slot instanceof CapSlot) return slot.current.addRef()
    return new BrokenHook(new WwError('failed', 'NULL_CAPABILITY', 'Called a null capability'))
  }

  /**
   * Whoever takes the capability at `path` gets `hook` (one reference of it) instead: it is the same
   * one, but knows which calls must come first.
   */
  standIn(path: readonly number[], hook: Hook): void {
    const slot = this.#follow(path).asCap()
    if (slot instanceof CapSlot) slot.standIn(hook)
    else hook.release()
  }

  #follow(path: readonly number[]): AnyPointer {
    let pointer = this.root
    for (const index of path) pointer = getAny(pointer.asStruct(AnyStruct), index)
    return pointer
  }

  release(): void {
    if (this.#slots.length > 0) collected.unregister(this.#message)
    for (const slot of this.#slots) slot?.release()
  }
}

class AnyStruct extends Struct {
  static readonly $dataWords = 0
  static readonly $pointerWords = 0
  static $write(): void {}
}

/** The capability a builder's table entry stands for: a hook, or a slot of a message copied from. */
export function hookOfEntry(entry: object): Hook {
  return entry instanceof CapSlot ? entry.current : (entry as Hook)
}

/** What was written into `builder` behind the pointer at `at`, as content with its own references. */
function payloadAt(builder: Builder, at: number): Payload {
  const slots = builder.caps.map((entry) => new CapSlot(hookOfEntry(entry).addRef()))
  const message = builder.snapshot()
  return new Payload(message, new AnyPointer(message, 0, at, message.maxDepth), slots)
}

/** Lets `write` fill a message of its own, behind the pointer at `at`. */
function encode(write: (builder: Builder, at: number) => Payload): Payload {
  const builder = new Builder()
  try {
    return write(builder, builder.allocate(1))
  } finally {
    builder.discard()
  }
}

/** Params from a caller's plain object: encoded when first needed, borrowing the caller's clients. */
export class Params implements Content {
  #write: ((builder: Builder, at: number) => void) | undefined
  #payload: Payload | undefined
  #bytes = 0

  constructor(write: (builder: Builder, at: number) => void) {
    this.#write = write
  }

  /** What they take in a message; 0 until they are encoded. */
  get bytes(): number {
    return this.#bytes
  }

  writeTo(builder: Builder, at: number): void {
    const before = builder.totalBytes
    if (this.#payload) this.#payload.writeTo(builder, at)
    else this.#write?.(builder, at)
    this.#bytes = builder.totalBytes - before
  }

  freeze(): void {
    this.toPayload()
  }

  toPayload(): Payload {
    if (!this.#payload) {
      this.#payload = encode((builder, at) => {
        this.writeTo(builder, at)
        return payloadAt(builder, at)
      })
      this.#write = undefined
    }
    return this.#payload
  }

  release(): void {
    this.#write = undefined
    this.#payload?.release()
  }
}

/**
 * Results a handler returned: whatever capabilities are in them, as clients or within a message it
 * had from elsewhere, are ours now, and are let go as soon as they are encoded. Encoded once, straight into the Return when the caller is remote.
 */
export class Results implements Content {
  readonly #write: (builder: Builder, at: number) => void
  #isWritten = false
  #payload: Payload | undefined
  #failure: { readonly error: WwError } | undefined

  constructor(write: (builder: Builder, at: number) => void) {
    this.#write = write
  }

  writeTo(builder: Builder, at: number): void {
    if (this.#payload || this.#failure) this.toPayload().writeTo(builder, at)
    else this.#encode(builder, at)
  }

  /** Never throws: what is wrong with the results, whoever takes them hears. */
  freeze(): void {
    if (this.#isWritten) return
    try {
      this.toPayload()
    } catch {
      // Kept as `#failure`.
    }
  }

  toPayload(): Payload {
    if (this.#failure) throw this.#failure.error
    this.#payload ??= encode((builder, at) => {
      this.#encode(builder, at)
      return this.#payload ?? payloadAt(builder, at)
    })
    return this.#payload
  }

  release(): void {
    // Encoding is also what finds the clients.
    this.freeze()
    this.#payload?.release()
  }

  #encode(builder: Builder, at: number): void {
    const clients: Client[] = []
    const capsBefore = builder.caps.length
    this.#isWritten = true
    try {
      collectClients(clients, () => this.#write(builder, at))
      // Their capabilities outlive the handler's objects; without any, writing again is cheaper.
      if (builder.caps.length > capsBefore) {
        this.#payload = payloadAt(builder, at)
        takeOver(builder.caps, capsBefore)
      }
    } catch (thrown) {
      this.#failure = { error: asWwError(thrown) }
      throw this.#failure.error
    } finally {
      for (const client of clients) client[Symbol.dispose]()
    }
  }
}

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

// Encoding is synchronous, so what is written between two lines belongs to one message.
let collector: Client[] | undefined

function collectClients(into: Client[], write: () => void): void {
  const before = collector
  collector = into
  try {
    write()
  } finally {
    collector = before
  }
}

/** Writes a capability field. null and undefined leave it null. */
export function putCap(builder: Builder, at: number, client: Client | null | undefined): void {
  if (!client) return
  builder.capability(at, client.$hook)
  collector?.push(client)
}

/** Reads a capability field: null when absent. The client belongs to the message (see above). */
export function getCap<C extends Client>(
  s: Struct,
  index: number,
  type: InterfaceType<C>,
): C | null {
  return capOf(getAny(s, index), type)
}

/** Reads an untyped pointer as a capability. */
export function capOf<C extends Client>(pointer: AnyPointer, type: InterfaceType<C>): C | null {
  const slot = pointer.asCap()
  return slot instanceof CapSlot ? slot.client(type) : null
}
