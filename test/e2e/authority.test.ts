import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { afterAll, beforeAll, expect, test } from 'vitest'

import { writeTree } from '../help/image.ts'
import { answersOf, buildProbe, orders, Probe } from '../help/probe.ts'
import type { ProbeImage } from '../help/probe.ts'
import { temporaryFolder, ww } from '../help/ww.ts'

let probe: ProbeImage

beforeAll(async () => {
  probe = await buildProbe()
})
afterAll(async () => {
  await probe[Symbol.asyncDispose]()
})

test('W01 a guest sees the arguments and environment it was given, and no globals of a host', async () => {
  await using pid0 = new Probe([probe.path], [], { env: { SECRET: 'hunter2' } })
  expect(await pid0.order('args')).toEqual({ ok: [] })
  expect(await pid0.order('env')).toEqual({ ok: ['PATH=/bin'] })
  expect(await pid0.order('globals')).toEqual({ ok: [] })

  await pid0.order('graft')
  await pid0.order('spawn', {
    path: '/bin/child.wasm',
    args: ['child', 'x', 'y'],
    env: ['A=1', 'B='],
  })
  const input = orders({ do: 'args' }, { do: 'env' })
  const { ok } = (await pid0.order('converse', { cap: 'child', input })) as {
    ok: { stdout: string }
  }
  expect(answersOf(ok.stdout)).toEqual([{ ok: ['child', 'x', 'y'] }, { ok: ['A=1', 'B='] }])
})

test('W03 the image root is all there is: links and dots do not lead out of it', async () => {
  await using folder = await temporaryFolder()
  await writeFile(join(folder.path, 'secret'), 'outside')
  const layer = await writeTree(join(folder.path, 'layer'), { 'etc/motd': 'inside' })
  await mkdir(join(layer, 'links'))
  await symlink(join(folder.path, 'secret'), join(layer, 'links/absolute'))
  await symlink('../../secret', join(layer, 'links/relative'))
  await symlink('/etc/motd', join(layer, 'links/fine'))
  await using pid0 = new Probe([probe.path, layer])
  expect(await pid0.order('read', { path: '/etc/motd' })).toEqual({ ok: 'inside' })
  expect(await pid0.order('read', { path: '/links/fine' })).toEqual({ ok: 'inside' })
  for (const path of ['/links/absolute', '/links/relative', '/../secret', '/etc/../../secret']) {
    expect(await pid0.order('read', { path }), path).toHaveProperty('error')
  }
  // What lies beside an image for its author is no part of it.
  expect(await pid0.order('list', { path: '/src' })).toHaveProperty('error')
})

test('W08 directories of layers merge, files of later layers win', async () => {
  await using folder = await temporaryFolder()
  const a = await writeTree(join(folder.path, 'a'), { 'boot/QmPeerA': 'A', 'etc/who': 'a' })
  const b = await writeTree(join(folder.path, 'b'), {
    'boot/QmPeerB': 'B',
    'boot/QmPeerA': 'newer',
  })
  await using pid0 = new Probe([probe.path, a, b])
  expect(await pid0.order('read', { path: '/boot/QmPeerA' })).toEqual({ ok: 'newer' })
  expect(await pid0.order('read', { path: '/boot/QmPeerB' })).toEqual({ ok: 'B' })
  expect(await pid0.order('read', { path: '/etc/who' })).toEqual({ ok: 'a' })
})

test('W04 before graft the membrane is all there is; after it, exactly what was promised', async () => {
  await using pid0 = new Probe([probe.path])
  for (const cast of ['asHost', 'asExecutor', 'asIdentity', 'asIpfs']) {
    expect(await pid0.order(cast, { cap: 'membrane' })).toMatchObject({ kind: 'unimplemented' })
  }
  expect(await pid0.order('graft')).toEqual({ ok: ['identity', 'host', 'executor', 'ipfs'] })
  expect(await pid0.order('asExecutor', { cap: 'executor', text: 'hi' })).toEqual({
    ok: 'Echo: hi',
  })
  expect(await pid0.order('asHost', { cap: 'executor' })).toMatchObject({ kind: 'unimplemented' })
  expect(await pid0.order('asMembrane', { cap: 'host' })).toMatchObject({ kind: 'unimplemented' })
})

test('W06 identity signs in the one domain it knows, and never shows its key', async () => {
  await using folder = await temporaryFolder()
  const key = join(folder.path, 'key')
  await ww(['keygen', '--output', key])
  await using pid0 = new Probe([probe.path], ['--identity', key, '--log-level', 'trace'])
  await pid0.order('graft')
  const signed = await pid0.order('asIdentity', { cap: 'identity', text: 'ww-membrane-graft' })
  expect(signed).toEqual({ ok: expect.stringMatching(/^[0-9a-f]{128}$/) as string })
  expect(await pid0.order('asIdentity', { cap: 'identity', text: 'other' })).toMatchObject({
    error: 'unknown signing domain: "other"',
  })
  await pid0.end()
  const { readFile } = await import('node:fs/promises')
  const secret = (await readFile(key, 'utf8')).trim()
  expect(secret.length).toBeGreaterThan(40)
  expect(pid0.node.stdout + pid0.node.stderr).not.toContain(secret)
})

