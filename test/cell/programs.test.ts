import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import {
  chmod,
  chown,
  lstat,
  mkdir,
  readdir,
  readFile,
  rename,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { expect, test, vi } from 'vitest'

import { silentLog } from '../../src/base/index.ts'
import { CELL_LIMITS, Programs, spawnCell } from '../../src/cell/index.ts'
import type { Program } from '../../src/cell/index.ts'
import { PROJECT, temporaryFolder } from '../help/ww.ts'
import { brokenRoom } from './help/broken-room.ts'
import { readText, until } from './help/cells.ts'
import { program } from './help/programs.ts'
import { wat } from './help/wat.ts'

const image = async (name: string) =>
  await readFile(join(PROJECT, 'images', name, 'boot/main.wasm'))
const kernel = async () => await image('kernel')

interface Node extends AsyncDisposable {
  readonly programs: Programs
  readonly told: string[]
}

/** The programs of one node, and what its log was told. */
function node(cacheDirectory?: string, cacheBytes?: number): Node {
  const told: string[] = []
  const tell = (event: string) => void told.push(event)
  const log = { ...silentLog, warn: tell, error: tell }
  const programs = new Programs({
    log,
    cacheDirectory,
    ...(cacheBytes === undefined ? {} : { cacheBytes }),
  })
  return { programs, told, [Symbol.asyncDispose]: () => programs[Symbol.asyncDispose]() }
}

async function exitCode(loaded: Program): Promise<number> {
  const cell = await spawnCell({ program: loaded, name: 'x', args: [], env: [], log: silentLog })
  cell.data.close()
  return (await cell.exited).code
}

async function lastWords(loaded: Program): Promise<string> {
  const cell = await spawnCell({ program: loaded, name: 'x', args: [], env: [], log: silentLog })
  cell.data.close()
  return await readText(cell.stderr)
}

/** A directory in which one program is stored: program 7. */
async function storeOfOne() {
  const folder = await temporaryFolder()
  const path = join(folder.path, 'cache')
  await using first = node(path)
  await first.programs.load(program(7), 'seven')
  const [name] = await readdir(path)
  const entry = join(path, name!)
  return { path, entry, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() }
}

/** Loads program 7 on a new node: how often it had to rewrite, and what its log was told. */
async function loadSeven(path: string) {
  await using next = node(path)
  const loaded = await next.programs.load(program(7), 'seven')
  expect(await exitCode(loaded)).toBe(7)
  return { rewritten: next.programs.rewritten, told: next.told }
}

test('the same bytes are rewritten and compiled once', async () => {
  await using one = node()
  const { programs } = one
  const first = await programs.load(program(1), 'first')
  const second = await programs.load(program(1), 'second')
  expect(second.code).toBe(first.code)
  expect(second.name).toBe('second')
  expect(programs.rewritten).toBe(1)
  expect((await programs.load(program(2), 'third')).code).not.toBe(first.code)
  expect(programs.rewritten).toBe(2)
})

test('bytes that are loaded many times at once are compiled once', async () => {
  await using one = node()
  const { programs } = one
  const names = ['a', 'b', 'c', 'd']
  const loaded = await Promise.all(names.map((name) => programs.load(program(1), name)))
  expect(new Set(loaded.map(({ code }) => code)).size).toBe(1)
  expect(loaded.map(({ name }) => name)).toEqual(names)
  expect(programs.rewritten).toBe(1)
})

test('guests in TypeScript are compiled once, in memory and on disk, and live their own lives', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'cache')
  const images = { kernel: await kernel(), echo: await image('echo') }
  for (const rewritten of [1, 0]) {
    await using one = node(path)
    const [first, second] = await Promise.all(
      Object.entries(images).map(async ([name, bytes]) => await one.programs.load(bytes, name)),
    )
    expect(one.programs.rewritten).toBe(rewritten)
    expect(await readdir(path)).toHaveLength(1)
    expect(second!.code).toBe(first!.code)
    expect(second!.digest).not.toBe(first!.digest)
    const { bytes } = one.programs.held
    expect(bytes).toBe(images.kernel.length + images.echo.length)
    // Without a link neither can begin, and each says so in its own way.
    const said = await Promise.all([first!, second!].map(lastWords))
    expect(said).toEqual([expect.stringMatching(/^kernel: /), expect.stringMatching(/^Uncaught /)])
  }
})

