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

import { soon } from '../base/index.ts'
import { asWwError, canceled, failed } from './error.ts'
import type { Payload } from './payload.ts'
import type { Flow } from './stream.ts'

/** A call on its way to a hook. */
export interface Request {
  readonly interfaceId: bigint
  readonly methodId: number
  /** Owned by whoever is handed the request: released when no longer needed. */
  readonly params: Payload
}

export type Outcome = { readonly results: Payload } | { readonly error: Error }

/** Indexes of pointers, from the root of a call's results to a capability. */
export type Path = readonly number[]

/** The results themselves. */
export const ROOT: Path = []

/** Hears what a promise has turned out to be. */
export type SettledListener = (target: Hook) => void

/** A call that was made. Its results, once there, can be taken as often as wanted. */
export interface PendingCall {
  /** How it ended; undefined while it is under way. */
  readonly outcome: Outcome | undefined
  /** Runs `listener` when the call is done, at once if it is. Listeners run in order. */
  whenDone(listener: (outcome: Outcome) => void): void
  /**
   * Runs `listener` when nothing works on the call any more, at once if so: who serves it may go on
   * for as long as it likes after it was canceled.
   */
  whenOver(listener: () => void): void
  /**
   * The capability that will stand at `path`. Calls on it may be made right away.
   * @returns a hook with a reference for the caller
   */
  pipeline(path: Path): Hook
  /** The caller no longer wants it. It fails with CANCELED unless it is done. */
  cancel(): void
  /** The same, once no call on what will be in its results waits for it any more. */
  abandon(): void
  /** Nobody will ask for results or pipelines again. Frees what the results hold. */
  release(): void
}

/** Hooks nobody holds any more, while the first of them is told. */
let dropping: Hook[] | undefined

export abstract class Hook {
  // Declared, not defined: to define a field in a class that many extend takes 0.2 µs.
  declare private references: number
  /** The stream calls made through this, once there were any. */
  declare flow: Flow | undefined

  constructor() {
    this.references = 1
    this.flow = undefined
  }

  /** One more owner. @returns this, for the new owner */
  addRef(): this {
    this.references++
    return this
  }

  /** One owner less. */
  release(): void {
    if (--this.references !== 0) return
    if (dropping) {
      dropping.push(this)
      return
    }
    dropping = [this]
    try {
      for (const hook of dropping) hook.dropped()
    } finally {
      dropping = undefined
    }
  }

  /** Nobody holds this any more. Must not throw. */
  protected abstract dropped(): void

  /** Whether anything comes of its end: if not, references to it may be forgotten. */
  get isMissed(): boolean {
    return true
  }

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
  whenSettled(listener: SettledListener): void {
    listener(this)
  }

  /** Whoever waits for this with `listener` does so no longer. */
  ignore(_listener: SettledListener): void {}
}

/** Fails every call with the same error. Stands where a capability could not be had. */
export class BrokenHook extends Hook {
  readonly error: Error

  constructor(error: Error) {
    super()
    this.error = error
  }

  call(request: Request): PendingCall {
    return refuse(request, this.error)
  }

  protected dropped(): void {}
}

/** A call that fails before it is made. */
export function refuse({ params }: Request, error: Error): PendingCall {
  params.release()
  return new Call({ error })
}

/** Nobody wants what the outcome may hold. */
export function forget(outcome: Outcome): void {
  if ('results' in outcome) outcome.results.release()
}

/** Stands where a message has no capability. */
export function nullHook(): BrokenHook {
  return new BrokenHook(failed('NULL_CAPABILITY', 'Called a null capability'))
}

/** @returns with a reference for the caller */
function hookIn(outcome: Outcome, path: Path): Hook {
  if ('error' in outcome) return new BrokenHook(outcome.error)
  try {
    return outcome.results.hookAt(path)
  } catch (thrown) {
    return new BrokenHook(asWwError(thrown))
  }
}

/** What stands for a place in the results of a call until the call is done and it is settled. */
interface Place {
  readonly path: Path
  readonly hook: SettlingHook
  onSettled?: SettledListener
}

