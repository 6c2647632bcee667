import { afterEach, beforeEach, expect, test } from 'vitest'
import wabt from 'wabt'

import { silentLog } from '../../src/base/index.ts'
import { Executor, InitialGrants } from '../../src/capnp/system.ts'
import { serveExecutor } from '../../src/caps/executor.ts'
import { takeGrants } from '../../src/caps/initial-grants.ts'
import { DEFAULT_CELL_LIMITS, Family } from '../../src/cell/index.ts'
import { serve } from '../../src/rpc/index.ts'
import { openHost, sharedHost } from '../help/host.ts'
import { Nursery } from './help.ts'

let family: Family
beforeEach(() => {
  family = new Family('pid0', DEFAULT_CELL_LIMITS)
})
afterEach(async () => {
  await family[Symbol.asyncDispose]()
})
const children = () => family.members.filter((member) => member !== family.root)

const executor = (): Executor =>
  serveExecutor({
    log: silentLog,
    expose: (error) => error,
    owner: family.root,
    host: sharedHost(),
  })

const cap = () =>
  serve(Executor, { echo: () => ({}), runBytes: () => ({}), spawn: () => ({}), load: () => ({}) })

async function wasm(body: string): Promise<Uint8Array> {
  const module = (await wabt()).parseWat('t.wat', body)
  return module.toBinary({}).buffer
}

const SEVEN = `(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (func (export "_start") (call $exit (i32.const 7))))`

test('echo answers "Echo: " and the message', async () => {
  using made = executor()
  expect((await made.echo({ message: 'hello world' })).response).toBe('Echo: hello world')
  expect((await made.echo({ message: '' })).response).toBe('Echo: ')
})

test('grants without a name, without a capability or with a name twice are refused before anything starts', async () => {
  using made = executor()
  using one = cap()
  const bytes = await wasm(SEVEN)
  const spawn = (grants: { name: string; cap: Executor | null }[]) =>
    made.spawn({ wasm: bytes, args: [], env: [], grants })
  await expect(spawn([{ name: '', cap: one }])).rejects.toThrow('Grant 1 has no name')
  await expect(spawn([{ name: 'a', cap: null }])).rejects.toThrow('Grant "a" has no capability')
  const twice = [
    { name: 'a', cap: one },
    { name: 'a', cap: one },
  ]
  await expect(spawn(twice)).rejects.toThrow('Two grants are named "a"')
  expect(children()).toEqual([])
})

test('one capability may be granted under two names', async () => {
  using one = cap()
  // As they arrive: read from a message, here from InitialGrants itself.
  using source = serve(InitialGrants, {
    get: () => ({
      caps: [
        { name: 'a', cap: one.$dup() },
        { name: 'b', cap: one.$dup() },
      ],
    }),
  })
  const { caps } = await source.get()
  const grants = takeGrants(caps)
  expect(grants.map(({ name }) => name)).toEqual(['a', 'b'])
  for (const grant of grants) grant.cap[Symbol.dispose]()
})

test.each([
  ['an env entry without =', { env: ['PATH'] }, 'is not NAME=value'],
  ['an env entry without a name', { env: ['=x'] }, 'is not NAME=value'],
  ['an argument with a zero byte', { args: ['a\0b'] }, 'contains a zero byte'],
  ['too many arguments', { args: Array.from({ length: 5000 }, () => 'x') }, '4096 at most'],
  ['arguments that are too long', { args: ['x'.repeat(200_000)] }, 'bytes long'],
])('%s is refused with a sentence', async (_, given, sentence) => {
  using made = executor()
  const bytes = await wasm(SEVEN)
  const call = made.spawn({ wasm: bytes, args: [], env: [], grants: [], ...given })
  await expect(call).rejects.toThrow(sentence)
  expect(children()).toEqual([])
})

test('a child that was refused lets its grants go', async () => {
  using made = executor()
  let isDropped = false
  {
    using one = serve(Executor, {
      echo: () => ({}),
      runBytes: () => ({}),
      load: () => ({}),
      spawn: () => ({}),
      [Symbol.dispose]: () => {
        isDropped = true
      },
    })
    const grants = [{ name: 'a', cap: one }]
    const call = made.spawn({ wasm: new Uint8Array(3), args: [], env: [], grants })
    await expect(call).rejects.toThrow()
  }
  await expect.poll(() => isDropped).toBe(true)
})

