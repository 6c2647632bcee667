import { lstat } from 'node:fs/promises'
import { join } from 'node:path'

import { afterAll, beforeAll, expect, test } from 'vitest'

import { print, program, sleepLong, textData, wasmFromWat, writeTree } from '../help/image.ts'
import { buildProbe, Probe } from '../help/probe.ts'
import type { ProbeImage } from '../help/probe.ts'
import { temporaryFolder, ww } from '../help/ww.ts'

let probe: ProbeImage
let tools: AsyncDisposable & { readonly path: string }

const COLOURED = '\u001b[31mred'

beforeAll(async () => {
  probe = await buildProbe()
  tools = await temporaryFolder()
  const wat: Readonly<Record<string, string>> = {
    sleep: program(sleepLong),
    spin: program('(loop $again (br $again))'),
    deep: '(module (memory (export "memory") 1) (func $f (export "_start") (call $f)))',
    complain: program(print(2, COLOURED.length + 1), textData(`${COLOURED}\n`)),
  }
  for (const [name, text] of Object.entries(wat)) {
    await writeTree(tools.path, { [`bin/${name}.wasm`]: await wasmFromWat(text) })
  }
})
afterAll(async () => {
  await probe[Symbol.asyncDispose]()
  await tools[Symbol.asyncDispose]()
})

async function pid0(...flags: string[]): Promise<Probe> {
  const made = new Probe([probe.path, tools.path], flags)
  await made.order('graft')
  return made
}

const limited = { exitCode: 137, kind: 3 }

test('W22 what a node is told to give its cells binds every child of pid0', async () => {
  await using parent = await pid0('--limit', 'stack=100000')
  const limits = { stackBytes: 1 << 20 }
  await parent.order('spawn', { cap: 'deep', path: '/bin/deep.wasm', args: ['deep'], limits })
  const cause = 'nested calls too deep for its stack, 100000 bytes'
  expect(await parent.order('ending', { cap: 'deep' })).toEqual({
    ok: { ...limited, limit: 'stack', cause },
  })
})

test('W22 a child that reaches a limit is ended, and its parent and the log learn which and how much', async () => {
  await using parent = await pid0()
  await parent.order('spawn', {
    cap: 'spin',
    path: '/bin/spin.wasm',
    args: ['spin'],
    limits: { fuel: 3_000_000 },
  })
  const cause = 'used up its fuel, 3000000 units'
  expect(await parent.order('ending', { cap: 'spin' })).toEqual({
    ok: { ...limited, limit: 'fuel', cause },
  })
  await parent.node.waitFor(
    'stderr',
    /cell ended at its limit cell=spin .*cause="used up its fuel, 3000000 units"/,
  )
  // Calls that were to be answered by it say so as well.
  const answer = await parent.order('bootstrap', { cap: 'spin', text: 'x' })
  expect(answer).toMatchObject({ kind: 'disconnected' })
  expect(await parent.end()).toBe(0)
  expect(parent.node.stderr.match(/used up its fuel/g)).toHaveLength(1)
})

test('the limits of the command line are those of pid0, and its children get no more', async () => {
  await using parent = await pid0('--limit', 'children=2', '--limit', 'wall=60s')
  const sleeper = { path: '/bin/sleep.wasm', args: ['sleep'] }
  for (const cap of ['a', 'b']) {
    expect(await parent.order('spawn', { cap, ...sleeper })).toEqual({ ok: null })
  }
  expect(await parent.order('spawn', { cap: 'c', ...sleeper })).toEqual({
    error: 'Cannot start a cell: 2 children are alive, its limit is 2',
    kind: 'overloaded',
    code: expect.any(String) as string,
  })
  await parent.order('kill', { cap: 'a' })
  expect(await parent.order('spawn', { cap: 'c', ...sleeper })).toEqual({ ok: null })
  expect(await parent.end()).toBe(0)
})

/** A child that carries out orders, holds something that never answers, and has an executor of its own. */
async function child(parent: Probe, cap: string, limits: Readonly<Record<string, number>>) {
  await parent.order('spawn', {
    cap,
    path: '/bin/child.wasm',
    args: [cap],
    grants: ['silent'],
    own: 'executor',
    lifetime: 2,
    limits,
  })
  const tell = async (order: object) =>
    await parent.order('tell', { cap, text: JSON.stringify(order) })
  await tell({ do: 'grants' })
  return tell
}

