// Each check of `npm run check` is worth what it catches: every kind of violation is planted in a
// copy of the project, each check runs once over all of them, and must name every one of its own.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { copyOfProject } from '../help/project-copy.ts'
import type { ProjectCopy } from '../help/project-copy.ts'

interface Violation {
  readonly what: string
  /** The file that is made, or added to. */
  readonly path: string
  readonly content: string
  /** What the check must say on one line, besides the path. */
  readonly says: string
}

const VIOLATIONS: Readonly<Record<string, readonly Violation[]>> = {
  'check:rooms': [
    {
      what: 'a room that imports what is above it, if only a type',
      path: 'src/rpc/planted-upward.ts',
      content: "import type { NodeConfig } from '../host/index.ts'\n",
      says: 'error plan:rpc',
    },
    {
      what: 'a world room that knows another',
      path: 'src/net/planted-world.ts',
      content: "import '../image/index.ts'\n",
      says: 'error plan:net',
    },
    {
      what: 'the host using the command line',
      path: 'src/host/planted-cli.ts',
      content: "import '../cli/index.ts'\n",
      says: 'error plan:host',
    },
    {
      what: 'an import past a door',
      path: 'src/caps/planted-window.ts',
      content: "import '../base/error.ts'\n",
      says: 'error door:base',
    },
    {
      what: 'a test of one room that looks inside another',
      path: 'test/cli/planted-window.ts',
      content: "import '../../src/base/error.ts'\n",
      says: 'error door:base',
    },
    {
      what: 'node:fs in a pure room',
      path: 'src/wire/planted-disk.ts',
      content: "import 'node:fs'\n",
      says: 'error pure-rooms',
    },
    {
      what: 'node:crypto in a pure room, loaded late',
      path: 'src/identity/planted-late.ts',
      content: "export const crypto = await import('node:crypto')\n",
      says: 'error pure-rooms',
    },
    {
      what: 'a thread outside cell/',
      path: 'src/host/planted-thread.ts',
      content: "import 'node:worker_threads'\n",
      says: 'error threads',
    },
    {
      what: 'the process met below the street door',
      path: 'src/host/planted-process.ts',
      content: "import 'node:process'\n",
      says: 'error process:',
    },
    {
      what: 'libp2p outside its owner',
      path: 'src/caps/planted-libp2p.ts',
      content: "import 'libp2p'\n",
      says: 'error owner:',
    },
    {
      what: 'the command line library outside its owner',
      path: 'src/host/planted-commander.ts',
      content: "import 'commander'\n",
      says: 'error owner:commander',
    },
    {
      what: 'modules that reach themselves',
      path: 'src/host/planted-cycle.ts',
      content: "import './planted-cycle.ts'\n",
      says: 'error no-cycles',
    },
    {
      what: 'a module that nothing reaches',
      path: 'src/host/planted-orphan.ts',
      content: 'export const lonely = 1\n',
      says: 'error no-orphans',
    },
    {
      what: 'a tool of development in the program',
      path: 'src/host/planted-tool.ts',
      content: "import 'vitest'\n",
      says: 'error declared',
    },
    {
      what: 'an import that leads nowhere',
      path: 'src/host/planted-nowhere.ts',
      content: "import './not-there.ts'\n",
      says: 'error resolvable',
    },
    {
      what: 'the program using the tests',
      path: 'src/host/planted-test.ts',
      content: "import '../../test/help/ww.ts'\n",
      says: 'error src-alone',
    },
    {
      what: 'an entry point that goes past the street door',
      path: 'src/main.ts',
      content: "import './host/index.ts'\n",
      says: 'error street-door',
    },
    {
      what: 'a guest that imports the host',
      path: 'images/planted/src/host.ts',
      content: "import '../../../src/host/index.ts'\n",
      says: 'error images:',
    },
    {
      what: 'a guest that imports another guest',
      path: 'images/planted/src/other.ts',
      content: "import '../../planted-other/src/main.ts'\n",
      says: 'error images:',
    },
    {
      what: 'a guest that imports node:fs',
      path: 'images/planted/src/disk.ts',
      content: "import 'node:fs'\n",
      says: 'error images:',
    },
    {
      what: 'a guest that imports a library',
      path: 'images/planted/src/library.ts',
      content: "import 'commander'\n",
      says: 'error images:',
    },
    {
      what: 'an end-to-end test past the front doors',
      path: 'test/e2e/planted-inside.ts',
      content: "import '../../src/host/index.ts'\n",
      says: 'error e2e',
    },
  ],
  'check:lint': [
    {
      what: 'a promise nobody waits for',
      path: 'src/host/planted-floating.ts',
      content:
        "import { rm } from 'node:fs/promises'\n\nexport function forget(path: string): void {\n  rm(path)\n}\n",
      says: 'no-floating-promises',
    },
    {
      what: 'a clock in a pure room',
      path: 'src/membrane/planted-clock.ts',
      content: 'export const now = (): number => Date.now()\n',
      says: 'no-restricted-globals',
    },
    {
      what: 'a clock in a pure room, by a detour',
      path: 'src/membrane/planted-detour.ts',
      content: 'export const now = (): number => globalThis.Date.now()\n',
      says: 'no-restricted-properties',
    },
    {
      what: 'dice in a pure room',
      path: 'src/rpc/planted-dice.ts',
      content: 'export const dice = (): number => Math.random()\n',
      says: 'no-restricted-properties',
    },
    {
      what: 'the environment read below the street door',
      path: 'src/host/planted-environment.ts',
      content: "export const home = (): string | undefined => process.env['HOME']\n",
      says: 'no-process-env',
    },
    {
      what: 'printing below the street door',
      path: 'src/host/planted-console.ts',
      content: "export const greet = (): void => console.log('hello')\n",
      says: 'no-console',
    },
    {
      what: 'writing to standard output below the street door',
      path: 'src/host/planted-stdout.ts',
      content: "export const greet = (): boolean => process.stdout.write('hello')\n",
      says: 'no-restricted-properties',
    },
    {
      what: 'leaving the process below the street door',
      path: 'src/host/planted-exit.ts',
      content: 'export const leave = (): never => process.exit(1)\n',
      says: 'no-restricted-properties',
    },
    {
      what: 'an any',
      path: 'src/host/planted-any.ts',
      content: 'export const anything = (value: any): unknown => value\n',
      says: 'no-explicit-any',
    },
    {
      what: 'a switch that forgets a case',
      path: 'src/host/planted-switch.ts',
      content:
        "export function one(of: 'a' | 'b'): number {\n  switch (of) {\n    case 'a':\n      return 1\n  }\n  return 2\n}\n",
      says: 'switch-exhaustiveness-check',
    },
    {
      what: 'a default export',
      path: 'src/host/planted-default.ts',
      content: 'export default 1\n',
      says: 'no-default-export',
    },
  ],
  'check:pure': [
    {
      what: 'the process in a pure room',
      path: 'src/wire/planted-process.ts',
      content: 'export const where = (): string => process.cwd()\n',
      says: "'process'",
    },
    {
      what: 'a timer in a pure room',
      path: 'src/rpc/planted-timer.ts',
      content: 'export const later = (act: () => void): unknown => setTimeout(act, 1)\n',
      says: "'setTimeout'",
    },
    {
      what: 'the network in a pure room',
      path: 'src/identity/planted-fetch.ts',
      content: "export const ask = (): unknown => fetch('http://example.org')\n",
      says: "'fetch'",
    },
    {
      what: 'bytes of Node in a pure room',
      path: 'src/base/planted-buffer.ts',
      content: "export const bytes = (): unknown => Buffer.from('x')\n",
      says: "'Buffer'",
    },
  ],
  'check:format': [
    {
      what: 'a file that is not formatted',
      path: 'src/host/planted-format.ts',
      content: 'export const crooked   = "1";\n',
      says: '',
    },
  ],
  'check:unused': [
    {
      what: 'an export that nobody uses',
      path: 'src/cli/exit-code.ts',
      content: '\nexport const plantedUnused = 1\n',
      says: 'plantedUnused',
    },
    {
      what: 'a file that nobody uses',
      path: 'src/host/planted-unused.ts',
      content: "import { join } from 'node:path'\n\nexport const there = join('a', 'b')\n",
      says: '',
    },
  ],
}

let copy: ProjectCopy

beforeAll(async () => {
  copy = await copyOfProject()
  for (const { path, content } of Object.values(VIOLATIONS).flat()) await copy.append(path, content)
})

afterAll(async () => await copy[Symbol.asyncDispose]())

describe.each(Object.entries(VIOLATIONS))('%s', (check, violations) => {
  let code: number | null
  let lines: readonly string[]

  beforeAll(async () => {
    const result = await copy.runScript(check)
    code = result.code
    lines = linesOf(check, result.output)
  })

  test('fails', () => {
    expect(code).not.toBe(0)
  })

  test.each(violations)('names $what', ({ path, says }) => {
    const line = lines.find((text) => text.includes(path) && text.includes(says))
    expect(line, `no line with ${path} and ${says} in\n${lines.join('\n')}`).toBeDefined()
  })
})

/** The findings of a check, one a line; the linter spreads each over several. */
function linesOf(check: string, output: string): readonly string[] {
  const findings = check === 'check:lint' ? output.split(/\n\s*\n/) : output.split('\n')
  return findings.map((finding) => finding.replaceAll(/\s+/g, ' '))
}
