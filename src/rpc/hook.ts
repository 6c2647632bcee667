// What stands behind a capability: an object here, a promise, something on the other end of a
// connection, or a wrapper around any of them. Generated clients sit on top; a membrane sits here,
// below all types, where casting cannot get around it.
//
// Invariants
//  - A hook is counted: whoever holds one owns a reference, made by `addRef`, ended by `release`.
//    `dropped` runs once, at zero; hooks dropped by one another's end are dropped one after the
//    other, never inside each other.
//  - Calls on one hook are delivered in the order they were made (E-order), also across the moment
//    at which a promise settles: what was queued goes first.
//  - Settling is synchronous: when a listener of `whenSettled` or `whenDone` runs, everything that
//    was queued behind the promise has already been passed on. Resolve, Return and Disembargo are
//    sent from such listeners, so they can never overtake a call.
//  - Promises that became promises form a chain as long as a peer likes. No walk along it recurs,
//    and whoever walks shortens it. It never closes to a ring: what became itself is broken.

import { errorFromUnknown, WwError } from '../base/index.ts'
import { canceled } from './error.ts'
import type { Content } from './payload.ts'
import type { Flow } from './stream.ts'

/** A call on its way to a hook. */
export interface Request {
  readonly interfaceId: bigint
  readonly methodId: number
  /** Owned by whoever is handed the request: released when no longer needed. */
  readonly params: Content
}

export type Outcome = { readonly results: Content } | { readonly error: Error }

/** A call that was made. Its results, once there, can be taken as often as wanted. */
export interface PendingCall {
  /** Runs `listener` when the call is done, at once if it is. Listeners run in order. */
  whenDone(listener: (outcome: Outcome) => void): void
  /**
   * The capability that will stand at `path` (pointer indexes from the results' root). Calls on it
   * may be made right away.
   * @returns a hook with a reference for the caller
   */
  pipeline(path: readonly number[]): Hook
  /** The caller no longer wants it. It fails with CANCELED unless it is done. */
  cancel(): void
  /** Nobody will ask for results or pipelines again. Frees what the results hold. */
  release(): void
}

export abstract class Hook {
  #references = 1
  /** The stream calls made through this, once there were any. */
  flow: Flow | undefined

  /** One more owner. @returns this, for the new owner */
  addRef(): this {
    this.#references++
    return this
  }

  /** One owner less. */
  release(): void {
    this.#references--
    if (this.#references !== 0) return
    if (Hook.#dropping) {
      Hook.#dropping.push(this)
      return
    }
    const dropping: Hook[] = [this]
    Hook.#dropping = dropping
    try {
      for (const hook of dropping) hook.dropped()
    } finally {
      Hook.#dropping = undefined
    }
  }

  /** Hooks nobody holds any more, while the first of them is told. */
  static #dropping: Hook[] | undefined

  /** Nobody holds this any more. Must not throw. */
  protected abstract dropped(): void

  /** Makes a call. Takes ownership of `request.params`. Never throws. */
  abstract call(request: Request): PendingCall

  /** What this has turned out to be, as far as is known: the last hook of the chain. */
  get target(): Hook {
    return this
  }

  /** Whether `target` is final. */
  get isSettled(): boolean {
    return true
  }

  /** Runs `listener` with the final target: at once if it is known. Listeners run in order. */
  whenSettled(listener: (target: Hook) => void): void {
    listener(this)
  }
}

/** Fails every call with the same error. Stands where a capability could not be had. */
export class BrokenHook extends Hook {
  readonly error: Error

  constructor(error: Error) {
    super()
    this.error = error
  }

  call(request: Request): PendingCall {
    request.params.release()
    return new FailedCall(this.error)
  }

  protected dropped(): void {}
}

/** A call that failed before it began. */
export class FailedCall implements PendingCall {
  readonly #error: Error

  constructor(error: Error) {
    this.#error = error
  }