test('W06 a layer that holds the key of the node is refused with a sentence that says so', async () => {
  await using folder = await temporaryFolder()
  const key = join(folder.path, 'etc/identity')
  await ww(['keygen', '--output', key])
  const { code, stderr } = await ww(['run', '--identity', key, probe.path, folder.path])
  expect(code).toBe(1)
  expect(stderr).toContain(folder.path)
  expect(stderr).toMatch(/key/)
})

test('ipfs says that it is not configured, and which parts are not implemented', async () => {
  await using pid0 = new Probe([probe.path])
  await pid0.order('graft')
  expect(await pid0.order('asIpfs', { cap: 'ipfs', path: '/ipfs/Qm' })).toMatchObject({
    error: expect.stringContaining('no IPFS configured') as string,
  })
})

test('W21 a child holds exactly the grants its parent named, W05 and nothing can be had by guessing', async () => {
  await using pid0 = new Probe([probe.path])
  await pid0.order('graft')
  await pid0.order('make', { cap: 'mine', text: 'made by pid0' })
  const grants = ['host', 'mine']
  await pid0.order('spawn', { path: '/bin/child.wasm', grants })
  const input = orders(
    { do: 'grants' },
    { do: 'grants' },
    { do: 'asHost', cap: 'host' },
    { do: 'asExecutor', cap: 'mine', text: 'x' },
    { do: 'asExecutor', cap: 'bootstrap' },
    { do: 'asMembrane', cap: 'bootstrap' },
    { do: 'asHost', cap: 'mine' },
    { do: 'asExecutor', cap: 'executor' },
    { do: 'spawn', path: '/boot/main.wasm' },
    { do: 'list', path: '/' },
  )
  const answer = await pid0.order('converse', { cap: 'child', input })
  const { stdout, code } = (answer as { ok: { stdout: string; code: number } }).ok
  const [first, again, host, mine, castBoot, castMembrane, castMine, missing, spawn, root] =
    answersOf(stdout)
  expect(first).toEqual({ ok: grants })
  expect(again).toEqual({ ok: grants })
  expect(host).toEqual(await pid0.order('asHost', { cap: 'host' }))
  expect(mine).toEqual({ ok: 'made by pid0: x' })
  expect(castBoot).toMatchObject({ kind: 'unimplemented' })
  expect(castMembrane).toMatchObject({ kind: 'unimplemented' })
  expect(castMine).toMatchObject({ kind: 'unimplemented' })
  expect(missing).toEqual({ error: 'nothing held under executor' })
  expect(spawn).toEqual({ error: 'no executor' })
  expect(root).toEqual({ ok: [{ name: 'tmp', kind: 'directory' }] })
  expect(code).toBe(0)
})

test('W21 an empty list of grants, and runBytes, mean none', async () => {
  await using pid0 = new Probe([probe.path])
  await pid0.order('graft')
  for (const start of ['spawn', 'runBytes']) {
    await pid0.order(start, { cap: start, path: '/bin/child.wasm' })
    const input = orders({ do: 'grants' }, { do: 'asHost', cap: 'bootstrap' })
    const answer = await pid0.order('converse', { cap: start, input })
    const [grants, cast] = answersOf((answer as { ok: { stdout: string } }).ok.stdout)
    expect(grants).toEqual({ ok: [] })
    expect(cast).toMatchObject({ kind: 'unimplemented' })
  }
})

test('W21 a grandchild gets no more than its parent could give', async () => {
  await using pid0 = new Probe([probe.path])
  await pid0.order('graft')
  await pid0.order('spawn', { path: '/bin/child.wasm', grants: ['executor'] })
  // The child has no file of its own to start (its root is empty), so a missing file is its end of
  // the road; with bytes it could start cells, but grant only what it holds.
  const input = orders({ do: 'grants' }, { do: 'spawn', path: '/bin/child.wasm', grants: ['host'] })
  const answer = await pid0.order('converse', { cap: 'child', input })
  const [grants, spawn] = answersOf((answer as { ok: { stdout: string } }).ok.stdout)
  expect(grants).toEqual({ ok: ['executor'] })
  expect(spawn).toHaveProperty('error')
})

test('W21 a child hands a capability back, and its parent calls it', async () => {
  await using pid0 = new Probe([probe.path])
  await pid0.order('graft')
  await pid0.order('spawn', { path: '/bin/child.wasm', args: ['child', 'child says'] })
  expect(await pid0.order('bootstrap', { cap: 'child', text: 'ping' })).toEqual({
    ok: 'child says: ping',
  })
})

test('a child that offers nothing breaks calls on its bootstrap with a sentence', async () => {
  await using pid0 = new Probe([probe.path])
  await pid0.order('graft')
  await pid0.order('spawn', { path: '/bin/child.wasm' })
  expect(await pid0.order('bootstrap', { cap: 'child', text: 'ping' })).toMatchObject({
    error: expect.stringContaining('no bootstrap capability') as string,
  })
})

test('what a guest forgets is released while it runs, without its doing anything', async () => {
  await using pid0 = new Probe([probe.path])
  expect(await pid0.order('forget', { ms: 20 })).toEqual({ ok: true })
})
