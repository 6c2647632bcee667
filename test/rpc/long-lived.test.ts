// A promise that lives long holds none of the connections it went out on.

import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

import { expect, test } from 'vitest'

import { Connection, loopback, promised, serve } from '../../src/rpc/index.ts'
import { Node } from '../fixture/calls.gen.ts'
import { NO_ENTRIES, quiet, Slot, TestNode } from './help.ts'

const CONNECTIONS = 1000

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

test('a long-lived promise given out over 1000 connections that closed holds none of them', async () => {
  const slot = new Slot<Node>()
  const promise = promised(Node, slot.promise)
  const seen: WeakRef<Connection>[] = []
  const one = async () => {
    // Each connection is given the same promise: as its bootstrap, in results, and pipelined on.
    const bootstrap = serve(Node, { later: () => ({ node: promise.$dup() }) } as never)
    const [here, there] = loopback()
    const server = new Connection(there, { bootstrap })
    const client = new Connection(here)
    using remote = client.bootstrap(Node)
    using call = remote.later({ slot: 1 })
    const { node } = await call
    const ping = node!.ping({ value: 1 })
    ping.then(undefined, () => {})
    await quiet(1)
    client.close()
    await server.closed
    expect([client.stats, server.stats]).toEqual([NO_ENTRIES, NO_ENTRIES])
    seen.push(new WeakRef(client), new WeakRef(server))
  }
  for (let count = 0; count < CONNECTIONS; count++) await one()
  const alive = () => {
    collect()
    return seen.filter((ref) => ref.deref() !== undefined).length
  }
  await expect.poll(alive).toBeLessThan(10)
  slot.resolve(TestNode.serve().node)
  promise[Symbol.dispose]()
})

test('a long-lived promise given out again and again over one connection holds nothing of the past', async () => {
  const slot = new Slot<Node>()
  const promise = promised(Node, slot.promise)
  const bootstrap = serve(Node, { later: () => ({ node: promise.$dup() }) } as never)
  const [here, there] = loopback()
  const server = new Connection(there, { bootstrap })
  const client = new Connection(here)
  const remote = client.bootstrap(Node)
  const heap = () => {
    collect()
    return process.memoryUsage().heapUsed
  }
  const rounds = async (count: number) => {
    for (let round = 0; round < count; round++) {
      using call = remote.later({ slot: 1 })
      await call
    }
    await quiet(5)
  }
  await rounds(2000)
  const before = heap()
  await rounds(20_000)
  // A listener for each would be megabytes.
  expect(heap() - before).toBeLessThan(1 << 20)
  client.close()
  server.close()
  promise[Symbol.dispose]()
})
