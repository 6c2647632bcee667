// Capabilities on the other end of a connection: imports, and places in answers not here yet.
//
// Both are promises, possibly. When one is settled, calls must not overtake those that went out
// through it; embargoes.ts decides whether they have to wait and hands us a hook that already takes
// care of it.

import { addStruct, putUint16, putUint32 } from '../wire/index.ts'
import type { Builder } from '../wire/index.ts'
import { canceled } from './error.ts'
import { Call, SettlingHook } from './hook.ts'
import type { Hook, Outcome, Path, PendingCall, Request } from './hook.ts'
import {
  CAP_RECEIVER_ANSWER,
  CAP_RECEIVER_HOSTED,
  TARGET_ANSWER,
  writePromisedAnswer,
} from './protocol.ts'
import type { Tables } from './tables.ts'

/** A hook whose calls go to an address on a connection until it is settled. */
export abstract class RemoteHook extends SettlingHook {
  readonly tables: Tables
  /** Whether calls went out to its address, or to what became this. */
  wasUsed = false

  constructor(tables: Tables) {
    super()
    this.tables = tables
  }

  call(request: Request): PendingCall {
    const { successor } = this
    if (successor) return successor.call(request)
    this.wasUsed = true
    return this.tables.questions.call(this, request)
  }

  resolve(resolution: Hook): void {
    this.tables.embargoes.replace(this, resolution)
  }

  /** Writes where calls go, as long as this is not settled, as a MessageTarget behind `at`. */
  abstract writeTarget(builder: Builder, at: number): void
  /**
   * Writes the descriptor of what the peer has itself into the word `at` and the pointer behind it.
   * @returns false when the peer would not know it any more
   */
  abstract writeDescriptor(builder: Builder, at: number): boolean
}

/** Whether `hook` leads to the peer of this connection. */
export function isBehind(hook: Hook, tables: Tables): hook is RemoteHook {
  return hook instanceof RemoteHook && hook.tables === tables
}

/** A capability the peer exports to us. */
export class ImportHook extends RemoteHook {
  readonly id: number
  readonly isPromise: boolean
  /** How often the peer has sent it: what a Release must give back. */
  wireCount = 1

  constructor(tables: Tables, id: number, isPromise: boolean) {
    super(tables)
    this.id = id
    this.isPromise = isPromise
  }

  writeTarget(builder: Builder, at: number): void {
    putUint32(builder, addStruct(builder, at, 1, 1) * 8, this.id, 0)
  }

  writeDescriptor(builder: Builder, at: number): boolean {
    putUint16(builder, at * 8, CAP_RECEIVER_HOSTED, 0)
    putUint32(builder, at * 8 + 4, this.id, 0)
    return true
  }

  protected override dropped(): void {
    super.dropped()
    this.tables.imports.drop(this)
  }
}

/** A place in the results of a question that has not returned. */
class PipelineHook extends RemoteHook {
  /** Until it is settled: its results may hold this. */
  #question: Question | undefined
  readonly #path: Path
  readonly isPromise = true

  constructor(question: Question, path: Path) {
    super(question.tables)
    this.#question = question
    this.#path = path
  }

  override settle(resolution: Hook): void {
    super.settle(resolution)
    this.#question = undefined
  }

  writeTarget(builder: Builder, at: number): void {
    const target = addStruct(builder, at, 1, 1)
    putUint16(builder, target * 8 + 4, TARGET_ANSWER, 0)
    writePromisedAnswer(builder, target + 1, this.#question!.id, this.#path)
  }

  writeDescriptor(builder: Builder, at: number): boolean {
    if (!this.#question?.isOpen) return false
    putUint16(builder, at * 8, CAP_RECEIVER_ANSWER, 0)
    writePromisedAnswer(builder, at + 1, this.#question.id, this.#path)
    return true
  }
}

/** A call we made over a connection. */
export class Question extends Call {
  readonly tables: Tables
  readonly id: number
  /** Exports made for its params, one entry per reference. */
  readonly paramExports: readonly number[]
  /** False when it is done, or was given up: then a Finish was sent, and its Return may still be owed. */
  isOpen = true
  /** The Return is here; an open question waits for results that it says are to come elsewhere. */
  hasReturned = false

  constructor(tables: Tables, id: number, paramExports: readonly number[]) {
    super()
    this.tables = tables
    this.id = id
    this.paramExports = paramExports
  }

  protected override place(path: Path): SettlingHook {
    return new PipelineHook(this, path)
  }

  /** The results came, or the question failed. */
  override finish(outcome: Outcome): void {
    this.isOpen = false
    super.finish(outcome)
  }

  /** @param reason what the caller is told */
  override cancel(reason?: Error): void {
    if (!this.isOpen) return
    this.isOpen = false
    this.tables.questions.giveUp(this)
    super.finish({ error: reason ?? canceled() })
  }
}
