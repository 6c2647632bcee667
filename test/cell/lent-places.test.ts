// The turns of several cell hosts, which share one machine: their threads and their pipes are played by hand.

import { afterEach, beforeEach, expect, test, vi } from 'vitest'

import { FarPlace } from '../../src/cell/fence/far-place.ts'
import { LentPlaces } from '../../src/cell/fence/lent-places.ts'
import { CELL_LIMITS } from '../../src/cell/limits.ts'
import { TurnDesk } from '../../src/cell/turn-desk.ts'
import { TURN_MS, Turns } from '../../src/cell/turns.ts'
import { TurnWord } from '../../src/cell/world/share.ts'
import { Random } from '../help/random.ts'

/** What was said and not heard yet, in one direction. */
type Pipe = (() => void)[]

class Host {
  /** To it, and from it. */
  readonly orders: Pipe = []
  readonly reports: Pipe = []
  readonly far: readonly FarPlace[]
  readonly cells: readonly { readonly word: TurnWord; readonly look: () => void }[]
  /** Until it resolves, the host does not read what it is told. */
  reads: Promise<void> = Promise.resolve()
  /** How often it asked. */
  asked = 0

  constructor(node: TurnDesk, places: number, cells: number) {
    const lent = new LentPlaces(places, {
      ask: (place) => {
        this.asked++
        this.reports.push(() => this.far[place]!.ask())
      },
      giveBack: (place) => void this.reports.push(() => this.far[place]!.giveBack()),
    })
    const desk = new TurnDesk(new Turns(lent))
    const obey = (act: () => void) => {
      this.orders.push(() => {
        act()
        desk.recount()
      })
    }
    this.far = Array.from({ length: places }, (_, place) => {
      return new FarPlace(node, {
        lend: () => obey(() => lent.lend(place)),
        recall: () => obey(() => lent.recall(place)),
        drained: async () => await this.reads,
      })
    })
    const words = new Int32Array(new SharedArrayBuffer(cells * Int32Array.BYTES_PER_ELEMENT))
    this.cells = Array.from({ length: cells }, (_, i) => {
      const word = new TurnWord(words, i)
      let computed = 0
      const seat = desk.join({ word, wake() {}, progress: () => computed++ })
      return { word, look: () => seat.look() }
    })
  }

  get computing(): number {
    return this.cells.filter(({ word }) => word.isGranted).length
  }

  get asking(): number {
    return this.cells.filter(({ word }) => word.isAsked).length
  }
}

function machine(places: number, cells: readonly number[]): Host[] {
  const node = new TurnDesk(new Turns({ count: places }))
  return cells.map((count) => new Host(node, places, count))
}

function ask(host: Host, cell: number): void {
  host.cells[cell]!.word.ask()
  host.cells[cell]!.look()
}

/** All that is said is heard. */
async function hear(hosts: readonly Host[]): Promise<void> {
  const pipes = hosts.flatMap(({ orders, reports }) => [orders, reports])
  do {
    for (const pipe of pipes) for (const said of pipe.splice(0)) said()
    // A place is lent when its host has read what came before.
    for (let turn = 0; turn < 4; turn++) await Promise.resolve()
  } while (pipes.some((pipe) => pipe.length > 0))
}

/** The same, and whoever has computed for a turn asks again. */
async function settle(hosts: readonly Host[]): Promise<void> {
  await hear(hosts)
  vi.advanceTimersByTime(TURN_MS)
  for (const host of hosts) {
    for (const [i, { word }] of host.cells.entries()) if (word.isGranted) ask(host, i)
  }
  await hear(hosts)
}

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout'] }))
afterEach(() => void vi.useRealTimers())

test.each([
  [1, [3, 3]],
  [2, [1, 5]],
  [3, [4, 4, 4]],
])(
  'with %i places no more cells of hosts with %j compute than there are, whatever is late, and none is left unused',
  async (places, counts) => {
    const random = new Random(places)
    const hosts = machine(places, counts)
    for (let step = 0; step < 3_000; step++) {
      const host = hosts[random.below(hosts.length)]!
      const cell = host.cells[random.below(host.cells.length)]!
      if (random.chance(0.4)) {
        // Of one pipe the next is heard; a host's thread may be late, and the node's.
        const pipe = random.chance(0.5) ? host.orders : host.reports
        pipe.shift()?.()
        await Promise.resolve()
      } else if (cell.word.isGranted) {
        if (random.chance(0.5)) cell.word.rest()
        else cell.word.ask()
        cell.look()
      } else if (!cell.word.isAsked && !cell.word.resume()) {
        cell.word.ask()
        cell.look()
      }
      const computing = hosts.reduce((sum, each) => sum + each.computing, 0)
      expect(computing).toBeLessThanOrEqual(places)
      if (step % 50 > 0) continue
      await settle(hosts)
      const asking = hosts.reduce((sum, each) => sum + each.asking, 0)
      if (asking > 0) expect(hosts.reduce((sum, each) => sum + each.computing, 0)).toBe(places)
    }
  },
)

