import { afterAll, beforeAll, expect, test } from 'vitest'

import { exit, print, program, sleepLong, textData, wasmFromWat, writeTree } from '../help/image.ts'
import { buildProbe, orders, Probe } from '../help/probe.ts'
import type { ProbeImage } from '../help/probe.ts'
import { temporaryFolder } from '../help/ww.ts'

let probe: ProbeImage
let tools: AsyncDisposable & { readonly path: string }

const NOISE = 'noise\n'

beforeAll(async () => {
  probe = await buildProbe()
  tools = await temporaryFolder()
  const wat: Readonly<Record<string, string>> = {
    seven: program(exit(7)),
    trap: program('unreachable'),
    sleep: program(sleepLong),
    spin: program('(loop $again (br $again))'),
    flood: program(`(loop $again ${print(1, NOISE.length)} (br $again))`, textData(NOISE)),
    deaf: program(`(drop (call $fd_close (i32.const 0))) ${sleepLong}`),
  }
  for (const [name, text] of Object.entries(wat)) {
    await writeTree(tools.path, { [`bin/${name}.wasm`]: await wasmFromWat(text) })
  }
})
afterAll(async () => {
  await probe[Symbol.asyncDispose]()
  await tools[Symbol.asyncDispose]()
})

async function pid0(): Promise<Probe> {
  const made = new Probe([probe.path, tools.path])
  await made.order('graft')
  return made
}

const start = async (parent: Probe, name: string) =>
  await parent.order('spawn', { cap: name, path: `/bin/${name}.wasm` })

test('W20 wait answers the exit code as often as it is asked: its own, 134 for a trap, 137 for a kill', async () => {
  await using parent = await pid0()
  await start(parent, 'seven')
  expect(await parent.order('wait', { cap: 'seven' })).toEqual({ ok: 7 })
  expect(await parent.order('wait', { cap: 'seven' })).toEqual({ ok: 7 })
  await start(parent, 'trap')
  expect(await parent.order('wait', { cap: 'trap' })).toEqual({ ok: 134 })
  for (const name of ['sleep', 'spin']) {
    await start(parent, name)
    expect(await parent.order('kill', { cap: name })).toEqual({ ok: null })
    expect(await parent.order('wait', { cap: name })).toEqual({ ok: 137 })
    expect(await parent.order('kill', { cap: name })).toEqual({ ok: null })
  }
})

test('W20 a megabyte goes through a child in order, and end of file ends it', async () => {
  await using parent = await pid0()
  await parent.order('spawn', { cap: 'child', path: '/bin/child.wasm' })
  const lines = Array.from({ length: 2000 }, () => ({ do: 'args' }))
  const answer = await parent.order('converse', { cap: 'child', input: orders(...lines) })
  const { stdout, code } = (answer as { ok: { stdout: string; code: number } }).ok
  expect(stdout).toBe('{"ok":[]}\n'.repeat(2000))
  expect(code).toBe(0)
})

test('W20 a child that does not read stops its writer after a pipe full, and nobody else', async () => {
  await using parent = await pid0()
  await start(parent, 'sleep')
  const { ok: taken } = (await parent.order('fill', { cap: 'sleep', ms: 500 })) as { ok: number }
  expect(taken).toBeGreaterThan(0)
  expect(taken).toBeLessThanOrEqual(512 << 10)
  expect(await parent.order('asExecutor', { cap: 'executor', text: 'still here' })).toEqual({
    ok: 'Echo: still here',
  })
})

test('W20 a child nobody reads from stops at a pipe full, and can be killed there', async () => {
  await using parent = await pid0()
  await start(parent, 'flood')
  await parent.order('sleep', { ms: 300 })
  expect(await parent.order('asExecutor', { cap: 'executor', text: 'x' })).toEqual({
    ok: 'Echo: x',
  })
  await parent.order('kill', { cap: 'flood' })
  expect(await parent.order('wait', { cap: 'flood' })).toEqual({ ok: 137 })
})

test('code that cannot run is an error of spawn, with a sentence that names what is wrong', async () => {
  await using parent = await pid0()
  await parent.order('make', { cap: 'x', text: '' })
  const refused = await parent.order('spawn', { cap: 'bad', path: '/etc/not-wasm' })
  expect(refused).toHaveProperty('error')
  await using folder = await temporaryFolder()
  await writeTree(folder.path, { 'etc/not-wasm': 'a text' })
  await using other = new Probe([probe.path, folder.path])
  await other.order('graft')
  expect(await other.order('spawn', { cap: 'bad', path: '/etc/not-wasm' })).toMatchObject({
    error: expect.stringMatching(/WebAssembly|WASM/i) as string,
    kind: 'failed',
  })
  expect(await other.order('wait', { cap: 'bad' })).toHaveProperty('error')
})

test('children end with the node: it leaves although they would run for ever', async () => {
  await using parent = await pid0()
  await start(parent, 'spin')
  await start(parent, 'sleep')
  expect(await parent.end()).toBe(0)
})
