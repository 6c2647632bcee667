// What our client expects of a peer, whoever serves it and whoever stands between: each scenario has
// a connection of its own, and must leave its tables empty.

import { randomBytes } from 'node:crypto'
import { setImmediate, setTimeout } from 'node:timers/promises'

import { expect } from 'vitest'

import { ERROR_KINDS, WwError } from '../../src/base/index.ts'
import * as codegen from '../../src/rpc/codegen.ts'
import { broken, promised, serve } from '../../src/rpc/index.ts'
import type { Client } from '../../src/rpc/index.ts'
import { Builder, finished, putStruct, rootOf } from '../../src/wire/index.ts'
import type { StructType } from '../../src/wire/index.ts'
import {
  Counter,
  Gate,
  NamedCounter,
  Narrow,
  Outer,
  Peer,
  Pong,
  Stranger,
  Wide,
} from './interop.gen.ts'
import * as schema from './interop.gen.ts'
import { CounterServer, ourPeer, Tally } from './our-peer.ts'
import type { Session } from './vats.ts'

const LARGE_BYTES = 40 << 20

/** What a scenario has at hand. What it owns is disposed when it is over, last in, first out. */
export class Stage implements Disposable {
  readonly peer: Peer
  readonly session: Session
  /** Another connection to the same server. */
  readonly other: () => Promise<Session>
  /** Of the objects served here. */
  readonly tally = new Tally()
  readonly #owned: Disposable[] = []

  constructor(session: Session, other: () => Promise<Session>) {
    this.session = session
    this.peer = session.peer
    this.other = other
  }

  own<T extends Disposable>(thing: T): T {
    this.#owned.push(thing)
    return thing
  }

  /** A counter served here, and what it serves. */
  counter(): { readonly client: NamedCounter; readonly server: CounterServer } {
    const server = new CounterServer(this.tally, 0n)
    return { client: this.own(serve(NamedCounter, server)), server }
  }

  /** A gate served here. */
  gate(): { readonly client: Gate; readonly open: () => void } {
    const opened = deferred<void>()
    const client = this.own(serve(Gate, { wait: async () => await opened.promise }))
    return { client, open: () => opened.resolve() }
  }

  /** A promise for a counter of the server, or for any other outcome. */
  promise(hops: number, outcome: schema.Outcome$Init) {
    const gates = Array.from({ length: hops }, () => this.gate())
    const call = this.own(this.peer.promise({ gates: gates.map(({ client }) => client), outcome }))
    return { call, gates, counter: () => this.own(call.counter) }
  }

  async objects(): Promise<number> {
    return (await this.peer.stats()).objects
  }

  async canceled(): Promise<number> {
    return (await this.peer.stats()).canceled
  }

  [Symbol.dispose](): void {
    for (let last = this.#owned.pop(); last; last = this.#owned.pop()) last[Symbol.dispose]()
  }
}

interface Deferred<T> {
  readonly promise: Promise<T>
  readonly resolve: (value: T) => void
  readonly reject: (error: Error) => void
}

function deferred<T>(): Deferred<T> {
  let resolve: (value: T) => void = () => {}
  let reject: (error: Error) => void = () => {}
  const promise = new Promise<T>((good, bad) => {
    resolve = good
    reject = bad
  })
  return { promise, resolve, reject }
}

/** Sends numbered calls, and knows whether they arrived as they were sent. */
class Numbered {
  readonly #counter: Counter
  readonly #calls: Promise<unknown>[] = []

  constructor(counter: Counter) {
    this.#counter = counter
  }

  send(count: number): void {
    for (let index = 0; index < count; index++) {
      const call = this.#counter.add({ amount: BigInt(this.#calls.length) })
      this.#calls.push(Promise.resolve(call))
    }
  }

  /** Keeps sending for some turns, before and after a promise becomes what it is to be. */
  async sendFor(turns: number): Promise<void> {
    for (let turn = 0; turn < turns; turn++) {
      this.send(3)
      if (turn % 4 === 0) await setTimeout(1)
      else await setImmediate()
    }
  }

  /** Sends in every turn until `settled`, so that calls are on their way when it happens. */
  async sendUntil(settled: Promise<void>): Promise<void> {
    let isSettled = false
    const stop = () => {
      isSettled = true
    }
    settled.then(stop, stop)
    while (!isSettled) {
      this.send(1)
      await setImmediate()
    }
    this.send(3)
    await settled
  }

