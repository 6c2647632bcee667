// Many calls with capabilities passed every way, over one connection; prints, as JSON, what is left.
//
//   node --expose-gc dist/test/rpc/soak-child.js [calls]      default: a million
//
// Run short by soak.test.ts.

import { Connection, DEFAULT_RPC_LIMITS, loopback, promised, serve } from '../../src/rpc/index.ts'
import { Node, Sink } from '../fixture/calls.gen.ts'
import type { Node$Server } from '../fixture/calls.gen.ts'

/** Calls and capabilities at the same time, so that ids go beyond 2^16. */
const AT_ONCE = (1 << 16) + 1000
const CALLS_PER_ROUND = 21
const ROUNDS_AT_ONCE = 64

const calls = Number(process.argv[2] ?? 1_000_000)
const { gc: collect } = globalThis as unknown as { readonly gc: () => void }

let alive = 0
function object(): Node {
  alive++
  let held: Node | undefined
  const drop = () => {
    held?.[Symbol.dispose]()
    held = undefined
  }
  const handlers: Partial<Node$Server> & Disposable = {
    ping: ({ value }) => ({ value }),
    never: async (_, { signal }) =>
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve())),
    make: () => ({ node: object() }),
    give: ({ node }) => ({ node }),
    hold({ node }) {
      drop()
      held = node?.$dup()
    },
    held: () => ({ node: held?.$dup() }),
    drop,
    callBack: async ({ node, value }) => ({ value: (await node!.ping({ value })).value }),
    later: () => ({ node: promised(Node, Promise.resolve().then(object)) }),
    deep: () => ({ outer: { inner: { node: object() } }, nodes: [object(), object()] }),
    [Symbol.dispose]() {
      drop()
      alive--
    },
  }
  return serve(Node, handlers as Node$Server)
}

const limits = { ...DEFAULT_RPC_LIMITS, maxAnswers: 2 * AT_ONCE }
const [here, there] = loopback()
const server = new Connection(there, { bootstrap: object(), limits })
const client = new Connection(here, { limits })
const root = client.bootstrap(Node)

// A third vat, for which this side is the one in the middle.
const [near, far] = loopback()
const third = new Connection(far, { bootstrap: object(), limits })
const middle = new Connection(near, { limits })
const other = middle.bootstrap(Node)

/** Twenty-one calls that pass capabilities every way there is. */
async function round(number: number): Promise<void> {
  using mine = object()
  // Made there, called before it is there, given back to its home.
  using made = root.make({ name: number })
  using early = made.node
  await early.ping({ value: number })
  using home = root.give({ node: early })
  await home
  // Ours: given, returned, called back, held beyond the call.
  using returned = root.give({ node: mine })
  using shortcut = returned.node
  const pings = [shortcut.ping({ value: 1 }), shortcut.ping({ value: 2 })]
  await Promise.all(pings)
  await root.callBack({ node: mine, value: number })
  using keeper = root.make({ name: 0 })
  using keeping = keeper.node
  await keeping.hold({ node: mine })
  using held = keeping.held()
  // Called before it turns out to be ours: what follows waits behind an embargo.
  const overtaken = held.node.ping({ value: 4 })
  await held
  await Promise.all([overtaken, held.node.ping({ value: 5 })])
  await keeping.drop()
  // A capability of the third vat, given to the second and called by way of us; and back again.
  using distant = other.make({ name: number })
  await root.callBack({ node: distant.node, value: number })
  using around = root.give({ node: distant.node })
  using abroad = other.give({ node: around.node })
  await abroad.node.ping({ value: 6 })
  // Promises, and what lies deep in results.
  using later = root.later({ slot: 0 })
  using promise = later.node
  await promise.ping({ value: 3 })
  await promise.$settled()
  using deep = root.deep()
  await deep
  // Given up, early and late; a stream.
  root.never()[Symbol.dispose]()
  const dropped = root.make({ name: 1 })
  await Promise.resolve()
  dropped[Symbol.dispose]()
  const sink = serve(Sink, { write: () => {}, end: () => ({ pieces: 0 }) })
  await sink.write({ node: early })
  sink[Symbol.dispose]()
}

/** More of everything at once than 16 bits count, both ways. @returns the least of what there was */
async function wide(): Promise<number> {
  const making = Array.from({ length: AT_ONCE }, (_, name) => root.make({ name }))
  const most = [client.stats.questions]
  await Promise.all(making)
  most.push(client.stats.imports, server.stats.exports)
  // An object of ours for each of theirs.
  const given = making.map(({ node }) => {
    using mine = object()
    return node.hold({ node: mine })
  })
  await Promise.all(given)
  most.push(client.stats.exports, server.stats.imports)
  const waiting = making.map(({ node }) => node.never())
  await root.ping({ value: 0 })
  most.push(client.stats.questions, server.stats.answers)
  for (const never of waiting) never[Symbol.dispose]()
  for (const made of making) made[Symbol.dispose]()
  return Math.min(...most)
}

async function settle(): Promise<number> {
  for (let turn = 0; turn < 20; turn++) {
    collect()
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
  return process.memoryUsage().heapUsed
}

const started = performance.now()
const most = await wide()
for (let number = 0; number < 4 * ROUNDS_AT_ONCE; number++) await round(number)
const before = await settle()
for (let done = 0; done < calls; done += CALLS_PER_ROUND * ROUNDS_AT_ONCE) {
  const rounds: Promise<void>[] = []
  for (let number = 0; number < ROUNDS_AT_ONCE; number++) rounds.push(round(number))
  await Promise.all(rounds)
}
const grown = (await settle()) - before
root[Symbol.dispose]()
other[Symbol.dispose]()
await settle()
const result = {
  most,
  grownBytes: grown,
  seconds: Math.round((performance.now() - started) / 100) / 10,
  client: client.stats,
  server: server.stats,
  middle: middle.stats,
  third: third.stats,
  alive,
}
process.stdout.write(`${JSON.stringify(result)}\n`)
client.close()
middle.close()
await Promise.all([server.closed, third.closed])
