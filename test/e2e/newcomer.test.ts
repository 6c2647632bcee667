import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { startWw, temporaryFolder, ww } from '../help/ww.ts'

const LISTEN = ['--listen', '/ip4/127.0.0.1/tcp/0']

test('init, build, run: a new guest grafts and prints the peer id, and a changed line shows after the next build', async () => {
  await using folder = await temporaryFolder()
  const dir = join(folder.path, 'my-agent')
  expect(await ww(['init', 'my-agent'], { cwd: folder.path })).toMatchObject({ code: 0 })
  expect(await ww(['build'], { cwd: dir })).toMatchObject({ code: 0 })
  const first = await ww(['run', ...LISTEN, '.'], { cwd: dir })
  expect(first.code).toBe(0)
  expect(first.stdout).toMatch(/16Uiu2HA\w+/)

  const main = join(dir, 'src/main.ts')
  const source = await readFile(main, 'utf8')
  await writeFile(
    main,
    source.replace(/guest\.stdout\.write\(/, "guest.stdout.write('changed: ' + "),
  )
  expect(await ww(['build'], { cwd: dir })).toMatchObject({ code: 0 })
  expect((await ww(['run', ...LISTEN, '.'], { cwd: dir })).stdout).toMatch(/changed: /)
})

test('a guest with a type error is refused by file and line, and the old build stays', async () => {
  await using folder = await temporaryFolder()
  await ww(['init', 'a'], { cwd: folder.path })
  const dir = join(folder.path, 'a')
  const main = join(dir, 'src/main.ts')
  const source = await readFile(main, 'utf8')
  await writeFile(main, `${source}\nconst wrong: number = 'text'\nexport { wrong }\n`)
  const { code, stderr } = await ww(['build'], { cwd: dir })
  expect(code).toBe(1)
  expect(stderr).toMatch(/src\/main\.ts:\d+:\d+/)
  expect(stderr).toContain("Type 'string' is not assignable to type 'number'")
})

test('a guest that names what no cell has is told so with file and line', async () => {
  await using folder = await temporaryFolder()
  await ww(['init', 'a'], { cwd: folder.path })
  const dir = join(folder.path, 'a')
  const main = join(dir, 'src/main.ts')
  const source = await readFile(main, 'utf8')
  await writeFile(main, source.replace(/\{\n/, "{\n  await fetch('https://example.com')\n"))
  const { code, stderr } = await ww(['build'], { cwd: dir })
  expect(code).toBe(1)
  expect(stderr).toMatch(/src\/main\.ts:\d+:\d+/)
  expect(stderr).toMatch(/fetch/)
})

test('a guest that throws is reported with its message on stderr and exits 1', async () => {
  await using folder = await temporaryFolder()
  await ww(['init', 'a'], { cwd: folder.path })
  const dir = join(folder.path, 'a')
  await writeFile(
    join(dir, 'src/main.ts'),
    "export async function main(): Promise<void> {\n  await Promise.resolve()\n  throw new Error('out of luck')\n}\n",
  )
  expect(await ww(['build'], { cwd: dir })).toMatchObject({ code: 0 })
  const { code, stderr } = await ww(['run', ...LISTEN, '.'], { cwd: dir })
  expect(code).toBe(1)
  expect(stderr).toContain('out of luck')
})

test('the echo image answers what executor.echo answers', async () => {
  await using node = startWw(['run', ...LISTEN, 'images/echo'])
  node.write('hello\n')
  node.endInput()
  const { code, stdout } = await node.exited()
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'Echo: hello\n' })
})

test('WW_TRACE_RPC shows what the node and its guest say to each other, but not the words', async () => {
  await using node = startWw(['run', ...LISTEN, 'images/echo'], { env: { WW_TRACE_RPC: '1' } })
  node.write('hello\n')
  node.endInput()
  const { code, stdout, stderr } = await node.exited()
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'Echo: hello\n' })
  expect(stderr).toMatch(/^ww: rpc: pid0 <- bootstrap 0 \d+ bytes$/m)
  expect(stderr).toMatch(/^ww: rpc: pid0 <- call \d+ Membrane\.graft on answer 0 /m)
  expect(stderr).toMatch(/^ww: rpc: pid0 <- call \d+ Executor\.echo on /m)
  expect(stderr).not.toContain('hello')
})
