// Capabilities on the other end of a connection: imports, and places in answers not here yet.
//
// Both are promises, possibly. When one is settled, calls must not overtake those that went out
// through it; `Connection.#replace` decides whether an embargo is needed and hands us a hook that
// already takes care of it.

import { canceled } from './error.ts'
import { Call, SettlingHook } from './hook.ts'
import type { Hook, Outcome, Path, PendingCall, Request } from './hook.ts'
import type { Address } from './protocol.ts'

/** What a remote hook needs of its connection. */
export interface Wire {
  sendCall(address: Address, request: Request): PendingCall
  /** The last reference to an import is gone. */
  importDropped(dropped: ImportHook): void
  /** The caller gives up a question that has not returned. */
  giveUp(question: Question): void
  /** Where calls on `hook`, a place in `question`'s results, go from now on. Takes over `target`. */
  pipelineSettled(hook: PipelineHook, target: Hook): void
}

/** A hook whose calls go to an address on a connection until it is settled. */
export abstract class RemoteHook extends SettlingHook {
  readonly wire: Wire
  /** Whether calls went out to `address`, or to what became this. */
  wasUsed = false

  constructor(wire: Wire) {
    super()
    this.wire = wire
  }

  /** Where calls go as long as this is not settled. */
  abstract get address(): Address

  call(request: Request): PendingCall {
    const { successor } = this
    if (successor) return successor.call(request)
    this.wasUsed = true
    return this.wire.sendCall(this.address, request)
  }
}

/** A capability the peer exports to us. */
export class ImportHook extends RemoteHook {
  readonly id: number
  readonly isPromise: boolean
  /** How often the peer has sent it: what a Release must give back. */
  wireCount = 0

  constructor(wire: Wire, id: number, isPromise: boolean) {
    super(wire)
    this.id = id
    this.isPromise = isPromise
  }

  get address(): Address {
    return { importId: this.id }
  }

  protected override dropped(): void {
    super.dropped()
    this.wire.importDropped(this)
  }
}

/** A place in the results of a question that has not returned. */
export class PipelineHook extends RemoteHook {
  readonly question: Question
  readonly path: Path
  readonly isPromise = true

  constructor(question: Question, path: Path) {
    super(question.wire)
    this.question = question
    this.path = path
  }

  get address(): Address {
    return { questionId: this.question.id, path: this.path }
  }
}

/** A call we made over a connection. */
export class Question extends Call {
  readonly wire: Wire
  readonly id: number
  /** Exports made for its params, one entry per reference. */
  paramExports: readonly number[] = []
  /** `given-up`: a Finish was sent; its Return is still owed unless `hasReturned`. */
  state: 'open' | 'done' | 'given-up' = 'open'
  /** The Return is here; an open question waits for results that it says are to come elsewhere. */
  hasReturned = false

  constructor(wire: Wire, id: number) {
    super()
    this.wire = wire
    this.id = id
  }

  protected override place(path: Path): SettlingHook {
    return new PipelineHook(this, path)
  }
  protected override settlePlace(place: SettlingHook, target: Hook): void {
    this.wire.pipelineSettled(place as PipelineHook, target)
  }

  /** The results came, or the question failed. */
  override finish(outcome: Outcome): void {
    if (this.state === 'open') this.state = 'done'
    super.finish(outcome)
  }

  /** @param reason what the caller is told */
  override cancel(reason: Error = canceled()): void {
    if (this.state !== 'open') return
    this.state = 'given-up'
    this.wire.giveUp(this)
    super.finish({ error: reason })
  }
}
