// Promises of the peer that have turned out to be something, and the calls that must not overtake.
//
//   calls ─▶ promise 3 …                       on their way to the peer, which bounces them back to us
//   ◀─ Resolve 3 to our 1, Disembargo e to 3 ─▶          replace: from here on, calls wait
//   ◀─ … the calls, ◀─ Disembargo e                      receiveDisembargo: those that waited follow
//
//   ◀─ Disembargo e to our promise 3 … Disembargo e ─▶   receiveDisembargo: behind what we bounced
//
// Invariants
//  - When a promise of the peer turns out to be something that is not behind this same connection, or
//    is reached by way of ourselves although it is, and calls went out through it, new calls wait
//    behind an embargo until a Disembargo has made the round trip: nothing overtakes what is still
//    bouncing off the peer. If the connection ends before, those calls fail: what they were to follow
//    is lost.
//  - A Disembargo of the peer goes back behind everything that was sent through the same promise.

import { soon } from '../base/index.ts'
import { readerAt } from '../wire/index.ts'
import type { Message, Reader } from '../wire/index.ts'
import { overloaded, protocolError } from './error.ts'
import { BrokenHook, PromiseHook } from './hook.ts'
import type { Hook } from './hook.ts'
import { IdTable } from './ids.ts'
import { DISEMBARGO, RECEIVER_LOOPBACK, SENDER_LOOPBACK, u16 } from './protocol.ts'
import { isBehind } from './remote.ts'
import type { RemoteHook } from './remote.ts'
import type { Tables } from './tables.ts'

/** Calls through a promise wait until the peer has returned our Disembargo. */
interface Embargo {
  readonly id: number
  readonly promise: PromiseHook
  /** What it will be; the table owns a reference. */
  readonly target: Hook
}

export class Embargoes extends IdTable<Embargo> {
  readonly #tables: Tables

  constructor(tables: Tables) {
    super()
    this.#tables = tables
  }

  /**
   * `promise`, an import or a place in an answer, is now known to be `target` (whose reference we
   * take over). Behind this same connection order is the peer's affair. Anything else may be
   * reached faster than the calls already on their way to the peer and back: then an embargo.
   */
  replace(promise: RemoteHook, target: Hook): void {
    const { end } = this.#tables
    const last = target.target
    const isOrdered = !promise.wasUsed || end !== undefined || last instanceof BrokenHook
    promise.settle(isOrdered ? target : this.#ordered(promise, target, last))
  }

  /** What `promise`, which calls went out through, may be now that it is `target`. */
  #ordered(promise: RemoteHook, target: Hook, last: Hook): Hook {
    if (isBehind(last, this.#tables)) {
      // Calls through the promise count as calls through what it became.
      last.wasUsed = true
      return target
    }
    if (this.size >= this.#tables.limits.maxEmbargoes) {
      target.release()
      const sentence = `The peer has not returned ${this.size} disembargoes`
      return new BrokenHook(overloaded('TOO_MANY_EMBARGOES', sentence))
    }
    const embargo = new PromiseHook()
    const { id } = this.add((free) => ({ id: free, promise: embargo, target }))
    this.#send(id, SENDER_LOOPBACK, promise)
    return embargo
  }

  /**
   * `hook` (whose reference we take over) is something of ours that a promise of the peer has become.
   * If it leads back to the peer, calls that are on their way come by here once more. So it must not
   * look like the peer's yet: whoever called through the promise waits behind an embargo.
   */
  detour(hook: Hook): Hook {
    if (!isBehind(hook.target, this.#tables)) return hook
    const detour = new PromiseHook()
    soon(() => {
      detour.resolve(hook)
      detour.release()
    })
    return detour.addRef()
  }

  receiveDisembargo(id: number, disembargo: Reader, received: Message): void {
    const { answers, sender } = this.#tables
    const kind = u16(disembargo, 4)
    if (kind === RECEIVER_LOOPBACK) {
      const embargo = this.at(id)
      if (!embargo) throw protocolError(`a disembargo of ${id}, which is not under embargo`)
      this.delete(id)
      embargo.promise.resolve(embargo.target)
      return
    }
    if (kind !== SENDER_LOOPBACK) {
      sender.sendUnimplemented(received)
      return
    }
    const target = answers.targetOf(readerAt(disembargo, 0))
    // We said so, in a Return or a Resolve, hence it is settled; and everything that was queued for it
    // has been passed on by then (see hook.ts), so the echo comes last.
    const last = target.target
    target.release()
    if (!last.isSettled || !isBehind(last, this.#tables)) {
      throw protocolError('a disembargo for what does not lead back to its sender')
    }
    this.#send(id, RECEIVER_LOOPBACK, last)
  }

  #send(id: number, kind: number, to: RemoteHook): void {
    const { sender } = this.#tables
    const message = sender.begin(DISEMBARGO, id, 1, 1)
    message.u16(4, kind)
    to.writeTarget(message, message.body + 1)
    sender.send(message)
  }

  end(error: Error): void {
    for (const { promise, target } of this.clear()) {
      promise.resolve(new BrokenHook(error))
      target.release()
    }
  }
}
