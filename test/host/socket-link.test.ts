import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { concatBytes, Scope, WwError } from '../../src/base/index.ts'
import type { ByteSink } from '../../src/base/index.ts'
import { SocketLink } from '../../src/host/index.ts'
import { temporaryFolder } from '../help/ww.ts'

const MIB = 1 << 20

/** Bytes that tell their place. */
function numbered(length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  for (let at = 0; at < length; at++) bytes[at] = at * 7 + (at >> 8)
  return bytes
}

/** As `toEqual`, which takes seconds for megabytes. */
const isSame = (left: Uint8Array, right: Uint8Array) => Buffer.compare(left, right) === 0

/** The two ends of a connection that nobody has touched. */
async function pair(
  transport: string,
  scope: Scope,
): Promise<{ accepted: Socket; dialed: Socket }> {
  const folder = scope.own(await temporaryFolder())
  const server = createServer()
  if (transport === 'tcp') server.listen(0, '127.0.0.1')
  else server.listen(join(folder.path, 'socket'))
  await once(server, 'listening')
  const address = server.address() as AddressInfo | string
  const dialed = typeof address === 'string' ? connect(address) : connect(address.port, '127.0.0.1')
  const [[accepted]] = (await Promise.all([
    once(server, 'connection'),
    once(dialed, 'connect'),
  ])) as [[Socket], unknown]
  scope.defer(async () => {
    const closed = once(server, 'close')
    server.close()
    accepted.destroy()
    dialed.destroy()
    await closed
  })
  return { accepted, dialed }
}

/** Keeps copies of what comes, and where it lay. */
class Listener implements ByteSink {
  readonly buffers = new Set<ArrayBufferLike>()
  reads = 0
  length = 0
  ends = 0
  error: WwError | undefined
  drains = 0
  /** Where the next bytes are to lie. */
  place: Uint8Array | undefined
  #chunks: Uint8Array[] = []
  #heard: () => void = () => {}

