// The official suite of preview 1, from a checkout that has its programs prebuilt:
// `WASI_TESTSUITE=<checkout> npx vitest run dist/test/cell/wasi-testsuite`.
// Source: https://github.com/WebAssembly/wasi-testsuite, branch prod/testsuite-base

import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'

import { describe, expect, test } from 'vitest'

import { loadProgram } from '../../src/cell/index.ts'
import type { RingReader } from '../../src/cell/ring.ts'
import { allocateCell, HostSide } from '../../src/cell/shared-cell.ts'
import type { StopReason } from '../../src/cell/world/stop.ts'
import type { SuiteStart, SuiteTree } from './help/suite-cell.ts'

/** Why a program of the suite fails here, by language and name. All others pass. */
const EXPECTATIONS = new URL('../../../test/cell/wasi-testsuite-expectations.json', import.meta.url)
const expectedFailures = JSON.parse(readFileSync(EXPECTATIONS, 'utf8')) as Record<string, string>

const checkout = process.env['WASI_TESTSUITE']
const LANGUAGES = ['assemblyscript', 'c', 'rust']
const MAX_PAGES = 1_024

/** What a program is given, and what it must answer. */
interface Specification {
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly root?: string
  readonly exit_code?: number
  readonly stdout?: string
  readonly stderr?: string
}

function programsOf(language: string): { name: string; directory: string }[] {
  if (checkout === undefined) return []
  const directory = join(checkout, 'tests', language, 'testsuite', 'wasm32-wasip1')
  if (!existsSync(directory)) return []
  return readdirSync(directory)
    .filter((name) => name.endsWith('.wasm'))
    .map((name) => ({ name: name.slice(0, -'.wasm'.length), directory }))
}

function treeAt(path: string): SuiteTree {
  return Object.fromEntries(
    readdirSync(path).map((name) => {
      const below = join(path, name)
      return [name, statSync(below).isDirectory() ? treeAt(below) : readFileSync(below)]
    }),
  )
}

function textIn(ring: RingReader): string {
  const bytes = new Uint8Array(ring.readable)
  ring.read(bytes, 0, bytes.length)
  return new TextDecoder().decode(bytes)
}

async function run(path: string, { args = [], env = {}, root }: Specification, directory: string) {
  const { code } = await loadProgram(readFileSync(path), path)
  if (code.kind !== 'module') throw new Error(`${path} is no module`)
  const buffer = allocateCell()
  const workerData: SuiteStart = {
    buffer,
    module: code.module,
    args: ['test.wasm', ...args],
    env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
    maxPages: MAX_PAGES,
    root: root === undefined ? {} : treeAt(join(directory, root)),
  }
  const worker = new Worker(new URL('./help/suite-cell.js', import.meta.url), { workerData })
  const reason = await new Promise<StopReason>((resolve, reject) => {
    worker.on('message', resolve)
    worker.on('error', reject)
  })
  await worker.terminate()
  const { stdout, stderr } = new HostSide(buffer)
  return { reason, stdout: textIn(stdout), stderr: textIn(stderr) }
}

const missing = checkout === undefined ? ' (skipped: WASI_TESTSUITE names no checkout of it)' : ''

describe.skipIf(checkout === undefined)(`the official suite${missing}`, () => {
  test('is there', () => {
    expect(LANGUAGES.flatMap(programsOf).length).toBeGreaterThan(60)
  })

  for (const language of LANGUAGES) {
    for (const { name, directory } of programsOf(language)) {
      const id = `${language}/${name}`
      const reason = expectedFailures[id]
      test(reason === undefined ? `${id} passes` : `${id} fails: ${reason}`, async () => {
        const file = join(directory, `${name}.json`)
        const told = existsSync(file)
          ? (JSON.parse(readFileSync(file, 'utf8')) as Specification)
          : {}
        const seen = await run(join(directory, `${name}.wasm`), told, directory)
        const { exit_code: code = 0, stdout = seen.stdout, stderr = seen.stderr } = told
        const wanted = { reason: { kind: 'exit', code }, stdout, stderr }
        if (reason === undefined) expect(seen).toEqual(wanted)
        else expect(seen).not.toEqual(wanted)
      })
    }
  }
})
