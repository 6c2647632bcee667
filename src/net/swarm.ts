// The libp2p swarm of one node.
//
// Invariants
//  - It listens on every address it was given, or it does not come up.
//  - It dials only in `connect`, only the addresses given there, and takes nobody but the peer named
//    there for an answer. Addresses that peers tell about themselves are never dialled.
//  - It answers identify and ping, and nothing else.
//  - A peer is listed once, as long as any connection with it is open.
import { noise } from '@chainsafe/libp2p-noise'
import { privateKeyFromRaw } from '@libp2p/crypto/keys'
import { identify } from '@libp2p/identify'
import type { Connection, Libp2p } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { ping } from '@libp2p/ping'
import { yamux } from '@libp2p/yamux'
import type { Multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'

import { hexFromBytes, messageOf, WwError } from '../base/index.ts'
import type { Log } from '../base/index.ts'
import { checkPeerId, keyFromSecret, peerIdText } from '../identity/index.ts'
import { isHostAndTcp, multiaddrFrom, multiaddrText, peerAddress } from './address.ts'
import { DEFAULT_LIMITS } from './limits.ts'
import type { NetLimits } from './limits.ts'
import { listenAddrsFrom, listenError, tcpNoting } from './listen.ts'
import type { ListenFailure } from './listen.ts'

/** What identify says we are, as program and as protocol. */
const AGENT = 'wetware/0.1.0'

export interface SwarmOptions {
  /** The node's secp256k1 secret, 32 bytes. */
  readonly secret: Uint8Array
  /** Multiaddrs, `/ip4/0.0.0.0/tcp/2025`; port 0 takes a free one, an empty list listens nowhere. */
  readonly listen: readonly string[]
  readonly log: Log
  readonly limits?: NetLimits
  readonly signal?: AbortSignal | undefined
}

export interface PeerInfo {
  readonly peerId: Uint8Array
  /** Where we are connected with it, binary, without the peer id: as dialled, or as it came. */
  readonly addrs: readonly Uint8Array[]
}

export interface Swarm extends AsyncDisposable {
  readonly peerId: Uint8Array
  /** The addresses we listen on, binary, without the peer id; all-interfaces ones one by one. */
  addrs(): Uint8Array[]
  /** The peers we are connected with, in no particular order. */
  peers(): PeerInfo[]
  /**
   * Resolves once a connection with `peerId` is open, at once when one is already. Else dials `addrs`,
   * one after the other.
   * @throws {WwError} INVALID_PEER_ID, INVALID_ADDRESS, CONNECT_FAILED, CONNECT_TIMEOUT, CANCELLED,
   *   TOO_MANY_CONNECTS, SWARM_CLOSED
   */
  connect(
    peerId: Uint8Array,
    addrs: readonly Uint8Array[],
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<void>
}

/**
 * Brings a node onto the network.
 * @throws {WwError} INVALID_KEY, INVALID_ADDRESS, PORT_IN_USE, LISTEN_FAILED, START_FAILED, CANCELLED
 */
export async function startSwarm(options: SwarmOptions): Promise<Swarm> {
  const { secret, listen, log, limits = DEFAULT_LIMITS, signal } = options
  const key = keyFromSecret(secret)
  const listenAddrs = listenAddrsFrom(listen)
  const failures: ListenFailure[] = []
  const node = await createLibp2p({
    start: false,
    privateKey: privateKeyFromRaw(key.secret),
    nodeInfo: { name: 'wetware', version: '0.1.0', userAgent: AGENT },
    addresses: { listen: listenAddrs.map(String) },
    transports: [tcpNoting(failures)],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionManager: {
      dialTimeout: limits.connectMs,
      addressDialTimeout: limits.addressMs,
      inboundUpgradeTimeout: limits.connectMs,
      inboundConnectionThreshold: limits.inboundPerSecond,
      maxConnections: limits.connections,
      maxDialQueueLength: limits.connects,
      maxIncomingPendingConnections: limits.pendingInbound,
      maxParallelDials: limits.connects,
      // Calls that name the same peer share one dial, and its addresses.
      maxPeerAddrsToDial: limits.addrsPerConnect * limits.connects,
    },
    connectionMonitor: {
      pingInterval: limits.pingIntervalMs,
      pingTimeout: { minTimeout: limits.pingMs },
    },
    services: { identify: identifyAsWetware, ping: ping() },
  })
  const swarm = new Libp2pSwarm(node, key.peerId, log, limits)
  try {
    signal?.throwIfAborted()
    await node.start()
    signal?.throwIfAborted()
    if (failures[0]) throw failures[0].error
  } catch (thrown) {
    await swarm[Symbol.asyncDispose]()
    if (signal?.aborted) throw cancelled('Starting the network', signal)
    if (failures[0]) throw listenError(failures[0])
    const message = `Cannot start the network: ${messageOf(thrown)}`
    throw new WwError('failed', 'START_FAILED', message, { cause: thrown })
  }
  log.info('listening', { peer: key.peerIdText, addrs: node.getMultiaddrs().join(',') })
  return swarm
}

// The option for the version string is also the prefix of the protocol's name, which must stay as it is.
function identifyAsWetware(components: Parameters<ReturnType<typeof identify>>[0]) {
  const service = identify()(components)
  return Object.assign(service, { host: { protocolVersion: AGENT, agentVersion: AGENT } })
}

class Libp2pSwarm implements Swarm {
  readonly peerId: Uint8Array
  readonly #node: Libp2p
  readonly #limits: NetLimits
  readonly #connecting = new Set<AbortController>()
  #closing: Promise<void> | undefined

  constructor(node: Libp2p, peerId: Uint8Array, log: Log, limits: NetLimits) {
    this.#node = node
    this.#limits = limits
    this.peerId = peerId
    node.addEventListener('peer:connect', ({ detail }) => {
      log.debug('peer connected', { peer: detail.toString() })
    })
    node.addEventListener('peer:disconnect', ({ detail }) => {
      log.debug('peer disconnected', { peer: detail.toString() })
    })
  }

  addrs(): Uint8Array[] {
    return this.#node.getMultiaddrs().map(bytesWithoutPeer)
  }

  peers(): PeerInfo[] {
    const peers = new Map<string, { peerId: Uint8Array; addrs: Map<string, Uint8Array> }>()
    for (const connection of this.#node.getConnections()) {
      if (connection.status !== 'open') continue
      const { remotePeer, remoteAddr } = connection
      const id = remotePeer.toString()
      const peer = peers.get(id) ?? { peerId: remotePeer.toMultihash().bytes, addrs: new Map() }
      const address = bytesWithoutPeer(remoteAddr)
      peer.addrs.set(hexFromBytes(address), address)
      peers.set(id, peer)
    }
    return [...peers.values()].map(({ peerId, addrs }) => ({ peerId, addrs: [...addrs.values()] }))
  }

  async connect(
    peerId: Uint8Array,
    addrs: readonly Uint8Array[],
    { signal }: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<void> {
    if (this.#closing) throw swarmClosed()
    checkPeerId(peerId)
    const name = peerIdText(peerId)
    const targets = this.#targetsFrom(name, addrs)
    if (signal?.aborted) throw cancelled(`Connecting to ${name}`, signal)
    if (this.#isConnected(name)) return
    if (targets.length === 0) throw connectFailed(name, 'no address of it is given')
    if (this.#connecting.size >= this.#limits.connects) {
      const message = `Cannot connect to ${name}: ${this.#limits.connects} peers are being dialled already`
      throw new WwError('overloaded', 'TOO_MANY_CONNECTS', message)
    }
    await this.#dial(name, targets, signal)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#close()
    await this.#closing
  }

  async #close(): Promise<void> {
    for (const connecting of this.#connecting) connecting.abort(swarmClosed())
    await this.#node.stop()
  }

  #targetsFrom(name: string, addrs: readonly Uint8Array[]): Multiaddr[] {
    if (name === peerIdText(this.peerId)) throw connectFailed(name, 'that is this node itself')
    if (addrs.length > this.#limits.addrsPerConnect) {
      throw connectFailed(name, `more than ${this.#limits.addrsPerConnect} addresses are given`)
    }
    return addrs.map((bytes) => {
      const address = multiaddrFrom(bytes)
      const named = peerAddress(address)
      if (named.peerId && peerIdText(named.peerId) !== name) {
        throw connectFailed(name, `the address ${address.toString()} is that of another peer`)
      }
      const host = multiaddrFrom(named.bytes)
      if (!isHostAndTcp(host)) {
        throw connectFailed(
          name,
          `${host.toString()} is not a TCP port of a host, and nothing else is dialled`,
        )
      }
      return host.encapsulate(`/p2p/${name}`)
    })
  }

  async #dial(name: string, targets: Multiaddr[], signal: AbortSignal | undefined): Promise<void> {
    const { connectMs } = this.#limits
    const connecting = new AbortController()
    const timer = setTimeout(() => {
      const message = `Cannot connect to ${name}: no connection within ${connectMs / 1000} s at ${hostsOf(targets)}`
      connecting.abort(new WwError('failed', 'CONNECT_TIMEOUT', message))
    }, connectMs)
    const cancel = () => connecting.abort(cancelled(`Connecting to ${name}`, signal))
    signal?.addEventListener('abort', cancel)
    this.#connecting.add(connecting)
    try {
      await this.#node.dial(targets, { signal: connecting.signal })
    } catch (thrown) {
      connecting.signal.throwIfAborted() // with the reason given above, or on closing
      throw connectFailed(name, reasonOf(thrown), thrown)
    } finally {
      this.#connecting.delete(connecting)
      signal?.removeEventListener('abort', cancel)
      clearTimeout(timer)
    }
  }

  #isConnected(name: string): boolean {
    const isOpen = ({ status }: Connection) => status === 'open'
    return this.#node.getConnections(peerIdFromString(name)).some(isOpen)
  }
}

function bytesWithoutPeer(address: Multiaddr): Uint8Array {
  return peerAddress(address).bytes
}

function hostsOf(targets: readonly Multiaddr[]): string {
  return targets.map((target) => multiaddrText(bytesWithoutPeer(target))).join(', ')
}

// One reason for each address that was tried.
function reasonOf(thrown: unknown): string {
  const errors: unknown[] = thrown instanceof AggregateError ? thrown.errors : [thrown]
  return errors
    .map((error) => {
      const message = messageOf(error).replace(/^connection error \S+: /, '')
      const other = /identity key (\S+) does not match/.exec(message)?.[1]
      return other ? `${other} answers there instead` : message
    })
    .join('; ')
}

function connectFailed(name: string, why: string, cause?: unknown): WwError {
  return new WwError('failed', 'CONNECT_FAILED', `Cannot connect to ${name}: ${why}`, { cause })
}

function cancelled(what: string, signal: AbortSignal | undefined): WwError {
  return new WwError('failed', 'CANCELLED', `${what} was cancelled`, { cause: signal?.reason })
}

function swarmClosed(): WwError {
  return new WwError('disconnected', 'SWARM_CLOSED', 'Network of this node is closed')
}
