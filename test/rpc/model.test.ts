// Three vats in a row, A - M - B, and random programs of calls, gifts, promises, cancels and drops,
// over links that deliver in random cuts. Whatever happens, for every reference:
//  - what was called through it arrives once, in order, wherever the object turns out to be;
//  - at the end every table is empty and every object was disposed once.

import { expect, test } from 'vitest'

import { Connection, promised, serve } from '../../src/rpc/index.ts'
import { Node } from '../fixture/calls.gen.ts'
import type * as calls from '../fixture/calls.gen.ts'
import { Random } from '../help/random.ts'
import { rounds } from '../help/rounds.ts'
import { Census, failure, NO_ENTRIES, quiet, Slot, TestNode } from './help.ts'
import { JitterLink } from './jitter-link.ts'

const PINGS_PER_REF = 4096

/** A reference somebody holds, and every copy of it: calls through all of them are one sequence. */
interface Ref {
  readonly id: number
  readonly vat: Vat
  readonly client: Node
  /** Slots below this one may decide what it is; it must not decide them. */
  readonly rank: number
  /** Whether it may turn out to be nothing: then calls fail, and nothing arrives. */
  readonly isDoubtful: boolean
}

interface Sequence {
  sent: number
  readonly isDoubtful: boolean
}

class Vat {
  readonly refs: Ref[] = []
  readonly own: Node
  readonly world: World

  constructor(world: World) {
    this.world = world
    this.own = world.object(this)
  }
}

interface OpenSlot {
  readonly vat: Vat
  readonly index: number
  readonly slot: Slot<Node>
}

class World {
  readonly random: Random
  readonly census = new Census()
  readonly servers: TestNode[] = []
  readonly sequences: Sequence[] = []
  readonly openSlots: OpenSlot[] = []
  readonly arrived: number[] = []
  /** What must come true by the end. */
  readonly expectations: Promise<unknown>[] = []
  readonly vats: Vat[]
  readonly links: JitterLink[]
  readonly connections: Connection[] = []
  slots = 0

