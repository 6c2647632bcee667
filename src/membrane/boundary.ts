// A boundary around capabilities: what crosses it is wrapped, so that a guard stands before every
// call, however the capability was come by.
//
// It sits on hooks, below all types: casting, guessing interface ids or method numbers, pipelining,
// callbacks and promises all end in `Hook.call` of a wrapper.
//
//        inside                     |                 outside
//   object  <--- inner call --- OutwardHook <---- call ---- whoever grafted
//   object  ---- call ----> InwardHook ---- inner call ---> callback
//
// Invariants
//  - Whatever inside gives out (in results of calls from outside, in params of calls to outside) is an
//    OutwardHook; whatever outside gives in is an InwardHook, except what is ours already.
//  - Nothing is unwrapped on its way in: an inside object that is handed one of our wrappers and
//    passes it on to a third party cannot thereby pass on more than it was handed.
//  - An outside object that comes back out is itself again: the outside never sees an InwardHook.
//  - One inner hook has one wrapper at a time, so identity survives the crossing.
//  - When the guard ends, calls in flight fail with its reason at once, and every later call too.

import type { WwError } from '../base/index.ts'
import { BrokenHook, Hook } from '../rpc/index.ts'
import type { Client, InterfaceType, Outcome, Payload, PendingCall, Request } from '../rpc/index.ts'
import type { Guard } from './epoch.ts'

export class Boundary {
  readonly #guard: Guard
  readonly #outward = new WrapperTable((inner) => new OutwardHook(inner, this))
  readonly #inward = new WrapperTable((inner) => new InwardHook(inner, this))

  constructor(guard: Guard) {
    this.#guard = guard
  }

  get guard(): Guard {
    return this.#guard
  }

  /** `client`, seen from outside. Takes ownership of it. */
  wrap<C extends Client>(type: InterfaceType<C>, client: C): C {
    const wrapped = this.toOutside(client.$hook)
    client[Symbol.dispose]()
    return new type(wrapped)
  }

  /** An inside hook (borrowed) as the outside gets it. @returns with a reference for the caller */
  toOutside(inner: Hook): Hook {
    if (inner instanceof BrokenHook) return inner.addRef()
    if (inner instanceof OutwardHook && inner.boundary === this) return inner.addRef()
    if (inner instanceof InwardHook && inner.boundary === this) return inner.inner.addRef()
    return this.#outward.wrapperOf(inner)
  }

  /** An outside hook (borrowed) as the inside gets it. @returns with a reference for the caller */
  toInside(inner: Hook): Hook {
    if (inner instanceof BrokenHook) return inner.addRef()
    if (inner instanceof WrapperHook && inner.boundary === this) return inner.addRef()
    return this.#inward.wrapperOf(inner)
  }
}

/** The wrappers that exist, by what they wrap. Holds no references. */
class WrapperTable {
  readonly #wrappers = new Map<Hook, WrapperHook>()
  readonly #make: (inner: Hook) => WrapperHook

  constructor(make: (inner: Hook) => WrapperHook) {
    this.#make = make
  }

  wrapperOf(inner: Hook): Hook {
    const known = this.#wrappers.get(inner)
    if (known) return known.addRef()
    const made = this.#make(inner.addRef())
    this.#wrappers.set(inner, made)
    made.onDropped = () => this.#wrappers.delete(inner)
    return made
  }
}

abstract class WrapperHook extends Hook {
  readonly inner: Hook
  readonly boundary: Boundary
  onDropped: () => void = () => {}
  #isDropped = false
  #resolution: Hook | undefined

  /** Takes ownership of one reference of `inner`. */
  constructor(inner: Hook, boundary: Boundary) {
    super()
    this.inner = inner
    this.boundary = boundary
    if (inner.isSettled) return
    inner.whenSettled((target) => {
      if (this.#isDropped || target === inner) return
      this.#resolution = this.across(target)
    })
  }

  /** A hook of the inner side (borrowed), as our callers get it. */
  abstract across(inner: Hook): Hook
  /** A hook of our callers' side (borrowed), as the inner side gets it. */
  abstract back(outer: Hook): Hook

  call(request: Request): PendingCall {
    const refusal = this.boundary.guard.check()
    if (refusal) return new BrokenHook(refusal).call(request)
    const { interfaceId, methodId } = request
    let params: Payload
    try {
      params = request.params.withHooks((hook) => this.back(hook))
    } catch (thrown) {
      return new BrokenHook(thrown as Error).call(request)
    }
    request.params.release()
    return new GuardedCall(this.inner.call({ interfaceId, methodId, params }), this)
  }

  override get target(): Hook {
    return this.#resolution?.target ?? this
  }

  override get isSettled(): boolean {
    return this.#resolution ? this.#resolution.isSettled : this.inner.isSettled
  }

  override whenSettled(listener: (target: Hook) => void): void {
    if (this.isSettled) listener(this.target)
    else this.inner.whenSettled(() => listener(this.target))
  }

  protected dropped(): void {
    this.#isDropped = true
    this.onDropped()
    this.#resolution?.release()
    this.inner.release()
  }
}

class OutwardHook extends WrapperHook {
  across(inner: Hook): Hook {
    return this.boundary.toOutside(inner)
  }
  back(outer: Hook): Hook {
    return this.boundary.toInside(outer)
  }
}

class InwardHook extends WrapperHook {
  across(inner: Hook): Hook {
    return this.boundary.toInside(inner)
  }
  back(outer: Hook): Hook {
    return this.boundary.toOutside(outer)
  }
}

/** A call across the boundary: results are wrapped once, and the guard's end ends it. */
class GuardedCall implements PendingCall {
  readonly #inner: PendingCall
  readonly #wrapper: WrapperHook
  outcome: Outcome | undefined
  #listeners: ((outcome: Outcome) => void)[] = []
  readonly #stopWatching: () => void

  constructor(inner: PendingCall, wrapper: WrapperHook) {
    this.#inner = inner
    this.#wrapper = wrapper
    this.#stopWatching = wrapper.boundary.guard.onEnd((reason) => this.#endWith(reason))
    inner.whenDone((outcome) => this.#finish(this.#acrossed(outcome)))
  }

  #acrossed(outcome: Outcome): Outcome {
    if ('error' in outcome) return outcome
    try {
      return { results: outcome.results.withHooks((hook) => this.#wrapper.across(hook)) }
    } catch (thrown) {
      return { error: thrown as Error }
    }
  }

  #endWith(reason: WwError): void {
    this.#finish({ error: reason })
    this.#inner.cancel()
    this.#inner.release()
  }

  #finish(outcome: Outcome): void {
    if (this.outcome) {
      if ('results' in outcome) outcome.results.release()
      return
    }
    this.outcome = outcome
    this.#stopWatching()
    const listeners = this.#listeners
    this.#listeners = []
    for (const listener of listeners) listener(outcome)
  }

  whenDone(listener: (outcome: Outcome) => void): void {
    if (this.outcome) listener(this.outcome)
    else this.#listeners.push(listener)
  }

  whenOver(listener: () => void): void {
    this.#inner.whenOver(listener)
  }

  pipeline(path: readonly number[]): Hook {
    const refusal = this.#wrapper.boundary.guard.check()
    if (refusal) return new BrokenHook(refusal)
    const inner = this.#inner.pipeline(path)
    const wrapped = this.#wrapper.across(inner)
    inner.release()
    return wrapped
  }

  abandon(): void {
    this.#inner.abandon()
  }

  cancel(): void {
    this.#inner.cancel()
  }

  release(): void {
    if (this.outcome && 'results' in this.outcome) this.outcome.results.release()
    this.#inner.release()
  }
}
