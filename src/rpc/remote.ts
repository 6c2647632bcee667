// Capabilities on the other end of a connection: imports, and places in answers not here yet.
//
// Both are promises, possibly. When one is settled, calls must not overtake those that went out
// through it; `Connection.#replace` decides whether an embargo is needed and hands us a hook that
// already takes care of it.

import { asWwError, canceled } from './error.ts'
import { BrokenHook, SettlingHook } from './hook.ts'
import type { Hook, Outcome, PendingCall, Request } from './hook.ts'
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
  readonly path: readonly number[]
  readonly isPromise = true

  constructor(question: Question, path: readonly number[]) {
    super(question.wire)
    this.question = question
    this.path = path
  }

  get address(): Address {
    return { questionId: this.question.id, path: this.path }
  }
}

/** A call we made over a connection. */
export class Question implements PendingCall {
  readonly wire: Wire
  readonly id: number
  /** Exports made for its params, one entry per reference. */
  paramExports: readonly number[] = []
  /** `given-up`: a Finish was sent; its Return is still owed unless `hasReturned`. */
  state: 'open' | 'done' | 'given-up' = 'open'
  /** The Return is here; an open question waits for results that it says are to come elsewhere. */
  hasReturned = false
  #outcome: Outcome | undefined
  #listeners: ((outcome: Outcome) => void)[] = []
  #isReleased = false
  /** By path; a reference each, until the place is known and no embargo holds calls to it. */
  readonly #pipelines = new Map<string, PipelineHook>()

  constructor(wire: Wire, id: number) {
    this.wire = wire
    this.id = id
  }

  whenDone(listener: (outcome: Outcome) => void): void {
    if (this.#outcome) listener(this.#outcome)
    else this.#listeners.push(listener)
  }

  pipeline(path: readonly number[]): Hook {
    const key = path.join()
    const known = this.#pipelines.get(key)
    if (known) return known.addRef()
    if (this.#outcome) return hookIn(this.#outcome, path)
    const hook = new PipelineHook(this, [...path])
    this.#pipelines.set(key, hook)
    return hook.addRef()
  }

  /** The results came, or the question failed. Pipelines first, then listeners. */
  finish(outcome: Outcome): void {
    if (this.state !== 'open') return
    this.state = 'done'
    this.#conclude(outcome)
  }

  cancel(): void {
    if (this.state !== 'open') return
    this.state = 'given-up'
    this.wire.giveUp(this)
    this.#conclude({ error: canceled() })
  }

  #conclude(outcome: Outcome): void {
    this.#outcome = outcome
    for (const [key, hook] of this.#pipelines) {
      this.wire.pipelineSettled(hook, hookIn(outcome, hook.path))
      // Who takes it out of the results must not overtake who pipelined.
      if (!hook.isSettled && 'results' in outcome) {
        outcome.results.toPayload().standIn(hook.path, hook.addRef())
      }
      // Behind an embargo it still orders calls: whoever asks for this place must get the same hook.
      hook.whenSettled(() => {
        if (this.#pipelines.delete(key)) hook.release()
      })
    }
    const listeners = this.#listeners
    this.#listeners = []
    for (const listener of listeners) listener(outcome)
    if (this.#isReleased) this.release()
  }

  release(): void {
    this.#isReleased = true
    if (!this.#outcome) return
    const hooks = [...this.#pipelines.values()]
    this.#pipelines.clear()
    for (const hook of hooks) hook.release()
    if ('results' in this.#outcome) this.#outcome.results.release()
  }
}

/** @returns with a reference for the caller */
function hookIn(outcome: Outcome, path: readonly number[]): Hook {
  if ('error' in outcome) return new BrokenHook(outcome.error)
  try {
    return outcome.results.toPayload().hookAt(path)
  } catch (thrown) {
    return new BrokenHook(asWwError(thrown))
  }
}
