import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'

import { noise } from '@chainsafe/libp2p-noise'
import { identify } from '@libp2p/identify'
import { ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { afterEach, expect } from 'vitest'

import { Scope, silentLog } from '../../src/base/index.ts'
import { peerIdText } from '../../src/identity/index.ts'
import { DEFAULT_LIMITS, multiaddrText, parseMultiaddr, startSwarm } from '../../src/net/index.ts'
import type { Swarm, SwarmOptions } from '../../src/net/index.ts'

let scope = new Scope()
afterEach(async () => {
  const closing = scope
  scope = new Scope()
  await closing[Symbol.asyncDispose]()
})

function own<T extends AsyncDisposable>(thing: T): T {
  return scope.own(thing)
}

export const LOCAL = '/ip4/127.0.0.1/tcp/0'

/** A connect is over when it is over, on a busy machine too. */
const PATIENT = { ...DEFAULT_LIMITS, connectMs: 90_000, addressMs: 60_000 }

/** A node with the secret 32 times `byte`, on a free port; closed after the test. */
export async function swarmOf(byte: number, options: Partial<SwarmOptions> = {}): Promise<Swarm> {
  const secret = new Uint8Array(32).fill(byte)
  const usual = { listen: [LOCAL], log: silentLog, limits: PATIENT }
  return own(await startSwarm({ secret, ...usual, ...options }))
}

/** A node of plain libp2p, as a stranger would have it. */
export async function stranger(announce: string[] = []) {
  const node = await createLibp2p({
    addresses: { listen: [LOCAL], announce },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    services: { identify: identify(), ping: ping() },
  })
  scope.defer(async () => await node.stop())
  return node
}

/** Where plain libp2p dials `swarm`. */
export function dialAddress(swarm: Swarm) {
  const [address] = textsOf(swarm.addrs())
  return multiaddr(`${address}/p2p/${peerIdText(swarm.peerId)}`)
}

/** A TCP port that accepts and then says nothing. */
export async function silentPort() {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}).on('close', () => sockets.delete(socket)))
    socket.resume()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  scope.defer(async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise((closed) => server.close(closed))
  })
  const { port } = server.address() as AddressInfo
  return { port, sockets, address: bytesOf(`/ip4/127.0.0.1/tcp/${port}`) }
}

/** A port nobody listens on, most probably still in a moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await new Promise((closed) => server.close(closed))
  return port
}

export function bytesOf(text: string): Uint8Array {
  return parseMultiaddr(text).bytes
}

export function textsOf(addrs: readonly Uint8Array[]): string[] {
  return addrs.map(multiaddrText)
}

export function peersOf(swarm: Swarm): string[] {
  return swarm.peers().map(({ peerId }) => peerIdText(peerId))
}

/** Waits until `check` no longer throws. */
export async function eventually(check: () => void): Promise<void> {
  await expect
    .poll(
      () => {
        check()
        return true
      },
      { interval: 10 },
    )
    .toBe(true)
}
