// One node in a process of its own, driven by lines on stdin: `peers`, `connect <multiaddr>`.
// Prints its addresses first; closes at the end of stdin, and must then exit by itself.
import '../../src/base/polyfill.ts'
import { createInterface } from 'node:readline'

import { silentLog } from '../../src/base/index.ts'
import { peerIdText } from '../../src/identity/index.ts'
import { multiaddrText, parseMultiaddr, startSwarm } from '../../src/net/index.ts'

const secret = new Uint8Array(32).fill(Number(process.argv[2]))
await using swarm = await startSwarm({
  secret,
  listen: ['/ip4/127.0.0.1/tcp/0'],
  log: silentLog,
})
const answer = (list: string[]) => void process.stdout.write(`${JSON.stringify(list)}\n`)

const id = peerIdText(swarm.peerId)
answer(swarm.addrs().map((bytes) => `${multiaddrText(bytes)}/p2p/${id}`))
for await (const line of createInterface(process.stdin)) {
  const [verb, text = ''] = line.split(' ')
  if (verb === 'connect') {
    const { bytes, peerId } = parseMultiaddr(text)
    await swarm.connect(peerId ?? new Uint8Array(), [bytes])
    answer(['connected'])
  } else {
    answer(swarm.peers().map(({ peerId }) => peerIdText(peerId)))
  }
}
