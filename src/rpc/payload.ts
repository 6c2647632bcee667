// Params and results: the content of a call in either direction.
//
// Ownership
//  - Arguments stay the caller's. What a handler receives is its own copy of each reference, for
//    the length of the call; `$dup()` keeps one longer.
//  - Results pass to the caller. What a handler returns is no longer the handler's: clients in it
//    are disposed once they are encoded; `$dup()` keeps one.
//  - Each capability in a message belongs to the message until it is read (cap-table.ts).

import type { WwError } from '../base/index.ts'
import {
  badValue,
  Builder,
  copyPointer,
  getCapEntry,
  getStruct,
  Message,
  pointerOf,
  putCapability,
  putStruct,
  Reader,
  readerAt,
  rootReader,
  segmentOf,
  Struct,
} from '../wire/index.ts'
import type { StructType } from '../wire/index.ts'
import { CapSlot, CapTable, hookOfEntry } from './cap-table.ts'
import type { CapSlots } from './cap-table.ts'
import type { Client, InterfaceType } from './client.ts'
import { asWwError } from './error.ts'
import { nullHook } from './hook.ts'
import type { Hook, Outcome, Path } from './hook.ts'

const NONE: readonly never[] = []

/** The content that is the first capability of its message. */
const FIRST_CAP = segmentOf(Uint8Array.of(3, 0, 0, 0, 0, 0, 0, 0))

/**
 * What a call carries: a message; or a struct that is written when it is first needed, at best once,
 * straight into the message it is for.
 */
export class Payload {
  /** Undefined until it is in one. */
  #message: Message | undefined
  /** Has the pointer to the content as its first. Made when it is asked for, if there is `#content`. */
  #root: Reader | undefined
  /** The struct that is the content, if that is plain: it was written here, right behind its pointer. */
  #content: Reader | undefined
  #caps: CapTable | undefined
  readonly #type: StructType<Struct, never> | undefined
  #init: unknown
  readonly #isHandedOver: boolean
  #isWritten = false
  #failure: WwError | undefined
  /** What it takes in a message; 0 until it is written. */
  bytes = 0

  /**
   * @param isHandedOver whether the capabilities in `init`, as clients or within a message from
   *   elsewhere, are ours now (a handler's results), and are let go as soon as they are encoded; or the
   *   caller's (its params)
   */
  constructor(type: StructType<Struct, never> | undefined, init: unknown, isHandedOver: boolean) {
    this.#type = type
    this.#init = init
    this.#isHandedOver = isHandedOver
  }

  /**
   * What `root`'s first pointer leads to. Takes over the references in `slots`, which become the
   * message's capability table.
   */
  static of(root: Reader, slots: CapSlots): Payload {
    const payload = new Payload(undefined, undefined, false)
    payload.#root = root
    payload.#isPartOf(root.message, slots)
    return payload
  }

  /** A capability (borrowed). */
  static ofCap(hook: Hook): Payload {
    const root = rootReader(new Message([FIRST_CAP]))
    return Payload.of(root, [new CapSlot(hook.addRef())])
  }

