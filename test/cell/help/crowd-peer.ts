// A peer in a process of its own: connects with a node by libp2p and by RPC over a socket, calls
// `echo` on what it finds there, one call after another, and tells the answers it got in order.
//
//   node crowd-peer.js PORT MULTIADDR      prints "up"; at the end of stdin, what it saw as JSON

import '../../../src/base/polyfill.ts'
import { once } from 'node:events'
import { connect } from 'node:net'

import { silentLog } from '../../../src/base/index.ts'
import { Membrane } from '../../../src/capnp/stem.ts'
import { parseMultiaddr, startSwarm } from '../../../src/net/index.ts'
import { Connection } from '../../../src/rpc/index.ts'
import { socketLink } from '../../help/socket-link.ts'

const PAUSE_MS = 5

export interface PeerSeen {
  readonly calls: number
  /** The first answer that was not the one that was due. */
  readonly wrong: string | undefined
  /** How often it lost the node. */
  readonly lost: number
}

const [port, multiaddr] = process.argv.slice(2)
const socket = connect(Number(port), '127.0.0.1')
await once(socket, 'connect')
const connection = new Connection(socketLink(socket))
const { executor } = await connection.bootstrap(Membrane).graft({})
const secret = crypto.getRandomValues(new Uint8Array(32))
const swarm = await startSwarm({ secret, listen: [], log: silentLog })
const { peerId, bytes } = parseMultiaddr(multiaddr!)
await swarm.connect(peerId!, [bytes])

let isOver = false
process.stdin.resume().on('end', () => (isOver = true))
let calls = 0
let wrong: string | undefined
let lost = 0
process.stdout.write('up\n')
while (!isOver) {
  const { response } = await executor!.echo({ message: String(calls) })
  if (response !== `Echo: ${calls}`) wrong ??= response
  calls++
  if (swarm.peers().length !== 1) lost++
  await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
}
const seen: PeerSeen = { calls, wrong, lost }
process.stdout.write(`${JSON.stringify(seen)}\n`)
process.exit(0)
