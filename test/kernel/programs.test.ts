import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { describe, expect, test } from 'vitest'
import wabt from 'wabt'

import { silentLog } from '../../src/base/index.ts'
import type { ByteReader } from '../../src/base/index.ts'
import { loadProgram, spawnCell } from '../../src/cell/index.ts'

const IMAGES = join(import.meta.dirname, '../../../images')

/** Runs an image's WAT program in a real cell. */
async function run(source: string, args: readonly string[] = [], input = '') {
  const module = (await wabt()).parseWat(source, await readFile(join(IMAGES, source), 'utf8'))
  const program = await loadProgram(module.toBinary({}).buffer, source)
  module.destroy()
  await using cell = await spawnCell({ program, name: source, args, env: [], log: silentLog })
  const output = all(cell.stdout)
  await cell.stdin.write(new TextEncoder().encode(input))
  cell.stdin.close()
  const { code } = await cell.exited
  return { code, output: await output }
}

async function all(reader: ByteReader): Promise<string> {
  const chunks: Uint8Array[] = []
  for (;;) {
    const chunk = await reader.read(65_536)
    if (chunk.length === 0) return Buffer.concat(chunks).toString()
    chunks.push(chunk)
  }
}

describe('echo', () => {
  test.each([
    [[], '\n'],
    [['echo'], '\n'],
    [['echo', 'one'], 'one\n'],
    [['echo', 'one', '', 'two three', 'ü'], 'one  two three ü\n'],
  ])('%j prints its arguments', async (args, output) => {
    expect(await run('kernel/src/bin/echo.wat', args)).toEqual({ code: 0, output })
  })

  test('prints arguments longer than its first page of memory and the pipe', async () => {
    const long = 'x'.repeat(100_000)
    const { code, output } = await run('kernel/src/bin/echo.wat', ['echo', long, long])
    expect(code).toBe(0)
    expect(output === `${long} ${long}\n`).toBe(true)
  })
})

test('cat copies its input, whatever its length, and ends with it', async () => {
  expect(await run('kernel/src/bin/cat.wat')).toEqual({ code: 0, output: '' })
  const long = 'line\n'.repeat(50_000)
  const { code, output } = await run('kernel/src/bin/cat.wat', [], long)
  expect(code).toBe(0)
  expect(output === long).toBe(true)
})

test('fail says that it failed', async () => {
  expect(await run('kernel/src/bin/fail.wat')).toEqual({ code: 1, output: '' })
})

test('sleep waits as long as it is told, and refuses what is no number', async () => {
  const start = performance.now()
  expect(await run('kernel/src/bin/sleep.wat', ['sleep', '1'])).toEqual({ code: 0, output: '' })
  expect(performance.now() - start).toBeGreaterThan(990)
  for (const args of [[], ['sleep'], ['sleep', ''], ['sleep', '1s'], ['sleep', '1', '2']]) {
    expect((await run('kernel/src/bin/sleep.wat', args)).code).toBe(2)
  }
})

test('the smallest pid0 says hello', async () => {
  expect(await run('hello/src/main.wat')).toEqual({ code: 0, output: 'hello\n' })
})