  whenDone(listener: (outcome: Outcome) => void): void {
    listener({ error: this.#error })
  }
  pipeline(): Hook {
    return new BrokenHook(this.#error)
  }
  cancel(): void {}
  release(): void {}
}

/**
 * Pipelined capabilities of a call that is still running: one promise per path, settled together.
 * The table owns one reference of each promise until then.
 */
export class Pipelines {
  readonly #promises = new Map<string, { path: readonly number[]; hook: PromiseHook }>()

  /** @returns with a reference for the caller */
  at(path: readonly number[]): Hook {
    const key = path.join()
    let entry = this.#promises.get(key)
    if (!entry) {
      entry = { path: [...path], hook: new PromiseHook() }
      this.#promises.set(key, entry)
    }
    return entry.hook.addRef()
  }

  /** Settles every promise with what `find` says stands at its path (a reference each). */
  settle(find: (path: readonly number[]) => Hook): void {
    for (const [key, { path, hook }] of this.#promises) {
      this.#promises.delete(key)
      hook.resolve(find(path))
      hook.release()
    }
  }
}

/** A hook that may turn out to be another one. */
export abstract class SettlingHook extends Hook {
  #resolution: Hook | undefined
  #isDropped = false
  #listeners: ((target: Hook) => void)[] = []

  /** Whether this can still be settled, or is what it is. */
  protected abstract get isPromise(): boolean

  /** From now on this stands for `resolution`. Takes ownership of one reference. */
  settle(resolution: Hook): void {
    const wasDropped = this.#isDropped
    const next = this.unlessRing(resolution)
    this.#resolution = next
    const listeners = this.#listeners
    this.#listeners = []
    for (const listener of listeners) next.whenSettled(listener)
    if (wasDropped) next.release()
  }

  /** Takes ownership of `resolution`. @returns it, or a broken hook when it leads back here */
  protected unlessRing(resolution: Hook): Hook {
    if (resolution.target !== this) return resolution
    resolution.release()
    return new BrokenHook(new WwError('failed', 'PROMISE_RING', 'A promise resolved to itself'))
  }

  /** The end of the chain of promises that begins here, borrowed; undefined if that is this. */
  protected get successor(): Hook | undefined {
    const first = this.#resolution
    if (!(first instanceof SettlingHook) || !first.#resolution) return first
    let last: Hook = first
    while (last instanceof SettlingHook && last.#resolution) last = last.#resolution
    if (!this.#isDropped) {
      this.#resolution = last.addRef()
      first.release()
    }
    return last
  }

  override get target(): Hook {
    return this.successor?.target ?? this
  }

  override get isSettled(): boolean {
    return this.successor?.isSettled ?? !this.isPromise
  }

  override whenSettled(listener: (target: Hook) => void): void {
    const { successor } = this
    if (successor) successor.whenSettled(listener)
    else if (this.isPromise) this.#listeners.push(listener)
    else listener(this)
  }

  protected dropped(): void {
    this.#isDropped = true
    this.#resolution?.release()
  }
}

/** A capability that is not known yet. Calls wait in order, and go out in order when it is. */
export class PromiseHook extends SettlingHook {
  protected readonly isPromise = true
  #queue: { readonly request: Request; readonly call: QueuedCall }[] = []
  #isResolved = false

  call(request: Request): PendingCall {
    const { successor } = this
    if (successor) return successor.call(request)
    const call = new QueuedCall(request)
    try {
      request.params.freeze()
    } catch (thrown) {
      request.params.release()
      return new FailedCall(errorFromUnknown(thrown))
    }
    this.#queue.push({ request, call })
    return call
  }

  /** Settles the promise. Takes ownership of one reference; only the first call counts. */
  resolve(resolution: Hook): void {
    if (this.#isResolved) {
      resolution.release()
      return
    }
    this.#isResolved = true
    const next = this.unlessRing(resolution)
    // A call made while the queue empties joins its end.
    for (const { request, call } of this.#queue) {
      if (!call.isCanceled) call.forward(next.call(request))
    }
    this.#queue = []
    this.settle(next)
  }
}

/** A call that waits in a queue; afterwards a mirror of the call it became. */
class QueuedCall implements PendingCall {
  isCanceled = false
  readonly #request: Request
  #inner: PendingCall | undefined
  #listeners: ((outcome: Outcome) => void)[] = []
  #pipelines: Pipelines | undefined

  constructor(request: Request) {
    this.#request = request
  }

  /** The call was made: this is it from now on. */
  forward(inner: PendingCall): void {
    this.#inner = inner
    this.#pipelines?.settle((path) => inner.pipeline(path))
    const listeners = this.#listeners
    this.#listeners = []
    for (const listener of listeners) inner.whenDone(listener)
  }

  whenDone(listener: (outcome: Outcome) => void): void {
    if (this.#inner) this.#inner.whenDone(listener)
    else this.#listeners.push(listener)
  }

  pipeline(path: readonly number[]): Hook {
    if (this.#inner) return this.#inner.pipeline(path)
    this.#pipelines ??= new Pipelines()
    return this.#pipelines.at(path)
  }

  cancel(): void {
    if (this.#inner) {
      this.#inner.cancel()
      return
    }
    this.isCanceled = true
    this.#request.params.release()
    this.forward(new FailedCall(canceled()))
  }

  release(): void {
    this.#inner?.release()
  }
}
