// capnweb: over strings handed over in memory, over a MessageChannel, and over a Unix socket, a line of
// JSON for each message.

import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { Socket } from 'node:net'
import { createInterface } from 'node:readline'

import { newMessagePortRpcSession, RpcSession, RpcTarget } from 'capnweb'
import type { RpcStub, RpcTransport } from 'capnweb'

import type { Contender } from './contender.ts'

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

/** Messages that wait for `receive`, or a `receive` that waits for one. */
class Inbox {
  readonly #messages: string[] = []
  #waiting: ((message: string) => void) | undefined

  put(message: string): void {
    const waiting = this.#waiting
    this.#waiting = undefined
    if (waiting) waiting(message)
    else this.#messages.push(message)
  }
  async take(): Promise<string> {
    const message = this.#messages.shift()
    if (message !== undefined) return message
    return await new Promise((resolve) => {
      this.#waiting = resolve
    })
  }
}

/** Strings handed over in a later microtask, as our loopback hands over bytes. */
class Pipe implements RpcTransport {
  peer!: Pipe
  readonly #inbox = new Inbox()

  static pair(): [Pipe, Pipe] {
    const pair: [Pipe, Pipe] = [new Pipe(), new Pipe()]
    pair[0].peer = pair[1]
    pair[1].peer = pair[0]
    return pair
  }

  async send(message: string): Promise<void> {
    await Promise.resolve()
    this.peer.#inbox.put(message)
  }
  async receive(): Promise<string> {
    return await this.#inbox.take()
  }
}

/** What is sent in one turn leaves in one write. */
class Lines implements RpcTransport {
  readonly #socket: Socket
  readonly #inbox = new Inbox()
  #turn = ''

  constructor(socket: Socket) {
    this.#socket = socket
    createInterface({ input: socket }).on('line', (line) => this.#inbox.put(line))
  }

  send(message: string): Promise<void> {
    if (this.#turn === '') {
      queueMicrotask(() => {
        this.#socket.write(this.#turn)
        this.#turn = ''
      })
    }
    this.#turn += `${message}\n`
    return Promise.resolve()
  }
  async receive(): Promise<string> {
    return await this.#inbox.take()
  }
}

export function webOverPipe(): Contender {
  const [here, there] = Pipe.pair()
  new RpcSession(there, new WebNode())
  return { ...calling(new RpcSession<WebNode>(here).getRemoteMain()), close: () => {} }
}

export function webOverPort(): Contender {
  const { port1, port2 } = new MessageChannel()
  newMessagePortRpcSession(port1, new WebNode())
  return {
    ...calling(newMessagePortRpcSession<WebNode>(port2)),
    close() {
      port1.close()
      port2.close()
    },
  }
}

/** Serves whoever connects to the Unix socket at `path`, for the life of the process. */
export async function listenWeb(path: string): Promise<void> {
  const server = createServer((socket) => {
    new RpcSession(new Lines(socket), new WebNode())
  })
  await once(server.listen(path), 'listening')
}

export async function webOverSocket(path: string): Promise<Contender> {
  const socket = connect(path)
  await once(socket, 'connect')
  return {
    ...calling(new RpcSession<WebNode>(new Lines(socket)).getRemoteMain()),
    close: () => void socket.destroy(),
  }
}

function calling(node: RpcStub<WebNode>): Omit<Contender, 'close'> {
  return {
    ping: () => node.ping(42),
    echo: (data) => node.echo(data),
    chain: () => node.make().make().make().ping(1),
    async disposedChain() {
      using first = node.make()
      using second = first.make()
      using third = second.make()
      return await third.ping(1)
    },
    async churn() {
      const made = await node.make()
      made[Symbol.dispose]()
    },
  }
}
