import { expect, test } from 'vitest'

import { silentLog, Watch } from '../../src/base/index.ts'
import type { ByteLink } from '../../src/base/index.ts'
import { Membrane } from '../../src/capnp/stem.ts'
import { graft } from '../../src/caps/index.ts'
import { DEFAULT_CELL_LIMITS, Family } from '../../src/cell/index.ts'
import { keyFromSecret } from '../../src/identity/index.ts'
import { FIRST_EPOCH, serveMembrane } from '../../src/membrane/index.ts'
import { Connection, loopback } from '../../src/rpc/index.ts'
import { FrameReader } from '../../src/wire/index.ts'
import { sharedHost } from '../help/host.ts'

const key = keyFromSecret(new Uint8Array(32).fill(7))

function membrane(): Membrane {
  const powers = {
    key,
    log: silentLog,
    expose: (error: Error) => error,
    family: new Family('pid0', DEFAULT_CELL_LIMITS),
    host: sharedHost(),
    terminal: undefined,
    swarm: { peerId: key.peerId, addrs: () => [], peers: () => [], connect: async () => {} },
  }
  const epochs = new Watch(FIRST_EPOCH)
  return serveMembrane({ epochs, build: (boundary) => graft(powers, boundary) })
}

/** Counts the messages that go out through a link. */
function counting(link: ByteLink): { readonly link: ByteLink; sent: number } {
  const counted = {
    sent: 0,
    link: {
      open: (sink) => link.open(sink),
      send(chunks) {
        for (const chunk of chunks) reader.feed(chunk.slice())
        return link.send(chunks)
      },
      pause: () => link.pause(),
      resume: () => link.resume(),
      close: () => link.close(),
      abort: (reason) => link.abort(reason),
    } satisfies ByteLink,
  }
  const reader = new FrameReader(() => {
    counted.sent++
    return true
  })
  return counted
}

test('W18 graft().ipfs.unixfs().cat() is one round trip: all four messages go out before anything comes back', async () => {
  const [near, far] = loopback()
  const counted = counting(near)
  // The other side is not there yet: whatever goes out does not wait for an answer.
  const connection = new Connection(counted.link)
  const cat = connection.bootstrap(Membrane).graft({}).ipfs.unixfs().api.cat({ path: '/ipfs/QmX' })
  const outcome = expect(cat).rejects.toThrow('no IPFS configured')
  await Promise.resolve()
  await Promise.resolve()
  expect(counted.sent).toBe(4) // Bootstrap and three Calls

  const server = new Connection(far, { bootstrap: membrane() })
  await outcome
  connection.close()
  await server.closed
})

test('W18 host.executor().echo() pipelines too, with the same answer as step by step', async () => {
  const [near, far] = loopback()
  const counted = counting(near)
  const server = new Connection(far, { bootstrap: membrane() })
  const connection = new Connection(counted.link)
  const { host } = await connection.bootstrap(Membrane).graft({})
  const before = counted.sent
  const pipelined = host!.executor().executor.echo({ message: 'x' })
  void pipelined.then(() => {})
  await Promise.resolve()
  expect(counted.sent - before).toBeGreaterThanOrEqual(2)
  expect((await pipelined).response).toBe('Echo: x')
  const { executor } = await host!.executor()
  expect((await executor!.echo({ message: 'x' })).response).toBe('Echo: x')
  connection.close()
  await server.closed
})
