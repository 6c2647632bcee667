// Guests are built and run in a real cell: what the type checker and Node's own promises cannot show.

import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { beforeAll, expect, test } from 'vitest'

import { silentLog } from '../../src/base/index.ts'
import { buildGuest, buildImage, initGuest } from '../../src/bundle/index.ts'
import { loadProgram, spawnCell } from '../../src/cell/index.ts'
import type { CellExit, Program } from '../../src/cell/index.ts'
import { folderWith } from './folder.ts'

// Building costs a second or two, so most tests share one guest, which does what its first argument says.
const GUEST = `
import { WwError, type Guest } from 'ww/guest'

const born = { at: Date.now(), dice: Math.random() }

const acts: Record<string, (guest: Guest) => Promise<number | void>> = {
  async code() {
    await Promise.resolve()
    return 7
  },
  async throws(guest) {
    await guest.sleep(1)
    throw new Error('out of luck')
  },
  async forgotten() {
    void Promise.reject(new Error('nobody listens'))
    await new Promise(() => {})
  },
  async born() {
    console.log(JSON.stringify(born))
  },
  async order() {
    const log: string[] = []
    setTimeout(() => log.push('timer'), 0)
    queueMicrotask(() => log.push('microtask'))
    const one = (async () => {
      log.push('async starts')
      await undefined
      log.push('async goes on')
    })()
    log.push('synchronous')
    await one
    async function* numbers() {
      for (let n = 1; n <= 3; n += 1) {
        await new Promise((resolve) => setTimeout(resolve, n))
        yield n
      }
    }
    let sum = 0
    for await (const n of numbers()) sum += n
    log.push('sum ' + sum)
    console.log(log.join(', '))
  },
  async platform(guest) {
    const started = performance.now()
    const signal = AbortSignal.timeout(20)
    const reason = await guest.sleep(10_000, { signal }).catch((thrown: Error) => thrown.name)
    const waited = performance.now() - started
    {
      using _resource = { [Symbol.dispose]: () => console.log('disposed') }
      await using _other = { [Symbol.asyncDispose]: async () => console.log('disposed later') }
    }
    const promise: unknown = guest.sleep(0)
    console.log(
      reason,
      waited >= 20 && waited < 5_000,
      promise instanceof Promise,
      new TextDecoder().decode(new TextEncoder().encode('grüße \\u{1f600}')),
      crypto.getRandomValues(new Uint8Array(4)).some((byte) => byte !== 0),
    )
  },
  async files(guest) {
    const attempt = (act: () => unknown): any => {
      try {
        return act()
      } catch (thrown) {
        return thrown instanceof WwError ? thrown.code + ': ' + thrown.message : thrown
      }
    }
    console.log(attempt(() => guest.files.list('/')))
    console.log(attempt(() => guest.files.readText('/etc/motd')))
    console.log(attempt(() => guest.files.stat('etc/motd')))
    console.log(guest.files.exists('/etc'), guest.files.exists('/etc/x'), guest.files.exists('/etc/motd/x'))
    for (const path of ['/nowhere', '/etc', '/../etc/motd']) console.log(attempt(() => guest.files.read(path)))
    console.log(attempt(() => guest.files.list('/etc/motd')))
    console.log(attempt(() => guest.files.exists('/' + 'x'.repeat(5_000))).slice(-26))
    console.log(attempt(() => guest.files.exists('/a\\0b')).slice(-22))
  },
  async echo(guest) {
    for (;;) {
      const bytes = await guest.stdin.read()
      if (bytes.length === 0) return
      guest.stdout.write(bytes)
    }
  },
}

export async function main(guest: Guest): Promise<number | void> {
  return await acts[guest.args[0] ?? '']?.(guest)
}
`

let program: Program

beforeAll(async () => {
  await using folder = await folderWith({ 'src/main.ts': GUEST })
  const entry = join(folder.path, 'src/main.ts')
  const out = join(folder.path, 'boot/main.wasm')
  const load = async () => await loadProgram(await readFile(out), 'main.wasm')
  const built = await buildGuest({ entry, out, root: folder.path })
  expect(built.warnings).toEqual([])
  program = await load()
})

interface Outcome {
  readonly exit: CellExit
  readonly stdout: string
  readonly stderr: string
}

const FILES: Readonly<Record<string, string>> = { '/etc/motd': 'be kind' }

async function live(args: readonly string[], { stdin = '', of = program } = {}): Promise<Outcome> {
  await using cell = await spawnCell({
    program: of,
    name: 'test',
    args,
    env: [],
    log: silentLog,
    root: {
      async find(path) {
        if (path === '/' || path === '/etc') return { kind: 'directory' }
        const text = FILES[path]
        return text === undefined ? undefined : { kind: 'file', size: text.length }
      },
      async list(path) {
        return path === '/'
          ? [{ name: 'etc', kind: 'directory' }]
          : [{ name: 'motd', kind: 'file' }]
      },
      async read(path, offset, length) {
        return new TextEncoder().encode(FILES[path]).slice(offset, offset + length)
      },
    },
  })
  const all = async (reader: { read(maxBytes: number): Promise<Uint8Array> }) => {
    const chunks: Uint8Array[] = []
    for (;;) {
      const chunk = await reader.read(65_536)
      if (chunk.length === 0) return Buffer.concat(chunks).toString()
      chunks.push(chunk)
    }
  }
  const feeding = cell.stdin.write(new TextEncoder().encode(stdin)).then(() => cell.stdin.close())
  const [stdout, stderr, exit] = await Promise.all([
    all(cell.stdout),
    all(cell.stderr),
    cell.exited,
    feeding.catch(() => {}),
  ])
  return { exit, stdout, stderr }
}

