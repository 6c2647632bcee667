import { afterAll, beforeAll, expect, test } from 'vitest'

import { busyMsOf, untilIdle } from '../help/host.ts'
import { buildProbe, Probe } from '../help/probe.ts'
import type { ProbeImage } from '../help/probe.ts'
import { PROJECT, startWw, temporaryFolder, ww } from '../help/ww.ts'

let probe: ProbeImage

beforeAll(async () => {
  probe = await buildProbe()
})
afterAll(async () => {
  await probe[Symbol.asyncDispose]()
})

test('W37 one key gives the same peer id to keygen, to the node and to its guest', async () => {
  await using folder = await temporaryFolder()
  const key = `${folder.path}/key`
  const made = await ww(['keygen', '--output', key])
  const [, peerId] = /Peer ID:\s+(\S+)/.exec(made.stderr) ?? []
  expect(peerId).toMatch(/^16Uiu2HA/)
  await using node = startWw([
    'run',
    '--listen',
    '/ip4/127.0.0.1/tcp/0',
    '--identity',
    key,
    '--log-level',
    'info',
  ])
  const [, hex] = await node.waitFor('stderr', /"peer_id":"([0-9a-f]{78})"/)
  expect(hex).toMatch(/^00250802122/)
  expect(node.stderr).toContain(peerId)
  // The environment says the same, and a flag wins over it.
  const other = await ww(['keygen', '--output', `${folder.path}/other`])
  expect(other.code).toBe(0)
  await using byEnv = startWw(['run', '--listen', '/ip4/127.0.0.1/tcp/0'], {
    env: { WW_IDENTITY: key },
  })
  expect((await byEnv.waitFor('stderr', /"peer_id":"([0-9a-f]{78})"/))[1]).toBe(hex)
})

test('W37 without a key the node makes one for this run and says so', async () => {
  await using first = startWw(['run', '--listen', '/ip4/127.0.0.1/tcp/0'])
  const [, one] = await first.waitFor('stderr', /"peer_id":"([0-9a-f]{78})"/)
  expect(first.stderr).toMatch(/ww keygen/)
  await using second = startWw(['run', '--listen', '/ip4/127.0.0.1/tcp/0'])
  const [, two] = await second.waitFor('stderr', /"peer_id":"([0-9a-f]{78})"/)
  expect(two).not.toBe(one)
})

test('W15 without a terminal the kernel says ready in one line, and leaves cleanly at the end of its input', async () => {
  await using node = startWw(['run', '--listen', '/ip4/127.0.0.1/tcp/0'])
  const [line] = await node.waitFor('stderr', /^\{.*\}$/m)
  expect(JSON.parse(line)).toMatchObject({ event: 'ready' })
  node.write('whatever it is, it is discarded\n')
  node.endInput()
  const { code, stdout } = await node.exited()
  expect({ code, stdout }).toEqual({ code: 0, stdout: '' })
})

test.each(['SIGTERM', 'SIGINT'] as const)('W15 %s ends the kernel cleanly', async (signal) => {
  await using node = startWw(['run', '--listen', '/ip4/127.0.0.1/tcp/0'])
  await node.waitFor('stderr', /"event":"ready"/)
  node.kill(signal)
  expect((await node.exited()).code).toBe(0)
})

test('W26 a node talks to nobody by itself: two nodes side by side do not find each other', async () => {
  await using a = new Probe([probe.path])
  await using b = new Probe([probe.path])
  await a.order('graft')
  await b.order('graft')
  await a.order('sleep', { ms: 1000 })
  expect(await a.order('peers', { cap: 'host' })).toEqual({ ok: 0 })
  expect(await b.order('peers', { cap: 'host' })).toEqual({ ok: 0 })
})

test.skipIf(process.platform !== 'linux')(
  'W23 a node with a waiting guest uses no CPU',
  async () => {
    await using node = startWw(['run', '--listen', '/ip4/127.0.0.1/tcp/0'], { cwd: PROJECT })
    await node.waitFor('stderr', /"event":"ready"/)
    // A guest that spins would use all of every window; what comes up behind it, no longer than it comes up.
    await untilIdle(2_000, 400, () => busyMsOf(node.pid))
  },
)