test('W22 a cell that makes, gives or holds more than it may is ended or refused, with figures', async () => {
  await using parent = await pid0()
  await parent.order('makeSilent', { cap: 'silent' })

  const caller = await child(parent, 'caller', { calls: 20 })
  await caller({ do: 'call', cap: 'silent', times: 21 })
  expect(await parent.order('ending', { cap: 'caller' })).toEqual({
    ok: { ...limited, limit: 'calls', cause: 'made more than 20 calls at once, its limit' },
  })

  const giver = await child(parent, 'giver', { references: 20 })
  await giver({ do: 'give', cap: 'silent', times: 21 })
  expect(await parent.order('ending', { cap: 'giver' })).toEqual({
    ok: { ...limited, limit: 'references', cause: 'gave out more than 20 capabilities, its limit' },
  })
  for (const name of ['caller', 'giver']) {
    const told = new RegExp(`cell ended at its limit cell=${name} `, 'g')
    await parent.node.waitFor('stderr', told)
    expect(parent.node.stderr.match(told)).toHaveLength(1)
  }

  const holder = await child(parent, 'holder', { callBytes: 1 << 20 })
  expect(await holder({ do: 'call', cap: 'silent', times: 3, bytes: 600_000 })).toEqual({
    ok: {
      error: 'Calls of this peer hold 1 MiB: wait for some to end',
      kind: 'overloaded',
      code: 'TOO_MUCH_HELD',
    },
  })

  const slow = await child(parent, 'slow', { callMs: 200 })
  await slow({ do: 'offer', cap: 'silent' })
  expect(await parent.order('bootstrap', { cap: 'slow', text: 'x' })).toEqual({
    error: 'Cell slow did not answer a call within 200 ms, its limit',
    kind: 'overloaded',
    code: 'CALL_LIMIT',
  })
})

test('W22 a cell that starts or loads more than it may is refused, with figures', async () => {
  await using parent = await pid0()
  await parent.order('makeSilent', { cap: 'silent' })
  const bytes = await wasmFromWat(program(sleepLong))
  const hex = Buffer.from(bytes).toString('hex')
  const spawn = { do: 'spawn', cap: 'grandchild', hex, lifetime: 2 }
  const refused = (message: string) => ({
    ok: expect.objectContaining({ error: message, kind: 'overloaded' }) as unknown,
  })
  const started = { ok: { ok: null } }

  const rapid = await child(parent, 'rapid', { spawnsPerSecond: 1 })
  const sentence = 'Cannot start a cell: its limit is 1 per second'
  expect(await rapid(spawn)).toEqual(started)
  expect(await rapid({ ...spawn, times: 8 })).toEqual(refused(sentence))

  const wide = await child(parent, 'wide', { totalMemoryBytes: 100 << 20 })
  expect(await wide(spawn)).toEqual(started)
  expect(await wide(spawn)).toEqual(
    refused(
      'Cannot start a cell: the cells below it may grow to 64.00 MiB, this one to 64.00 MiB more; its limit is 100.00 MiB',
    ),
  )

  const keeper = await child(parent, 'keeper', { programs: 2 })
  expect(await keeper({ do: 'load', cap: 'executor', hex, times: 2 })).toEqual(started)
  const held = await keeper({ do: 'load', cap: 'executor', hex })
  const figures = `2 with ${2 * bytes.length} bytes are held already, its limits are programs=2 and`
  expect(held).toEqual(refused(expect.stringContaining(figures) as string))
  const heavy = await child(parent, 'heavy', { programBytes: bytes.length })
  expect(await heavy({ do: 'load', cap: 'executor', hex })).toEqual(started)
  expect(await heavy({ do: 'load', cap: 'executor', hex })).toMatchObject({
    ok: { kind: 'overloaded', code: 'PROGRAMS_HELD' },
  })
})

