import { expect, test } from 'vitest'

import { lineLog, silentLog } from '../../src/base/index.ts'
import type { Log } from '../../src/base/index.ts'
import { ExitKind } from '../../src/capnp/system.ts'
import { EXIT_7, Nursery, say, SLEEP, SPIN, TRAP, wasm } from './help.ts'

async function exitOf(text: string, limits = {}) {
  await using node = new Nursery()
  const { process } = await node.executor().spawn({ wasm: await wasm(text), limits })
  if (text === SLEEP && Object.keys(limits).length === 0) await process!.kill()
  const [first, second] = [await process!.wait(), await process!.wait()]
  const plain = ({ exitCode, kind, limit, cause }: typeof first) => ({
    exitCode,
    kind,
    limit,
    cause,
  })
  expect(plain(second)).toEqual(plain(first))
  return plain(first)
}

test('W20 wait tells how a child ended, as often as it is asked', async () => {
  const none = { limit: '', cause: '' }
  expect(await exitOf(EXIT_7)).toEqual({ exitCode: 7, kind: ExitKind.exited, ...none })
  expect(await exitOf(SLEEP)).toEqual({ exitCode: 137, kind: ExitKind.killed, ...none })
  expect(await exitOf(TRAP)).toEqual({
    exitCode: 134,
    kind: ExitKind.trapped,
    limit: '',
    cause: 'unreachable in function 0',
  })
})

test.each([
  ['fuel', SPIN, { fuel: 1_000_000n }, 'used up its fuel, 1000000 units'],
  // Starting is to take less, on a busy machine too.
  ['wall', SLEEP, { wallMs: 5_000n }, 'ran for 5000 ms, its limit'],
  // More than its pipe takes: it is still there when somebody reads.
  ['output', say(1, 'hello', 100_000), { outputBytes: 12n }, 'wrote more than 12 bytes, its limit'],
  [
    'stack',
    `(module (func $f (export "_start") (call $f)))`,
    { stackBytes: 65_536n },
    /^nested calls too deep for its stack, 65536 bytes$/,
  ],
])(
  'W22 wait tells which limit ended a child, and how much it was: %s',
  async (limit, text, limits, cause) => {
    await using node = new Nursery()
    const { process } = await node.executor().spawn({ wasm: await wasm(text), limits })
    // It is what is read that counts.
    const { stream } = process!.stdout()
    while (limit === 'output' && (await stream.read({ maxBytes: 100 })).data.length > 0);
    const exit = await process!.wait()
    expect([exit.exitCode, exit.kind, exit.limit]).toEqual([137, ExitKind.limited, limit])
    expect(exit.cause).toMatch(cause)
  },
)

test('W22 a child whose tables are larger than it may have at the start is refused, with figures', async () => {
  await using node = new Nursery({ tableEntries: 500 })
  const table = await wasm('(module (table 300 funcref) (func (export "_start")))')
  const spawn = (tableEntries: bigint) =>
    node.executor().spawn({ wasm: table, limits: { tableEntries } })
  await expect(spawn(299n)).rejects.toThrow('its tables start with 300 entries; its limit is 299')
  expect(node.children).toEqual([])
  const { process } = await spawn(9_999n)
  const { limits } = await process!.usage()
  expect([limits!.tableEntries, limits!.stackBytes]).toEqual([500n, 16n << 20n])
  await process!.wait()
  expect((await process!.usage()).usage!.tableEntries).toBe(300n)
})

test('a child gets no more than its parent has, whatever it asks for', async () => {
  await using node = new Nursery({ memoryBytes: 1 << 20, files: 9 })
  const { process } = await node.executor().spawn({
    wasm: await wasm(SLEEP),
    limits: { memoryBytes: 1n << 40n, files: 7n, handles: 2n ** 64n - 1n },
  })
  const { limits } = await process!.usage()
  expect(limits.memoryBytes).toBe(1n << 20n)
  expect(limits.files).toBe(7n)
  expect(limits.handles).toBe(16_384n)
  expect(limits.fuel).toBe(2n ** 64n - 1n)
})