test('wait answers as often as it is asked, also after the end', async () => {
  using made = executor()
  const call = made.spawn({ wasm: await wasm(SEVEN), args: [], env: [], grants: [] })
  const { process } = await call
  expect((await process!.wait()).exitCode).toBe(7)
  expect((await process!.wait()).exitCode).toBe(7)
  await process!.kill()
  expect((await process!.wait()).exitCode).toBe(7)
})

test('the link to a cell is traced under the name of the cell', async () => {
  const names: string[] = []
  using made = serveExecutor({
    log: silentLog,
    expose: (error) => error,
    owner: family.root,
    host: sharedHost(),
    traceOf: (name) => {
      names.push(name)
      return undefined
    },
  })
  await made.runBytes({ wasm: await wasm(SEVEN), args: ['seven'] })
  expect(names).toEqual(['seven'])
})

/** An executor with what a node gives it. */
function equipped() {
  const host = openHost()
  const names: string[] = []
  const served = serveExecutor({
    log: silentLog,
    expose: (error) => error,
    owner: family.root,
    traceOf: (name) => void names.push(name),
    host,
  })
  return {
    names,
    host,
    executor: served,
    async [Symbol.asyncDispose]() {
      served[Symbol.dispose]()
      await host[Symbol.asyncDispose]()
    },
  }
}

const NOTHING = { args: [], env: [], grants: [] }

test('a loaded program starts cells without its bytes, each with its own arguments and grants', async () => {
  await using node = equipped()
  const { program } = await node.executor.load({ wasm: await wasm(SEVEN) })
  for (const name of ['one', 'two', 'three']) {
    const { process } = await program!.spawn({ ...NOTHING, args: [name] })
    expect((await process!.wait()).exitCode).toBe(7)
  }
  expect(node.names).toEqual(['one', 'two', 'three'])
  expect(node.host.rewritten).toBe(1)
  await expect(program!.spawn({ ...NOTHING, env: ['=x'] })).rejects.toThrow('is not NAME=value')
  const bad = { ...NOTHING, grants: [{ name: '', cap: null }] }
  await expect(program!.spawn(bad)).rejects.toThrow('Grant 1 has no name')
})

test('spawn finds what load has compiled, and the other way round', async () => {
  await using node = equipped()
  const bytes = await wasm(SEVEN)
  const { process } = await node.executor.spawn({ ...NOTHING, wasm: bytes })
  expect((await process!.wait()).exitCode).toBe(7)
  await node.executor.load({ wasm: bytes })
  expect(node.host.rewritten).toBe(1)
})

test('load refuses what spawn would refuse, and starts nothing', async () => {
  await using node = equipped()
  await expect(node.executor.load({ wasm: new Uint8Array(3) })).rejects.toThrow(
    'Cannot load the program: it is not WebAssembly',
  )
  expect(children()).toEqual([])
})

test('programs that are held are counted, refused as overload, and let go', async () => {
  await using nursery = new Nursery({ programs: 5 })
  const { root } = nursery.family
  const none = { grants: [], memoryBytesOf: () => 0, lifetime: 'parent' } as const
  const child = root.open({ ...none, name: 'hoarder', limits: { programs: 3 } })
  const [own, its] = [nursery.executor(root), nursery.executor(child)]
  const bytes = await wasm(SEVEN)
  const load = async (executor: Executor) => (await executor.load({ wasm: bytes })).program!
  const held = [await load(its), await load(its), await load(its)]
  const refused = { kind: 'overloaded', code: 'PROGRAMS_HELD' }
  await expect(load(its)).rejects.toMatchObject(refused)
  // It has taken what it was given, and no more.
  const kept = [await load(own), await load(own)]
  await expect(load(own)).rejects.toMatchObject(refused)
  kept.pop()![Symbol.dispose]()
  await load(own)
  child.end()
  for (const each of held) each[Symbol.dispose]()
  expect(root.account.usage).toMatchObject({ programs: 2, programBytes: 2 * bytes.length })
})