test('a host that has the machine to itself asks once, whoever of its cells has the turn', async () => {
  const [host, other] = machine(3, [2, 1])
  for (let step = 0; step < 20; step++) {
    ask(host!, step % 2)
    await hear([host!, other!])
    host!.cells[step % 2]!.word.rest()
  }
  expect([host!.asked, other!.asked]).toEqual([1, 0])
})

test('a place that its host does not use is another’s as soon as it is asked for', async () => {
  const hosts = machine(1, [1, 1])
  ask(hosts[0]!, 0)
  await hear(hosts)
  hosts[0]!.cells[0]!.word.rest()
  ask(hosts[1]!, 0)
  await hear(hosts)
  expect(hosts.map(({ computing }) => computing)).toEqual([0, 1])
  expect(hosts[0]!.cells[0]!.word.resume()).toBe(false)
})

test('of two hosts with a place between them each computes half of the time, however many cells it has', async () => {
  const hosts = machine(1, [1, 12])
  const turns = hosts.map(() => 0)
  for (const host of hosts) for (const i of host.cells.keys()) ask(host, i)
  await hear(hosts)
  for (let step = 0; step < 200; step++) {
    const host = hosts.find(({ computing }) => computing > 0)!
    turns[hosts.indexOf(host)]!++
    vi.advanceTimersByTime(TURN_MS)
    ask(
      host,
      host.cells.findIndex(({ word }) => word.isGranted),
    )
    await hear(hosts)
  }
  expect(Math.abs(turns[0]! - turns[1]!)).toBeLessThanOrEqual(2)
})

test('a host that keeps a place it is to give back holds nobody up, and is lent no other', async () => {
  const hosts = machine(1, [1, 1])
  const [hung, fair] = hosts
  ask(hung!, 0)
  await hear(hosts)
  // Nobody wanted it: its time begins when somebody does.
  vi.advanceTimersByTime(100 * CELL_LIMITS.turnMs)
  ask(fair!, 0)
  await hear([fair!])
  expect([hung!.orders.length, fair!.computing]).toEqual([1, 0])
  await vi.advanceTimersByTimeAsync(3 * CELL_LIMITS.turnMs)
  await hear([fair!])
  expect(fair!.computing).toBe(1)

  // It hears at last, and waits like others.
  await hear(hosts)
  ask(hung!, 0)
  await hear([hung!])
  expect([hung!.computing, fair!.computing]).toEqual([0, 1])
})

test('cells of a host with short turns have one after the other before the place is another’s', async () => {
  const hosts = machine(1, [3, 1])
  for (const host of hosts) for (const i of host.cells.keys()) ask(host, i)
  await hear(hosts)
  const order: number[] = []
  for (let ms = 0; ms < TURN_MS; ms++) {
    expect(hosts.map(({ computing }) => computing)).toEqual([1, 0])
    const i = hosts[0]!.cells.findIndex(({ word }) => word.isGranted)
    order.push(i)
    vi.advanceTimersByTime(1)
    ask(hosts[0]!, i)
    await hear(hosts)
  }
  expect(order.slice(0, 4)).toEqual([0, 1, 2, 0])
  expect(hosts.map(({ computing }) => computing)).toEqual([0, 1])
})

test('a place that is wanted goes at once when nobody there computes any more', async () => {
  const hosts = machine(1, [2, 1])
  ask(hosts[0]!, 0)
  await hear(hosts)
  ask(hosts[0]!, 1)
  ask(hosts[1]!, 0)
  await hear(hosts)
  for (const { word, look } of hosts[0]!.cells) {
    expect([word.isGranted, hosts[1]!.computing]).toEqual([true, 0])
    expect(word.rest()).toBe(false)
    look()
  }
  await hear(hosts)
  expect(hosts[1]!.computing).toBe(1)
})

test('who keeps its place for long waits as long for the next', async () => {
  const hosts = machine(1, [1, 1])
  const [long, short] = hosts
  ask(long!, 0)
  ask(short!, 0)
  await hear(hosts)
  vi.advanceTimersByTime(CELL_LIMITS.turnMs - 1)
  ask(long!, 0)
  await hear(hosts)
  let turns = 0
  for (; short!.computing > 0; turns++) {
    vi.advanceTimersByTime(TURN_MS)
    ask(short!, 0)
    await hear(hosts)
  }
  expect(turns).toBeGreaterThan((CELL_LIMITS.turnMs - 1) / TURN_MS - 1)
})

test('a host that reads nothing is lent nothing, and one that is gone leaves its place', async () => {
  const hosts = machine(1, [1, 1, 1])
  const [deaf, gone, next] = hosts
  let read = () => {}
  deaf!.reads = new Promise((resolve) => (read = resolve))
  ask(deaf!, 0)
  await hear(hosts)
  expect(deaf!.computing).toBe(0)
  ask(gone!, 0)
  await hear(hosts)
  expect(gone!.computing).toBe(1)
  ask(next!, 0)
  await hear([next!])
  for (const place of gone!.far) place.leave()
  await hear([next!])
  expect(next!.computing).toBe(1)

  // What was asked before the end comes to nothing behind it.
  for (const place of deaf!.far) place.leave()
  next!.cells[0]!.word.rest()
  read()
  await hear([deaf!, next!])
  expect(next!.cells[0]!.word.resume()).toBe(true)
})
