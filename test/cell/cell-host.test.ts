// Cell hosts as real processes: what they hold, and what becomes of them.

import { execFile, spawn as spawnProcess, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'

import { expect, test } from 'vitest'

import { silentLog } from '../../src/base/index.ts'
import type { Log, LogFacts } from '../../src/base/index.ts'
import { launchHost } from '../../src/cell/fence/launch.ts'
import { permissionArguments } from '../../src/cell/fence/permission.ts'
import { ProcessHost, ThreadHost } from '../../src/cell/index.ts'
import type { Cell, CellHost } from '../../src/cell/index.ts'
import { PROJECT } from '../help/ww.ts'
import { brokenRoom } from './help/broken-room.ts'
import { collect, readText, until } from './help/cells.ts'
import { copier, wat } from './help/wat.ts'

const KEEPER = fileURLToPath(new URL('./help/keeper.js', import.meta.url))
const onLinux = test.skipIf(process.platform !== 'linux')
const echo = copier(4, 4, 9)

async function start(host: CellHost, name = 'echo', apart = false): Promise<Cell> {
  const program = await host.load(echo, name, { apart })
  return await host.start({ program, name, args: [], env: [], log: silentLog, apart })
}

async function echoes(cell: Cell): Promise<boolean> {
  const answered = new Promise((resolve) => {
    cell.data.open({ chunk: resolve, drained() {}, ended: resolve })
  })
  cell.data.send([Uint8Array.of(7)])
  return (await answered) instanceof Uint8Array
}

const isThere = (pid: number) => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

test('guests in TypeScript are sent and compiled once, and live their own lives', async () => {
  await using host = new ProcessHost({ log: silentLog })
  const images = ['kernel', 'echo', 'kernel']
  const said = images.map(async (name) => {
    const bytes = await readFile(join(PROJECT, 'images', name, 'boot/main.wasm'))
    const program = await host.load(bytes, name)
    await using cell = await host.start({ program, name, args: [], env: [], log: silentLog })
    cell.data.close()
    return (await readText(cell.stderr)).split(' ', 1)[0]
  })
  expect(await Promise.all(said)).toEqual(['kernel:', 'Uncaught', 'kernel:'])
  expect(host.rewritten).toBe(1)
})

const statOf = (pid: number) => {
  const [, , , session, terminal] = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .split(') ')[1]!
    .split(' ')
  return { session, terminal }
}
const hasAutogroup = existsSync('/proc/self/autogroup')
const autogroup = (pid: number) => readFileSync(`/proc/${pid}/autogroup`, 'utf8')

onLinux(
  'a cell host has no environment, no terminal, no directory but our program, and of descriptors its pipe',
  async () => {
    await using host = new ProcessHost({ log: silentLog })
    await start(host)
    const [pid] = host.pids
    const at = (name: string) => `/proc/${pid}/${name}`
    expect(readFileSync(at('environ'), 'utf8')).toBe('')
    expect(readlinkSync(at('cwd'))).toBe(fileURLToPath(new URL('../../src/cell', import.meta.url)))
    expect(statOf(pid!).terminal).toBe('0')
    const limits = readFileSync(at('limits'), 'utf8')
    expect(limits).toMatch(/Max core file size +0 +0/)
    expect(limits).toMatch(/Max file size +0 +0/)

    const leadsTo = (fd: string) => {
      try {
        return readlinkSync(at(`fd/${fd}`))
      } catch {
        return '/dev/null' // closed meanwhile
      }
    }
    const given = () => {
      const held = readdirSync(at('fd')).map((fd) => [fd, leadsTo(fd)] as const)
      // What the engine makes for itself are pipes and events; the two sockets lead to us.
      const others = held.filter(([, what]) => !/^(anon_inode:|pipe:|\/dev\/null)/.test(what))
      return others.map(([fd, what]) => `${fd} ${what.slice(0, 'socket:'.length)}`)
    }
    // While threads come up, the file of their code may be open.
    await expect.poll(given).toEqual(['2 socket:', '3 socket:'])
  },
)

/**
 * Runs a program where ours would run, and gives what it writes to its standard error.
 * @param source is given the file of `thread`, a second program
 */
async function saidBy(source: (file: URL) => string, thread = ''): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ww-'))
  const lines: string[] = []
  const warn = (_: string, facts?: LogFacts) => void lines.push(String(facts?.['line']))
  const log: Log = { ...silentLog, warn }
  try {
    const file = join(folder, 'entry.cjs')
    const threadFile = join(folder, 'thread.cjs')
    await writeFile(threadFile, thread)
    await writeFile(file, source(pathToFileURL(threadFile)))
    const listener = { receive() {}, lose() {} }
    const host = launchHost(listener, log, pathToFileURL(file))
    host.keepAlive(true)
    await until(() => lines.includes('over'))
    host.kill()
    await host.gone
    return lines.filter((line) => line !== 'over').join('\n')
  } finally {
    await rm(folder, { recursive: true })
  }
}

