// Calls between two vats of one process, and messages, beside their rivals. Both sides encode and
// decode everything; only the wire is short.

import * as es from 'capnp-es'
import { newMessagePortRpcSession, RpcSession, RpcTarget } from 'capnweb'
import type { RpcStub, RpcTransport } from 'capnweb'

import { concatBytes } from '../../../src/base/index.ts'
import { Connection, loopback, serve } from '../../../src/rpc/index.ts'
import { Builder, FrameReader, rootOf } from '../../../src/wire/index.ts'
import { Node } from '../../fixture/calls.gen.ts'
import type { Node$Server } from '../../fixture/calls.gen.ts'
import { Kinds } from '../../fixture/kinds.gen.ts'
import type { Bench } from '../bench.ts'
import { overSockets } from './socket.ts'

const CALLS = 3_000
const WINDOW = 100
const CHAIN = 4
const KIB = new Uint8Array(1024).fill(7)

// ---- ours

const handlers: Partial<Node$Server> = {
  ping: ({ value }) => ({ value }),
  echo: ({ data }) => ({ data }),
  make: () => ({ node: ours() }),
}
const ours = (): Node => serve(Node, handlers as Node$Server)

function oursConnected(): { node: Node; close: () => void } {
  const [here, there] = loopback()
  const server = new Connection(there, { bootstrap: ours() })
  const client = new Connection(here)
  return {
    node: client.bootstrap(Node),
    close: () => {
      client.close()
      server.close()
    },
  }
}

// ---- capnweb

class WebNode extends RpcTarget {
  ping(value: number): number {
    return value
  }
  echo(data: Uint8Array): Uint8Array {
    return data
  }
  make(): WebNode {
    return new WebNode()
  }
}

/** Strings handed over in a later microtask, as our loopback hands over bytes. */
class Pipe implements RpcTransport {
  peer!: Pipe
  readonly #inbox: string[] = []
  #waiting: ((message: string) => void) | undefined

  static pair(): [Pipe, Pipe] {
    const pair: [Pipe, Pipe] = [new Pipe(), new Pipe()]
    pair[0].peer = pair[1]
    pair[1].peer = pair[0]
    return pair
  }

  async send(message: string): Promise<void> {
    await Promise.resolve()
    const { peer } = this
    const waiting = peer.#waiting
    peer.#waiting = undefined
    if (waiting) waiting(message)
    else peer.#inbox.push(message)
  }
  async receive(): Promise<string> {
    const message = this.#inbox.shift()
    if (message !== undefined) return message
    return await new Promise((resolve) => {
      this.#waiting = resolve
    })
  }
}

function webOverPipe(): { node: RpcStub<WebNode>; close: () => void } {
  const [here, there] = Pipe.pair()
  new RpcSession(there, new WebNode())
  return { node: new RpcSession<WebNode>(here).getRemoteMain(), close: () => {} }
}

function webOverPort(): { node: RpcStub<WebNode>; close: () => void } {
  const { port1, port2 } = new MessageChannel()
  newMessagePortRpcSession(port1, new WebNode())
  const node = newMessagePortRpcSession<WebNode>(port2)
  return {
    node,
    close: () => {
      port1.close()
      port2.close()
    },
  }
}

// ---- how it is measured

/** µs per call, one at a time. */
async function sequential(calls: number, call: () => PromiseLike<unknown>): Promise<number> {
  for (let warm = 0; warm < calls / 4; warm++) await call()
  const started = performance.now()
  for (let done = 0; done < calls; done++) await call()
  return ((performance.now() - started) * 1000) / calls
}

/** Thousands of calls per second with WINDOW of them under way. */
async function windowed(calls: number, call: () => PromiseLike<unknown>): Promise<number> {
  const lane = async (count: number) => {
    for (let done = 0; done < count; done++) await call()
  }
  const lanes = async (count: number) => {
    await Promise.all(Array.from({ length: WINDOW }, () => lane(count / WINDOW)))
  }
  await lanes(calls / 4)
  const started = performance.now()
  await lanes(calls)
  return calls / (performance.now() - started)
}

async function both(
  rivalName: string,
  ourCall: (node: Node) => PromiseLike<unknown>,
  webCall: (node: RpcStub<WebNode>) => PromiseLike<unknown>,
  web: () => { node: RpcStub<WebNode>; close: () => void },
  measure: (calls: number, call: () => PromiseLike<unknown>) => Promise<number>,
  calls = CALLS,
): ReturnType<Bench['run']> {
  const mine = oursConnected()
  const theirs = web()
  try {
    const oursTook = await measure(calls, () => ourCall(mine.node))
    const rival = await measure(calls, () => webCall(theirs.node))
    return { ours: oursTook, rival, rivalName }
  } finally {
    mine.close()
    theirs.close()
  }
}

