// The Peer of interop.capnp on our vat; the same promises as peer/server.c++.

import { WwError } from '../../src/base/index.ts'
import type { ErrorKind } from '../../src/base/index.ts'
import { promised, serve } from '../../src/rpc/index.ts'
import type { CallContext } from '../../src/rpc/index.ts'
import { Counter, NamedCounter, Narrow, Peer, Sink, Wide } from './interop.gen.ts'
import type * as schema from './interop.gen.ts'

const KINDS: readonly ErrorKind[] = ['failed', 'overloaded', 'disconnected', 'unimplemented']

/** Objects of one peer that are alive, and calls of `never` that were canceled. */
export class Tally {
  objects = 0
  canceled = 0
}

/** Adds up and remembers what it was asked to add. Lives as long as somebody holds it. */
export class CounterServer implements schema.NamedCounter$Server, Disposable {
  readonly amounts: bigint[] = []
  readonly #tally: Tally
  readonly #name: string
  #total: bigint
  isGone = false

  constructor(tally: Tally, start: bigint, name = '') {
    this.#tally = tally
    this.#total = start
    this.#name = name
    tally.objects++
  }

  add({ amount }: schema.Counter_add$Params): schema.Counter_add$Results$Init {
    this.#total += amount
    this.amounts.push(amount)
    return { total: this.#total }
  }

  log(): schema.Counter_log$Results$Init {
    return { amounts: this.amounts }
  }

  name(): schema.NamedCounter_name$Results$Init {
    return { name: this.#name }
  }

  [Symbol.dispose](): void {
    this.isGone = true
    this.#tally.objects--
  }
}

/** @param quit what `Peer.quit` does */
export function ourPeer(tally: Tally, quit: () => void = () => {}): Peer {
  return serve(Peer, new PeerServer(tally, quit))
}

class PeerServer implements schema.Peer$Server {
  readonly #tally: Tally
  readonly #quit: () => void
  #held: Counter | undefined

  constructor(tally: Tally, quit: () => void) {
    this.#tally = tally
    this.#quit = quit
  }

  #make(start: bigint, name?: string): NamedCounter {
    return serve(NamedCounter, new CounterServer(this.#tally, start, name))
  }

  ping({ value }: schema.Peer_ping$Params): schema.Pong$Init {
    return { value }
  }

  echo({ data }: schema.Peer_echo$Params): schema.Peer_echo$Results$Init {
    return { data }
  }

  echoAll({ parts }: schema.Peer_echoAll$Params): schema.Peer_echoAll$Results$Init {
    return { parts }
  }

  fail({ kind, text }: schema.Peer_fail$Params): never {
    throw new WwError(KINDS[kind] ?? 'failed', 'ASKED_TO', text)
  }

  make({ start }: schema.Peer_make$Params): schema.Made$Init {
    return { counter: this.#make(start) }
  }

  makeNamed({ name }: schema.Peer_makeNamed$Params): schema.Peer_makeNamed$Results$Init {
    return { counter: this.#make(0n, name) }
  }

  makeMany({ count }: schema.Peer_makeMany$Params): schema.Peer_makeMany$Results$Init {
    return { counters: Array.from({ length: count }, (_, index) => this.#make(BigInt(index))) }
  }

  async shapes({ gate, start }: schema.Peer_shapes$Params): Promise<schema.Shapes$Init> {
    await gate?.wait()
    const counter = this.#make(start)
    const outer = { label: 'outer', inner: { depth: 2, counter } }
    return {
      counter,
      outer,
      pair: { left: counter, right: outer },
      choice: { some: counter },
      any: counter,
      list: [counter, null, counter],
    }
  }

  promise({ gates, outcome }: schema.Peer_promise$Params): schema.Peer_promise$Results$Init {
    const own = [...gates].map((gate) => gate!.$dup())
    return { counter: this.#behind(own, this.#keep(outcome)) }
  }

  /** What is behind the gates: a promise that becomes a promise for each. */
  #behind([gate, ...more]: schema.Gate[], last: () => Counter): Counter {
    if (!gate) return last()
    const opened = gate.wait().finally(() => gate[Symbol.dispose]())
    return promised(
      Counter,
      opened.then(() => this.#behind(more, last)),
    )
  }

  async late({ gate, outcome }: schema.Peer_late$Params): Promise<schema.Peer_late$Results$Init> {
    await gate!.wait()
    return { counter: this.#keep(outcome)() }
  }

  /** The outcome, once, beyond the call. */
  #keep(outcome: schema.Outcome): () => Counter {
    const { make, give, fail } = outcome
    const given = give?.$dup()
    return () => {
      if (fail !== undefined) throw new WwError('failed', 'ASKED_TO', fail)
      return given ?? this.#make(make ?? 0n)
    }
  }

  give({ counter }: schema.Peer_give$Params): schema.Peer_give$Results$Init {
    return { counter }
  }

  giveAny({ value }: schema.Peer_giveAny$Params): schema.Peer_giveAny$Results$Init {
    return { value }
  }

  giveAll({ counters }: schema.Peer_giveAll$Params): schema.Peer_giveAll$Results$Init {
    return { counters }
  }

  async callBack({
    counter,
    amounts,
  }: schema.Peer_callBack$Params): Promise<schema.Peer_callBack$Results$Init> {
    const to = counter ?? this.#held!
    const made = await Promise.all(Array.from(amounts, (amount) => to.add({ amount })))
    return { totals: made.map(({ total }) => total) }
  }

  hold({ counter }: schema.Peer_hold$Params): void {
    this.drop()
    this.#held = counter?.$dup()
  }

  held(): schema.Peer_held$Results$Init {
    return { counter: this.#held?.$dup() }
  }

  drop(): void {
    this.#held?.[Symbol.dispose]()
    this.#held = undefined
  }

  async never(_: schema.Peer_never$Params, { signal }: CallContext): Promise<void> {
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
    this.#tally.canceled++
  }

  forward({ target, value }: schema.Peer_forward$Params): PromiseLike<schema.Pong$Init> {
    return target!.ping({ value })
  }

  forwardMake({ target, start }: schema.Peer_forwardMake$Params): PromiseLike<schema.Made$Init> {
    return target!.make({ start })
  }

  stats(): schema.Peer_stats$Results$Init {
    return { objects: this.#tally.objects, canceled: this.#tally.canceled }
  }

  readWide({ lists }: schema.Peer_readWide$Params): schema.Peer_readWide$Results$Init {
    const { numbers, texts } = lists.asStruct(Wide)
    return {
      lists: {
        numbers: Array.from(numbers, ({ value, note }) => ({ value, note })),
        texts: Array.from(texts, ({ text, count }) => ({ text, count })),
      },
    }
  }

  readNarrow({ lists }: schema.Peer_readNarrow$Params): schema.Peer_readNarrow$Results$Init {
    const { numbers, texts } = lists.asStruct(Narrow)
    return { lists: { numbers: Array.from(numbers), texts: Array.from(texts) } }
  }

  quit(): void {
    this.#quit()
  }

  sink({ gate, limit }: schema.Peer_sink$Params): schema.Peer_sink$Results$Init {
    return { sink: serve(Sink, new SinkServer(gate?.$dup(), limit)) }
  }
}

class SinkServer implements schema.Sink$Server, Disposable {
  readonly #gate: schema.Gate | undefined
  readonly #limit: bigint
  #bytes = 0n
  #pieces = 0

  constructor(gate: schema.Gate | undefined, limit: bigint) {
    this.#gate = gate
    this.#limit = limit
  }

  async write({ data }: schema.Sink_write$Params): Promise<void> {
    await this.#gate?.wait()
    this.#bytes += BigInt(data.length)
    if (this.#bytes > this.#limit) throw new WwError('overloaded', 'FULL', 'The sink is full')
    this.#pieces++
  }

  end(): schema.Sink_end$Results$Init {
    return { bytes: this.#bytes, pieces: this.#pieces }
  }

  [Symbol.dispose](): void {
    this.#gate?.[Symbol.dispose]()
  }
}