test('with names and without are two programs, in memory and on disk', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'cache')
  const bytes = wat('(module (func $inner unreachable) (func (export "_start") (call $inner)))')
  for (const rewritten of [2, 0]) {
    await using one = node(path)
    const plain = await one.programs.load(bytes, 'x')
    const named = await one.programs.load(bytes, 'x', { keepNames: true })
    expect(named.code).not.toBe(plain.code)
    expect(one.programs.rewritten).toBe(rewritten)
  }
})

test('bytes that are refused are refused again, each time in the name they came with', async () => {
  await using folder = await temporaryFolder()
  await using one = node(join(folder.path, 'cache'))
  const bytes = wat('(module (memory 1 2 shared))')
  for (const name of ['one', 'other']) {
    await expect(one.programs.load(bytes, name)).rejects.toThrow(
      `Cannot load ${name}: it uses threads`,
    )
  }
  expect(await readdir(join(folder.path, 'cache'))).toEqual([])
})

test('the bytes of a caller stay as they are, a Buffer’s too', async () => {
  await using one = node()
  const bytes = Buffer.from(program(3))
  await one.programs.load(bytes, 'three')
  expect(Buffer.compare(bytes, program(3))).toBe(0)
})

test('the host’s thread compiles nothing, and turns while another does', async () => {
  const bytes = await kernel()
  await using one = node()
  one.programs.prepare()
  const compile = vi.spyOn(WebAssembly, 'compile' as never)
  const validate = vi.spyOn(WebAssembly, 'validate' as never)
  const module = vi.spyOn(WebAssembly, 'Module' as never)
  try {
    let turns = 0
    let isLoading = true
    const turn = () => {
      turns++
      if (isLoading) setImmediate(turn)
    }
    turn()
    const loaded = await one.programs.load(bytes, 'kernel')
    isLoading = false
    expect(loaded.size).toBe(bytes.length)
    expect(turns).toBeGreaterThan(100)
    for (const spy of [compile, validate, module]) expect(spy).not.toHaveBeenCalled()
  } finally {
    vi.restoreAllMocks()
  }
})

test('what is held in memory is bounded, and what is in use is found all the same', async () => {
  await using one = node()
  const { programs } = one
  const used = await programs.load(program(0), 'used')
  const { cachedPrograms } = CELL_LIMITS
  for (let i = 1; i <= cachedPrograms + 8; i++) await programs.load(program(i), 'other')
  expect(programs.held.count).toBe(cachedPrograms)
  const { rewritten } = programs
  expect((await programs.load(program(0), 'used')).code).toBe(used.code)
  expect(programs.rewritten).toBe(rewritten)
})

test('of what is held in memory the least recently used goes first', async () => {
  await using one = node()
  const { programs } = one
  const { cachedPrograms } = CELL_LIMITS
  for (let i = 0; i < cachedPrograms; i++) await programs.load(program(i), 'x')
  await programs.load(program(0), 'x')
  await programs.load(program(cachedPrograms), 'x')
  const { bytes } = programs.held
  expect(bytes).toBeLessThan(CELL_LIMITS.cachedProgramBytes)
  const { rewritten } = programs
  await programs.load(program(0), 'x')
  expect(programs.rewritten).toBe(rewritten)
})

test('a stored program runs on the next node without being rewritten', async () => {
  await using store = await storeOfOne()
  expect(await loadSeven(store.path)).toEqual({ rewritten: 0, told: [] })
})

test('a stored component runs on the next node without being rewritten', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'cache')
  const bytes = await kernel()
  for (const rewritten of [1, 0]) {
    await using one = node(path)
    const loaded = await one.programs.load(bytes, 'kernel')
    expect(one.programs.rewritten).toBe(rewritten)
    // No grants and no link: it says so and fails, which takes linking and running it.
    expect(await exitCode(loaded)).toBe(1)
  }
})

test('the store belongs to its owner alone', async () => {
  await using store = await storeOfOne()
  expect((await stat(store.path)).mode & 0o777).toBe(0o700)
  expect((await stat(store.entry)).mode & 0o777).toBe(0o600)
})

const NOT_USABLE = { rewritten: 1, told: ['stored program not usable, made again'] }

