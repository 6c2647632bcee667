// The real build script on a small project of its own.

import { spawnSync } from 'node:child_process'
import { access, cp, mkdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { afterAll, beforeAll, expect, test } from 'vitest'

import { PROJECT, temporaryFolder } from '../help/ww.ts'

let folder: Awaited<ReturnType<typeof temporaryFolder>>
const at = (path: string) => join(folder.path, path)

beforeAll(async () => {
  folder = await temporaryFolder()
  for (const path of [
    'scripts',
    'src/bundle',
    'test',
    'images/agent/src',
    'images/other/src/bin',
  ]) {
    await mkdir(at(path), { recursive: true })
  }
  for (const path of [
    'scripts/build.mjs',
    'scripts/build-wat.mjs',
    'scripts/build-engine.mjs',
    'scripts/engine',
    'tsconfig.json',
    'package-lock.json',
  ]) {
    await cp(join(PROJECT, path), at(path), { recursive: true })
  }
  await symlink(join(PROJECT, 'node_modules'), at('node_modules'))
  await writeFile(at('package.json'), '{ "type": "module" }')
  await writeFile(at('src/main.ts'), '#!/usr/bin/env node\n')
  await writeFile(at('src/cell.d.ts'), 'declare const cell: 1\n')
  await writeFile(at('test/one.test.ts'), 'export const one = 1\n')
  await writeFile(at('images/agent/src/main.ts'), 'first')
  await writeFile(at('images/other/src/main.ts'), 'other')
  await writeFile(at('images/other/src/bin/nothing.wat'), '(module)')
  // What src/bundle does for real is another test's affair: here the image is its source.
  await writeFile(
    at('src/bundle/index.ts'),
    `import { cpSync, mkdirSync } from 'node:fs'
export async function buildImage(image: string): Promise<readonly { path: string }[]> {
  const path = image + '/boot/main.wasm'
  mkdirSync(image + '/boot', { recursive: true })
  cpSync(image + '/src/main.ts', path)
  return [{ path }]
}
`,
  )
})

afterAll(async () => await folder[Symbol.asyncDispose]())

function build(): { status: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [at('scripts/build.mjs')], {
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}

const exists = async (path: string) =>
  await access(at(path)).then(
    () => true,
    () => false,
  )
const NOTHING = { status: 0, stdout: '', stderr: '' }

test('the first build makes everything and says so on standard error only', async () => {
  const { status, stdout, stderr } = build()
  expect({ status, stdout }).toEqual({ status: 0, stdout: '' })
  expect(stderr).toMatch(/^Building src and test …\nBuilt src and test in \d+\.\d s\n/)
  expect(stderr).toMatch(
    /^Built images\/agent in \d+\.\d s\nBuilding images\/other …\nBuilt images/m,
  )
  expect((await stat(at('dist/src/main.js'))).mode & 0o111).toBe(0o111)
  expect(await readFile(at('dist/src/cell.d.ts'), 'utf8')).toBe('declare const cell: 1\n')
  expect(await readFile(at('images/agent/boot/main.wasm'), 'utf8')).toBe('first')
  const runtime = await readFile(at('dist/src/bundle/engine/runtime.wasm'))
  expect(WebAssembly.validate(runtime)).toBe(true)
  // The eight bytes of an empty module.
  expect((await stat(at('images/other/bin/nothing.wasm'))).size).toBe(8)
})

test('a build of what is current does and says nothing', () => {
  expect(build()).toEqual(NOTHING)
})

test('a changed image is built again, and no other', async () => {
  await writeFile(at('images/agent/src/main.ts'), 'second')
  const { status, stderr } = build()
  expect(status).toBe(0)
  expect(stderr).toMatch(/^Built images\/agent in \d+\.\d s$/m)
  expect(stderr).not.toContain('images/other')
  expect(await readFile(at('images/agent/boot/main.wasm'), 'utf8')).toBe('second')
  expect(build()).toEqual(NOTHING)
})

test('outputs that somebody removed come back', async () => {
  await rm(at('images/agent/boot'), { recursive: true })
  await rm(at('dist/test/one.test.js'))
  expect(build().status).toBe(0)
  expect(await exists('images/agent/boot/main.wasm')).toBe(true)
  expect(await exists('dist/test/one.test.js')).toBe(true)
})

test('what was compiled from a source that is gone goes too', async () => {
  await rm(at('test/one.test.ts'))
  expect(build().status).toBe(0)
  expect(await exists('dist/test/one.test.js')).toBe(false)
})

test('a type error fails the build with its place, again and again until it is gone', async () => {
  await writeFile(at('test/two.test.ts'), "export const two: number = 'two'\n")
  for (const attempt of ['first', 'second']) {
    const { status, stderr } = build()
    expect(status, attempt).toBe(1)
    expect(stderr, attempt).toContain('test/two.test.ts(1,14): error TS2322')
    expect(stderr, attempt).toMatch(/^ww: .*\n$/m)
  }
  await rm(at('test/two.test.ts'))
  expect(build().status).toBe(0)
})
