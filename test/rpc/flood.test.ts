// A million tiny messages that a peer sends in one tick, over a real socket: what they may hold up,
// and what they may make us keep.

import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { Socket } from 'node:net'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { concatBytes } from '../../src/base/index.ts'
import type { ByteLink } from '../../src/base/index.ts'
import { Connection, DEFAULT_RPC_LIMITS } from '../../src/rpc/index.ts'
import type { RpcLimits } from '../../src/rpc/index.ts'
import { Builder, FrameReader, putStruct } from '../../src/wire/index.ts'
import { Message } from '../fixture/rpc.gen.ts'
import type { Message$Init } from '../fixture/rpc.gen.ts'
import { socketLink } from '../help/socket-link.ts'
import { temporaryFolder } from '../help/ww.ts'
import { Census, NO_ENTRIES, quiet, TestNode } from './help.ts'

const MESSAGES = 1_000_000
const PAIRS = MESSAGES / 2
/** What a socket gives in one turn of the loop is far less. */
const MAX_MESSAGES_IN_A_TURN = MESSAGES / 5

/** While there is something to send or to read, no turn is followed by so many that bring nothing. */
const MAX_IDLE_TURNS = 100_000

const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

function frameOf(message: Message$Init): Uint8Array {
  const builder = new Builder()
  putStruct(builder, builder.allocate(1), Message, message)
  return concatBytes(builder.frame())
}

/** A bootstrap and its finish, as often as they fit in a piece of 56 kB. */
function piece(pairs: number): Uint8Array {
  const finish = frameOf({ finish: { questionId: 0, releaseResultCaps: true } })
  const pair = concatBytes([frameOf({ bootstrap: { questionId: 0 } }), finish])
  return concatBytes(Array.from({ length: pairs }, () => pair))
}

/** A vat behind a Unix socket, watched, and the socket of its peer. */
class Flooded implements AsyncDisposable {
  readonly census = new Census()
  readonly peer: Socket
  readonly connection: Connection
  /** Of the vat. */
  isPaused = false
  received = 0
  mostTableEntries = 0
  mostInATurn = 0
  mostQueuedBytes = 0
  answers = 0
  #isOver = false
  #inThisTurn = 0
  readonly #cleanUp: AsyncDisposable

  static async open(limits: Partial<RpcLimits> = {}): Promise<Flooded> {
    const folder = await temporaryFolder()
    const path = join(folder.path, 'vat')
    const server = createServer().listen(path)
    await once(server, 'listening')
    const peer = connect(path)
    const [socket] = (await once(server, 'connection')) as [Socket]
    server.close()
    return new Flooded(folder, peer, socket, limits)
  }

  private constructor(
    cleanUp: AsyncDisposable,
    peer: Socket,
    socket: Socket,
    limits: Partial<RpcLimits>,
  ) {
    this.#cleanUp = cleanUp
    this.peer = peer
    const link = socketLink(socket)
    const watched: ByteLink = {
      allocate: link.allocate,
      open: (sink) => link.open(sink),
      send: (chunks) => {
        const mayGoOn = link.send(chunks)
        this.mostQueuedBytes = Math.max(this.mostQueuedBytes, link.socket.writableLength)
        return mayGoOn
      },
      pause: () => {
        this.isPaused = true
        link.pause()
      },
      resume: () => {
        this.isPaused = false
        link.resume()
      },
      close: () => link.close(),
      abort: (reason) => link.abort(reason),
    }
    this.connection = new Connection(watched, {
      bootstrap: TestNode.serve(this.census).node,
      limits: { ...DEFAULT_RPC_LIMITS, ...limits },
      trace: { message: (direction) => direction === 'received' && this.#receive() },
    })
    const frames = new FrameReader(() => ++this.answers > 0)
    peer.on('data', (chunk: Buffer) => frames.feed(chunk))
    void this.#watchTurns()
  }

  #receive(): void {
    this.received++
    this.#inThisTurn++
    const { answers, exports } = this.connection.stats
    this.mostTableEntries = Math.max(this.mostTableEntries, answers + exports)
  }

  /** Other work on the same loop. */
  async #watchTurns(): Promise<void> {
    while (!this.#isOver) {
      this.mostInATurn = Math.max(this.mostInATurn, this.#inThisTurn)
      this.#inThisTurn = 0
      await turn()
    }
  }

  /** All of them, without a turn between. */
  send(): void {
    const bytes = piece(1000)
    for (let pairs = 0; pairs < PAIRS; pairs += 1000) this.peer.write(bytes)
  }

  /** @throws when nothing more happens before `isDone` */
  async until(isDone: () => boolean): Promise<void> {
    for (let idle = 0, seen = -1; !isDone(); idle++) {
      if (idle > MAX_IDLE_TURNS) throw new Error(`Stuck after ${this.received}, ${this.answers}`)
      if (seen !== this.received + this.answers) idle = 0
      seen = this.received + this.answers
      await turn()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.peer.end()
    this.peer.resume()
    await this.connection.closed
    this.#isOver = true
    await quiet()
    expect(this.connection.stats).toEqual(NO_ENTRIES)
    expect(this.census.alive).toBe(0)
    await this.#cleanUp[Symbol.asyncDispose]()
  }
}

test('a million messages of one tick are answered in small tables, while others have their turns', async () => {
  await using flooded = await Flooded.open()
  flooded.send()
  await flooded.until(() => flooded.answers === PAIRS)
  expect(flooded.received).toBe(MESSAGES)
  expect(flooded.mostTableEntries).toBeLessThanOrEqual(2)
  expect(flooded.mostInATurn).toBeLessThan(MAX_MESSAGES_IN_A_TURN)
})

test('whoever sends a million messages and reads no answer is not read, until it reads', async () => {
  const maxStalledBytes = 1 << 20
  await using flooded = await Flooded.open({ maxStalledBytes })
  flooded.peer.pause()
  flooded.send()
  await flooded.until(() => flooded.isPaused)
  // What had been read already is answered still.
  for (let turns = 0; turns < 50; turns++) await turn()
  const { received } = flooded
  for (let turns = 0; turns < 50; turns++) await turn()
  expect(flooded.received).toBe(received)
  expect(received).toBeLessThan(MESSAGES / 2)
  expect(flooded.mostQueuedBytes).toBeLessThan(4 * maxStalledBytes)
  flooded.peer.resume()
  await flooded.until(() => flooded.answers === PAIRS)
  expect(flooded.received).toBe(MESSAGES)
  expect(flooded.mostTableEntries).toBeLessThanOrEqual(2)
})