test.each<[string, (bytes: Buffer) => Uint8Array]>([
  ['nothing in it', () => new Uint8Array(0)],
  ['a bit of its magic changed', (bytes) => flipped(bytes, 0)],
  ['a bit of its hash changed', (bytes) => flipped(bytes, 20)],
  ['a bit of its plan changed', (bytes) => flipped(bytes, 60)],
  ['a bit of its last byte changed', (bytes) => flipped(bytes, bytes.length - 1)],
  ['its end cut off', (bytes) => bytes.subarray(0, bytes.length - 1)],
  ['something after its end', (bytes) => Buffer.concat([bytes, Buffer.from([0])])],
  ['other content', () => Buffer.from('#!/bin/sh\n'.repeat(100))],
])('a stored program with %s is made again, and the log says so', async (_, change) => {
  await using store = await storeOfOne()
  await writeFile(store.entry, change(await readFile(store.entry)))
  expect(await loadSeven(store.path)).toEqual(NOT_USABLE)
  expect(await loadSeven(store.path)).toEqual({ rewritten: 0, told: [] })
})

function flipped(bytes: Buffer, at: number): Uint8Array {
  const changed = new Uint8Array(bytes)
  changed[at]! ^= 1
  return changed
}

test('a stored program under the name of another is not used', async () => {
  await using store = await storeOfOne()
  await using other = node(store.path)
  await other.programs.load(program(8), 'eight')
  const names = await readdir(store.path)
  const eight = names.find((name) => join(store.path, name) !== store.entry)!
  await rename(join(store.path, eight), store.entry)
  expect(await loadSeven(store.path)).toEqual(NOT_USABLE)
})

test('a stored program that others may write, or that is a link, is not used', async () => {
  await using store = await storeOfOne()
  await chmod(store.entry, 0o622)
  expect(await loadSeven(store.path)).toEqual(NOT_USABLE)
  const away = join(store.path, 'away')
  await rename(store.entry, away)
  await symlink(away, store.entry)
  expect(await loadSeven(store.path)).toEqual(NOT_USABLE)
  expect((await lstat(store.entry)).isFile()).toBe(true)
})

test.skipIf(process.getuid?.() !== 0)('what belongs to another user is not used', async () => {
  await using store = await storeOfOne()
  await chown(store.entry, 12_345, 12_345)
  expect(await loadSeven(store.path)).toEqual(NOT_USABLE)
  await chown(store.path, 12_345, 12_345)
  expect(await loadSeven(store.path)).toEqual({ rewritten: 1, told: ['cache directory not used'] })
})

test('a directory that others can enter is not used, and nothing is put there', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'cache')
  await mkdir(path, { mode: 0o755 })
  await chmod(path, 0o755)
  expect(await loadSeven(path)).toEqual({ rewritten: 1, told: ['cache directory not used'] })
  expect(await readdir(path)).toEqual([])
})

test('without a place to store it a program is loaded all the same', async () => {
  await using folder = await temporaryFolder()
  await writeFile(join(folder.path, 'file'), '')
  const { rewritten, told } = await loadSeven(join(folder.path, 'file', 'cache'))
  expect({ rewritten, told }).toEqual({ rewritten: 1, told: ['cache directory not used'] })
})

test.skipIf(process.platform !== 'linux')(
  'a place that takes no folder, and says that there is none above it, keeps nobody waiting',
  async () => {
    const { rewritten, told } = await loadSeven('/proc/ww/cache')
    expect({ rewritten, told }).toEqual({ rewritten: 1, told: ['cache directory not used'] })
  },
)

test('the store keeps its bound, and what was used last', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'cache')
  const sizes = async () =>
    await Promise.all(
      (await readdir(path)).map(async (name) => (await stat(join(path, name))).size),
    )
  await using one = node(path)
  await one.programs.load(program(0), 'x')
  const [size] = await sizes()
  const maxBytes = size! * 4 + 100
  await using other = node(path, maxBytes)
  for (let i = 1; i <= 12; i++) {
    // The clock of a file system may not tell two programs apart.
    const long = new Date(Date.now() - 60_000)
    for (const name of await readdir(path)) await utimes(join(path, name), long, long)
    await using user = node(path, maxBytes)
    await user.programs.load(program(0), 'x')
    expect(user.programs.rewritten).toBe(0)
    await other.programs.load(program(i), 'x')
    const total = (await sizes()).reduce((sum, each) => sum + each, 0)
    expect(total).toBeLessThanOrEqual(maxBytes)
  }
  expect(other.told).toEqual([])
})

