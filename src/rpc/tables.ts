// What one end of a connection is made of. Its parts find each other here, and the hooks that lead to
// the peer find their way back.

import type { WwError } from '../base/index.ts'
import { Answers } from './answers.ts'
import type { CallDeadline, ConnectionOptions } from './connection.ts'
import { Embargoes } from './embargoes.ts'
import { failed } from './error.ts'
import { Exports } from './exports.ts'
import { Imports } from './imports.ts'
import { DEFAULT_RPC_LIMITS } from './limits.ts'
import type { RpcLimits } from './limits.ts'
import { Questions } from './questions.ts'
import type { Sender } from './sender.ts'

export class Tables {
  readonly sender: Sender
  readonly limits: RpcLimits
  readonly deadline: CallDeadline | undefined
  readonly questions = new Questions(this)
  readonly answers = new Answers(this)
  readonly exports = new Exports(this)
  readonly imports = new Imports(this)
  readonly embargoes = new Embargoes(this)
  /** Why the connection is over, once it is. */
  end: WwError | undefined
  readonly #expose: (error: Error) => Error
  readonly onHeld: ((isHeld: boolean) => void) | undefined
  /** What we hold of the peer: capabilities, and calls that somebody waits for. */
  #held = 0

  constructor(sender: Sender, { limits, deadline, expose, onHeld }: ConnectionOptions) {
    this.sender = sender
    this.limits = limits ?? DEFAULT_RPC_LIMITS
    this.deadline = deadline
    this.#expose = expose ?? ((error) => error)
    this.onHeld = onHeld
  }

  /** What the peer may know of `error`. */
  expose(error: Error): Error {
    try {
      return this.#expose(error)
    } catch {
      return failed('FAILED', 'The call failed')
    }
  }

  /** We hold so much more of the peer, or less. */
  countHeld(more: 1 | -1): void {
    const before = this.#held
    this.#held += more
    if (!this.end && (before === 0 || this.#held === 0)) this.onHeld?.(this.#held > 0)
  }
}
