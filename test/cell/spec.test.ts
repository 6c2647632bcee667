import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { afterAll, describe, expect, test } from 'vitest'

import { emptyTally, runScript } from './help/wast.ts'

/** A checkout of github.com/WebAssembly/testsuite, or the folder test/core of the specification. */
const folder = process.env['WASM_SPEC']
const scripts = folder
  ? readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.wast') && !path.startsWith('proposals'))
      .sort()
  : []

describe.skipIf(!folder)('the official tests of WebAssembly, before and after', () => {
  const sum = { plain: emptyTally(), deterministic: emptyTally() }

  afterAll(() => {
    for (const [how, { differences: _, ...counts }] of Object.entries(sum)) {
      process.stdout.write(`${how} ${JSON.stringify(counts)}\n`)
    }
  })

  test.each(scripts)('a rewritten module does what the original does: %s', (path) => {
    const text = readFileSync(join(folder!, path), 'utf8')
    for (const [how, total] of Object.entries(sum)) {
      const { differences, ...counts } = runScript(text, how === 'deterministic')
      expect(differences).toEqual([])
      for (const [name, count] of Object.entries(counts))
        total[name as keyof typeof counts] += count
    }
  })
})

test.skipIf(folder)(
  'the official tests run when WASM_SPEC names a checkout of github.com/WebAssembly/testsuite',
  () => {},
)
