// Programs as other languages' toolchains make them. Those in C are built by
// `scripts/build-cell-fixtures.mjs` and committed; the one in Rust is built where Rust can.

import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { expect, test } from 'vitest'

import { collect, readText, spawn, treeOf } from './help/cells.ts'
import { jcoFolder, runByJco } from './help/jco.ts'

const fixture = (name: string) =>
  fileURLToPath(new URL(`../../../test/cell/fixture/${name}`, import.meta.url))
const FILES = { '/etc/motd': 'hello, guest' }
const ARGS = ['files', 'x y']
const ENV = { A: 'b' }
const INPUT = 'some\nlines\n'

/** What a program says, and its exit code. */
async function run(bytes: Uint8Array) {
  const env = Object.entries(ENV).map(([name, value]) => `${name}=${value}`)
  await using cell = await spawn(bytes, { args: ARGS, env, root: treeOf(FILES) })
  await cell.stdin.write(new TextEncoder().encode(INPUT))
  cell.stdin.close()
  const lines = (await readText(cell.stdout)).trimEnd().split('\n')
  return { lines, exit: await cell.exited }
}

const SAID_BY_C = [
  'argument x y',
  'variable A=b',
  'motd hello, guest',
  'mkdir ok',
  'mkdir again File exists',
  'read two',
  'stat ok',
  'size 14, dated 1',
  'symlink ok',
  'link to a',
  'open link ok',
  'open link itself Symbolic link loop',
  'truncate ok',
  'link ok',
  'rename ok',
  'rmdir full Directory not empty',
  'unlink directory Is a directory',
  '/tmp/d: a l',
  'unlink ok',
  'unlink link ok',
  'rmdir ok',
  '/tmp: c',
  'left 3: one',
  'fsync ok',
  'terminal 0 0',
  'none No such file or directory',
  'slept 1, year 1',
  'entropy ok',
  'random 1',
  'input 11',
]

test('a program in C finds what libc promises, as a module of preview 1', async () => {
  const { lines, exit } = await run(readFileSync(fixture('files.wasm')))
  expect(lines).toEqual(SAID_BY_C)
  expect(exit).toEqual({ kind: 'exited', code: 7 })
})

test('a program in C finds what libc promises, as a component behind an adapter', async () => {
  const { lines, exit } = await run(readFileSync(fixture('files.component.wasm')))
  expect(lines).toEqual(SAID_BY_C)
  // All that 0.2 can tell of an exit code.
  expect(exit).toEqual({ kind: 'exited', code: 1 })
})

test('a component compiled against wetware:streams echoes unmodified', async () => {
  await using cell = await spawn(readFileSync(fixture('streams.component.wasm')))
  const { ended } = collect(cell.data)
  const sent = new Uint8Array(300_000).map((_, i) => i * 31)
  for (let at = 0; at < sent.length; at += 7_001) cell.data.send([sent.slice(at, at + 7_001)])
  cell.data.close()
  expect(Buffer.compare((await ended).bytes, sent)).toBe(0)
  expect(await cell.exited).toEqual({ kind: 'exited', code: 0 })
})

/** A Rust compiler that has the standard library for a WASI target, if one is here. */
function findRust(): { rustc: string; target: string } | undefined {
  for (const rustc of ['rustc', '/usr/bin/rustc']) {
    const { stdout } = spawnSync(rustc, ['--print', 'sysroot'], { encoding: 'utf8' })
    for (const target of ['wasm32-wasip1', 'wasm32-wasi']) {
      if (stdout && existsSync(join(stdout.trim(), 'lib/rustlib', target))) return { rustc, target }
    }
  }
  return undefined
}

const rust = findRust()
const withoutRust = rust ? '' : ' (skipped: no rustc with the standard library for WASI is here)'

test.skipIf(!rust)(`a program in Rust finds what std promises${withoutRust}`, async () => {
  const scratch = mkdtempSync(join(tmpdir(), 'ww-rust-'))
  try {
    const out = join(scratch, 'files.wasm')
    const { rustc, target } = rust!
    const built = spawnSync(rustc, ['--target', target, '-O', fixture('files.rs'), '-o', out])
    expect(built.stderr.toString()).toBe('')
    const { lines, exit } = await run(readFileSync(out))
    expect(lines).toEqual([
      'arguments ["x y"]',
      'variables [("A", "b")]',
      'motd Ok("hello, guest")',
      'create_dir_all ok',
      'create_dir exists',
      'write ok',
      'two three',
      '3 true true',
      'copy ok',
      'copy from image ok',
      'rename ok',
      '["b", "copy", "file"]',
      'create_new exists',
      'remove_dir refused',
      'write to image refused',
      'remove_dir_all ok',
      'Ok("hello, guest")',
      'slept true',
      'input 11',
      'map 10',
    ])
    expect(exit).toEqual({ kind: 'exited', code: 3 })
  } finally {
    rmSync(scratch, { recursive: true })
  }
})

const withoutJco = jcoFolder ? '' : ' (skipped: WW_JCO names no folder with jco in it)'

test.skipIf(!jcoFolder)(`jco shows the same component the same world${withoutJco}`, async () => {
  const path = fixture('files.component.wasm')
  const { lines } = await run(readFileSync(path))
  expect(await runByJco(path, { args: ARGS, env: ENV, files: FILES, input: INPUT })).toEqual(lines)
})
