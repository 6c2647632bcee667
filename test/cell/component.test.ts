import { beforeAll, expect, test } from 'vitest'

import { collect, readText, spawn, treeOf } from './help/cells.ts'
import type { SpawnOptions } from './help/cells.ts'
import { buildGuest } from './help/component.ts'

let guest: Uint8Array

beforeAll(async () => {
  guest = await buildGuest()
})

const root = treeOf({
  '/etc/motd': 'hello, guest',
  '/bin/tool.wasm': 'x',
  '/big': new Uint8Array(300_000).map((_, i) => i * 7),
})

/** Runs one command of the guest to its end. */
async function run(command: string, options: SpawnOptions = {}) {
  await using cell = await spawn(guest, { root, args: [command], ...options })
  const text = await readText(cell.stdout)
  return { lines: text.trimEnd().split('\n'), exit: await cell.exited }
}

test('a component echoes its data stream until the host closes it', async () => {
  await using cell = await spawn(guest, { args: ['echo'] })
  const { ended } = collect(cell.data)
  const sent = new Uint8Array(200_000).map((_, i) => i * 31)
  for (let at = 0; at < sent.length; at += 7_001) cell.data.send([sent.slice(at, at + 7_001)])
  cell.data.close()
  expect(Buffer.compare((await ended).bytes, sent)).toBe(0)
  expect(await cell.exited).toEqual({ kind: 'exited', code: 0 })
})

test('a component copies stdin to stdout', async () => {
  await using cell = await spawn(guest, { args: ['cat'] })
  await cell.stdin.write(new TextEncoder().encode('one '))
  await cell.stdin.write(new TextEncoder().encode('two'))
  cell.stdin.close()
  expect(await readText(cell.stdout)).toBe('one two')
})

test('W01 a component sees exactly the arguments and the environment it was given', async () => {
  expect((await run('env')).lines).toEqual(['{"args":["env"],"env":[]}'])
  const given = await run('env', { args: ['env', 'ü', ''], env: ['A=b=c', 'EMPTY='] })
  const said = JSON.parse(given.lines[0]!) as unknown
  expect(said).toEqual({
    args: ['env', 'ü', ''],
    env: [
      ['A', 'b=c'],
      ['EMPTY', ''],
    ],
  })
})

test('a component exits with the code it gives, and with 1 when run fails', async () => {
  expect((await run('exit')).exit).toEqual({ kind: 'exited', code: 3 })
  expect((await run('fail')).exit).toEqual({ kind: 'exited', code: 1 })
  expect((await run('env')).exit).toEqual({ kind: 'exited', code: 0 })
})

test('a component reads files, streams and directories of its root', async () => {
  expect((await run('files')).lines).toEqual([
    'regular-file 12',
    'llo, guest',
    'hell',
    'big regular-file',
    'bin directory',
    'etc directory',
    'tmp directory',
    'hel',
  ])
})

test('a file longer than one answer of the host arrives whole', async () => {
  let sum = 0
  for (let i = 0; i < 300_000; i++) sum = (sum + ((i * 7) & 0xff)) % 65521
  expect((await run('big')).lines).toEqual([`300000 ${sum}`])
})

test('W03 whatever a component tries to change answers read-only', async () => {
  const { lines } = await run('refusals')
  expect(lines).toEqual(Array.from({ length: 8 }, () => '"read-only"'))
})

test('W03 no path leads a component out of its root', async () => {
  const refused = ['"not-permitted"', '"not-permitted"', '"not-permitted"', '"not-permitted"']
  expect((await run('escapes')).lines).toEqual([...refused, '"not-directory"', '"no-entry"'])
})

test('W02 a component that imports sockets loads, and is refused when it uses them', async () => {
  const { lines, exit } = await run('net')
  expect(lines).toEqual(['object "access-denied"'])
  expect(exit).toEqual({ kind: 'exited', code: 0 })
})

test('poll wakes for the earliest of several timers', async () => {
  expect((await run('sleep')).lines).toEqual(['slept'])
})

test('random numbers differ within a cell and between cells', async () => {
  const [one, other] = await Promise.all([run('random'), run('random')])
  const [first, second] = one.lines[0]!.split(' ')
  expect(first).not.toBe(second)
  expect(one.lines[0]).not.toBe(other.lines[0])
})

test.each([
  ['twice', 'data streams not enabled: the connection was created already'],
  ['input', 'input stream already taken'],
  ['unpermitted', 'it wrote 1 bytes to a stream that permits 0'],
  ['poll-nothing', 'it polled an empty list, which would never end'],
])('a component that breaks a rule (%s) traps with the rule', async (command, message) => {
  expect((await run(command)).exit).toEqual({ kind: 'trapped', code: 134, message })
})

test('a component that waits in poll is killed at once', async () => {
  await using cell = await spawn(guest, { args: ['wait'] })
  await cell.kill()
  expect(await cell.exited).toEqual({ kind: 'killed', code: 137 })
})