  constructor(seed: number) {
    this.random = new Random(seed)
    this.vats = [new Vat(this), new Vat(this), new Vat(this)]
    this.links = [new JitterLink(this.random), new JitterLink(this.random)]
    this.links.forEach((link, at) => {
      const [left, right] = link.ends
      this.#join(new Connection(left, { bootstrap: this.vats[at]!.own.$dup() }), this.vats[at]!)
      this.#join(
        new Connection(right, { bootstrap: this.vats[at + 1]!.own.$dup() }),
        this.vats[at + 1]!,
      )
    })
  }

  #join(connection: Connection, vat: Vat): void {
    this.connections.push(connection)
    this.keep(vat, connection.bootstrap(Node), 0, false)
  }

  /** A fresh object of `vat`. */
  object(vat: Vat): Node {
    const server = new TestNode(this.census)
    this.servers.push(server)
    const handlers: Partial<calls.Node$Server> = {
      ping: ({ value }) => {
        this.arrived.push(value)
        return { value }
      },
      make: () => ({ node: this.object(vat) }),
      give: ({ node }) => ({ node }),
      hold: (params) => server.hold(params),
      held: () => server.held(),
      never: async (params, context) => await server.never(params, context),
      later: ({ slot: index }) => {
        const slot = new Slot<Node>()
        this.openSlots.push({ vat, index, slot })
        return { node: promised(Node, slot.promise) }
      },
      late: async ({ slot: index }) => {
        const slot = new Slot<Node>()
        this.openSlots.push({ vat, index, slot })
        return { node: await slot.promise }
      },
    }
    return serve(Node, {
      ...handlers,
      [Symbol.dispose]: () => server[Symbol.dispose](),
    } as calls.Node$Server)
  }

  keep(vat: Vat, client: Node, rank: number, isDoubtful: boolean, id = this.sequences.length): Ref {
    if (id === this.sequences.length) this.sequences.push({ sent: 0, isDoubtful })
    const ref: Ref = { id, vat, client, rank, isDoubtful }
    vat.refs.push(ref)
    return ref
  }

  ping(ref: Ref): void {
    const sequence = this.sequences[ref.id]!
    const value = ref.id * PINGS_PER_REF + sequence.sent++
    const call = ref.client.ping({ value })
    this.expect(
      call.then(
        (results) => expect(results.value).toBe(value),
        (thrown: unknown) => {
          if (!ref.isDoubtful) throw thrown
        },
      ),
    )
  }

  expect(fact: Promise<unknown>): void {
    fact.catch(() => {}) // looked at in the end
    this.expectations.push(fact)
  }

  drop(ref: Ref): void {
    ref.vat.refs.splice(ref.vat.refs.indexOf(ref), 1)
    ref.client[Symbol.dispose]()
  }

  /** Takes the result of a call: as a pipelined reference now, sometimes as the real one later. */
  take(vat: Vat, call: calls.Node_make$Results$Promise, rank: number, isDoubtful: boolean): void {
    const ref = this.keep(vat, call.node, rank, isDoubtful)
    if (this.random.chance(0.7)) this.ping(ref)
    const isSwapped = this.random.chance(0.5)
    this.expect(
      call.then(
        (results) => {
          const at = vat.refs.indexOf(ref)
          if (!isSwapped || at < 0 || !results.node) {
            call[Symbol.dispose]()
            return
          }
          this.drop(ref)
          const real = this.keep(vat, results.node, rank, isDoubtful, ref.id)
          this.ping(real)
        },
        (thrown: unknown) => {
          if (!isDoubtful) throw thrown
        },
      ),
    )
  }

  act(): void {
    const { random } = this
    const vat = random.pick(this.vats)
    const target = random.pick(vat.refs)
    const gift = random.pick(vat.refs)
    const rank = Math.max(target.rank, gift.rank)
    const isDoubtful = target.isDoubtful || gift.isDoubtful
    switch (random.below(12)) {
      case 0:
      case 1:
      case 2:
        this.ping(target)
        break
      case 3:
        this.keep(vat, target.client.$dup(), target.rank, target.isDoubtful, target.id)
        break
      case 4:
        this.take(vat, target.client.make({ name: 1 }), target.rank, target.isDoubtful)
        break
      case 5:
      case 6:
        this.take(vat, target.client.give({ node: gift.client }), rank, isDoubtful)
        break
      case 7:
        this.expect(this.#ignoring(target.client.hold({ node: gift.client }), target))
        break
      case 8:
        this.take(vat, target.client.held(), Infinity, true)
        break
      case 9: {
        const slot = ++this.slots
        const call = random.chance(0.5)
          ? target.client.later({ slot })
          : target.client.late({ slot })
        this.take(vat, call, Math.max(slot, target.rank), target.isDoubtful)
        break
      }
      case 10: {
        const call = target.client.never()
        const canceled = failure(call)
        setImmediate(() => call.$cancel())
        this.expect(canceled)
        break
      }
      default:
        if (vat.refs.length > 4) this.drop(target)
    }
  }

  async #ignoring(call: PromiseLike<unknown>, target: Ref): Promise<void> {
    try {
      await call
    } catch (thrown) {
      if (!target.isDoubtful) throw thrown
    }
  }

  /** Settles one promise, with a reference of its vat that does not depend on it. */
  settleOne(): void {
    const [open] = this.openSlots.splice(this.random.below(this.openSlots.length), 1)
    const { vat, index, slot } = open!
    const allowed = vat.refs.filter((ref) => ref.rank < index && !ref.isDoubtful)
    const chosen = allowed.length > 0 ? this.random.pick(allowed).client : vat.own
    slot.resolve(chosen.$dup())
  }

  async run(actions: number): Promise<void> {
    let left = actions
    for (;;) {
      const busy = this.links.filter((link) => link.isBusy)
      const choices: (() => void)[] = []
      if (left > 0)
        choices.push(
          () => this.act(),
          () => left--,
        )
      for (const link of busy)
        choices.push(
          () => link.step(this.random),
          () => link.step(this.random),
        )
      if (this.openSlots.length > 0 && (left === 0 || this.random.chance(0.2))) {
        choices.push(() => this.settleOne())
      }
      if (choices.length === 0) {
        await quiet(3)
        if (!this.links.some((link) => link.isBusy) && this.openSlots.length === 0) return
        continue
      }
      this.random.pick(choices)()
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  checkOrder(): void {
    const next = new Map<number, number>()
    for (const value of this.arrived) {
      const id = Math.floor(value / PINGS_PER_REF)
      expect([id, value % PINGS_PER_REF]).toEqual([id, next.get(id) ?? 0])
      next.set(id, (next.get(id) ?? 0) + 1)
    }
    this.sequences.forEach(({ sent, isDoubtful }, id) => {
      const arrived = next.get(id) ?? 0
      if (isDoubtful) expect(arrived === 0 || arrived === sent).toBe(true)
      else expect([id, arrived]).toEqual([id, sent])
    })
  }

  async dropEverything(): Promise<void> {
    for (const vat of this.vats) {
      for (let ref = vat.refs[0]; ref; ref = vat.refs[0]) this.drop(ref)
    }
    for (const server of this.servers) server.drop()
    await this.run(0)
    for (const server of this.servers) server.drop()
    await this.run(0)
  }
}

const SEEDS = rounds(60)

test('three vats deliver every call once and in order, and end with nothing left', async () => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const world = new World(seed)
    try {
      await world.run(60)
      await Promise.all(world.expectations)
      world.checkOrder()
      await world.dropEverything()
      for (const connection of world.connections) expect(connection.stats).toEqual(NO_ENTRIES)
      for (const connection of world.connections) connection.close()
      for (const vat of world.vats) vat.own[Symbol.dispose]()
      await world.run(0)
      expect(world.census.alive).toBe(0)
    } catch (thrown) {
      throw new Error(`Seed ${seed}`, { cause: thrown })
    }
  }
})

test('three vats whose links break anywhere fail what is open and leave nothing behind', async () => {
  for (let seed = 1001; seed <= 1000 + SEEDS / 2; seed++) {
    const world = new World(seed)
    try {
      const running = world.run(40)
      for (let turn = world.random.below(300); turn > 0; turn--) {
        await new Promise((resolve) => setImmediate(resolve))
      }
      for (const connection of world.connections) {
        if (world.random.chance(0.5)) connection.close()
      }
      await running
      for (const connection of world.connections) connection.close()
      await Promise.allSettled(world.expectations)
      for (const connection of world.connections) expect(connection.stats).toEqual(NO_ENTRIES)
      await world.dropEverything()
      for (const vat of world.vats) vat.own[Symbol.dispose]()
      await quiet(3)
      expect(world.census.alive).toBe(0)
    } catch (thrown) {
      throw new Error(`Seed ${seed}`, { cause: thrown })
    }
  }
})