  async expectOrder(amounts: () => readonly bigint[] | Promise<readonly bigint[]>): Promise<void> {
    await Promise.all(this.#calls)
    expect(await amounts()).toEqual(this.#calls.map((_, index) => BigInt(index)))
  }
}

async function logOf(counter: Counter): Promise<bigint[]> {
  return [...(await counter.log()).amounts]
}

async function total(counter: Counter, amount: bigint): Promise<bigint> {
  return (await counter.add({ amount })).total
}

async function failure(call: PromiseLike<unknown>): Promise<WwError> {
  try {
    await call
  } catch (thrown) {
    if (thrown instanceof WwError) return thrown
    throw thrown
  }
  throw new Error('The call did not fail')
}

function isSame(one: Client | null, other: Client): boolean {
  return one?.$hook.target === other.$hook.target
}

async function until(seen: () => boolean | Promise<boolean>): Promise<void> {
  await expect.poll(seen, { interval: 5 }).toBe(true)
}

/** A struct in a message of its own, as an untyped field takes it. */
function structOf<T extends codegen.Struct, Init>(
  type: { new (...parts: never[]): T } & StructType<T, Init>,
  init: Init,
): T {
  const builder = new Builder()
  putStruct(builder, builder.allocate(1), type, init)
  return rootOf(finished(builder)).asStruct(type as StructType<T, never>)
}

type Scenario = (stage: Stage) => Promise<void>

/** Calls on every place of {@link schema.Shapes}, on the answer before or after it is there. */
async function callEveryPath(stage: Stage, isLate: boolean): Promise<void> {
  const gate = stage.gate()
  const shapes = stage.own(stage.peer.shapes({ gate: isLate ? gate.client : null, start: 100n }))
  const places = (): Counter[] =>
    [
      shapes.counter,
      shapes.outer.inner.counter,
      shapes.pair.left,
      shapes.pair.right.inner.counter,
      shapes.choice.some,
      stage.own(shapes.any).$as(Counter),
    ].map((counter) => stage.own(counter))
  const absent = failure(stage.own(shapes.absent).add({ amount: 1n }))
  const totals = Promise.all(places().map((counter) => total(counter, 1n)))
  await setTimeout(10)
  if (isLate) gate.open()
  expect(await totals).toEqual([101n, 102n, 103n, 104n, 105n, 106n])
  expect(await absent).toMatchObject({ kind: 'failed' })
  // The answer has returned by now; its places are still there.
  const again = await Promise.all(places().map((counter) => total(counter, 0n)))
  expect(new Set(again)).toEqual(new Set([106n]))
  const there = await shapes
  expect(there.list.length).toBe(3)
  expect([...there.list].map((counter) => counter === null)).toEqual([false, true, false])
  expect(there.absent).toBe(null)
  expect(there.choice.$which).toBe('some')
}

async function becomesOurs(stage: Stage, hops: number, isPipelined: boolean): Promise<void> {
  const mine = stage.counter()
  const promise = stage.promise(hops, { give: mine.client })
  const counter = isPipelined ? promise.counter() : (await promise.call).counter!
  const numbered = new Numbered(counter)
  for (const gate of promise.gates) {
    await numbered.sendFor(5)
    gate.open()
  }
  await numbered.sendUntil(counter.$settled())
  await numbered.sendFor(5)
  await numbered.expectOrder(() => mine.server.amounts)
  expect(isSame(counter, mine.client)).toBe(true)
}

export const scenarios: Readonly<Record<string, Scenario>> = {
  // ---- plain calls

  async 'a call returns what was asked for'({ peer }) {
    expect((await peer.ping({ value: 4_000_000_000 })).value).toBe(4_000_000_000)
  },

  async 'bootstrapping again gives the same'({ session }) {
    using again = session.connection.bootstrap(Peer)
    expect((await again.ping({ value: 7 })).value).toBe(7)
  },

  async 'a thousand calls at once all return'({ peer }) {
    const values = Array.from({ length: 1000 }, (_, value) => value)
    const pongs = await Promise.all(values.map(async (value) => await peer.ping({ value })))
    expect(pongs.map(({ value }) => value)).toEqual(values)
  },

  async '40 MB go there and come back'({ peer }) {
    const data = randomBytes(LARGE_BYTES)
    const sent = Uint8Array.from(data)
    const back = (await peer.echo({ data: sent })).data
    expect(Buffer.compare(back, data)).toBe(0)
  },

  async 'messages of many segments go there and come back'({ peer }) {
    const sizes = Array.from({ length: 700 }, (_, index) => 1000 + index * 91)
    const parts = sizes.map((size, index) => new Uint8Array(size).fill(index))
    const back = (await peer.echoAll({ parts })).parts
    expect(back.length).toBe(parts.length)
    const same = [...back].map((part, index) => Buffer.compare(part, parts[index]!) === 0)
    expect(same).not.toContain(false)
  },

  async "old and new programs read each other's lists"({ peer }) {
    const numbers = [100, 101, 102]
    const texts = ['zero', 'one']
    const asWide = (await peer.readWide({ lists: structOf(Narrow, { numbers, texts }) })).lists
    expect(Array.from(asWide.numbers, ({ value }) => value)).toEqual(numbers)
    expect(Array.from(asWide.numbers, ({ note }) => note)).toEqual(['', '', ''])
    expect(Array.from(asWide.texts, ({ text }) => text)).toEqual(texts)
    expect(Array.from(asWide.texts, ({ count }) => count)).toEqual([0n, 0n])
    const wide = structOf(Wide, {
      numbers: numbers.map((value) => ({ value, note: 'unseen' })),
      texts: texts.map((text) => ({ text, count: 9n })),
    })
    const asNarrow = (await peer.readNarrow({ lists: wide })).lists
    expect([...asNarrow.numbers]).toEqual(numbers)
    expect([...asNarrow.texts]).toEqual(texts)
  },

  // ---- failures

  async 'exceptions of all four kinds arrive with their text'({ peer }) {
    for (const [index, kind] of ERROR_KINDS.entries()) {
      const text = `as asked: ä€ ${kind}`
      const error = await failure(peer.fail({ kind: index as schema.Kind, text }))
      expect(error.kind).toBe(kind)
      expect(error.message).toContain(text)
    }
  },

  async 'a method of an unknown interface is unimplemented'(stage) {
    const made = stage.own(stage.peer.make({ start: 1n }))
    const counter = (await made).counter!
    const stranger = stage.own(counter.$as(Stranger))
    expect(await failure(stranger.add({ text: '' }))).toMatchObject({ kind: 'unimplemented' })
    expect(await logOf(counter)).toEqual([])
  },

  async 'an unknown method is unimplemented'({ peer }) {
    const { id } = Peer.$interface
    const pending = codegen.call(peer, id, 99, schema.Peer_ping$Params, {}, undefined)
    const error = await failure(new codegen.Pipeline(Pong, pending))
    expect(error).toMatchObject({ kind: 'unimplemented' })
  },

  async 'inherited methods are called'(stage) {
    const named = stage.own(stage.own(stage.peer.makeNamed({ name: 'Ada' })).counter)
    expect(await total(named, 3n)).toBe(3n)
    expect((await named.name()).name).toBe('Ada')
    expect(await total(stage.own(named.$as(Counter)), 4n)).toBe(7n)
  },

  // ---- capabilities as arguments and results

  async 'an absent argument comes back absent'(stage) {
    expect((await stage.own(stage.peer.give({}))).counter).toBe(null)
  },

  async 'a capability of ours comes back as itself'(stage) {
    const mine = stage.counter()
    const { counter } = await stage.own(stage.peer.give({ counter: mine.client }))
    expect(isSame(counter, mine.client)).toBe(true)
  },

  async 'a capability of the server comes back as itself'(stage) {
    const theirs = (await stage.own(stage.peer.make({ start: 10n }))).counter!
    const { counter } = await stage.own(stage.peer.give({ counter: theirs }))
    expect(await total(counter!, 1n)).toBe(11n)
    expect(await total(theirs, 1n)).toBe(12n)
    expect(await stage.objects()).toBe(1)
  },

  async 'the same capability can be given several times'(stage) {
    const mine = stage.counter()
    const theirs = (await stage.own(stage.peer.make({ start: 50n }))).counter!
    const counters = [mine.client, mine.client, null, mine.client, theirs]
    const back = [...(await stage.own(stage.peer.giveAll({ counters }))).counters]
    expect(back.length).toBe(5)
    for (const index of [0, 1, 3]) expect(isSame(back[index]!, mine.client)).toBe(true)
    expect(back[2]).toBe(null)
    expect(await total(back[4]!, 1n)).toBe(51n)
  },

  async 'an untyped field holds texts, capabilities and structs'(stage) {
    const mine = stage.counter()
    const give = async (value: codegen.AnyInit) =>
      (await stage.own(stage.peer.giveAny({ value }))).value
    expect((await give('text')).asText()).toBe('text')
    expect(await give(Uint8Array.of(1, 2))).toSatisfy(
      (value: codegen.AnyPointer) => Buffer.compare(value.asData(), Uint8Array.of(1, 2)) === 0,
    )
    const given = stage.own(stage.peer.giveAny({ value: mine.client }))
    await given
    expect(await total(stage.own(stage.own(given.value).$as(Counter)), 2n)).toBe(2n)
    const shapes = await stage.own(stage.peer.shapes({ start: 1n }))
    const outer = (await give(shapes.outer)).asStruct(Outer)
    expect([outer.label, outer.inner.depth]).toEqual(['outer', 2])
    expect(await total(outer.inner.counter!, 1n)).toBe(2n)
    expect((await give(shapes.outer.inner.counter!)).isNull).toBe(false)
  },

  async 'the server calls back'(stage) {
    const mine = stage.counter()
    const amounts = [5n, 6n, 7n]
    const { totals } = await stage.peer.callBack({ counter: mine.client, amounts })
    expect([...totals]).toEqual([5n, 11n, 18n])
    expect(mine.server.amounts).toEqual(amounts)
  },

  async 'a callback that fails fails the call'(stage) {
    const failing = serve(Counter, {
      add() {
        throw new WwError('overloaded', 'FULL', 'no room')
      },
      log() {},
    })
    const counter = stage.own(failing)
    const error = await failure(stage.peer.callBack({ counter, amounts: [1n] }))
    expect(error.kind).toBe('overloaded')
    expect(error.message).toContain('no room')
  },

  async 'a promise given as an argument can be called'(stage) {
    const mine = stage.counter()
    const later = deferred<Counter>()
    const counter = stage.own(promised(Counter, later.promise))
    const call = stage.peer.callBack({ counter, amounts: [1n, 2n] })
    await stage.peer.ping({ value: 1 })
    later.resolve(mine.client.$dup())
    expect([...(await call).totals]).toEqual([1n, 3n])
  },

  async 'a promise given to the server becomes its own object, in order'(stage) {
    const theirs = (await stage.own(stage.peer.make({ start: 0n }))).counter!
    const later = deferred<Counter>()
    const counter = stage.own(promised(Counter, later.promise))
    await stage.peer.hold({ counter })
    const calls: PromiseLike<unknown>[] = []
    const callBack = (from: number) => {
      const amounts = [from, from + 1, from + 2].map(BigInt)
      calls.push(stage.peer.callBack({ amounts }).then(() => {}))
    }
    callBack(0)
    await setTimeout(10)
    callBack(3)
    later.resolve(theirs.$dup())
    for (let round = 2; round < 10; round++) {
      callBack(round * 3)
      await setTimeout(1)
    }
    await Promise.all(calls)
    expect(await logOf(theirs)).toEqual(Array.from({ length: 30 }, (_, index) => BigInt(index)))
    await stage.peer.drop()
  },

  async 'a promise given as an argument breaks'(stage) {
    const later = deferred<Counter>()
    const counter = stage.own(promised(Counter, later.promise))
    const call = failure(stage.peer.callBack({ counter, amounts: [1n] }))
    await stage.peer.ping({ value: 1 })
    later.reject(new WwError('failed', 'BROKE', 'broken promise'))
    expect((await call).message).toContain('broken promise')
  },

  async 'a broken capability can be given'(stage) {
    const error = new WwError('disconnected', 'GONE', 'gone before')
    const counter = stage.own(broken(Counter, error))
    const failed = await failure(stage.peer.callBack({ counter, amounts: [1n] }))
    expect(failed.message).toContain('gone before')
    expect(failed.kind).toBe('disconnected')
  },

  // ---- pipelining

  async 'calls pipelined on every kind of path arrive'(stage) {
    await callEveryPath(stage, false)
  },

  async 'calls pipelined on an answer that is not there yet arrive'(stage) {
    await callEveryPath(stage, true)
  },

  async 'a hundred pipelined calls arrive in order'(stage) {
    const gate = stage.gate()
    const late = stage.own(stage.peer.late({ gate: gate.client, outcome: { make: 0n } }))
    const counter = stage.own(late.counter)
    const numbered = new Numbered(counter)
    numbered.send(50)
    await setTimeout(5)
    numbered.send(50)
    gate.open()
    await numbered.expectOrder(async () => await logOf(counter))
  },

  async 'a capability that is not there yet can be an argument'(stage) {
    const gate = stage.gate()
    const late = stage.own(stage.peer.late({ gate: gate.client, outcome: { make: 7n } }))
    const given = stage.own(stage.peer.give({ counter: stage.own(late.counter) }))
    const adding = total(stage.own(given.counter), 1n)
    await stage.peer.ping({ value: 1 })
    gate.open()
    expect(await adding).toBe(8n)
    expect(await total((await given).counter!, 1n)).toBe(9n)
  },

  async 'calls pipelined on a call that fails fail with it'(stage) {
    const gate = stage.gate()
    const late = stage.own(stage.peer.late({ gate: gate.client, outcome: { fail: 'nothing' } }))
    const adding = failure(stage.own(late.counter).add({ amount: 1n }))
    gate.open()
    expect((await adding).message).toContain('nothing')
    expect((await failure(late)).message).toContain('nothing')
  },

  // ---- promise capabilities

  async 'a promise becomes an object of the server, in order'(stage) {
    const promise = stage.promise(1, { make: 0n })
    const { counter } = await promise.call
    const numbered = new Numbered(counter!)
    await numbered.sendFor(5)
    promise.gates[0]!.open()
    await numbered.sendUntil(counter!.$settled())
    await numbered.sendFor(5)
    await numbered.expectOrder(async () => await logOf(counter!))
  },

  async 'a promise becomes an object of ours, in order'(stage) {
    await becomesOurs(stage, 1, false)
  },

  async 'a pipelined promise becomes an object of ours, in order'(stage) {
    await becomesOurs(stage, 1, true)
  },

  async 'promises of promises become an object of ours, in order'(stage) {
    await becomesOurs(stage, 3, false)
  },

  async 'a late answer becomes an object of ours, in order'(stage) {
    const mine = stage.counter()
    const gate = stage.gate()
    const outcome = { give: mine.client }
    const late = stage.own(stage.peer.late({ gate: gate.client, outcome }))
    const counter = stage.own(late.counter)
    const numbered = new Numbered(counter)
    await numbered.sendFor(5)
    gate.open()
    await numbered.sendUntil(counter.$settled())
    await numbered.sendFor(5)
    await numbered.expectOrder(() => mine.server.amounts)
  },

  async 'a promise of a promise breaks'(stage) {
    const promise = stage.promise(2, { fail: 'broke' })
    const { counter } = await promise.call
    const adding = failure(counter!.add({ amount: 1n }))
    for (const gate of promise.gates) gate.open()
    expect((await adding).message).toContain('broke')
    expect((await failure(counter!.add({ amount: 1n }))).message).toContain('broke')
    expect((await failure(counter!.$settled())).message).toContain('broke')
  },

  // ---- tail calls

  async 'a tail call back to us returns its results'(stage) {
    const target = stage.own(ourPeer(stage.tally))
    expect((await stage.peer.forward({ target, value: 77 })).value).toBe(77)
  },

  async 'calls pipelined on a tail call arrive'(stage) {
    const target = stage.own(ourPeer(stage.tally))
    const made = stage.own(stage.peer.forwardMake({ target, start: 5n }))
    expect(await total(stage.own(made.counter), 1n)).toBe(6n)
    expect(await total((await made).counter!, 1n)).toBe(7n)
  },

  // ---- who holds what

  async 'an argument is let go when its call is over'(stage) {
    const mine = stage.counter()
    await stage.own(stage.peer.callBack({ counter: mine.client, amounts: [1n] }))
    mine.client[Symbol.dispose]()
    await until(() => mine.server.isGone)
  },

  async 'an argument that is held stays until it is dropped'(stage) {
    const mine = stage.counter()
    await stage.peer.hold({ counter: mine.client })
    mine.client[Symbol.dispose]()
    await setTimeout(20)
    expect(mine.server.isGone).toBe(false)
    {
      using held = stage.peer.held()
      expect(await total((await held).counter!, 3n)).toBe(3n)
    }
    expect(mine.server.amounts).toEqual([3n])
    await stage.peer.drop()
    await until(() => mine.server.isGone)
  },

  async 'results are let go one by one'(stage) {
    let one: Counter
    {
      using many = stage.peer.makeMany({ count: 100 })
      const { counters } = await many
      expect(await stage.objects()).toBe(100)
      one = stage.own(counters.at(42)!.$dup())
    }
    await until(async () => (await stage.objects()) === 1)
    expect(await total(one, 0n)).toBe(42n)
    one[Symbol.dispose]()
    await until(async () => (await stage.objects()) === 0)
  },

  async 'calls that are dropped leave nothing behind'(stage) {
    for (let round = 0; round < 50; round++) {
      const dropped = stage.peer.make({ start: 0n })
      if (round % 2 === 0) await setImmediate()
      dropped[Symbol.dispose]()
    }
    await until(async () => (await stage.objects()) === 0)
  },

  // ---- streams

  async 'a stream arrives, and its end says so'(stage) {
    const sink = stage.own(stage.own(stage.peer.sink({ limit: 1n << 40n })).sink)
    for (let index = 0; index < 500; index++) await sink.write({ data: new Uint8Array(10_000) })
    const { bytes, pieces } = await sink.end()
    expect([bytes, pieces]).toEqual([5_000_000n, 500])
  },

  async 'a stream that is not taken is held back'(stage) {
    const gate = stage.gate()
    const sink = stage.own(stage.own(stage.peer.sink({ gate: gate.client, limit: 1n << 40n })).sink)
    let written = 0
    const writing = (async () => {
      for (; written < 100; written++) await sink.write({ data: new Uint8Array(8 << 10) })
    })()
    await until(() => written === 8)
    await setTimeout(20)
    expect(written).toBe(8)
    gate.open()
    await writing
    expect((await sink.end()).pieces).toBe(100)
  },

  async 'a stream call that fails fails all that follow'(stage) {
    const gate = stage.gate()
    const sink = stage.own(stage.own(stage.peer.sink({ gate: gate.client, limit: 1500n })).sink)
    const data = new Uint8Array(1000)
    for (let index = 0; index < 5; index++) await sink.write({ data })
    const ended = failure(sink.end())
    gate.open()
    const full = { kind: 'overloaded', message: expect.stringContaining('The sink is full') }
    expect(await ended).toMatchObject(full)
    expect(await failure(sink.write({ data }))).toMatchObject(full)
    expect(await failure(sink.end())).toMatchObject(full)
  },

  // ---- giving up

  async 'a call that is canceled is canceled on the other side'(stage) {
    const before = await stage.canceled()
    const mine = stage.counter()
    const giveUp = new AbortController()
    const call = stage.peer.never({ witness: mine.client }, { signal: giveUp.signal })
    const failed = failure(call)
    mine.client[Symbol.dispose]()
    await setTimeout(20)
    expect([mine.server.isGone, await stage.canceled()]).toEqual([false, before])
    giveUp.abort()
    expect((await failed).code).toBe('CANCELED')
    await until(async () => (await stage.canceled()) === before + 1)
    await until(() => mine.server.isGone)
  },

  async 'closing the connection cancels calls on the other side'(stage) {
    const before = await stage.canceled()
    const mine = stage.counter()
    const other = await stage.other()
    const failed = failure(other.peer.never({ witness: mine.client }))
    await other.peer.stats()
    other.connection.close()
    expect((await failed).kind).toBe('disconnected')
    expect((await failure(other.peer.ping({ value: 1 }))).kind).toBe('disconnected')
    await until(async () => (await stage.canceled()) === before + 1)
    mine.client[Symbol.dispose]()
    await until(() => mine.server.isGone)
  },

  async 'a broken connection cancels calls on the other side'(stage) {
    const before = await stage.canceled()
    const mine = stage.counter()
    const other = await stage.other()
    const failed = failure(other.peer.never({ witness: mine.client }))
    await other.peer.stats()
    other.cut()
    expect((await failed).kind).toBe('disconnected')
    await until(async () => (await stage.canceled()) === before + 1)
    mine.client[Symbol.dispose]()
    await until(() => mine.server.isGone)
  },
}
