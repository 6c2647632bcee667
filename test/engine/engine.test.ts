// The promises of the pure rooms hold on the engine of a guest: their tests, as they are, run inside a
// cell, and none of those that Vitest knows is lost on the way.

import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join, relative } from 'node:path'

import { beforeAll, expect, test } from 'vitest'

import { PROJECT, temporaryFolder } from '../help/ww.ts'
import { buildSuite } from './build.ts'
import type { TestEnded } from './inside/report.ts'
import { EXCLUDED_FILES, EXCLUDED_TESTS, allTestFiles, testFiles } from './plan.ts'
import { runSuite } from './suite.ts'
import type { SuiteOutcome } from './suite.ts'

const BUILD_AND_RUN_MS = 1_200_000

const excluded = (file: string): string[] => Object.keys(EXCLUDED_TESTS[file] ?? {})
const isEnded = (report: { readonly kind: string }): report is TestEnded => report.kind === 'ended'

/** The names of the tests as Vitest lists them, by file. */
async function knownTests(files: readonly string[]): Promise<Map<string, string[]>> {
  await using folder = await temporaryFolder()
  const list = join(folder.path, 'list.json')
  const compiled = files.map((file) => `dist/test/${file.replace(/\.ts$/, '.js')}`)
  const vitest = join(PROJECT, 'node_modules/vitest/vitest.mjs')
  const flags = ['--pool=threads', '--no-isolate', '--maxWorkers=1', `--json=${list}`]
  execFileSync(process.execPath, [vitest, 'list', ...flags, ...compiled], { cwd: PROJECT })
  const known = new Map<string, string[]>(files.map((file) => [file, []]))
  const tests = JSON.parse(readFileSync(list, 'utf8')) as { name: string; file: string }[]
  for (const { name, file } of tests) {
    known.get(relative(join(PROJECT, 'dist/test'), file).replace(/\.js$/, '.ts'))!.push(name)
  }
  return known
}

let known: Map<string, string[]>
let outcome: SuiteOutcome

beforeAll(async () => {
  known = await knownTests(testFiles())
  const names = Object.fromEntries(testFiles().map((file) => [file, excluded(file)]))
  outcome = await runSuite(await buildSuite(testFiles(), { excluded: names }))
}, BUILD_AND_RUN_MS)

test('the guest lives to its end, and has nothing to say but results', () => {
  const last = outcome.reports.at(-1)
  expect([outcome.exit, outcome.stderr, last]).toEqual([
    { kind: 'exited', code: 0 },
    '',
    { kind: 'file', file: testFiles().at(-1), errors: [] },
  ])
})

test.each(testFiles())('every test of %s passes inside a cell', (file) => {
  const ended = outcome.reports.filter(isEnded).filter((one) => one.file === file)
  const failed = ended.filter(({ state }) => state === 'failed')
  expect(failed.map(({ name, errors }) => [name, ...errors].join('\n'))).toEqual([])
  const skipped = ended.filter(({ state }) => state === 'skipped').map(({ name }) => name)
  expect(skipped.sort()).toEqual(excluded(file).sort())
  const passed = ended.filter(({ state }) => state === 'passed').map(({ name }) => name)
  const wanted = known.get(file)!.filter((name) => !skipped.includes(name))
  expect(passed.sort()).toEqual(wanted.sort())
  expect(passed.length).toBeGreaterThan(0)
  const outside = outcome.reports.filter((one) => one.kind === 'file' && one.file === file)
  expect(outside).toEqual([{ kind: 'file', file, errors: [] }])
})

test('what is left out by name exists', () => {
  expect(allTestFiles()).toEqual(expect.arrayContaining(Object.keys(EXCLUDED_FILES)))
  expect(testFiles()).toEqual(expect.arrayContaining(Object.keys(EXCLUDED_TESTS)))
})

test(
  'a test that fails inside a cell is reported as failed, with its message',
  async () => {
    const sample = 'engine/sample/failing.ts'
    const files = [sample, 'engine/sample/broken.ts']
    const program = await buildSuite(files, { excluded: { [sample]: ['is left out'] } })
    const { reports, exit } = await runSuite(program)
    expect(exit).toEqual({ kind: 'exited', code: 0 })
    const ended = reports.filter(isEnded)
    expect(ended.map(({ name, state }) => `${name}: ${state}`)).toEqual([
      'passes: passed',
      'is wrong: failed',
      'throws later: failed',
      'never ends: failed',
      'is given 1: passed',
      'is given 2: failed',
      'is left out: skipped',
      'in a suite > has a hook that throws: failed',
    ])
    const errors = (name: string) => ended.find((one) => one.name === name)?.errors.join('\n')
    expect(errors('is wrong')).toContain('to deeply equal')
    expect(errors('throws later')).toContain('out of luck')
    expect(errors('never ends')).toContain('timed out in 20ms')
    expect(errors('in a suite > has a hook that throws')).toContain('no start')
    expect(reports.at(-1)).toMatchObject({
      file: 'engine/sample/broken.ts',
      errors: [expect.stringContaining('It does not load')],
    })
  },
  BUILD_AND_RUN_MS,
)

// Tests listen for `unhandledRejection` in vain there: what they would hear ends the guest.
test(
  'a rejection nobody handles ends the suite inside a cell, and says why',
  async () => {
    const { reports, exit, stderr } = await runSuite(
      await buildSuite(['engine/sample/unhandled.ts']),
    )
    expect(exit).toEqual({ kind: 'exited', code: 1 })
    expect(stderr).toContain('nobody hears')
    expect(reports.some(({ kind }) => kind === 'file')).toBe(false)
  },
  BUILD_AND_RUN_MS,
)