const DENIED = `const tell = (line) => process.stderr.write(line + '\\n')
const attempt = (name, act) => {
  try { act(); tell(name + ' worked') } catch (thrown) { tell(name + ' ' + (thrown.code ?? thrown.message)) }
}
attempt('read', () => require('node:fs').readFileSync('/etc/passwd'))
attempt('write', () => require('node:fs').writeFileSync('/tmp/ww-fence', 'x'))
attempt('list', () => require('node:fs').readdirSync('/etc'))
attempt('run', () => require('node:child_process').execFileSync('/bin/true'))
attempt('load', () => process.dlopen({ exports: {} }, '/x.node'))
attempt('inspect', () => require('node:inspector').open(0))
tell('env ' + JSON.stringify(process.env))`

onLinux(
  'code in a cell host may read no file, write none, run no program and load no add-on',
  async () => {
    const said = await saidBy(() => `${DENIED}\ntell('over')`)
    const allowed = said
      .split('\n')
      .filter((line) => !/^\w+ ERR_(ACCESS_DENIED|DLOPEN_DISABLED)$/.test(line))
    expect(allowed).toEqual(['env {}'])
    expect(said.split('\n')).toHaveLength(7)
  },
)

onLinux(
  'a cell host is weighed against its node thread by thread, where that has no terminal',
  async () => {
    // The test itself has one where somebody looks on.
    const node = spawnProcess(process.execPath, [KEEPER, 'spin'], { detached: true })
    try {
      const [printed] = (await once(node.stdout, 'data')) as [Buffer]
      const [pid] = JSON.parse(printed.toString()) as number[]
      expect(statOf(pid!)).toEqual(statOf(node.pid!))
      if (hasAutogroup) expect(autogroup(pid!)).toBe(autogroup(node.pid!))
    } finally {
      node.kill('SIGKILL')
    }
  },
)

const hasScript = spawnSync('script', ['--version']).status === 0

test.skipIf(process.platform !== 'linux' || !hasScript)(
  'a cell host of a node that has a terminal has none',
  async () => {
    const command = `'${process.execPath}' '${KEEPER}' spin`
    const terminal = spawnProcess('script', ['-qec', command, '/dev/null'])
    try {
      const [printed] = (await once(terminal.stdout, 'data')) as [Buffer]
      const [pid] = JSON.parse(printed.toString()) as number[]
      expect(statOf(pid!)).toEqual({ session: String(pid), terminal: '0' })
    } finally {
      terminal.kill('SIGKILL')
    }
  },
)

onLinux('what is said to all of a group does not end a cell host: its node does', async () => {
  await using host = new ProcessHost({ log: silentLog })
  const cell = await start(host)
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.kill(host.pids[0]!, signal)
  expect(await echoes(cell)).toBe(true)
})

onLinux('a thread of it may not either, nor start others', async () => {
  const inThread = `${DENIED}\nattempt('thread', () => new (require('node:worker_threads').Worker)('', { eval: true }))`
  const start = (file: URL) => {
    const options = { env: {}, argv: [], execArgv: permissionArguments([file]) }
    const args = `${JSON.stringify(fileURLToPath(file))}, ${JSON.stringify(options)}`
    return `const { Worker } = require('node:worker_threads')
    const thread = new Worker(${args})
    thread.on('exit', () => process.stderr.write('over\\n'))`
  }
  const said = await saidBy(start, inThread)
  const allowed = said
    .split('\n')
    .filter((line) => !/^\w+ ERR_(ACCESS_DENIED|DLOPEN_DISABLED)$/.test(line))
  expect(allowed).toEqual(['env {}'])
  expect(said.split('\n')).toHaveLength(8)
})

onLinux('the thread of a cell may not start others, though who starts it may', async () => {
  // It would never come up if it could do one of them.
  const attempts = `for (const act of [
    () => new (require('node:worker_threads').Worker)('', { eval: true }),
    () => require('node:fs').readFileSync('/etc/passwd'),
    () => require('node:fs').readFileSync(require('node:path').join(__dirname, 'foreman.cjs')),
  ]) {
    let isDenied = false
    try { act() } catch (thrown) { isDenied = thrown.code === 'ERR_ACCESS_DENIED' }
    if (!isDenied) process.exit(1)
  }\n`
  await using room = await brokenRoom('worker.cjs', (code) => attempts + code)
  await using host = new room.door.ProcessHost({ log: silentLog })
  expect(await echoes(await start(host))).toBe(true)
})

