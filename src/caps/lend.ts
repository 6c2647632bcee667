import { Client, Hook } from '../rpc/index.ts'
import type { PendingCall, Request } from '../rpc/index.ts'

/**
 * A capability that is not known yet, and somebody who is told when nobody has it any more, or knows
 * what it is. Takes ownership of `client`.
 */
export function lend(client: Client, released: () => void): Client {
  const inner = client.$hook.addRef()
  client[Symbol.dispose]()
  return new Client(new LentHook(inner, released))
}

/** Passes everything on, and is gone from the way as soon as what it stands for is known. */
class LentHook extends Hook {
  readonly #inner: Hook
  readonly #released: () => void

  constructor(inner: Hook, released: () => void) {
    super()
    this.#inner = inner
    this.#released = released
  }

  call(request: Request): PendingCall {
    return this.#inner.call(request)
  }

  override get target(): Hook {
    return this.#inner.isSettled ? this.#inner.target : this
  }

  override get isSettled(): boolean {
    return this.#inner.isSettled
  }

  override whenSettled(listener: (target: Hook) => void): void {
    this.#inner.whenSettled(listener)
  }

  override ignore(listener: (target: Hook) => void): void {
    this.#inner.ignore(listener)
  }

  protected dropped(): void {
    this.#inner.release()
    this.#released()
  }
}