test('the number main resolves to is the exit code', async () => {
  expect((await live(['code'])).exit).toEqual({ kind: 'exited', code: 7 })
  expect((await live(['nothing'])).exit).toEqual({ kind: 'exited', code: 0 })
})

test('what main throws after it waited is on stderr with its place in the source', async () => {
  const { exit, stderr } = await live(['throws'])
  expect(exit).toEqual({ kind: 'exited', code: 1 })
  expect(stderr).toMatch(/^Uncaught Error: out of luck\n {4}at throws \(src\/main\.ts:13\)\n$/)
})

test('a rejection nobody handles ends the guest', async () => {
  const { exit, stderr } = await live(['forgotten'])
  expect(exit).toEqual({ kind: 'exited', code: 1 })
  expect(stderr).toMatch(
    /^Uncaught Error: nobody listens\n {4}at forgotten \(src\/main\.ts:\d+\)\n(?: {4}at .*\n)*$/,
  )
})

test('modules are evaluated when a cell starts: each has its own clock and dice', async () => {
  const before = Date.now()
  const read = async () => JSON.parse((await live(['born'])).stdout) as { at: number; dice: number }
  const [first, second] = [await read(), await read()]
  expect(first.at).toBeGreaterThanOrEqual(before)
  expect(first.dice).not.toBe(second.dice)
})

test('async functions, timers, generators and microtasks run in the order of the language', async () => {
  expect((await live(['order'])).stdout).toBe(
    'async starts, synchronous, microtask, async goes on, timer, sum 6\n',
  )
})

test('the platform is there: abort signals, disposal, UTF-8, dice, instanceof Promise', async () => {
  expect((await live(['platform'])).stdout).toBe(
    'disposed later\ndisposed\nTimeoutError true true grüße \u{1f600} true\n',
  )
})

test('files of the image are read, and what is not there is told in a sentence', async () => {
  expect((await live(['files'])).stdout.split('\n')).toEqual([
    '[{ name: "etc", kind: "directory" }, { name: "tmp", kind: "directory" }]',
    'be kind',
    '{ kind: "file", size: 7 }',
    'true false false',
    'NO_SUCH_FILE: Cannot read /nowhere: there is no such file',
    'IS_A_DIRECTORY: Cannot read /etc: it is a directory',
    'UNREADABLE: Cannot read /../etc/motd: it lies outside the files of this cell',
    'NOT_A_DIRECTORY: Cannot list /etc/motd: a part of the path is not a directory',
    'xxxx: the path is too long',
    'b: it cannot be a path',
    '',
  ])
})

test('more input than any pipe holds comes out as it went in', async () => {
  const stdin = 'all work and no play '.repeat(20_000)
  const { stdout, exit } = await live(['echo'], { stdin })
  expect(exit).toEqual({ kind: 'exited', code: 0 })
  expect(stdout === stdin).toBe(true)
})

test('an image is built whole: boot/main.wasm and each of bin, and nothing beside them', async () => {
  const main = 'export function main(): number {\n  return 4\n}\n'
  await using folder = await folderWith({
    'src/main.ts': main,
    'src/bin/ls.ts': main,
    'src/bin/types.d.ts': 'export {}\n',
    'src/part.ts': 'export {}\n',
    'bin/prebuilt.wasm': 'not ours',
  })
  const built = await buildImage(folder.path)
  expect(built.map(({ path }) => path.slice(folder.path.length))).toEqual([
    '/boot/main.wasm',
    '/bin/ls.wasm',
  ])
  expect(await readdir(join(folder.path, 'boot'))).toEqual(['main.wasm'])
  expect(await readdir(join(folder.path, 'bin'))).toEqual(['ls.wasm', 'prebuilt.wasm'])
  expect(await readFile(join(folder.path, 'bin/prebuilt.wasm'), 'utf8')).toBe('not ours')
  const ls = await loadProgram(await readFile(join(folder.path, 'bin/ls.wasm')), 'ls')
  expect((await live([], { of: ls })).exit).toEqual({ kind: 'exited', code: 4 })
})

test('an image without sources has nothing to build, one with sources but no guest is told', async () => {
  await using bare = await folderWith({ 'boot/main.wasm': 'prebuilt' })
  expect(await buildImage(bare.path)).toEqual([])
  await using idle = await folderWith({ 'src/part.ts': 'export {}\n' })
  await expect(buildImage(idle.path)).rejects.toMatchObject({ code: 'NO_GUEST' })
  await expect(buildImage(join(idle.path, 'gone'))).rejects.toMatchObject({ code: 'NO_SUCH_IMAGE' })
})

test('what init writes builds without a warning', async () => {
  await using folder = await folderWith()
  await initGuest(folder.path, { name: 'agent' })
  const [built, ...more] = await buildImage(folder.path)
  expect([built?.warnings, more]).toEqual([[], []])
})

test('a program that its check refuses is not written', async () => {
  await using folder = await folderWith({ 'src/main.ts': 'export function main(): void {}\n' })
  const refuse = async () => await Promise.reject(new Error('not in my house'))
  await expect(buildImage(folder.path, { check: refuse })).rejects.toThrow('not in my house')
  expect(await readdir(folder.path)).toEqual(['src'])
})
