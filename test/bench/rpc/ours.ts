import { Connection, loopback, serve } from '../../../src/rpc/index.ts'
import { Node } from '../../fixture/calls.gen.ts'
import type { Node$Server } from '../../fixture/calls.gen.ts'
import { CHAIN } from './contender.ts'
import type { Contender } from './contender.ts'

const handlers: Partial<Node$Server> = {
  ping: ({ value }) => ({ value }),
  echo: ({ data }) => ({ data }),
  make: () => ({ node: ourNode() }),
}

const ourNode = (): Node => serve(Node, handlers as Node$Server)

/** Two vats with a loopback between them. */
export function oursConnected(): Contender {
  const [here, there] = loopback()
  const server = new Connection(there, { bootstrap: ourNode() })
  const client = new Connection(here)
  return {
    ...calling(client.bootstrap(Node)),
    close() {
      client.close()
      server.close()
    },
  }
}

/** An object of this vat, without a connection. */
export function oursLocal(): Contender {
  return { ...calling(ourNode()), close: () => {} }
}

function calling(node: Node): Omit<Contender, 'close'> {
  return {
    ping: () => node.ping({ value: 42 }),
    echo: async (data) => (await node.echo({ data })).data,
    chain() {
      let last = node
      for (let step = 1; step < CHAIN; step++) last = last.make({ name: step }).node
      return last.ping({ value: 1 })
    },
    async disposedChain() {
      const held: Disposable[] = []
      let last = node
      for (let step = 1; step < CHAIN; step++) {
        const made = last.make({ name: step })
        last = made.node
        held.push(made, last)
      }
      const { value } = await last.ping({ value: 1 })
      for (const one of held) one[Symbol.dispose]()
      return value
    },
    async churn() {
      const made = node.make({ name: 1 })
      await made
      made[Symbol.dispose]()
    },
  }
}
