// Runs test files inside a cell by Vitest's own runner, and reports on standard output.

import { startTests } from '@vitest/runner'
import type { File, Task, Test, TaskResult, VitestRunner } from '@vitest/runner'
import { getTestName, getTests } from '@vitest/runner/utils'

import type { Guest } from '../../../src/guest/index.ts'
import { bindFiles } from './node.ts'
import type { Report } from './report.ts'

const TEST_TIMEOUT_MS = 600_000

export type TestFiles = Readonly<Record<string, () => Promise<unknown>>>

/**
 * @param files by name below `test/`
 * @param excluded names of tests not to run, by file
 */
export async function runTests(
  guest: Guest,
  files: TestFiles,
  excluded: Readonly<Record<string, readonly string[]>>,
): Promise<number> {
  bindFiles(guest.files)
  const report = (one: Report) => guest.stdout.write(`${JSON.stringify(one)}\n`)
  const runner = new CellRunner(files, excluded, report)
  for (const name of Object.keys(files)) {
    const [file] = await startTests([name], runner)
    for (const test of getTests(file!)) report(ended(test))
    report({ kind: 'file', file: name, errors: outside(file!) })
  }
  return 0
}

class CellRunner implements VitestRunner {
  readonly config: VitestRunner['config'] = {
    root: '/',
    setupFiles: [],
    name: undefined,
    passWithNoTests: false,
    testNamePattern: undefined,
    allowOnly: false,
    sequence: { seed: 0, hooks: 'stack', setupFiles: 'list' },
    chaiConfig: undefined,
    maxConcurrency: 1,
    testTimeout: TEST_TIMEOUT_MS,
    hookTimeout: TEST_TIMEOUT_MS,
    retry: 0,
    includeTaskLocation: false,
    tags: [],
    tagsFilter: undefined,
    strictTags: false,
  }
  readonly #files: TestFiles
  readonly #excluded: Readonly<Record<string, readonly string[]>>
  readonly #report: (one: Report) => void

  constructor(
    files: TestFiles,
    excluded: Readonly<Record<string, readonly string[]>>,
    report: (one: Report) => void,
  ) {
    this.#files = files
    this.#excluded = excluded
    this.#report = report
  }

  async importFile(path: string): Promise<unknown> {
    return await this.#files[path]!()
  }

  onCollected(files: readonly File[]): void {
    for (const test of getTests([...files])) {
      if (this.#excluded[test.file.filepath]?.includes(getTestName(test))) test.mode = 'skip'
    }
  }

  async onBeforeRunTask(test: Test): Promise<void> {
    this.#report({ kind: 'started', file: test.file.filepath, name: getTestName(test) })
    // So that it is out before a test that never gives the thread back.
    await new Promise<void>((resolve) => void setTimeout(resolve, 0))
  }
}

const STATES = { pass: 'passed', fail: 'failed' } as const

function ended(test: Test): Report {
  const state = test.result?.state
  return {
    kind: 'ended',
    file: test.file.filepath,
    name: getTestName(test),
    // What neither passed nor failed was not run.
    state: state === 'pass' || state === 'fail' ? STATES[state] : 'skipped',
    ms: Math.round(test.result?.duration ?? 0),
    errors: errorsOf(test.result),
  }
}

/** Errors of the file and its suites: of modules, of hooks. */
function outside(task: Task): string[] {
  if (task.type === 'test') return []
  return [...errorsOf(task.result), ...task.tasks.flatMap(outside)]
}

function errorsOf(result: TaskResult | undefined): string[] {
  return (result?.errors ?? []).map(({ name, message, stack, diff }) =>
    [`${name ?? 'Error'}: ${message}`, diff ?? '', stack ?? ''].filter(Boolean).join('\n'),
  )
}
