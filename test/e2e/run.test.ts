import { chmod, mkdir, readdir, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import {
  exit,
  print,
  printEnvironment,
  program,
  sleepLong,
  textData,
  wasmFromWat,
  watImage,
  writeTree,
} from '../help/image.ts'
import { startWw, temporaryFolder, ww } from '../help/ww.ts'

const LISTEN = ['--listen', '/ip4/127.0.0.1/tcp/0']
const run = (...mounts: readonly string[]) => ww(['run', ...LISTEN, ...mounts])

async function image(wat: string, extra = ''): Promise<AsyncDisposable & { path: string }> {
  const folder = await temporaryFolder()
  await writeTree(folder.path, { 'boot/main.wasm': await wasmFromWat(program(wat, extra)) })
  return folder
}

const HELLO = 'hello from pid0\n'

test('W07, W33 a local image boots, and the node ends when pid0 ends', async () => {
  await using folder = await image(print(1, HELLO.length), textData(HELLO))
  const { code, stdout } = await run(folder.path)
  expect(stdout).toBe(HELLO)
  expect(code).toBe(0)
})

test('W16 the exit code of pid0 is the exit code of ww', async () => {
  await using folder = await image(exit(3))
  expect((await run(folder.path)).code).toBe(3)
})

test('W16 a trap in pid0 is reported with its cause on standard error and ends with 134', async () => {
  await using folder = await image('unreachable')
  const { code, stdout, stderr } = await run(folder.path)
  expect(code).toBe(134)
  expect(stdout).toBe('')
  expect(stderr).toMatch(/pid0 trapped.*unreachable/)
})

test('W16 what pid0 writes to its stderr goes to ours, and nothing of the host to stdout', async () => {
  await using folder = await image(print(2, HELLO.length), textData(HELLO))
  const { stdout, stderr } = await ww(['run', '--log-level', 'trace', ...LISTEN, folder.path])
  expect(stdout).toBe('')
  expect(stderr).toContain(HELLO)
})

test('W01 pid0 sees PATH=/bin and nothing of our environment', async () => {
  await using folder = await image(printEnvironment)
  const { stdout } = await ww(['run', ...LISTEN, folder.path], { env: { SECRET: 'hunter2' } })
  expect(stdout).toBe('PATH=/bin\0')
})

test('W09 a union without an entry point names the layers it looked at and exits 1 before anything starts', async () => {
  await using folder = await temporaryFolder()
  const one = await writeTree(join(folder.path, 'one'), { 'etc/a': 'a' })
  const two = await writeTree(join(folder.path, 'two'), { 'etc/b': 'b' })
  const { code, stderr } = await run(one, two)
  expect(code).toBe(1)
  expect(stderr).toContain('boot/main.wasm')
  expect(stderr).toContain(one)
  expect(stderr).toContain(two)
})

test('W09 no layer needs to be complete: the union of two boots', async () => {
  await using folder = await temporaryFolder()
  const base = await writeTree(join(folder.path, 'base'), { 'etc/a': 'a' })
  const overlay = await watImage(join(folder.path, 'overlay'), exit(5))
  expect((await run(base, overlay)).code).toBe(5)
})

test('W08 the later layer wins, file by file, the entry point included', async () => {
  await using folder = await temporaryFolder()
  const base = await watImage(join(folder.path, 'base'), exit(5))
  const overlay = await watImage(join(folder.path, 'overlay'), exit(6))
  expect((await run(base, overlay)).code).toBe(6)
  expect((await run(overlay, base)).code).toBe(5)
})

test('bin/main.wasm is accepted where boot/main.wasm is missing, with a notice', async () => {
  await using folder = await temporaryFolder()
  await writeTree(folder.path, { 'bin/main.wasm': await wasmFromWat(program(exit(4))) })
  const { code, stderr } = await run(folder.path)
  expect(code).toBe(4)
  expect(stderr).toContain('boot/main.wasm')
})

test('W11 running an image leaves its folder as it was', async () => {
  await using folder = await image(print(1, HELLO.length), textData(HELLO))
  const before = await readdir(folder.path, { recursive: true })
  await run(folder.path)
  expect(await readdir(folder.path, { recursive: true })).toEqual(before)
})

test('W15 SIGTERM ends a guest that does not listen, within seconds, with code 143', async () => {
  await using folder = await image(print(1, HELLO.length) + sleepLong, textData(HELLO))
  await using node = startWw(['run', ...LISTEN, folder.path])
  await node.waitFor('stdout', /hello/)
  node.kill('SIGTERM')
  expect((await node.exited()).code).toBe(143)
})

test('a guest that never reads its input does not keep the node from reading on', async () => {
  await using folder = await image(sleepLong)
  await using node = startWw(['run', ...LISTEN, folder.path])
  node.write('x'.repeat(1 << 20))
  node.endInput()
  node.kill('SIGINT')
  // Either signal handler was there already or not: the process ends, and does not hang on its pipe.
  const { code, signal } = await node.exited()
  expect(code === 130 || signal === 'SIGINT').toBe(true)
})

test('a guest that closes its stdout can go on', async () => {
  await using folder = await image(`(drop (call $fd_close (i32.const 1))) ${exit(9)}`)
  expect((await run(folder.path)).code).toBe(9)
})

test('a reader of our stdout that goes away ends the node', async () => {
  const loop = `(loop $again ${print(1, HELLO.length)} (br $again))`
  await using folder = await image(loop, textData(HELLO))
  await using node = startWw(['run', ...LISTEN, folder.path])
  await node.waitFor('stdout', /hello/)
  node.stopReading()
  const { code } = await node.exited()
  expect(code).not.toBe(0)
})

test('bad entry points get one sentence that names the file, and exit 1', async () => {
  await using folder = await temporaryFolder()
  const good = await wasmFromWat(program(exit(0)))
  const unknown = await wasmFromWat(
    '(module (import "env" "launch_missiles" (func)) (memory (export "memory") 1) (func (export "_start")))',
  )
  const cases: readonly (readonly [string, Uint8Array | string, RegExp])[] = [
    ['empty', '', /empty|0 bytes/i],
    ['text', 'hello, world, I am a text', /WebAssembly|WASM/i],
    ['truncated', good.subarray(0, good.length >> 1), /boot\/main\.wasm/],
    ['unknown import', unknown, /launch_missiles/],
    ['no start', await wasmFromWat('(module (memory (export "memory") 1))'), /_start/],
  ]
  for (const [name, content, sentence] of cases) {
    const path = await writeTree(join(folder.path, name), { 'boot/main.wasm': content })
    const { code, stderr, stdout } = await run(path)
    expect({ name, code, stdout }).toEqual({ name, code: 1, stdout: '' })
    expect(stderr).toMatch(sentence)
    const report = stderr.split('\n').filter((line) => line.startsWith('ww: '))
    expect(report).toHaveLength(1)
    expect(stderr).not.toMatch(/\n\s+at /)
  }
})

test('bad mounts get one sentence that names them, and exit 1', async () => {
  await using folder = await temporaryFolder()
  await writeFile(join(folder.path, 'file'), 'x')
  await mkdir(join(folder.path, 'boot/main.wasm'), { recursive: true })
  for (const path of [join(folder.path, 'missing'), join(folder.path, 'file'), folder.path]) {
    const { code, stderr } = await run(path)
    expect(code).toBe(1)
    expect(stderr).toContain(path)
  }
})

// Root reads everything.
test.skipIf(process.getuid?.() === 0)('an entry point nobody may read is named', async () => {
  await using folder = await image(exit(0))
  await chmod(join(folder.path, 'boot/main.wasm'), 0)
  const { code, stderr } = await run(folder.path)
  expect(code).toBe(1)
  expect(stderr).toContain('boot/main.wasm')
})

test('W03 an entry point that is a link out of the image is not followed', async () => {
  await using folder = await temporaryFolder()
  await writeTree(join(folder.path, 'outside'), {
    'main.wasm': await wasmFromWat(program(exit(7))),
  })
  await mkdir(join(folder.path, 'image/boot'), { recursive: true })
  await symlink(join(folder.path, 'outside/main.wasm'), join(folder.path, 'image/boot/main.wasm'))
  const { code, stderr } = await run(join(folder.path, 'image'))
  expect(code).toBe(1)
  expect(stderr).toContain('boot/main.wasm')
})

test('a port in use is named, and what to do about it', async () => {
  await using folder = await image(exit(0))
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  try {
    const { code, stderr } = await ww([
      'run',
      '--listen',
      `/ip4/127.0.0.1/tcp/${port}`,
      folder.path,
    ])
    expect(code).toBe(1)
    expect(stderr).toContain(String(port))
    expect(stderr).toMatch(/--port|--listen/)
  } finally {
    server.close()
  }
})

test('W02 a guest that imports sockets loads, and using one fails with the error for it', async () => {
  await using folder = await temporaryFolder()
  // Exits with the errno of sending on its own standard output: 57, ENOTSOCK; no other descriptor
  // can be had, because nothing makes one.
  const wat = `(module
    (import "wasi_snapshot_preview1" "sock_send" (func $send (param i32 i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "sock_accept" (func $accept (param i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 1)
    (func (export "_start")
      (if (i32.eqz (call $accept (i32.const 3) (i32.const 0) (i32.const 64)))
        (then (call $exit (i32.const 1))))
      (call $exit (call $send (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 64)))))`
  await writeTree(folder.path, { 'boot/main.wasm': await wasmFromWat(wat) })
  expect((await run(folder.path)).code).toBe(57)
})

test('a guest that sends garbage over its data stream loses the link, and the log says why', async () => {
  const garbage = `
    (i32.store (i32.const 0) (i32.const 1024))
    (i32.store (i32.const 4) (i32.const 16))
    (drop (call $fd_write (i32.const 4) (i32.const 0) (i32.const 1) (i32.const 8)))
    (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
    ${exit(5)}`
  const data = `(data (i32.const 1024) "${'\\ff'.repeat(16)}")`
  await using folder = await temporaryFolder()
  await writeTree(folder.path, { 'boot/main.wasm': await wasmFromWat(program(garbage, data)) })
  await using node = startWw(['run', ...LISTEN, folder.path])
  await node.waitFor('stderr', /the link to pid0 was cut off.*segments/)
  node.endInput()
  expect((await node.exited()).code).toBe(5)
})

test('W35 --wasm-debug names the functions a guest trapped in; without it they are numbers', async () => {
  await using folder = await temporaryFolder()
  const wat = `(module
    (memory (export "memory") 1)
    (func $inner unreachable)
    (func $outer (call $inner))
    (func $start (export "_start") (call $outer)))`
  const module = await wasmFromWat(wat, { names: true })
  await writeTree(folder.path, { 'boot/main.wasm': module })
  const plainly = await run(folder.path)
  expect(plainly.stderr).toMatch(/unreachable in function 0/)
  expect(plainly.stderr).not.toContain('inner')
  expect(plainly.stderr).toContain('hint="--wasm-debug names functions and lines"')
  const debugged = await ww(['run', '--wasm-debug', ...LISTEN, folder.path])
  expect(debugged.stderr).toMatch(/function 0 \(inner\), called by function 1 \(outer\)/)
  expect(debugged.stderr).not.toContain('hint')
  expect(debugged.code).toBe(134)
})

test('a preview 1 guest in any language speaks Cap’n Proto over descriptor 4', async () => {
  // A Bootstrap message for question 0, by hand: frame header, root, tag 8, body, question id.
  const bootstrap =
    '00 00 00 00 04 00 00 00  00 00 00 00 01 00 01 00  08 00 00 00 00 00 00 00 ' +
    '00 00 00 00 01 00 00 00  00 00 00 00 00 00 00 00'
  const escaped = bootstrap.trim().replaceAll(/\s+/g, '\\').replace(/^/, '\\')
  const talk = `
    (i32.store (i32.const 0) (i32.const 1024))
    (i32.store (i32.const 4) (i32.const 40))
    (drop (call $fd_write (i32.const 4) (i32.const 0) (i32.const 1) (i32.const 8)))
    (i32.store (i32.const 0) (i32.const 4096))
    (i32.store (i32.const 4) (i32.const 4096))
    (drop (call $fd_read (i32.const 4) (i32.const 0) (i32.const 1) (i32.const 8)))
    (i32.store (i32.const 4) (i32.load8_u (i32.const 4112)))
    (call $proc_exit (i32.load (i32.const 4)))`
  await using folder = await image(talk, `(data (i32.const 1024) "${escaped}")`)
  // The tag of the message that came back: 3, a Return.
  expect((await run(folder.path)).code).toBe(3)
})

test('the smallest image that ships, in WAT, says hello', async () => {
  expect(await run('images/hello')).toMatchObject({ code: 0, stdout: 'hello\n' })
})
