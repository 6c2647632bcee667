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

test('W22 a component that holds more resources than it may is ended, and its exit says so', async () => {
  const { exit } = await run('cat', { limits: { handles: 3 } })
  expect(exit).toEqual({
    kind: 'limited',
    code: 137,
    limit: 'handles',
    message: 'held more than 3 resources, its limit',
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
  expect(lines).toEqual(['object "access-denied"', '"access-denied"', '"access-denied"'])
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

test('a component writes, appends, splices, shrinks and compares files in /tmp', async () => {
  expect((await run('tmp-files')).lines).toEqual([
    '12 hello, world',
    'true',
    String.raw`"hello, cells!\u0000\u0000\u0000"`,
    '5 {"read":true,"write":true,"fileIntegritySync":false,"dataIntegritySync":false,"requestedWriteSync":false,"mutateDirectory":false} regular-file',
    '2 2',
    '{"tag":"closed"}',
    'ello',
    '3 {"tag":"closed"}',
    '"exist"',
    '"no-entry"',
    '"is-directory"',
    '"invalid"',
    '"bad-descriptor"',
    '"bad-descriptor"',
    '"bad-descriptor"',
    'true false',
    'true',
    '0',
  ])
})

test('a component links, renames, removes and dates what is in /tmp', async () => {
  expect((await run('tmp-paths')).lines).toEqual([
    'd directory, h regular-file, l symbolic-link',
    'd/f symbolic-link',
    'regular-file 2',
    '"loop"',
    'ok',
    '"not-empty"',
    '"is-directory"',
    '"not-directory"',
    '"invalid"',
    '"no-entry"',
    '1000000000 5 1 true',
    '1',
    'h regular-file, l symbolic-link',
    '"not-permitted"',
    '"not-permitted"',
    '"no-entry"',
    '"no-entry"',
    '"no-entry"',
    '"not-directory"',
    '"not-directory"',
  ])
})

test('a stream to a file that is full fails with the reason, and is closed from then on', async () => {
  expect((await run('tmp-full')).lines).toEqual([
    '"insufficient-space"',
    'last-operation-failed insufficient-space',
    'the file could not be read or written: insufficient-space',
    '{"tag":"closed"}',
    '{"tag":"closed"}',
    '{"tag":"closed"}',
    'hel',
  ])
})

test('a stream without bytes reads as empty while it is open, and is closed at its end', async () => {
  await using cell = await spawn(guest, { args: ['streams'] })
  const lines: string[] = []
  const line = async () => {
    let text = ''
    while (!text.endsWith('\n')) text += new TextDecoder().decode(await cell.stdout.read(1))
    lines.push(text.trimEnd())
    return text
  }
  while ((await line()) !== 'go\n') continue
  await cell.stdin.write(new TextEncoder().encode('abcde'))
  while ((await line()) !== 'end\n') continue
  cell.stdin.close()
  lines.push(...(await readText(cell.stdout)).trimEnd().split('\n'))
  expect(lines).toEqual(['0 0 0', 'false', 'go', 'true abc 2', 'end', 'closed {"tag":"closed"}'])
})

test('a pollable outlives the stream it was made of', async () => {
  await using cell = await spawn(guest, { args: ['wait-without-stream'] })
  cell.stdin.close()
  expect(await readText(cell.stdout)).toBe('ready\n')
})

test('a component is told of terminals as its cell is', async () => {
  expect((await run('terminals')).lines).toEqual(['false false'])
  expect((await run('terminals', { terminals: { stdout: true } })).lines).toEqual(['false true'])
})

test('clocks tell their resolution and keep to it, and insecure randomness is random', async () => {
  expect((await run('clocks')).lines).toEqual(['1000 0 1000000', 'true 0', 'false true'])
  expect((await run('insecure')).lines).toEqual(['5 true true'])
})

test.each([
  ['short-write', 'it wrote 4097 bytes at once where 4096 are allowed'],
  ['too-random', 'it asked for more than 1048576 random bytes at once'],
])(
  'a component that asks for too much at once (%s) traps with the limit',
  async (command, message) => {
    expect((await run(command)).exit).toEqual({ kind: 'trapped', code: 134, message })
  },
)
