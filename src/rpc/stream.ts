// Stream calls (`-> stream`): calls without results, whose callers are held back instead.
//
//   caller      write ──▶ write ──▶ write ─ ─ waits ─ ─▶ write        a call each, sent at once
//   in flight   ▓▓░░░░    ▓▓▓▓░░    ▓▓▓▓▓▓      ▓▓▓▓░░                up to a window of bytes
//   callee         handler, return … handler, return …               one at a time
//
// Invariants
//  - A call goes out when it is made, so order is that of all calls. Only its promise waits.
//  - The promise of a stream call says when to make the next one, not that this one arrived. It
//    resolves at once while less than a window was on its way before the call, its own size left
//    out: a call larger than the window costs no round trip either.
//  - The first stream call that fails, for whatever reason, leaves a hole. From then on every call
//    through the same hook fails with its error and is not made: nobody takes what follows the hole
//    for the whole. So the last call of a stream must be an ordinary one, whose return says that
//    everything before it arrived.
//  - At the callee, until the handler of a stream call is done, later calls of the object wait; when it
//    fails, they and all calls after them fail with its error (as in the reference). A stream call
//    that was given up does not fail what follows.
//  - A promise nobody awaits is no unhandled rejection: the next call tells.

import type { WwError } from '../base/index.ts'
import type { Hook, PendingCall } from './hook.ts'
import { STREAM_CALL_BYTES, STREAM_WINDOW_BYTES } from './limits.ts'

interface Waiting {
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

/** The stream calls made to one capability. */
export class Flow {
  #bytes = 0
  #largest = 0
  #waiting: Waiting[] = []
  #error: Error | undefined

  /** What the stream failed with. */
  get error(): Error | undefined {
    return this.#error
  }

  /**
   * Counts a call that was made with params of `bytes`.
   * @returns when the next one may be made
   */
  add(call: PendingCall, bytes: number): Promise<void> {
    const counted = bytes + STREAM_CALL_BYTES
    this.#bytes += counted
    this.#largest = Math.max(this.#largest, counted)
    call.whenDone((outcome) => {
      this.#bytes -= counted
      call.release()
      if ('error' in outcome) this.#fail(outcome.error)
      else if (this.#hasRoom) this.#wake(({ resolve }) => resolve())
    })
    if (this.#error) return rejected(this.#error)
    if (this.#hasRoom) return Promise.resolve()
    const promise = new Promise<void>((resolve, reject) => this.#waiting.push({ resolve, reject }))
    promise.catch(() => {})
    return promise
  }

  get #hasRoom(): boolean {
    return this.#bytes < STREAM_WINDOW_BYTES + this.#largest
  }

  #fail(error: Error): void {
    this.#error ??= error
    const first = this.#error
    this.#wake(({ reject }) => reject(first))
  }

  #wake(each: (waiting: Waiting) => void): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const one of waiting) each(one)
  }
}

/** The stream to what `hook` stands for: the same one before and after a promise is settled. */
export function flowTo(hook: Hook): Flow {
  if (hook.flow) return hook.flow
  const { target } = hook
  const known = target.flow
  const flow = known ?? new Flow()
  hook.flow = target.flow = flow
  if (!known && !target.isSettled) {
    target.whenSettled((last) => {
      last.flow ??= flow
    })
  }
  return flow
}

/** A promise that rejects, which nobody has to handle. */
export function rejected(error: Error): Promise<never> {
  const promise = Promise.reject(error)
  promise.catch(() => {})
  return promise
}

/** A call that is ready to be served. */
export interface Turn {
  readonly isStream: boolean
  /** Runs its handler, soon. */
  start(): void
  /** Its handler will not run. */
  refuse(error: WwError): void
}

/** Calls of an object that has stream methods. */
export class StreamTurns {
  #isStreaming = false
  /** Calls that wait for the end of a stream call. */
  #waiting: Turn[] = []
  /** What a stream call failed with. */
  broken: WwError | undefined

  /** `turn` starts when no stream call is under way. */
  take(turn: Turn): void {
    if (this.#isStreaming) {
      this.#waiting.push(turn)
      return
    }
    this.#isStreaming = turn.isStream
    turn.start()
  }

  /** A stream call is over: what waited for it starts, or fails with it. */
  pass(error: WwError | undefined): void {
    this.#isStreaming = false
    this.broken ??= error
    while (this.#waiting.length > 0 && !this.#isStreaming) {
      const turn = this.#waiting.shift()!
      if (error) turn.refuse(error)
      else this.take(turn)
    }
  }
}

/** For a method declared `-> stream`. */
export function streamTurns(): StreamTurns {
  return new StreamTurns()
}
