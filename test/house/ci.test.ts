// The real gate with an npm that does what each test says: does its last line tell the truth?

import { spawnSync } from 'node:child_process'
import { chmod, cp, mkdir, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'

import { expect, test } from 'vitest'

import { PROJECT, temporaryFolder } from '../help/ww.ts'

interface Outcome {
  /** Of `npm test`: the exit code and the JSON report, undefined when none is written. */
  readonly tests: { code: number; report?: string }
  readonly checks: { code: number; says: string }
  readonly gen: { code: number }
  /** Of the program the interop suite runs against. */
  readonly interop: { code: number }
  /** Of the script that brings compilers for guests. */
  readonly toolchains: { code: number }
  /** Of the look whether the engine is what its sources give; 2 where nobody can tell. */
  readonly engine: { code: number }
}

const totals = (numPassedTests: number, numFailedTests: number) =>
  JSON.stringify({ numPassedTests, numFailedTests })

const GOOD: Outcome = {
  tests: { code: 0, report: totals(40, 0) },
  checks: { code: 0, says: 'ok   check:lint (1.0 s)\n6 passed, 0 failed' },
  gen: { code: 0 },
  interop: { code: 0 },
  toolchains: { code: 0 },
  engine: { code: 0 },
}

async function gate({
  tests,
  checks,
  gen,
  interop,
  toolchains,
  engine,
}: Outcome): Promise<{ status: number | null; last: string; failed: readonly string[] }> {
  await using folder = await temporaryFolder()
  const at = (path: string) => join(folder.path, path)
  await mkdir(at('.ci'))
  await mkdir(at('bin'))
  await mkdir(at('scripts'))
  await cp(join(PROJECT, '.ci/run'), at('.ci/run'))
  await writeFile(at('scripts/build-interop.mjs'), `process.exitCode = ${interop.code}\n`)
  await writeFile(at('scripts/guest-toolchains.mjs'), `process.exitCode = ${toolchains.code}\n`)
  await writeFile(at('scripts/compile-engine.mjs'), `process.exitCode = ${engine.code}\n`)
  await writeFile(at('bin/capnp'), '#!/bin/sh\n')
  await writeFile(
    at('bin/npm'),
    `#!/bin/sh
case "$*" in
  "test "*)
    for argument; do file=\${argument#--outputFile.json=}; done
    ${tests.report === undefined ? '' : `printf '%s' '${tests.report}' >"$file"`}
    exit ${tests.code} ;;
  "run check") printf '%s\\n' '${checks.says}'; exit ${checks.code} ;;
  "run gen -- --check") exit ${gen.code} ;;
esac
exit 99
`,
  )
  for (const path of ['bin/capnp', 'bin/npm']) await chmod(at(path), 0o755)
  const env = { ...process.env, PATH: [at('bin'), process.env['PATH']].join(delimiter) }
  const { status, stdout } = spawnSync('bash', [at('.ci/run')], { env, encoding: 'utf8' })
  const lines = stdout.trimEnd().split('\n')
  // They stand together, right before the last line.
  const end = lines.slice(
    lines.findLastIndex((line) => !/^failed: |passed, \d+ failed$/.test(line)) + 1,
  )
  return { status, last: lines.at(-1) ?? '', failed: end.slice(0, -1) }
}

test('the gate passes with the sum of tests, checks and generated code', async () => {
  expect(await gate(GOOD)).toEqual({ status: 0, last: '48 passed, 0 failed', failed: [] })
})

test('where nobody can tell whether the engine is what its sources give, that is not counted', async () => {
  const { last } = await gate({ ...GOOD, engine: { code: 2 } })
  expect(last).toBe('47 passed, 0 failed')
})

test.each<[string, Partial<Outcome>, string]>([
  ['a failing test', { tests: { code: 1, report: totals(39, 1) } }, '47 passed, 1 failed'],
  ['no tests at all', { tests: { code: 0, report: totals(0, 0) } }, '8 passed, 1 failed'],
  ['tests that did not build', { tests: { code: 1 } }, '8 passed, 1 failed'],
  ['a report that is cut short', { tests: { code: 1, report: '{"num' } }, '8 passed, 1 failed'],
  [
    'a failure outside any test',
    { tests: { code: 1, report: totals(40, 0) } },
    '48 passed, 1 failed',
  ],
  ['a failing check', { checks: { code: 1, says: '5 passed, 1 failed' } }, '47 passed, 1 failed'],
  ['checks that did not run', { checks: { code: 1, says: 'npm error' } }, '42 passed, 1 failed'],
  ['a C++ peer that does not build', { interop: { code: 1 } }, '48 passed, 1 failed'],
  [
    'a script that breaks before it has looked for tools',
    { toolchains: { code: 1 } },
    '48 passed, 1 failed',
  ],
  ['an engine that its sources do not give', { engine: { code: 1 } }, '47 passed, 1 failed'],
  ['generated code that is not current', { gen: { code: 1 } }, '47 passed, 1 failed'],
])('%s fails the gate', async (_, outcome, last) => {
  const { failed, ...ended } = await gate({ ...GOOD, ...outcome })
  expect(ended).toEqual({ status: 1, last })
  expect(failed.length).toBeLessThanOrEqual(1)
})

test('what failed is named at the end, with the first line of why', async () => {
  const report = JSON.stringify({
    numPassedTests: 38,
    numFailedTests: 2,
    testResults: [
      { name: 'a.test.js', status: 'passed', assertionResults: [{ status: 'passed' }] },
      {
        name: 'dist/test/b.test.js',
        status: 'failed',
        assertionResults: [
          { status: 'passed', fullName: 'one' },
          {
            status: 'failed',
            fullName: 'in a suite two',
            failureMessages: ['Error: no\n    at x'],
          },
          { status: 'failed', fullName: 'three', failureMessages: [] },
        ],
      },
      { name: 'c.test.js', status: 'failed', message: 'It does not load\n', assertionResults: [] },
    ],
  })
  const checks = { code: 1, says: 'FAIL check:lint (1.0 s)\nwhy\n5 passed, 1 failed' }
  const { last, failed } = await gate({
    ...GOOD,
    tests: { code: 1, report },
    checks,
    gen: { code: 1 },
  })
  expect(last).toBe('44 passed, 4 failed')
  expect(failed).toEqual([
    'failed: dist/test/b.test.js: in a suite two: Error: no',
    'failed: dist/test/b.test.js: three: ',
    'failed: c.test.js: It does not load',
    'failed: check:lint (1.0 s)',
    'failed: npm run gen -- --check: ended with code 1',
  ])
})
