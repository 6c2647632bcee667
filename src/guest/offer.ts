import type { WwError } from '../base/index.ts'
import { BrokenHook, Hook, PromiseHook } from '../rpc/index.ts'
import type { PendingCall, Request } from '../rpc/index.ts'

/**
 * What the host gets when it bootstraps a guest: a promise for what the guest will offer. Calls
 * wait for the offer, unless the guest comes to rest without one: then those that wait break, and
 * the promise stays open for a later offer.
 */
export class OfferHook extends Hook {
  /** Somebody made a call that waits for the offer. Set here only. */
  isAwaited = false
  readonly #onAwaited: () => void
  // Takes the calls and keeps their order; after the offer it passes them on.
  #waiting = new PromiseHook()
  #isMade = false
  #listeners: ((target: Hook) => void)[] = []

  /** @param onAwaited hears of each call that waits */
  constructor(onAwaited: () => void) {
    super()
    this.#onAwaited = onAwaited
  }

  get isMade(): boolean {
    return this.#isMade
  }

  /** Settles the promise. Takes ownership of one reference of `offered`. Once. */
  make(offered: Hook): void {
    this.#isMade = true
    this.isAwaited = false
    this.#waiting.resolve(offered)
    const listeners = this.#listeners
    this.#listeners = []
    for (const listener of listeners) this.#waiting.whenSettled(listener)
  }

  /** Fails the calls that wait. */
  breakWaiting(error: WwError): void {
    const waiting = this.#waiting
    this.isAwaited = false
    this.#waiting = new PromiseHook()
    waiting.resolve(new BrokenHook(error))
    waiting.release()
  }

  call(request: Request): PendingCall {
    if (!this.#isMade) {
      this.isAwaited = true
      this.#onAwaited()
    }
    return this.#waiting.call(request)
  }

  override get target(): Hook {
    const { target } = this.#waiting
    return target === this.#waiting ? this : target
  }

  override get isSettled(): boolean {
    return this.#waiting.isSettled
  }

  override whenSettled(listener: (target: Hook) => void): void {
    if (this.#isMade) this.#waiting.whenSettled(listener)
    else this.#listeners.push(listener)
  }

  protected dropped(): void {
    this.#waiting.release()
  }
}