test('W22 a fork bomb stops at the limits of its own executor, and its neighbours go on', async () => {
  await using parent = await pid0()
  await parent.order('spawn', {
    cap: 'bomb',
    path: '/bin/child.wasm',
    args: ['bomb'],
    own: 'executor',
    limits: { descendants: 3, memoryBytes: 32 << 20 },
  })
  const tell = async (order: object) =>
    await parent.order('tell', { cap: 'bomb', text: JSON.stringify(order) })
  expect(await tell({ do: 'grants' })).toEqual({ ok: { ok: ['executor'] } })
  const hex = Buffer.from(await wasmFromWat(program(sleepLong))).toString('hex')
  const told: unknown[] = []
  for (let i = 0; i < 4; i++) told.push(await tell({ do: 'spawn', cap: `${i}`, hex, lifetime: 2 }))
  const started = { ok: { ok: null } }
  expect(told).toEqual([
    started,
    started,
    started,
    {
      ok: {
        error: 'Cannot start a cell: 3 cells below it are alive, its limit is 3',
        kind: 'overloaded',
        code: expect.any(String) as string,
      },
    },
  ])
  expect(await parent.order('usage', { cap: 'bomb' })).toMatchObject({ ok: { children: 3 } })
  expect(await parent.order('cells')).toEqual({
    ok: ['/pid0', '/pid0/bomb', ...Array.from({ length: 3 }, () => '/pid0/bomb/child')],
  })
  expect(await parent.order('asExecutor', { cap: 'executor', text: 'still here' })).toEqual({
    ok: 'Echo: still here',
  })
  // They are detached: they outlive the bomb, and end with the node.
  await parent.order('kill', { cap: 'bomb' })
  expect(await parent.order('cells')).toHaveProperty('ok.length', 4)
  expect(await parent.end()).toBe(0)
})

test('pid0 sees the cells of its node, and they go with their parents', async () => {
  await using parent = await pid0()
  await parent.order('spawn', { cap: 'a', path: '/bin/child.wasm', args: ['a'] })
  await parent.order('spawn', { cap: 'b', path: '/bin/sleep.wasm', args: ['b'], lifetime: 1 })
  expect(await parent.order('cells')).toEqual({ ok: ['/pid0', '/pid0/a', '/pid0/b'] })
  await parent.order('drop', { cap: 'b' })
  await expect.poll(() => parent.order('cells')).toEqual({ ok: ['/pid0', '/pid0/a'] })
  await parent.order('kill', { cap: 'a' })
  expect(await parent.order('cells')).toEqual({ ok: ['/pid0'] })
})

test('ww ps lists the cells of a node that was started with a control socket', async () => {
  await using folder = await temporaryFolder()
  const socket = join(folder.path, 'ww.sock')
  await using parent = await pid0('--control', socket)
  expect((await lstat(socket)).mode & 0o777).toBe(0o600)
  const limits = { fuel: 5_000_000 }
  await parent.order('spawn', { cap: 'a', path: '/bin/sleep.wasm', args: ['sleeper'], limits })
  const { code, stdout, stderr } = await ww(['ps', '--control', socket])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toMatch(/^ID +CELL +STATE +AGE +MEMORY +FUEL +OUTPUT +CALLS +GRANTS\n/)
  expect(stdout).toMatch(/\n 1 {2}pid0 +running .*MiB\/64MiB/)
  // A child is there as soon as spawn answers, and has memory once its thread has made its instance.
  await expect
    .poll(async () => (await ww(['ps', '--control', socket])).stdout)
    .toMatch(/\n 2 {4}sleeper +running .*128KiB\/64MiB .*\/5M/)
  const env = { WW_CONTROL: socket }
  const { stdout: json } = await ww(['ps', '--json'], { env })
  expect(JSON.parse(json)).toMatchObject([
    { id: 1, name: 'pid0', parent: 0 },
    { id: 2, name: 'sleeper', parent: 1, limits: { fuel: 5_000_000, wallMs: null } },
  ])
  expect(await parent.end()).toBe(0)
  const late = await ww(['ps', '--control', socket])
  expect(late.code).toBe(1)
  expect(late.stderr).toContain('No node answers at')
})

test('without a socket ww ps says how to name a node, and no node opens one unasked', async () => {
  const { code, stderr } = await ww(['ps'])
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr: 'ww: No node is named: give --control, as to its "ww run --control"\n',
  })
})

test('what a child says on stderr that nobody reads is told by the log, under its name and escaped', async () => {
  await using parent = await pid0('--log-level', 'info')
  await parent.order('spawn', { cap: 'c', path: '/bin/complain.wasm', args: ['complainer'] })
  await parent.order('drop', { cap: 'c' })
  const [line] = await parent.node.waitFor('stderr', /cell wrote to stderr.*/)
  expect(line).toBe(String.raw`cell wrote to stderr cell=complainer line="\u001b[31mred"`)
})

test('a limit that cannot be is refused with what it must be', async () => {
  const { code, stderr } = await ww(['run', '--limit', 'memory=lots', '.'])
  expect(code).toBe(2)
  expect(stderr).toMatch(
    /^ww: --limit must be memory=N, a number from 1 with .* such as 64MiB, at most 1GiB/,
  )
})