  get bytes(): Uint8Array {
    return concatBytes(this.#chunks)
  }

  room(): Uint8Array | undefined {
    return this.place
  }
  chunk(chunk: Uint8Array): void {
    this.buffers.add(chunk.buffer)
    this.reads++
    this.length += chunk.length
    if (chunk.buffer === this.place?.buffer) {
      expect(chunk.byteOffset).toBe(this.place.byteOffset)
      this.place = this.place.subarray(chunk.length)
    }
    this.#chunks.push(chunk.slice())
    this.#heard()
  }
  drained(): void {
    this.drains++
    this.#heard()
  }
  ended(error?: WwError): void {
    this.ends++
    this.error = error
    this.#heard()
  }

  async until(isSo: () => boolean): Promise<void> {
    while (!isSo()) await new Promise<void>((resolve) => (this.#heard = resolve))
  }
}

const turns = async (count: number) => {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve))
}

const ENDS = ['unix', 'tcp'].flatMap((transport) =>
  (['accepted', 'dialed'] as const).map((end) => [transport, end] as const),
)

test.each(ENDS)(
  'over %s, who %s reads large things right to where they will lie',
  async (...of) => {
    await using scope = new Scope()
    const [transport, end] = of
    const sockets = await pair(transport, scope)
    const link = new SocketLink(sockets[end])
    const peer = sockets[end === 'dialed' ? 'accepted' : 'dialed']
    const listener = new Listener()
    const memory = new Uint8Array(2 * MIB)
    listener.place = memory
    link.open(listener)
    const sent = numbered(MIB)
    // The first read was prepared when there was no sink yet.
    peer.write('a word')
    await listener.until(() => listener.reads === 1)
    peer.write(sent)
    await listener.until(() => listener.length === MIB + 6)
    expect(isSame(memory.subarray(0, MIB), sent)).toBe(true)
    expect(listener.buffers.size).toBe(2)
  },
)

test('what has no room, or less than a read, comes through one piece of memory', async () => {
  await using scope = new Scope()
  const { accepted, dialed } = await pair('unix', scope)
  const link = new SocketLink(accepted)
  const listener = new Listener()
  listener.place = new Uint8Array(50_000)
  link.open(listener)
  const sent = numbered(MIB)
  dialed.write(sent)
  await listener.until(() => listener.length === MIB)
  expect(isSame(listener.bytes, sent)).toBe(true)
  expect(listener.reads).toBeGreaterThan(2)
  expect([...listener.buffers]).not.toContain(listener.place.buffer)
  expect(listener.buffers.size).toBe(1)
})

test('memory it makes is plain, and alone in its buffer', async () => {
  await using scope = new Scope()
  const { accepted } = await pair('unix', scope)
  const memory = new SocketLink(accepted).allocate(20_000)
  expect(memory.constructor).toBe(Uint8Array)
  expect([memory.length, memory.byteOffset, memory.buffer.byteLength]).toEqual([20_000, 0, 20_000])
})

test.each(ENDS)('over %s, who %s is not read while paused, and loses nothing', async (...of) => {
  await using scope = new Scope()
  const [transport, end] = of
  const sockets = await pair(transport, scope)
  const link = new SocketLink(sockets[end])
  const peer = new SocketLink(sockets[end === 'dialed' ? 'accepted' : 'dialed'])
  const [listener, other] = [new Listener(), new Listener()]
  const sent = numbered(32 * MIB)
  peer.open(other)
  expect(peer.send([sent])).toBe(false)
  await turns(20)
  expect(listener.reads).toBe(0)
  link.open(listener)
  link.pause()
  await turns(20)
  const { length } = listener
  await turns(20)
  expect(listener.length).toBe(length)
  expect(other.drains).toBe(0)
  link.resume()
  await listener.until(() => listener.length === sent.length)
  expect(isSame(listener.bytes, sent)).toBe(true)
  await other.until(() => other.drains === 1)
})

test('the end of the other side is told once, after all it sent, and does not cut off what we send', async () => {
  await using scope = new Scope()
  const { accepted, dialed } = await pair('unix', scope)
  const link = new SocketLink(accepted)
  const peer = new SocketLink(dialed)
  const [listener, other] = [new Listener(), new Listener()]
  const sent = numbered(8 * MIB)
  peer.open(other)
  peer.pause()
  peer.send([sent])
  peer.close()
  link.open(listener)
  link.send([sent])
  await listener.until(() => listener.ends === 1)
  expect(isSame(listener.bytes, sent)).toBe(true)
  await other.until(() => other.ends === 1)
  expect(isSame(other.bytes, sent)).toBe(true)
  await turns(5)
  expect([listener.ends, other.ends, listener.error, other.error]).toEqual([
    1,
    1,
    undefined,
    undefined,
  ])
})

test('an abort ends both sides now, and is told with its reason', async () => {
  await using scope = new Scope()
  const { accepted, dialed } = await pair('unix', scope)
  const link = new SocketLink(accepted)
  const peer = new SocketLink(dialed)
  const [listener, other] = [new Listener(), new Listener()]
  link.open(listener)
  peer.open(other)
  link.send([numbered(32 * MIB)])
  const reason = new WwError('overloaded', 'PEER_STALLED', 'The peer does not read')
  link.abort(reason)
  await Promise.all([
    listener.until(() => listener.ends === 1),
    other.until(() => other.ends === 1),
  ])
  expect(listener.error).toBe(reason)
  expect(other.length).toBeLessThan(32 * MIB)
})

test('a socket that was read from before loses nothing', async () => {
  await using scope = new Scope()
  const { accepted, dialed } = await pair('unix', scope)
  dialed.write('before')
  while (accepted.bytesRead === 0) await turns(1)
  const link = new SocketLink(accepted)
  expect(link.socket).toBe(accepted)
  const listener = new Listener()
  link.open(listener)
  dialed.end(' and after')
  await listener.until(() => listener.ends === 1)
  expect(new TextDecoder().decode(listener.bytes)).toBe('before and after')
})

test('a socket that is closed is a link that has ended', async () => {
  await using scope = new Scope()
  const { accepted } = await pair('unix', scope)
  accepted.destroy()
  await once(accepted, 'close')
  const listener = new Listener()
  new SocketLink(accepted).open(listener)
  expect(listener.ends).toBe(1)
})

test('the socket that was given and the one in use end together, and the listener may go', async () => {
  await using scope = new Scope()
  const first = await pair('unix', scope)
  const link = new SocketLink(first.accepted)
  link.socket.destroy()
  await once(first.accepted, 'close')
  const second = await pair('unix', scope)
  const listener = new Listener()
  const other = new SocketLink(second.accepted)
  other.open(listener)
  second.accepted.destroy()
  await listener.until(() => listener.ends === 1)
  expect(other.socket.destroyed).toBe(true)
})