const PIPE = 'capnweb, pipe of strings'
const PORT = 'capnweb, MessageChannel'

const ping = (node: Node) => node.ping({ value: 42 })
const webPing = (node: RpcStub<WebNode>) => node.ping(42)

// ---- messages

const SMALL = {
  bool: true,
  int32: -5,
  uint64: 77n,
  float64: 0.5,
  text: 'a small message',
  data: KIB.subarray(0, 32),
}

function ourMessage(): number {
  const builder = new Builder()
  builder.put(builder.allocate(1), Kinds, SMALL)
  let length = 0
  const reader = new FrameReader((message) => {
    const read = rootOf(message).asStruct(Kinds)
    length += read.text.length + read.data.length + read.int32 + Number(read.bool) + read.float64
    length += Number(read.uint64)
    return true
  })
  reader.feed(concatBytes(builder.frame()))
  return length
}

class EsKinds extends es.Struct {
  static override readonly _capnp = {
    displayName: 'Kinds',
    id: '0',
    size: new es.ObjectSize(48, 4),
  }
}

function esMessage(): number {
  const { utils } = es
  const written = new es.Message()
  const root = written.initRoot(EsKinds)
  utils.setBit(0, SMALL.bool, root)
  utils.setInt32(4, SMALL.int32, root)
  utils.setUint64(24, SMALL.uint64, root)
  utils.setFloat64(40, SMALL.float64, root)
  utils.setText(0, SMALL.text, root)
  utils.initData(1, SMALL.data.length, root).copyBuffer(SMALL.data)
  const read = new es.Message(new Uint8Array(written.toArrayBuffer()), false).getRoot(EsKinds)
  let length = utils.getText(0, read).length + utils.getData(1, read).toUint8Array().length
  length += utils.getInt32(4, read) + Number(utils.getBit(0, read)) + utils.getFloat64(40, read)
  return length + Number(utils.getUint64(24, read))
}

function perRun(runs: number, run: () => number): number {
  let sum = 0
  for (let warm = 0; warm < runs; warm++) sum += run()
  const started = performance.now()
  for (let done = 0; done < runs; done++) sum += run()
  if (Number.isNaN(sum)) throw new Error('The messages were read wrongly')
  return ((performance.now() - started) * 1000) / runs
}

export const benches: Bench[] = [
  {
    name: 'call, one at a time',
    unit: 'µs',
    run: () => both(PIPE, ping, webPing, webOverPipe, sequential),
  },
  {
    name: 'call, one at a time',
    unit: 'µs',
    run: () => both(PORT, ping, webPing, webOverPort, sequential),
  },
  {
    name: `calls, ${WINDOW} under way`,
    unit: 'thousand/s',
    run: () => both(PIPE, ping, webPing, webOverPipe, windowed, 4 * CALLS),
  },
  {
    name: `calls, ${WINDOW} under way`,
    unit: 'thousand/s',
    run: () => both(PORT, ping, webPing, webOverPort, windowed, 4 * CALLS),
  },
  {
    name: `chain of ${CHAIN} pipelined calls`,
    unit: 'µs',
    run: () => {
      const chained = (node: Node) => {
        let last = node
        for (let step = 1; step < CHAIN; step++) last = last.make({ name: step }).node
        return last.ping({ value: 1 })
      }
      const webChained = (node: RpcStub<WebNode>) => node.make().make().make().ping(1)
      return both(PIPE, chained, webChained, webOverPipe, sequential, CALLS / 4)
    },
  },
  {
    name: 'echo of 1 KiB',
    unit: 'µs',
    run: () =>
      both(
        PIPE,
        async (node) => (await node.echo({ data: KIB })).data,
        (node) => node.echo(KIB),
        webOverPipe,
        sequential,
      ),
  },
  {
    name: 'call without a connection',
    unit: 'µs',
    run: async () => {
      const node = ours()
      const mine = await sequential(CALLS * 4, () => ping(node))
      const connected = oursConnected()
      const rival = await sequential(CALLS, () => ping(connected.node))
      connected.close()
      return { ours: mine, rival, rivalName: 'the same over a connection' }
    },
  },
  {
    name: 'small message, built and read',
    unit: 'µs',
    run: () =>
      Promise.resolve({
        ours: perRun(20_000, ourMessage),
        rival: perRun(2_000, esMessage),
        rivalName: 'capnp-es',
      }),
  },
  ...overSockets,
]
