// `Promise` for guests, with ECMAScript's semantics (ECMA-262 §27.2) down to the order of jobs, on
// our own job queue. Left out: subclassing through `Symbol.species`. Async functions reach it
// because the bundler lowers them to generators around the global `Promise`.
//
// Invariants
//  - A promise settles at most once; reactions run as jobs, never inside the call that settles.
//  - Rejected without a reaction, a promise is in `unhandled` until someone attaches one.

import { guestJobs } from './job-queue.ts'

type Settle = (value: unknown) => void

interface Reaction {
  readonly fulfilled: Settle
  readonly rejected: Settle
}

type Executor<T> = (
  resolve: (value: T | PromiseLike<T>) => void,
  reject: (reason?: unknown) => void,
) => void

const unhandled = new Map<GuestPromise<unknown>, unknown>()

/** The reasons of rejections nobody took care of since the last call, oldest first. Forgets them. */
export function takeUnhandled(): unknown[] {
  if (unhandled.size === 0) return []
  const reasons = [...unhandled.values()]
  unhandled.clear()
  return reasons
}

export class GuestPromise<T> implements Promise<T> {
  #state: 'pending' | 'fulfilled' | 'rejected' = 'pending'
  /** The value, or the reason. */
  #result: unknown = undefined
  #reactions: Reaction[] | undefined
  #handled = false

  constructor(executor: Executor<T>) {
    if (typeof executor !== 'function') {
      throw new TypeError(`Promise resolver ${String(executor)} is not a function`)
    }
    const { resolve, reject } = this.#resolvers()
    try {
      executor(resolve, reject)
    } catch (thrown) {
      reject(thrown)
    }
  }

  // §27.2.1.3 CreateResolvingFunctions: the first of the two that is called decides.
  #resolvers(): { resolve: Settle; reject: Settle } {
    let decided = false
    return {
      resolve: (value) => {
        if (decided) return
        decided = true
        this.#resolve(value)
      },
      reject: (reason) => {
        if (decided) return
        decided = true
        this.#settle('rejected', reason)
      },
    }
  }

  #resolve(value: unknown): void {
    if (value === this) {
      this.#settle('rejected', new TypeError('Chaining cycle detected for promise'))
      return
    }
    if ((typeof value !== 'object' || value === null) && typeof value !== 'function') {
      this.#settle('fulfilled', value)
      return
    }
    let then: unknown
    try {
      then = (value as { then?: unknown }).then
    } catch (thrown) {
      this.#settle('rejected', thrown)
      return
    }
    if (typeof then !== 'function') {
      this.#settle('fulfilled', value)
      return
    }
    // A thenable's own code never runs inside the call that resolves.
    guestJobs.push(() => {
      const { resolve, reject } = this.#resolvers()
      try {
        then.call(value, resolve, reject)
      } catch (thrown) {
        reject(thrown)
      }
    })
  }

  #settle(state: 'fulfilled' | 'rejected', result: unknown): void {
    this.#state = state
    this.#result = result
    if (state === 'rejected' && !this.#handled) unhandled.set(this, result)
    const reactions = this.#reactions
    this.#reactions = undefined
    if (reactions) for (const reaction of reactions) this.#schedule(reaction)
  }

  #schedule(reaction: Reaction): void {
    const result = this.#result
    if (this.#state === 'fulfilled') guestJobs.push(() => reaction.fulfilled(result))
    else guestJobs.push(() => reaction.rejected(result))
  }

  // oxlint-disable-next-line unicorn/no-thenable -- this is the one class whose business it is
  then<A = T, B = never>(
    onFulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): GuestPromise<A | B> {
    return new GuestPromise<A | B>((resolve, reject) => {
      const reaction: Reaction = {
        fulfilled:
          typeof onFulfilled === 'function'
            ? handler(onFulfilled as (value: unknown) => A, resolve, reject)
            : (resolve as Settle),
        rejected:
          typeof onRejected === 'function'
            ? handler(onRejected as (value: unknown) => B, resolve, reject)
            : reject,
      }
      this.#handled = true
      if (this.#state === 'pending') {
        this.#reactions ??= []
        this.#reactions.push(reaction)
        return
      }
      if (this.#state === 'rejected') unhandled.delete(this)
      this.#schedule(reaction)
    })
  }

  // `catch` and `finally` go through `this.then`, which a user may have replaced (§27.2.5).
  catch<B = never>(onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null): Promise<T | B> {
    return this.then(undefined, onRejected)
  }

  finally(onFinally?: (() => void) | null): Promise<T> {
    if (typeof onFinally !== 'function') return this.then(onFinally, onFinally)
    return this.then(
      (value) => GuestPromise.resolve(onFinally()).then(() => value),
      (reason: unknown) =>
        GuestPromise.resolve(onFinally()).then(() => {
          throw reason
        }),
    )
  }

  get [Symbol.toStringTag](): string {
    return 'Promise'
  }

  static resolve(): GuestPromise<void>
  static resolve<T>(value: T | PromiseLike<T>): GuestPromise<Awaited<T>>
  static resolve<T>(value?: T | PromiseLike<T>): GuestPromise<unknown> {
    if (value instanceof GuestPromise && value.constructor === GuestPromise) return value
    return new GuestPromise<unknown>((resolve) => resolve(value))
  }

  static reject<T = never>(reason?: unknown): GuestPromise<T> {
    return new GuestPromise<T>((_resolve, reject) => reject(reason))
  }

  static withResolvers<T>(): {
    promise: Promise<T>
    resolve: (value: T | PromiseLike<T>) => void
    reject: (reason?: unknown) => void
  } {
    let resolve!: (value: T | PromiseLike<T>) => void
    let reject!: (reason?: unknown) => void
    const promise = new GuestPromise<T>((ok, no) => {
      resolve = ok
      reject = no
    })
    return { promise, resolve, reject }
  }

  static all(promises: Iterable<unknown>): GuestPromise<unknown[]> {
    return collect(promises, (slot, resolveAll, rejectAll) => ({
      fulfilled: (value) => slot(value, resolveAll),
      rejected: rejectAll,
    }))
  }

  static allSettled(promises: Iterable<unknown>): GuestPromise<unknown[]> {
    return collect(promises, (slot, resolveAll) => ({
      fulfilled: (value) => slot({ status: 'fulfilled', value }, resolveAll),
      rejected: (reason) => slot({ status: 'rejected', reason }, resolveAll),
    }))
  }

  static any(promises: Iterable<unknown>): GuestPromise<unknown> {
    return collect(
      promises,
      (slot, resolveAll, rejectAll) => ({
        fulfilled: resolveAll,
        rejected: (reason) =>
          slot(reason, (reasons) => rejectAll(new AggregateError(reasons, ALL_REJECTED))),
      }),
      (reasons, _resolve, reject) => reject(new AggregateError(reasons, ALL_REJECTED)),
    )
  }

  static race(promises: Iterable<unknown>): GuestPromise<unknown> {
    return new GuestPromise((resolve, reject) => {
      for (const promise of promises) void GuestPromise.resolve(promise).then(resolve, reject)
    })
  }

  static get [Symbol.species](): typeof GuestPromise {
    return GuestPromise
  }
}