/**
 * A call with what waits for it: listeners, and a promise for each place in its results that was
 * asked for. The table of places owns a reference of each, until it is known what it is.
 */
export class Call implements PendingCall {
  declare outcome: Outcome | undefined
  declare private listeners: ((outcome: Outcome) => void)[] | undefined
  declare private places: Map<number | string, Place> | undefined
  declare private isReleased: boolean
  /** Nobody wants it but the calls that wait for its results. */
  declare protected isAbandoned: boolean

  /** @param outcome of a call that is done from the start */
  constructor(outcome?: Outcome) {
    this.outcome = outcome
    this.listeners = undefined
    this.places = undefined
    this.isReleased = false
    this.isAbandoned = false
  }

  abandon(): void {
    this.isAbandoned = true
    for (const { hook } of this.places?.values() ?? []) {
      if (hook instanceof PromiseHook && hook.isAwaited) return
    }
    this.cancel()
  }

  whenDone(listener: (outcome: Outcome) => void): void {
    if (this.outcome) listener(this.outcome)
    else if (this.listeners) this.listeners.push(listener)
    else this.listeners = [listener]
  }

  whenOver(listener: () => void): void {
    this.whenDone(listener)
  }

  pipeline(path: Path): Hook {
    const key = path.length === 1 ? path[0]! : path.join()
    const known = this.places?.get(key)
    if (known) return known.hook.addRef()
    if (this.outcome && this.isReleased) {
      return new BrokenHook(failed('RELEASED', 'The results were released'))
    }
    if (this.outcome) return hookIn(this.outcome, path)
    const hook = this.place(path)
    this.places ??= new Map()
    this.places.set(key, { path, hook })
    return hook.addRef()
  }

  /** Makes what stands for the place at `path`. */
  protected place(_path: Path): SettlingHook {
    return new PromiseHook(() => {
      if (this.isAbandoned) this.abandon()
    })
  }

  /** Settles every place with what `find` says stands there (a reference each). */
  protected settlePlaces(find: (path: Path) => Hook): void {
    for (const { path, hook } of this.places?.values() ?? []) hook.resolve(find(path))
  }

  /** The call is done: places first, then listeners. Takes over the results; only the first counts. */
  protected finish(outcome: Outcome): void {
    if (this.outcome) {
      forget(outcome)
      return
    }
    this.outcome = outcome
    if (this.places) {
      this.settlePlaces((path) => hookIn(outcome, path))
      for (const [key, place] of this.places) {
        const { path, hook } = place
        // As long as it orders calls, whoever asks for this place must get the same hook.
        if (hook.isSettled) {
          this.places.delete(key)
          hook.release()
          continue
        }
        // Who takes it out of the results must not overtake who pipelined.
        if ('results' in outcome) outcome.results.standIn(path, hook.addRef())
        place.onSettled = () => {
          if (this.places?.delete(key)) hook.release()
        }
        hook.whenSettled(place.onSettled)
      }
    }
    const { listeners } = this
    this.listeners = undefined
    if (listeners) for (const listener of listeners) listener(outcome)
    if (this.isReleased) this.release()
  }

  cancel(): void {}

  release(): void {
    this.isReleased = true
    if (!this.outcome) return
    this.dropPlaces()
    forget(this.outcome)
  }

  protected dropPlaces(): void {
    const places = this.places
    this.places = undefined
    for (const { hook, onSettled } of places?.values() ?? []) {
      if (onSettled) hook.ignore(onSettled)
      hook.release()
    }
  }
}

/** A hook that may turn out to be another one. */
export abstract class SettlingHook extends Hook {
  #resolution: Hook | undefined
  #isDropped = false
  #listeners: Set<SettledListener> | undefined

  /** Whether this can still be settled, or is what it is. */
  protected abstract get isPromise(): boolean

  /** What this stands for is known: `resolution`. Takes ownership of one reference. */
  abstract resolve(resolution: Hook): void

  /** From now on calls go to `resolution`. Takes ownership of one reference. */
  settle(resolution: Hook): void {
    const wasDropped = this.#isDropped
    const next = this.unlessRing(resolution)
    this.#resolution = next
    const listeners = this.#listeners ?? []
    this.#listeners = undefined
    for (const listener of listeners) next.whenSettled(listener)
    if (wasDropped) next.release()
  }

