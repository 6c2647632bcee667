// `FinalizationRegistry`. The engine has one, but calls it back from its own job queue, which does not
// run before the guest's `main` is over; so this one looks after weak references itself.
//
// Invariants
//  - A registration is held until its target is gone or it is unregistered; the target never is.
//  - A callback runs as a job of the loop, once per registration, never inside the code that let go.
//  - Looking costs a bounded time per turn, however many registrations there are; each is looked at
//    again and again, in turn.

import { guestJobs } from './job-queue.ts'

/** Registrations looked at before the loop blocks. The engine counts references: most go at once. */
const LOOKS_PER_TURN = 256

interface Registration {
  readonly target: WeakRef<WeakKey>
  readonly finalize: () => void
  /** Where it stands in `registrations`; -1 when it no longer does. */
  at: number
}

const registrations: Registration[] = []
let next = 0

function remove(registration: Registration): void {
  const { at } = registration
  if (at < 0) return
  const last = registrations.pop()!
  if (last !== registration) {
    registrations[at] = last
    last.at = at
  }
  registration.at = -1
}

export class GuestFinalizationRegistry<Held> implements FinalizationRegistry<Held> {
  readonly [Symbol.toStringTag] = 'FinalizationRegistry'
  readonly #callback: (held: Held) => void
  readonly #byToken = new WeakMap<WeakKey, Registration[]>()

  constructor(callback: (held: Held) => void) {
    this.#callback = callback
  }

  register(target: WeakKey, held: Held, token?: WeakKey): void {
    const callback = this.#callback
    const registration: Registration = {
      target: new WeakRef(target),
      finalize: () => callback(held),
      at: registrations.length,
    }
    registrations.push(registration)
    if (token === undefined) return
    const known = this.#byToken.get(token)
    if (known) known.push(registration)
    else this.#byToken.set(token, [registration])
  }

  unregister(token: WeakKey): boolean {
    const known = this.#byToken.get(token)
    if (!known) return false
    this.#byToken.delete(token)
    for (const registration of known) remove(registration)
    return true
  }
}

/** Looks for targets that are gone and queues what is to be called for them. */
export function finalizeGone(): void {
  for (let looks = Math.min(LOOKS_PER_TURN, registrations.length); looks > 0; looks -= 1) {
    if (next >= registrations.length) next = 0
    const registration = registrations[next]
    if (!registration) return
    if (registration.target.deref() === undefined) {
      remove(registration)
      guestJobs.push(registration.finalize)
    } else next += 1
  }
}