test('what nobody finished writing is taken away, and what is being written is not', async () => {
  await using store = await storeOfOne()
  const [old, fresh] = [0, 1].map(() => `${store.entry}.${randomUUID()}.tmp`)
  await writeFile(old!, 'x')
  await writeFile(fresh!, 'x')
  const long = new Date(Date.now() - 2 * CELL_LIMITS.storeUnfinishedMs)
  await utimes(old!, long, long)
  await using one = node(store.path)
  await one.programs.load(program(8), 'eight')
  const names = await readdir(store.path)
  expect(names).toHaveLength(3)
  expect(
    names.filter((name) => name.endsWith('.tmp')).map((name) => join(store.path, name)),
  ).toEqual([fresh])
})

test('who died while writing is in nobody’s way', async () => {
  await using store = await storeOfOne()
  await rename(store.entry, `${store.entry}.tmp`)
  expect(await loadSeven(store.path)).toEqual({ rewritten: 1, told: [] })
  expect(await loadSeven(store.path)).toEqual({ rewritten: 0, told: [] })
})

test('many nodes at once share a store', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'cache')
  const child = join(PROJECT, 'dist/test/cell/child.js')
  const count = 12
  const load = async (seed: number) => {
    const args = [child, path, String(seed), String(count)]
    const { stdout } = await promisify(execFile)(process.execPath, args)
    return JSON.parse(stdout) as { rewritten: number; told: string[] }
  }
  // Three in the same order write the same programs at the same moments.
  for (const { told } of await Promise.all([1, 1, 1, 2].map(load))) expect(told).toEqual([])
  const names = await readdir(path)
  expect(names).toHaveLength(count)
  expect(names.filter((name) => name.endsWith('.tmp'))).toEqual([])
  expect(await load(4)).toEqual({ rewritten: 0, told: [] })
})

test('a program that breaks the compiler fails alone; the others are loaded', async () => {
  const victim = program(13)
  const breaking = `import { parentPort as port } from 'node:worker_threads'
    port.on('message', (job) => { if (job.bytes.length === 4) process.exit(1) });`
  await using room = await brokenRoom('compiler.mjs', (code) => breaking + code)
  const errors: string[] = []
  const log = { ...silentLog, error: (event: string) => void errors.push(event) }
  await using programs = new room.door.Programs({ log })
  const bad = programs.load(new Uint8Array(4), 'bad')
  const good = programs.load(victim, 'good')
  await expect(bad).rejects.toMatchObject({
    code: 'PROGRAM_NOT_COMPILED',
    message: 'Cannot load bad: it could not be compiled: the thread that compiles ended',
  })
  expect((await good).size).toBe(victim.length)
  expect(errors).toEqual(['compiling broke down'])
})

test('more programs than may wait are refused as overload', async () => {
  await using one = node()
  const { waitingPrograms } = CELL_LIMITS
  const loads = Array.from({ length: waitingPrograms + 5 }, (_, i) =>
    one.programs.load(program(i), `program ${i}`),
  )
  const refused = (await Promise.allSettled(loads)).flatMap((each) =>
    each.status === 'rejected' ? [each.reason as { kind: string; code: string }] : [],
  )
  // One is being compiled while the others wait.
  expect(refused).toHaveLength(4)
  for (const { kind, code } of refused) {
    expect({ kind, code }).toEqual({ kind: 'overloaded', code: 'COMPILER_BUSY' })
  }
})

test('who gives up does not wait, and the program is there for the next', async () => {
  await using one = node()
  const { programs } = one
  const gone = AbortSignal.abort(new Error('gone before'))
  await expect(programs.load(program(1), 'x', { signal: gone })).rejects.toThrow('gone before')
  const leaving = new AbortController()
  const load = programs.load(program(2), 'x', { signal: leaving.signal })
  const other = programs.load(program(2), 'y')
  leaving.abort(new Error('gone meanwhile'))
  await expect(load).rejects.toThrow('gone meanwhile')
  expect((await other).name).toBe('y')
})

test('what waits when the node ends is refused, and so is what comes after', async () => {
  const one = node()
  const waiting = [1, 2].map((i) => one.programs.load(program(i), 'x'))
  const settled = Promise.allSettled(waiting)
  await until(() => true)
  await one[Symbol.asyncDispose]()
  const refused = { code: 'COMPILER_CLOSED', message: 'Cannot load a program: the node is ending' }
  for (const each of await settled) {
    expect(each).toMatchObject({ status: 'rejected', reason: refused })
  }
  await expect(one.programs.load(program(3), 'x')).rejects.toMatchObject(refused)
})