test('usage tells what a child holds, also after it has ended', async () => {
  await using node = new Nursery()
  const { process } = await node.executor().spawn({ wasm: await wasm(SLEEP), args: ['parent'] })
  const parent = node.executor(node.named('parent'))
  const { process: child } = await parent.spawn({ wasm: await wasm(SLEEP) })
  const usage = async () => (await process!.usage()).usage
  await expect.poll(async () => (await usage()).memoryBytes).toBe(65_536n)
  expect(await usage()).toMatchObject({
    handles: 5n,
    children: 1n,
    descendants: 1n,
    outputBytes: 0n,
  })
  await child!.kill()
  expect(await usage()).toMatchObject({ children: 0n, descendants: 0n, totalMemoryBytes: 0n })
  await process!.kill()
  const after = await usage()
  expect(after).toMatchObject({ memoryBytes: 65_536n })
  expect((await usage()).wallMs).toBe(after.wallMs)
})

test('one child more than its limits allow is an error of spawn, with figures', async () => {
  await using node = new Nursery({ children: 2 })
  const bytes = await wasm(SLEEP)
  for (let i = 0; i < 2; i++) await node.executor().spawn({ wasm: bytes })
  await expect(node.executor().spawn({ wasm: bytes })).rejects.toMatchObject({
    kind: 'overloaded',
    code: 'CHILDREN_LIMIT',
    message: 'Cannot start a cell: 2 children are alive, its limit is 2',
  })
})

test('a child that cannot start is not charged, and its name and figures are told', async () => {
  await using node = new Nursery()
  const wide = { wasm: await wasm(SLEEP), args: ['wide'], limits: { memoryBytes: 1_000n } }
  await expect(node.executor().spawn(wide)).rejects.toMatchObject({
    code: 'CELL_NOT_STARTED',
    message: 'Cannot start cell wide: its memory starts with 65536 bytes; its limit is 1000',
  })
  const late = await wasm('(module (func $f unreachable) (start $f) (func (export "_start")))')
  await expect(node.executor().spawn({ wasm: late })).rejects.toThrow('Cannot start cell')
  expect(node.children).toEqual([])
  expect(node.family.root.account.usage).toMatchObject({ children: 0, memoryBytes: 0 })
})

test('what a child writes to stderr that nobody can read is in the log, under its name and escaped', async () => {
  await using node = new Nursery()
  const lines: string[] = []
  const log = lineLog('info', (line) => void lines.push(line))
  const executor = node.executor(undefined, { log })
  const wasmBytes = await wasm(say(2, 'a \\1b[31mred\\0aone'))
  const { process } = await executor.spawn({ wasm: wasmBytes, args: ['noisy'] })
  await process!.wait()
  process![Symbol.dispose]()
  await expect
    .poll(() => lines)
    .toEqual([
      'info: cell wrote to stderr cell=noisy line="a \\u001b[31mred"',
      'info: cell wrote to stderr cell=noisy line=one',
    ])
})

test('a line that is long is told in parts, whether it ends or not', async () => {
  await using node = new Nursery()
  const lines: string[] = []
  const log: Log = { ...silentLog, info: (_, facts) => void lines.push(String(facts?.['line'])) }
  const executor = node.executor(undefined, { log })
  const text = `${'a'.repeat(2_500)}\\0a${'b'.repeat(1_500)}`
  const { process } = await executor.spawn({ wasm: await wasm(say(2, text)) })
  await process!.wait()
  process![Symbol.dispose]()
  await expect
    .poll(() => lines.map((line) => `${line.length} ${line[0]}`))
    .toEqual(['1024 a', '1024 a', '452 a', '1024 b', '476 b'])
})

test('a detached child whose output nobody can read any more is not stopped by it', async () => {
  await using node = new Nursery()
  const flood = await wasm(say(1, 'a line of text', 20_000))
  const { process } = await node.executor().spawn({ wasm: flood, args: ['flood'], lifetime: 2 })
  const exited = node.named('flood')!.cell!.exited
  process![Symbol.dispose]()
  expect(await exited).toEqual({ kind: 'exited', code: 0 })
})

test('a child gets an executor of its own by name, and it is one of its grants', async () => {
  await using node = new Nursery()
  await node.executor().spawn({ wasm: await wasm(SLEEP), args: ['parent'], executor: 'executor' })
  expect(node.named('parent')!.grants).toEqual(['executor'])
  using cap = node.executor()
  const grants = [{ name: 'executor', cap }]
  const twice = node.executor().spawn({ wasm: await wasm(SLEEP), grants, executor: 'executor' })
  await expect(twice).rejects.toThrow('Two grants are named "executor"')
})