test('cells of a host that is killed end and say so; those apart go on; the next starts in a new one', async () => {
  await using host = new ProcessHost({ log: silentLog })
  const pid0 = await start(host, 'pid0', true)
  const [apart] = host.pids
  const cell = await start(host)
  const pid = host.pids.find((each) => each !== apart)!
  const { ended } = collect(cell.data)
  process.kill(pid, 'SIGKILL')
  const message = 'its host process was ended by SIGKILL'
  expect(await cell.exited).toEqual({ kind: 'trapped', code: 134, message })
  expect((await ended).error?.message).toBe(`Cell echo trapped: ${message}`)
  expect(await echoes(pid0)).toBe(true)
  expect(await echoes(await start(host))).toBe(true)
  expect(host.pids).not.toContain(pid)
})

test('when pid0 is there, a host comes up for what it may start, and one starts there', async () => {
  await using host = new ProcessHost({ log: silentLog })
  host.prepare({ apart: true })
  await start(host, 'pid0', true)
  expect(host.pids).toHaveLength(1)
  await until(() => host.pids.length === 2)
  const { pids } = host
  await start(host)
  expect(host.pids).toEqual(pids)
})

test('a program that is loaded twice is rewritten and compiled once, and kept by its bytes', async () => {
  await using host = new ProcessHost({ log: silentLog })
  const [one, other] = [await host.load(echo, 'one'), await host.load(echo.slice(), 'other')]
  expect(other.code).toBe(one.code)
  expect(host.rewritten).toBe(1)
})

test('what a node has stored for cell hosts is found again, and is not taken for what it found valid itself', async () => {
  const cacheDirectory = await mkdtemp(join(tmpdir(), 'ww-'))
  const rewrittenBy = async (Host: typeof ProcessHost | typeof ThreadHost) => {
    await using host = new Host({ log: silentLog, cacheDirectory })
    await host.load(echo, 'echo')
    return host.rewritten
  }
  try {
    const each = [ProcessHost, ProcessHost, ThreadHost, ThreadHost]
    const made: number[] = []
    for (const Host of each) made.push(await rewrittenBy(Host))
    expect(made).toEqual([1, 0, 1, 0])
  } finally {
    await rm(cacheDirectory, { recursive: true })
  }
})

test('a host that is closed leaves no process behind', async () => {
  const host = new ProcessHost({ log: silentLog })
  const cells = [await start(host, 'pid0', true), await start(host)]
  const { pids } = host
  expect(pids.map(isThere)).toEqual([true, true])
  await host[Symbol.asyncDispose]()
  expect(pids.map(isThere)).toEqual([false, false])
  for (const cell of cells) expect((await cell.exited).kind).toBe('trapped')
  await expect(start(host)).rejects.toMatchObject({ kind: 'disconnected' })
})

test('a host ends with its node, however that ends, even while a cell computes', async () => {
  const node = spawnProcess(process.execPath, [KEEPER, 'spin'])
  try {
    const [printed] = (await once(node.stdout, 'data')) as [Buffer]
    const pids = JSON.parse(printed.toString()) as number[]
    expect(pids.map(isThere)).toEqual([true])
    node.kill('SIGKILL')
    await until(() => !pids.some(isThere))
  } finally {
    node.kill('SIGKILL')
  }
})

test('a host does not keep its node from ending by itself', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [KEEPER, 'idle'], {
    timeout: 90_000,
  })
  const pids = JSON.parse(stdout) as number[]
  await until(() => !pids.some(isThere))
})

test('a program that the engine refuses is refused by name, in the words of a thread', async () => {
  const invalid = wat('(module (memory (export "memory") 1) (func (export "_start")))')
  // A body whose code ends in a type that is not due.
  invalid[invalid.length - 1] = 0x1a
  const noEntry = wat('(module (memory (export "memory") 1))')
  await using near = new ThreadHost({ log: silentLog })
  await using far = new ProcessHost({ log: silentLog })
  const why = async (host: CellHost, bytes: Uint8Array) =>
    await host.load(bytes, 'odd').then(
      () => 'loaded',
      (error: Error) => error.message,
    )
  for (const bytes of [invalid, noEntry, Uint8Array.of(1, 2, 3), echo]) {
    expect(await why(far, bytes)).toBe(await why(near, bytes))
  }
})

test('an error in a cell host is told the log, line by line and not without end', async () => {
  const lines: string[] = []
  const log: Log = { ...silentLog, warn: (_, facts) => void lines.push(String(facts?.['line'])) }
  const folder = await mkdtemp(join(tmpdir(), 'ww-'))
  try {
    const file = join(folder, 'entry.cjs')
    await writeFile(
      file,
      "process.stderr.write('a line\\n'.repeat(10_000) + 'x'.repeat(1e6))\nprocess.exit(3)",
    )
    let lost = ''
    const host = launchHost(
      { receive() {}, lose: (cause) => void (lost = cause) },
      log,
      pathToFileURL(file),
    )
    host.keepAlive(true)
    await host.gone
    expect(lost).toBe('ended by itself with code 3')
    expect(lines).toEqual(Array.from({ length: 100 }, () => 'a line'))
  } finally {
    await rm(folder, { recursive: true })
  }
})
