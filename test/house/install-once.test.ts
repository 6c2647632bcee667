// The real script on a made-up project, with an npm that only says what it was asked.

import { spawnSync } from 'node:child_process'
import { cp, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { PROJECT, temporaryFolder } from '../help/ww.ts'

const WANTED = {
  '': { name: 'made-up' },
  'node_modules/a': { version: '1.0.0', integrity: 'sha512-a' },
  'node_modules/b': { version: '2.0.0', integrity: 'sha512-b' },
  'node_modules/elsewhere': { version: '1.0.0', integrity: 'sha512-e', optional: true },
}
const { 'node_modules/a': a, 'node_modules/b': b } = WANTED

let folder: Awaited<ReturnType<typeof temporaryFolder>>
const at = (path: string) => join(folder.path, path)

beforeEach(async () => {
  folder = await temporaryFolder()
  await mkdir(at('scripts'))
  await cp(join(PROJECT, 'scripts/install-once.mjs'), at('scripts/install-once.mjs'))
  await writeFile(at('npm.cjs'), 'console.log("npm", ...process.argv.slice(2))')
  await writeFile(at('package-lock.json'), JSON.stringify({ packages: WANTED }))
})

afterEach(async () => await folder[Symbol.asyncDispose]())

async function installed(packages: Record<string, unknown>): Promise<void> {
  for (const path of Object.keys(packages)) await mkdir(at(path), { recursive: true })
  await writeFile(at('node_modules/.package-lock.json'), JSON.stringify({ packages }))
}

function installOnce(): { status: number | null; stdout: string; stderr: string } {
  const env = { ...process.env, npm_execpath: at('npm.cjs') }
  const { status, stdout, stderr } = spawnSync(process.execPath, [at('scripts/install-once.mjs')], {
    env,
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}

const NPM_CI = 'npm ci --ignore-scripts --fetch-retries=5 --no-audit --no-fund --loglevel=error\n'

test('nothing is done or said when all is there, whatever is optional', async () => {
  await installed({ 'node_modules/a': a, 'node_modules/b': b })
  expect(installOnce()).toEqual({ status: 0, stdout: '', stderr: '' })
})

test('a fresh clone is installed, without install scripts, and says so', () => {
  expect(installOnce()).toEqual({
    status: 0,
    stdout: NPM_CI,
    stderr: 'Installing dependencies (none installed yet) …\n',
  })
})

test.each([
  ['another version', { 'node_modules/a': a, 'node_modules/b': { ...b, version: '2.0.1' } }],
  ['other content', { 'node_modules/a': a, 'node_modules/b': { ...b, integrity: 'sha512-x' } }],
  ['one too few', { 'node_modules/a': a }],
  ['one too many', { 'node_modules/a': a, 'node_modules/b': b, 'node_modules/c': a }],
])('%s is installed again', async (_, packages) => {
  await installed(packages)
  expect(installOnce()).toMatchObject({ status: 0, stdout: NPM_CI })
})

test('a package whose folder somebody removed is installed again', async () => {
  await installed({ 'node_modules/a': a, 'node_modules/b': b })
  await rm(at('node_modules/a'), { recursive: true })
  expect(installOnce()).toMatchObject({
    stdout: NPM_CI,
    stderr: 'Installing dependencies (node_modules/a is gone) …\n',
  })
})

test('when npm fails, so does the install', async () => {
  await writeFile(at('npm.cjs'), 'process.exit(7)')
  expect(installOnce().status).toBe(7)
})
