import { connect as connectSocket } from 'node:net'

import type { IdentifyResult } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { expect, test } from 'vitest'

import { lineLog } from '../../src/base/index.ts'
import { keyFromSecret, peerIdText } from '../../src/identity/index.ts'
import { DEFAULT_LIMITS } from '../../src/net/index.ts'
import {
  bytesOf,
  dialAddress,
  eventually,
  freePort,
  LOCAL,
  peersOf,
  silentPort,
  stranger,
  swarmOf,
  textsOf,
} from './help.ts'

const NOBODY = keyFromSecret(new Uint8Array(32).fill(99)).peerId

// ---- listening

test('a node is who its key says, on the wire too', async () => {
  const node = await swarmOf(1)
  expect(peerIdText(node.peerId)).toBe('16Uiu2HAmEWQnHq2jLKJypwVnVoQeFCULuyop6atvq2eWjYSUjzNi')
  const other = await stranger()
  const connection = await other.dial(dialAddress(node))
  expect(connection.remotePeer.toMultihash().bytes).toEqual(node.peerId)
})

test('all interfaces are told one by one, and each can be dialled', async () => {
  const node = await swarmOf(1, { listen: ['/ip4/0.0.0.0/tcp/0'] })
  const addrs = textsOf(node.addrs())
  expect(addrs).toContainEqual(expect.stringMatching(/^\/ip4\/127\.0\.0\.1\/tcp\/[1-9]\d*$/))
  expect(addrs.join()).not.toMatch(/0\.0\.0\.0|p2p/)
  for (const [index, address] of node.addrs().entries()) {
    const dialler = await swarmOf(10 + index)
    await dialler.connect(node.peerId, [address])
    expect(dialler.peers()).toEqual([{ peerId: node.peerId, addrs: [address] }])
  }
})

test('a node that is told to listen nowhere can still dial', async () => {
  const node = await swarmOf(1)
  const quiet = await swarmOf(2, { listen: [] })
  expect(quiet.addrs()).toEqual([])
  await quiet.connect(node.peerId, node.addrs())
  expect(peersOf(quiet)).toEqual([peerIdText(node.peerId)])
})

test('a port in use is one sentence that names it and what to do, with the cause', async () => {
  const { port } = await silentPort()
  const refused = swarmOf(1, { listen: [`/ip4/127.0.0.1/tcp/${port}`] })
  await expect(refused).rejects.toMatchObject({
    code: 'PORT_IN_USE',
    message: `Port ${port} is in use (/ip4/127.0.0.1/tcp/${port}): stop the program that has it, or take another with --port`,
    cause: { code: 'EADDRINUSE' },
  })
})

