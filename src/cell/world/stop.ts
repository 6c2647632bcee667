// How a guest is stopped from inside a host function.
//
// A JavaScript exception thrown by a host function runs through the guest's frames, and code with
// exception handling could catch it and go on. A WebAssembly trap cannot be caught. Host functions
// throw what they like, and `guard`, the one way into them, notes the reason and then traps: it runs an
// `unreachable` instruction.
//
// Invariants
//  - The first reason stays. Once there is one, every further host call traps at once.

import { CELL_LIMITS } from '../limits.ts'
import type { LimitName } from '../limits.ts'
import { causeOf } from '../module/backtrace.ts'
import type { FindPlace } from '../module/backtrace.ts'

/** Why a guest was stopped. */
export type StopReason =
  | { readonly kind: 'limit'; readonly limit: LimitName; readonly message: string }
  | { readonly kind: 'exit'; readonly code: number }
  | { readonly kind: 'kill' }
  | { readonly kind: 'trap'; readonly message: string }

/** Thrown inside host functions to stop the guest for `reason`. */
export class Stop extends Error {
  readonly reason: StopReason

  constructor(reason: StopReason) {
    super(reason.kind)
    this.reason = reason
  }
}

/** Stops the guest for exceeding a limit. `message` follows “Cell x ”. */
export function stopAtLimit(limit: LimitName, message: string): never {
  throw new Stop({ kind: 'limit', limit, message })
}

/** Stops the guest for breaking a rule of an interface. `message` follows “trapped: ”. */
export function trap(message: string): never {
  throw new Stop({ kind: 'trap', message })
}

/** A value a guest passes to, or gets from, a host function. */
export type CoreValue = number | bigint
export type HostFunction = (...args: CoreValue[]) => CoreValue | void

// (module (func (export "stop") unreachable))
const STOP_MODULE = new Uint8Array([
  0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x04, 0x01, 0x60, 0x00, 0x00, 0x03, 0x02,
  0x01, 0x00, 0x07, 0x08, 0x01, 0x04, 0x73, 0x74, 0x6f, 0x70, 0x00, 0x00, 0x0a, 0x05, 0x01, 0x03,
  0x00, 0x00, 0x0b,
])

let instruction: (() => never) | undefined

/** Runs `unreachable`. It has no state, so a thread has one for all its cells. */
function unreachable(): never {
  instruction ??= new WebAssembly.Instance(new WebAssembly.Module(STOP_MODULE)).exports[
    'stop'
  ] as () => never
  return instruction()
}

export class Stopper {
  readonly #isKilled: () => boolean
  readonly #pay: () => void
  readonly #find: FindPlace | undefined
  #reason: StopReason | undefined

  /**
   * @param pay told of each call of the host; may make the guest wait
   * @param find what a trap can say of where it was
   */
  constructor(isKilled: () => boolean, pay: () => void = () => {}, find?: FindPlace) {
    this.#isKilled = isKilled
    this.#find = find
    this.#pay = pay
  }

  /** The function a guest may be given in place of `call`. */
  guard(call: HostFunction): HostFunction {
    return (...args) => {
      if (this.#reason) unreachable()
      try {
        if (this.#isKilled()) throw new Stop({ kind: 'kill' })
        this.#pay()
        return call(...args)
      } catch (thrown) {
        // A trap of the guest's own code, called by ours (realloc), is on its way out already.
        if (thrown instanceof WebAssembly.RuntimeError) throw thrown
        this.#reason ??= reasonOf(thrown, this.#find)
        return unreachable()
      }
    }
  }

  /** Why the guest ended, given what its entry point threw. */
  reasonFor(thrown: unknown): StopReason {
    return this.#reason ?? reasonOf(thrown, this.#find)
  }

  /** The reason, if a guest was stopped and returned all the same. */
  get reason(): StopReason | undefined {
    return this.#reason
  }
}

function reasonOf(thrown: unknown, find: FindPlace | undefined): StopReason {
  if (thrown instanceof Stop) return thrown.reason
  if (thrown instanceof RangeError && /call stack/.test(thrown.message)) {
    const message = `used up the stack of its thread, ${CELL_LIMITS.stackMb} MiB`
    return { kind: 'limit', limit: 'stack', message }
  }
  return { kind: 'trap', message: causeOf(thrown, find) }
}