const ALL_REJECTED = 'All promises were rejected'

function handler<A>(
  callback: (value: unknown) => A | PromiseLike<A>,
  resolve: (value: A | PromiseLike<A>) => void,
  reject: Settle,
): Settle {
  return (value) => {
    let returned: A | PromiseLike<A>
    try {
      returned = callback(value)
    } catch (thrown) {
      reject(thrown)
      return
    }
    resolve(returned)
  }
}

/** Fills a promise's place in the list, once; `done` hears the list when no place is empty. */
type Slot = (value: unknown, done: (list: unknown[]) => void) => void

// What `all`, `allSettled` and `any` share: a list with a place for each input, and a count that
// starts at one, so that inputs which settle while we still iterate cannot end it early.
function collect<T>(
  promises: Iterable<unknown>,
  react: (slot: Slot, resolve: (value: T) => void, reject: Settle) => Reaction,
  whenEmpty: (list: unknown[], resolve: (value: T) => void, reject: Settle) => void = (
    list,
    resolve,
  ) => resolve(list as T),
): GuestPromise<T> {
  return new GuestPromise<T>((resolve, reject) => {
    const list: unknown[] = []
    let missing = 1
    let index = 0
    for (const promise of promises) {
      const at = index
      index += 1
      missing += 1
      list.push(undefined)
      let filled = false
      const slot: Slot = (value, done) => {
        if (filled) return
        filled = true
        list[at] = value
        missing -= 1
        if (missing === 0) done(list)
      }
      const { fulfilled, rejected } = react(slot, resolve as (value: T) => void, reject)
      void GuestPromise.resolve(promise).then(fulfilled, rejected)
    }
    missing -= 1
    if (missing === 0) whenEmpty(list, resolve as (value: T) => void, reject)
  })
}

// Printed and compared as `Promise`: the class has another name here only to be told apart.
Object.defineProperty(GuestPromise, 'name', { value: 'Promise' })