test('when one of several addresses does not bind, none stays bound', async () => {
  const { port } = await silentPort()
  const free = await freePort()
  const listen = [`/ip4/127.0.0.1/tcp/${free}`, `/ip4/127.0.0.1/tcp/${port}`]
  await expect(swarmOf(1, { listen })).rejects.toMatchObject({ code: 'PORT_IN_USE' })
  await expect(reach(free)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
})

test('an IPv6 address that does not bind is fatal, though IPv4 works', async () => {
  const free = await freePort()
  const listen = [`/ip4/127.0.0.1/tcp/${free}`, '/ip6/2001:db8::1/tcp/0']
  const refused = swarmOf(1, { listen })
  await expect(refused).rejects.toMatchObject({ code: 'LISTEN_FAILED' })
  await expect(refused).rejects.toThrow('Cannot listen on /ip6/2001:db8::1/tcp/0: ')
  await expect(reach(free)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
})

test.each(['/ip4/127.0.0.1/udp/1/quic-v1', '/dns4/localhost/tcp/0', '/unix/%2Ftmp%2Fww-x', '2025'])(
  'the listen address %s is refused even beside a good one',
  async (address) => {
    const refused = swarmOf(1, { listen: [LOCAL, address] })
    await expect(refused).rejects.toMatchObject({ code: 'INVALID_ADDRESS' })
  },
)

test('a secret that is none is refused, and no log line holds the one that is', async () => {
  await expect(swarmOf(0)).rejects.toMatchObject({ code: 'INVALID_KEY' })
  const lines: string[] = []
  const node = await swarmOf(7, { log: lineLog('trace', (line) => lines.push(line)) })
  const other = await swarmOf(8)
  await other.connect(node.peerId, node.addrs())
  await eventually(() => expect(lines.join()).toContain('peer connected'))
  expect(lines.join()).toContain(peerIdText(node.peerId))
  expect(lines.join()).not.toMatch(/(07,?){8}|(7,){8}|VDHQ/)
})

test('a start that was cancelled before or meanwhile leaves nothing listening', async () => {
  const free = await freePort()
  const listen = [`/ip4/127.0.0.1/tcp/${free}`]
  const cancelled = { code: 'CANCELLED' }
  await expect(swarmOf(1, { listen, signal: AbortSignal.abort() })).rejects.toMatchObject(cancelled)
  const controller = new AbortController()
  const starting = swarmOf(1, { listen, signal: controller.signal })
  controller.abort()
  await expect(starting).rejects.toMatchObject(cancelled)
  await expect(reach(free)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
})

test('closing ends the port and every connection, and twice is once', async () => {
  const [a, b] = [await swarmOf(1), await swarmOf(2)]
  const [address = ''] = textsOf(a.addrs())
  await b.connect(a.peerId, a.addrs())
  await Promise.all([a[Symbol.asyncDispose](), a[Symbol.asyncDispose]()])
  await a[Symbol.asyncDispose]()
  await eventually(() => expect(b.peers()).toEqual([]))
  await expect(reach(Number(address.split('/').at(-1)))).rejects.toThrow()
  await expect(a.connect(b.peerId, b.addrs())).rejects.toMatchObject({
    kind: 'disconnected',
    code: 'SWARM_CLOSED',
  })
})

// ---- connecting

test('a peer known only by the given address is connected, and both sides list each other once', async () => {
  const [a, b] = [await swarmOf(1), await swarmOf(2)]
  await b.connect(a.peerId, a.addrs())
  expect(b.peers()).toEqual([{ peerId: a.peerId, addrs: a.addrs() }])
  await eventually(() => expect(peersOf(a)).toEqual([peerIdText(b.peerId)]))
  expect(textsOf(a.peers()[0]?.addrs ?? []).join()).toMatch(/^\/ip4\/127\.0\.0\.1\/tcp\/\d+$/)
})

test('exactly the given addresses are dialled: what is known from before does not help', async () => {
  const b = await swarmOf(2)
  const port = await freePort()
  const listen = [`/ip4/127.0.0.1/tcp/${port}`]
  const first = await swarmOf(1, { listen })
  await b.connect(first.peerId, first.addrs())
  await first[Symbol.asyncDispose]()
  await eventually(() => expect(b.peers()).toEqual([]))

  const again = await swarmOf(1, { listen })
  const elsewhere = `/ip4/127.0.0.1/tcp/${await freePort()}`
  const refused = b.connect(again.peerId, [bytesOf(elsewhere)])
  await expect(refused).rejects.toMatchObject({ code: 'CONNECT_FAILED' })
  await expect(refused).rejects.toThrow('ECONNREFUSED')
  await expect(b.connect(again.peerId, [])).rejects.toThrow('no address of it is given')
  await b.connect(again.peerId, again.addrs())
  expect(peersOf(b)).toEqual([peerIdText(again.peerId)])
})

test('whoever answers with another identity is not connected, and the sentence says who it is', async () => {
  const [a, b] = [await swarmOf(1), await swarmOf(2)]
  await expect(b.connect(NOBODY, a.addrs())).rejects.toMatchObject({
    code: 'CONNECT_FAILED',
    message: `Cannot connect to ${peerIdText(NOBODY)}: ${peerIdText(a.peerId)} answers there instead`,
  })
  expect(b.peers()).toEqual([])
  await eventually(() => expect(a.peers()).toEqual([]))
})

test('one good address among bad ones is enough, and all bad ones are told', async () => {
  const [a, b] = [await swarmOf(1), await swarmOf(2)]
  const dead = [bytesOf(`/ip4/127.0.0.1/tcp/${await freePort()}`), bytesOf('/ip4/127.0.0.1/tcp/1')]
  await b.connect(a.peerId, [...dead, ...a.addrs()])
  expect(b.peers()).toEqual([{ peerId: a.peerId, addrs: a.addrs() }])
  await expect(b.connect(NOBODY, dead)).rejects.toThrow(/ECONNREFUSED.*; .*ECONNREFUSED/)
})

test('a name of a host is dialled too', async () => {
  const [a, b] = [await swarmOf(1), await swarmOf(2)]
  const [address = ''] = textsOf(a.addrs())
  await b.connect(a.peerId, [bytesOf(address.replace('ip4/127.0.0.1', 'dns4/localhost'))])
  expect(peersOf(b)).toEqual([peerIdText(a.peerId)])
})

test('a peer of another key type can be named and connected', async () => {
  const b = await swarmOf(2)
  const other = await stranger()
  const addrs = other.getMultiaddrs().map(({ bytes }) => bytes)
  await b.connect(other.peerId.toMultihash().bytes, addrs)
  expect(peersOf(b)).toEqual([other.peerId.toString()])
  expect(peersOf(b)[0]).toMatch(/^12D3Koo/)
})

test('a peer that is connected already needs no address', async () => {
  const [a, b] = [await swarmOf(1), await swarmOf(2)]
  await b.connect(a.peerId, a.addrs())
  await b.connect(a.peerId, [])
  await b.connect(a.peerId, [bytesOf('/ip4/127.0.0.1/tcp/1')])
  await eventually(() => expect(a.peers()).toHaveLength(1))
  await a.connect(b.peerId, [])
})

test('many calls for one peer end in one entry, and one that gives up does not stop the others', async () => {
  const [a, b] = [await swarmOf(1), await swarmOf(2)]
  const controller = new AbortController()
  const impatient = b.connect(a.peerId, a.addrs(), { signal: controller.signal })
  const patient = Array.from({ length: 10 }, async () => await b.connect(a.peerId, a.addrs()))
  controller.abort()
  await expect(impatient).rejects.toMatchObject({ code: 'CANCELLED' })
  await Promise.all(patient)
  expect(b.peers()).toEqual([{ peerId: a.peerId, addrs: a.addrs() }])
})

test('a host that accepts and stays silent is given up in time, and its socket closed', async () => {
  const port = await silentPort()
  const b = await swarmOf(2, { limits: { ...DEFAULT_LIMITS, connectMs: 300 } })
  const refused = b.connect(NOBODY, [port.address])
  await expect(refused).rejects.toMatchObject({ code: 'CONNECT_TIMEOUT' })
  await expect(refused).rejects.toThrow(`within 0.3 s at /ip4/127.0.0.1/tcp/${port.port}`)
  await eventually(() => expect(port.sockets.size).toBe(0))
})

test('a connect can be cancelled before and while it waits, and leaves no socket', async () => {
  const port = await silentPort()
  const b = await swarmOf(2)
  const controller = new AbortController()
  const waiting = b.connect(NOBODY, [port.address], { signal: controller.signal })
  await eventually(() => expect(port.sockets.size).toBe(1))
  controller.abort()
  await expect(waiting).rejects.toMatchObject({ code: 'CANCELLED' })
  const again = b.connect(NOBODY, [port.address], { signal: controller.signal })
  await expect(again).rejects.toMatchObject({ code: 'CANCELLED' })
  await eventually(() => expect(port.sockets.size).toBe(0))
})

test('closing the node ends what it was dialling, with that reason', async () => {
  const port = await silentPort()
  const b = await swarmOf(2)
  const waiting = expect(b.connect(NOBODY, [port.address])).rejects.toMatchObject({
    code: 'SWARM_CLOSED',
  })
  await eventually(() => expect(port.sockets.size).toBe(1))
  await b[Symbol.asyncDispose]()
  await waiting
  await eventually(() => expect(port.sockets.size).toBe(0))
})

test('more connects at one time than the limit are told to come later', async () => {
  const port = await silentPort()
  const b = await swarmOf(2, { limits: { ...DEFAULT_LIMITS, connects: 2 } })
  const controller = new AbortController()
  const others = [3, 4].map((byte) => keyFromSecret(new Uint8Array(32).fill(byte)).peerId)
  const waiting = others.map((id) => b.connect(id, [port.address], { signal: controller.signal }))
  const settled = Promise.allSettled(waiting)
  await expect(b.connect(NOBODY, [port.address])).rejects.toMatchObject({
    kind: 'overloaded',
    code: 'TOO_MANY_CONNECTS',
  })
  controller.abort()
  await settled
})

test.each([
  ['a peer id that is none', Uint8Array.of(1, 2, 3), ['/ip4/127.0.0.1/tcp/1'], 'Not a peer id'],
  ['a socket of this machine', NOBODY, ['/unix/%2Ftmp%2Fx'], 'nothing else is dialled'],
  ['another transport', NOBODY, ['/ip4/127.0.0.1/tcp/1/ws'], 'nothing else is dialled'],
  [
    'the address of another peer',
    NOBODY,
    [`/ip4/127.0.0.1/tcp/1/p2p/16Uiu2HAmEWQnHq2jLKJypwVnVoQeFCULuyop6atvq2eWjYSUjzNi`],
    'that of another peer',
  ],
  ['too many addresses', NOBODY, Array<string>(17).fill('/ip4/127.0.0.1/tcp/1'), 'more than 16'],
])('connect refuses %s without dialling anything', async (_what, id, texts, reason) => {
  const b = await swarmOf(2)
  const refused = b.connect(
    id,
    texts.map((text) => multiaddr(text).bytes),
  )
  await expect(refused).rejects.toThrow(reason)
  expect(b.peers()).toEqual([])
})

test('connect refuses bytes that are no address, and the node itself', async () => {
  const b = await swarmOf(2)
  await expect(b.connect(NOBODY, [Uint8Array.of(255, 255, 255)])).rejects.toMatchObject({
    code: 'INVALID_ADDRESS',
  })
  await expect(b.connect(b.peerId, b.addrs())).rejects.toThrow('that is this node itself')
})

// ---- peers

test('a peer with two connections is listed once, and until the last one is gone', async () => {
  const node = await swarmOf(1)
  const other = await stranger()
  const one = await other.dial(dialAddress(node))
  const two = await other.dial(dialAddress(node), { force: true })
  await eventually(() => expect(node.peers()[0]?.addrs).toHaveLength(2))
  expect(peersOf(node)).toEqual([other.peerId.toString()])
  await one.close()
  await eventually(() => expect(node.peers()[0]?.addrs).toHaveLength(1))
  expect(peersOf(node)).toEqual([other.peerId.toString()])
  await two.close()
  await eventually(() => expect(node.peers()).toEqual([]))
})

test('a dozen peers from one address may come at once', async () => {
  const node = await swarmOf(1)
  const others = await Promise.all(
    Array.from({ length: 12 }, async (_, index) => await swarmOf(20 + index, { listen: [] })),
  )
  await Promise.all(others.map(async (other) => await other.connect(node.peerId, node.addrs())))
  await eventually(() => expect(node.peers()).toHaveLength(12))
})

// ---- W26

test('W26 a node that exports nothing serves identify and ping, and nothing besides', async () => {
  const node = await swarmOf(1)
  const other = await stranger()
  const identified = new Promise<IdentifyResult>((resolve) => {
    other.addEventListener('peer:identify', ({ detail }) => resolve(detail), { once: true })
  })
  const connection = await other.dial(dialAddress(node))
  const told = await identified
  expect(told.protocols.toSorted()).toEqual(['/ipfs/id/1.0.0', '/ipfs/ping/1.0.0'])
  expect(told.protocolVersion).toBe('wetware/0.1.0')
  expect(told.agentVersion).toBe('wetware/0.1.0')
  expect(told.listenAddrs.map(String)).toEqual(textsOf(node.addrs()))
  expect(await other.services.ping.ping(connection.remotePeer)).toBeGreaterThanOrEqual(0)
  for (const protocol of ['/ww/0.1.0', '/ipfs/kad/1.0.0', '/ipfs/id/push/1.0.0']) {
    await expect(connection.newStream(protocol)).rejects.toThrow()
  }
})

test('W26 addresses that a peer tells about itself are not dialled, nor are peers of peers', async () => {
  const trap = await silentPort()
  const [a, b, c] = [await swarmOf(1), await swarmOf(2), await swarmOf(3)]
  const liar = await stranger([`/ip4/127.0.0.1/tcp/${trap.port}`])
  await liar.dial(dialAddress(a))
  await b.connect(a.peerId, a.addrs())
  await c.connect(b.peerId, b.addrs())
  await eventually(() => expect(a.peers()).toHaveLength(2))
  await new Promise((later) => setTimeout(later, 500))
  expect(trap.sockets.size).toBe(0)
  expect(peersOf(a)).not.toContain(peerIdText(c.peerId))
  expect(peersOf(c)).toEqual([peerIdText(b.peerId)])
})

/** Opens and closes a TCP connection to a port of this machine. */
async function reach(port: number): Promise<void> {
  const socket = connectSocket(port, '127.0.0.1')
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject))
  socket.destroy()
}