  /** Takes ownership of `resolution`. @returns it, or a broken hook when it leads back here */
  protected unlessRing(resolution: Hook): Hook {
    if (resolution.target !== this) return resolution
    resolution.release()
    return new BrokenHook(failed('PROMISE_RING', 'A promise resolved to itself'))
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

  override get isMissed(): boolean {
    return this.successor?.isMissed ?? true
  }

  override whenSettled(listener: SettledListener): void {
    const { successor } = this
    if (successor) successor.whenSettled(listener)
    else if (this.isPromise) (this.#listeners ??= new Set()).add(listener)
    else listener(this)
  }

  override ignore(listener: SettledListener): void {
    this.#listeners?.delete(listener)
    this.successor?.ignore(listener)
  }

  protected dropped(): void {
    this.#isDropped = true
    this.#resolution?.release()
  }
}

/** A capability that is not known yet. Calls wait in order, and go out in order when it is. */
export class PromiseHook extends SettlingHook {
  protected readonly isPromise = true
  /** Until it is settled: it leads to the call whose results may hold this. */
  #onUnawaited: (() => void) | undefined
  #queue: Set<QueuedCall> | undefined
  #isResolved = false

  /** @param onUnawaited hears when the last call that waited has been given up */
  constructor(onUnawaited?: () => void) {
    super()
    this.#onUnawaited = onUnawaited
  }

  /** Whether calls wait for it. */
  get isAwaited(): boolean {
    return this.#queue !== undefined && this.#queue.size > 0
  }

  call(request: Request): PendingCall {
    const { successor } = this
    if (successor) return successor.call(request)
    try {
      request.params.encoded()
    } catch (thrown) {
      return refuse(request, asWwError(thrown))
    }
    this.#queue ??= new Set()
    const call = new QueuedCall(request, this)
    this.#queue.add(call)
    return call
  }

  /** `call` does not wait any more. */
  giveUp(call: QueuedCall): void {
    // A chain of calls may be as long as a peer likes: each link hears in a turn of its own.
    if (this.#queue?.delete(call) && !this.isAwaited && this.#onUnawaited) soon(this.#onUnawaited)
  }

  /** Settles the promise. Takes ownership of one reference; only the first call counts. */
  resolve(resolution: Hook): void {
    if (this.#isResolved) {
      resolution.release()
      return
    }
    this.#isResolved = true
    this.#onUnawaited = undefined
    const next = this.unlessRing(resolution)
    // A call made while the queue empties joins its end.
    for (const call of this.#queue ?? []) call.forwardTo(next)
    this.#queue?.clear()
    this.settle(next)
  }
}

/** A call that waits in a queue; afterwards a mirror of the call it became. */
class QueuedCall extends Call {
  readonly #request: Request
  /** What it waits for, until it is made or given up. */
  readonly #promise: PromiseHook
  #inner: PendingCall | undefined

  constructor(request: Request, promise: PromiseHook) {
    super()
    this.#request = request
    this.#promise = promise
  }

  /** Makes the call. */
  forwardTo(hook: Hook): void {
    this.#become(hook.call(this.#request))
  }

  #become(inner: PendingCall): void {
    this.#inner = inner
    this.settlePlaces((path) => inner.pipeline(path))
    this.dropPlaces()
    inner.whenDone((outcome) => this.finish(outcome))
    if (this.isAbandoned) inner.abandon()
  }

  override whenOver(listener: () => void): void {
    this.whenDone(() => this.#inner!.whenOver(listener))
  }

  override abandon(): void {
    if (this.#inner) this.#inner.abandon()
    else super.abandon()
  }

  override pipeline(path: Path): Hook {
    return this.#inner ? this.#inner.pipeline(path) : super.pipeline(path)
  }

  override cancel(): void {
    this.#promise.giveUp(this)
    if (this.#inner) this.#inner.cancel()
    else this.#become(refuse(this.#request, canceled()))
  }

  override release(): void {
    super.release()
    if (this.outcome) this.#inner?.release()
  }
}
