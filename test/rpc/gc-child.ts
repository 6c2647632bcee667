// Run by gc.test.ts in a process of its own with --expose-gc: forgets everything it holds and
// prints, as JSON, what is left when the collector has run.

import { Connection, loopback, promised, serve } from '../../src/rpc/index.ts'
import { Node } from '../fixture/calls.gen.ts'
import type { Node$Server } from '../fixture/calls.gen.ts'

const { gc: collect } = globalThis as unknown as { readonly gc: () => void }
let alive = 0
/** Until little is left, or nothing more can be expected to go. */
const settle = async () => {
  for (let turn = 0; turn < 30 || (alive > 1 && turn < 3_000); turn++) {
    collect()
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

function object(): Node {
  alive++
  const handlers: Partial<Node$Server> & Disposable = {
    ping: ({ value }) => ({ value }),
    make: () => ({ node: object() }),
    give: ({ node }) => ({ node }),
    later: () => ({ node: promised(Node, Promise.resolve(object())) }),
    deep: () => ({ outer: { inner: { node: object() } }, nodes: [object(), object()] }),
    [Symbol.dispose]: () => alive--,
  }
  return serve(Node, handlers as Node$Server)
}

const [here, there] = loopback()
const server = new Connection(there, { bootstrap: object() })
const client = new Connection(here)

async function forgetful(): Promise<void> {
  const remote = client.bootstrap(Node)
  for (let round = 0; round < 50; round++) {
    // Read and forgotten, pipelined and forgotten, never awaited, never read, cast, passed around.
    await (await remote.make({ name: 1 })).node!.ping({ value: 1 })
    await remote.make({ name: 1 }).node.make({ name: 2 }).node.ping({ value: 1 })
    await remote.later({ slot: 0 }).node.ping({ value: 1 })
    void remote.make({ name: 1 })
    await remote.deep()
    const { node } = await remote.later({ slot: 0 })
    await node!.$as(Node).ping({ value: 1 })
    const own = object()
    await (await remote.give({ node: own })).node!.ping({ value: 1 })
    await own.make({ name: 3 }).node.ping({ value: 1 })
    await own.later({ slot: 0 }).node.ping({ value: 1 })
    void promised(Node, Promise.resolve(object()))
  }
}

await forgetful()
await settle()
const left = { alive, client: client.stats, server: server.stats }
process.stdout.write(JSON.stringify(left))
client.close()
