// What both ends of the machine live in, and what is known of it: the calls that were made, where
// they arrived, the objects of the vat, and what must be the same in the end.

import { WwError } from '../../src/base/index.ts'
import { promised, serve } from '../../src/rpc/index.ts'
import { Thing } from '../fixture/thing.gen.ts'
import type { Thing$Server } from '../fixture/thing.gen.ts'
import type { Choices } from './choices.ts'
import { BROKEN, expectedOutcome, objectRef, PromiseRef } from './meaning.ts'
import type { CallRecord, Method, Ref } from './meaning.ts'
import { USE, Violation } from './peer.ts'
import type { PeerWorld } from './peer.ts'

/** A reference that the program on the vat's side holds. */
export interface VatClient {
  client: Thing
  readonly ref: Ref
  readonly sequence: number[]
}

/** A promise that the program has given out. */
interface Slot {
  readonly promise: Promise<Thing>
  resolve(thing: Thing): void
  reject(error: Error): void
}

interface Arrival {
  readonly tag: number
  readonly identity: number
}

export class World implements PeerWorld {
  readonly features = new Set<string>()
  readonly clients: VatClient[] = []
  /** What ends a call that does not end by itself. */
  readonly cancels: (() => void)[] = []
  readonly slots = new Map<number, Slot>()
  /** Objects of the vat that somebody holds. */
  alive = 0
  readonly #choices: Choices
  readonly #line: ((text: string) => void) | undefined
  readonly #calls = new Map<number, CallRecord>()
  #lastNumber = 0
  readonly #arrivals = new Map<number, Arrival[]>()
  /** In order. */
  readonly #arrivedTags: number[] = []
  readonly #facts: { readonly what: string; readonly one: Ref; readonly other: Ref }[] = []
  readonly #sequences: (readonly number[])[] = []
  /** Objects of the vat that are in the middle of a stream call. */
  readonly #pouring = new Set<number>()
  /** Objects of the vat, dead ones included. */
  readonly #named = new Set<number>()
  /** Objects at which a stream call has failed. */
  readonly #spoilt = new Set<number>()

  constructor(choices: Choices, line: ((text: string) => void) | undefined) {
    this.#choices = choices
    this.#line = line
  }

  record(tag: number): CallRecord {
    const record = this.#calls.get(tag & ~USE)
    if (!record) throw new Violation(`call ${tag} was never made`)
    return record
  }
  next(): number {
    return ++this.#lastNumber
  }
  arrived(tag: number, identity: number): void {
    this.#line?.(`   ${tag >= USE ? `use ${tag - USE}` : tag} arrives at ${identity}`)
    const known = this.#arrivals.get(tag)
    if (known) known.push({ tag, identity })
    else this.#arrivals.set(tag, [{ tag, identity }])
    this.#arrivedTags.push(tag)
  }
  hasArrived(tag: number): boolean {
    return this.#arrivals.has(tag)
  }
  same(what: string, one: Ref, other: Ref): void {
    if (one !== other) this.#facts.push({ what, one, other })
  }
  reached(feature: string): void {
    this.features.add(feature)
  }
  spoil(identity: number): void {
    this.reached('a stream call failed')
    this.#spoilt.add(identity)
  }

  /** @param maker the peer that makes it, if not the program of the vat */
  newCall(method: Method, target: Ref, param: Ref | undefined, maker?: object): CallRecord {
    const tag = this.next()
    const isLate = method === 'later' || method === 'late'
    const isStream = method === 'pour'
    const call: CallRecord = {
      tag,
      method,
      maker,
      target,
      param,
      promise: isLate ? new PromiseRef(tag) : undefined,
      isFailing: isStream && this.#choices.oneIn(8),
      isSlow: isStream && this.#choices.oneIn(3),
      isDoubtful: false,
      outcome: undefined,
      spoilt: this.#spoilt,
    }
    this.#calls.set(tag, call)
    this.#line?.(`   ${method} ${tag} to ${target.identity()} with ${param?.identity()}`)
    return call
  }

