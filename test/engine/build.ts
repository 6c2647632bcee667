// Makes one guest of test files: they are bundled with Vitest's runner and stand-ins for what only
// Node has, and `ww build` builds that as it builds every guest.

import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import * as esbuild from 'esbuild'

import { buildGuest } from '../../src/bundle/index.ts'
import { PROJECT, temporaryFolder } from '../help/ww.ts'

const TEST = join(PROJECT, 'test')
const INSIDE = join(TEST, 'engine/inside')

export interface SuiteOptions {
  /** Names of tests not to run, by file. */
  readonly excluded?: Readonly<Record<string, readonly string[]>>
}

/** @param files of tests, by name below `test/` */
export async function buildSuite(
  files: readonly string[],
  { excluded = {} }: SuiteOptions = {},
): Promise<Uint8Array> {
  await using folder = await temporaryFolder()
  const at = (name: string) => join(folder.path, name)
  const imports = files.map((file) => {
    return `${JSON.stringify(file)}: () => import(${JSON.stringify(join(TEST, file))}),`
  })
  const contents = `
    import './platform.ts'
    import { runTests } from './run.ts'
    const files = { ${imports.join('\n')} }
    export const main = (guest) => runTests(guest, files, ${JSON.stringify(excluded)})
  `
  await esbuild.build({
    stdin: { contents, sourcefile: 'suite.ts', resolveDir: INSIDE, loader: 'ts' },
    plugins: [standIns, placesOfModules],
    absWorkingDir: PROJECT,
    outfile: at('suite.js'),
    bundle: true,
    format: 'esm',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    conditions: ['import', 'default'],
    target: 'esnext',
    sourcemap: 'inline',
    sourcesContent: false,
    logLevel: 'error',
  })
  await writeFile(
    at('suite.d.ts'),
    `export declare function main(guest: import('ww/guest').Guest): Promise<number>\n`,
  )
  await writeFile(at('main.ts'), `export { main } from './suite.js'\n`)
  await buildGuest({ entry: at('main.ts'), out: at('main.wasm'), root: PROJECT })
  return await readFile(at('main.wasm'))
}

/** What is Vitest, and what is not in a cell. */
const standIns: esbuild.Plugin = {
  name: 'stand-ins',
  setup(build) {
    build.onResolve({ filter: /^vitest$/ }, () => ({ path: join(INSIDE, 'vitest.ts') }))
    build.onResolve({ filter: /^fast-check$/ }, ({ importer }) => {
      const own = join(INSIDE, 'fast-check.ts')
      return importer === own ? undefined : { path: own }
    })
    build.onResolve({ filter: /\/help\/rounds\.ts$/ }, () => ({ path: join(INSIDE, 'rounds.ts') }))
    build.onResolve({ filter: /^(node:.*|esbuild)$/ }, () => ({ path: join(INSIDE, 'node.ts') }))
  },
}

/** `import.meta.url` of a test is that of its compiled module, below the root of the cell. */
const placesOfModules: esbuild.Plugin = {
  name: 'places-of-modules',
  setup(build) {
    build.onLoad({ filter: /[/\\]test[/\\].*\.ts$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8')
      const compiled = `/dist${path.slice(PROJECT.length).replace(/\.ts$/, '.js')}`
      const url = JSON.stringify(`file://${compiled.replaceAll('//', '/')}`)
      return { contents: source.replaceAll('import.meta.url', url), loader: 'ts' }
    })
  },
}