  #isPartOf(message: Message, slots: CapSlots): void {
    this.#message = message
    if (slots.length === 0) return
    this.#caps = new CapTable(slots)
    message.caps = slots
  }

  /** What was written into `builder` behind the pointer at `at`, with references of its own. */
  #isIn(builder: Builder, at: number): void {
    const { caps } = builder
    const message = builder.snapshot()
    const segment = message.segments[0]!
    if (this.#init === undefined || this.#init instanceof Struct) {
      this.#root = new Reader(message, segment, at * 8, 0, 1, message.maxDepth)
    } else {
      const { $dataWords, $pointerWords } = this.#type!
      const depth = message.maxDepth - 1
      this.#content = new Reader(message, segment, at * 8 + 8, $dataWords * 8, $pointerWords, depth)
    }
    const slots = caps.length && caps.map((entry) => new CapSlot(hookOfEntry(entry).addRef()))
    this.#isPartOf(message, slots || NONE)
  }

  #pointer(): Reader {
    if (!this.encoded().#root) {
      const { message, segment, data, depth } = this.#content!
      this.#root = new Reader(message, segment, data - 8, 0, 1, depth + 1)
    }
    return this.#root!
  }

  /** From now on its references end with the message, if nobody releases it. @returns this */
  guard(): this {
    if (this.#caps) this.#caps.endWith(this.#message!)
    return this
  }

  /** What it takes as it is, as a message that came or in one of ours; 0 until it is in one. */
  get words(): number {
    return this.bytes / 8 || (this.#message?.words ?? 0)
  }

  /**
   * Writes the content behind the pointer at word `at`; capabilities join the builder's table.
   * @throws {WwError} whatever is wrong with the objects it is made from; the same every time
   */
  writeTo(builder: Builder, at: number): void {
    if (this.#failure) throw this.#failure
    const before = builder.totalBytes
    if (this.#message) copyPointer(builder, at, this.#pointer())
    else this.#encode(builder, at)
    this.bytes = builder.totalBytes - before
  }

  #encode(builder: Builder, at: number): void {
    this.#isWritten = true
    // Released: nobody looks at it any more.
    if (this.#init === undefined) return
    if (!this.#isHandedOver) {
      putStruct(builder, at, this.#type!, this.#init as never)
      return
    }
    const clients: Client[] = []
    const before = collector
    const capsBefore = builder.caps.length
    collector = clients
    try {
      putStruct(builder, at, this.#type!, this.#init as never)
      // Their capabilities outlive the handler's objects; without any, writing again is cheaper.
      if (builder.caps.length > capsBefore) {
        this.#isIn(builder, at)
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
   * Makes it a message, if it is none yet. From here on it no longer depends on the objects it was
   * made from. @returns this
   */
  encoded(): this {
    if (this.#message) return this
    const builder = idle.isOpen ? new Builder() : idle.open()
    try {
      const at = builder.allocate(1)
      this.writeTo(builder, at)
      if (!this.#message) this.#isIn(builder, at)
      this.#init = undefined
    } finally {
      builder.discard()
    }
    return this.guard()
  }

  /**
   * Later it will not depend on the objects it is made from, unless it was sent on before: who did that
   * releases it.
   */
  settle(): void {
    if (this.#isWritten) return
    try {
      this.encoded()
    } catch {
      // Kept as `#failure`: whoever wants the content hears.
    }
  }

  /**
   * The same content with other capabilities: entry for entry what `change` makes of the hook
   * (borrowed) that is there, with a reference for us.
   */
  withHooks(change: (hook: Hook) => Hook): Payload {
    const { message, segment, data, dataBytes, pointers, depth } = this.#pointer()
    const copy = new Message(message.segments)
    const root = new Reader(copy, segment, data, dataBytes, pointers, depth)
    const slots = this.#caps?.slots ?? NONE
    return Payload.of(
      root,
      slots.map((slot) => slot && new CapSlot(change(slot.current))),
    ).guard()
  }

  /** The struct at the end of a path of pointers. */
  structAt<T extends Struct>(path: Path, type: StructType<T, never>): T {
    if (path.length === 0 && this.encoded().#content) return new type(this.#content!)
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
    let pointer = this.#pointer()
    for (const index of path) pointer = pointerOf(readerAt(pointer, 0), index)
    return pointer
  }

  /** Ends this content's references. Twice is once. */
  release(): void {
    // Writing is also what finds the clients.
    if (this.#isHandedOver) this.settle()
    this.#init = undefined
    this.#caps?.release()
  }
}

/**
 * The same outcome, with references of its own: the first may be released. Its capabilities are what
 * `change` makes of them.
 */
export function copyOf(outcome: Outcome, change: (hook: Hook) => Hook): Outcome {
  try {
    return 'error' in outcome ? outcome : { results: outcome.results.withHooks(change) }
  } catch (thrown) {
    return { error: asWwError(thrown) }
  }
}

/** Writes what is not for a message yet. */
const idle = new Builder()

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
  // Whoever is written without types may give anything.
  const hook = client.$hook as Hook | undefined
  if (!hook) throw badValue('a capability', client)
  putCapability(builder, at, hook)
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