  /** Pings through one reference, which must arrive in their order. */
  newSequence(): number[] {
    const sequence: number[] = []
    this.#sequences.push(sequence)
    return sequence
  }
  /** `sequence` grows by `tag`. */
  follows(sequence: number[], tag: number): void {
    if (sequence.length === 0 && !this.#sequences.includes(sequence)) this.#sequences.push(sequence)
    sequence.push(tag)
  }

  hold(client: Thing, ref: Ref): VatClient {
    const held = { client, ref, sequence: this.newSequence() }
    this.clients.push(held)
    return held
  }

  /** A new object of the vat. */
  object(name: number): Thing {
    this.alive++
    this.#named.add(name)
    /** A handler starts: not while a stream call is being served. */
    const starts = () => {
      if (this.#pouring.has(name)) throw new Violation(`a call at ${name} amid a stream call`)
    }
    const server: Thing$Server & Disposable = {
      ping: ({ tag }) => {
        this.#try(starts)
        this.arrived(tag, name)
        return { tag }
      },
      make: ({ tag }) => {
        this.#try(starts)
        return { thing: this.object(tag) }
      },
      give: ({ thing }) => ({ thing }),
      later: ({ tag }) => ({ thing: promised(Thing, this.#slot(tag).promise) }),
      late: async ({ tag }) => ({ thing: await this.#slot(tag).promise }),
      use: async ({ tag, thing }) => {
        await thing!.ping({ tag: (tag | USE) >>> 0 })
      },
      keep: ({ tag, thing }) => {
        const { param } = this.record(tag)
        if (thing) this.hold(thing.$dup(), param!)
      },
      never: async (_, { signal }) =>
        await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve())),
      pour: async ({ tag }) => {
        this.#try(starts)
        this.arrived(tag, name)
        const { isSlow, isFailing } = this.record(tag)
        if (isSlow) {
          this.reached('a stream call took its time')
          this.#pouring.add(name)
          await new Promise<void>((resolve) => this.cancels.push(resolve))
          this.#pouring.delete(name)
        }
        if (!isFailing) return
        this.spoil(name)
        throw new WwError('failed', 'SPOILT', 'Failed by the script')
      },
      [Symbol.dispose]: () => {
        this.alive--
      },
    }
    return serve(Thing, server)
  }

  /** What went wrong inside a handler, where throwing is only an answer. */
  failure: Error | undefined
  #try(check: () => void): void {
    try {
      check()
    } catch (thrown) {
      this.failure ??= thrown as Error
    }
  }

  #slot(tag: number): Slot {
    const made = {} as { -readonly [K in keyof Slot]: Slot[K] }
    made.promise = new Promise<Thing>((resolve, reject) => {
      made.resolve = resolve
      made.reject = reject
    })
    made.promise.catch(() => {})
    this.slots.set(tag, made)
    return made
  }

  /** Settles the promise that call `tag` gave out. */
  settle(tag: number, isBroken: boolean): void {
    const slot = this.slots.get(tag)!
    this.slots.delete(tag)
    const { promise } = this.record(tag)
    const lower = this.clients.filter(({ ref }) => ref.rank < tag)
    this.reached(`settled a promise ${isBroken ? 'with an error' : lower.length > 0}`)
    if (isBroken) {
      promise!.resolution = BROKEN
      slot.reject(new WwError('failed', 'BROKEN', 'Broken by the script'))
    } else if (lower.length === 0) {
      const name = this.next()
      promise!.resolution = objectRef(name)
      slot.resolve(this.object(name))
    } else {
      const { client, ref } = this.#choices.pick(lower)
      promise!.resolution = ref
      slot.resolve(client.$dup())
    }
  }

  /** Everything has ended: it must have ended as it was meant. @throws {Violation} */
  checkMeaning(): void {
    if (this.failure !== undefined) throw this.failure
    for (const { what, one, other } of this.#facts) {
      const [left, right] = [one.identity(), other.identity()]
      if (left === 'unknown' || right === 'unknown' || left === right) continue
      throw new Violation(`${what}: ${left} is not ${right}`)
    }
    for (const call of this.#calls.values()) {
      const expected = expectedOutcome(call)
      if (expected !== undefined && expected !== call.outcome) {
        throw new Violation(
          `${call.method} ${call.tag} ended with ${call.outcome}, not ${expected}`,
        )
      }
      if (call.method === 'ping' || call.method === 'pour') {
        this.#checkArrival(call.tag, call.target, call)
      }
      if (call.method === 'use') this.#checkUse(call)
    }
    const places = new Map(this.#arrivedTags.map((tag, place) => [tag, place]))
    for (const sequence of this.#sequences) this.#checkOrder(sequence, places)
  }

  #checkOrder(sequence: readonly number[], places: ReadonlyMap<number, number>): void {
    let last = -1
    let failed: number | undefined
    for (const tag of sequence) {
      const place = places.get(tag)
      if (place === undefined) continue
      if (place < last) throw new Violation(`ping ${tag} was overtaken: ${sequence.join()}`)
      if (failed !== undefined) throw new Violation(`${tag} arrived after ${failed}, which failed`)
      last = place
      const { isFailing, isDoubtful } = this.record(tag)
      const [arrival] = this.#arrivals.get(tag)!
      if (isFailing && !isDoubtful && this.#named.has(arrival!.identity)) failed = tag
    }
  }

  #checkArrival(tag: number, target: Ref, { isDoubtful }: CallRecord): void {
    const arrivals = this.#arrivals.get(tag) ?? []
    const identity = target.identity()
    if (arrivals.length > 1) throw new Violation(`ping ${tag} arrived ${arrivals.length} times`)
    const [arrival] = arrivals
    if (identity === 'unknown') return
    const isInDoubt = isDoubtful || (identity !== 'broken' && this.#spoilt.has(identity))
    if (identity === 'broken' ? arrival : !arrival && !isInDoubt) {
      throw new Violation(`ping ${tag} to ${identity} arrived ${arrivals.length} times`)
    }
    if (arrival && arrival.identity !== identity) {
      throw new Violation(`ping ${tag} to ${identity} arrived at ${arrival.identity}`)
    }
  }

  #checkUse(call: CallRecord): void {
    const callee = call.target.identity()
    if (typeof callee !== 'number' || call.isDoubtful || this.#spoilt.has(callee)) return
    this.#checkArrival((call.tag | USE) >>> 0, call.param!, call)
  }
}
