// What references mean, told apart from how they travel: the part of the model that knows nothing of
// messages. A reference is described by the calls that led to it; what object it must be follows
// from what those methods do, wherever they run.

/** The tag that names an object; `broken`: calls fail; `unknown`: a call was given up on the way. */
export type Identity = number | 'broken' | 'unknown'

export interface Ref {
  /** Promises from this rank on may be made to resolve to it: that keeps rings out. */
  readonly rank: number
  identity(): Identity
}

export type Method = 'ping' | 'make' | 'give' | 'later' | 'late' | 'use' | 'keep' | 'never' | 'pour'

/** A call somebody made, wherever it goes. */
export interface CallRecord {
  readonly tag: number
  readonly method: Method
  /** The peer that made it; undefined: the program of the vat. */
  readonly maker: object | undefined
  readonly target: Ref
  readonly param: Ref | undefined
  /** What `later` and `late` return in the end. */
  readonly promise: PromiseRef | undefined
  /** A stream call that is to fail, or to take its time. */
  readonly isFailing: boolean
  readonly isSlow: boolean
  /** The caller gave it up, or the peer chose to fail it: whether it had effect is not known. */
  isDoubtful: boolean
  outcome: 'results' | 'exception' | undefined
  /** Objects at which a stream call has failed: whether they still answer depends on who asks when. */
  readonly spoilt: ReadonlySet<number>
}

export const BROKEN: Ref = { rank: 0, identity: () => 'broken' }

export const UNKNOWN: Ref = { rank: Infinity, identity: () => 'unknown' }

export function objectRef(tag: number): Ref {
  return { rank: 0, identity: () => tag }
}

/** Will be what `resolution` says. */
export class PromiseRef implements Ref {
  readonly rank: number
  resolution: Ref | undefined

  constructor(rank: number) {
    this.rank = rank
  }
  identity(): Identity {
    return this.resolution?.identity() ?? 'unknown'
  }
}

/** The capability in the results of a call. */
export class ResultRef implements Ref {
  readonly rank: number
  readonly #call: CallRecord
  /** It is not there before somebody gives up a call that does not end. */
  readonly isNever: boolean

  constructor(call: CallRecord) {
    this.#call = call
    this.isNever = isEndless(call)
    this.rank = Math.max(call.target.rank, call.param?.rank ?? 0, call.promise?.rank ?? 0)
  }
  identity(): Identity {
    const { tag, method, target, param, promise, isDoubtful, spoilt } = this.#call
    if (isDoubtful) return 'unknown'
    const callee = target.identity()
    if (typeof callee !== 'number') return callee
    if (spoilt.has(callee)) return 'unknown'
    if (method === 'make') return tag
    if (method === 'give') return param!.identity()
    return promise?.identity() ?? 'broken'
  }
}

/** Whether a call ends only when somebody gives it up, itself or by what it is made on. */
export function isEndless({ method, target }: CallRecord): boolean {
  return method === 'never' || (target instanceof ResultRef && target.isNever)
}

/** How a call must have ended. */
export function expectedOutcome(call: CallRecord): CallRecord['outcome'] {
  const callee = call.target.identity()
  if (call.isDoubtful || callee === 'unknown' || call.method === 'never') return undefined
  // Who makes a stream call hears of a failure only.
  if (call.method === 'pour' && call.outcome === undefined) return undefined
  if (callee === 'broken') return 'exception'
  if (call.spoilt.has(callee)) return undefined
  if (call.method === 'use') return call.param?.identity() === 'unknown' ? undefined : call.outcome
  if (call.method === 'late') {
    const identity = call.promise!.identity()
    if (identity === 'unknown') return undefined
    return identity === 'broken' ? call.outcome : 'results'
  }
  return 'results'
}
