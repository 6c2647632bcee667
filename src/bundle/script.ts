// The JavaScript half of a build: the guest, the SDK and an entry module become one script.
//
// Async functions are lowered, because the engine's own promise jobs run only after the component's
// export has returned; everything else stays as the engine understands it. The guest is imported
// dynamically: its modules are evaluated when a cell starts, not when it is built, so that what
// they do at the top sees the clock, the dice and the arguments of that cell.

import type { BuildFailure, Message, Plugin } from 'esbuild'

import { BuildError } from './problem.ts'
import type { Problem } from './problem.ts'
import type { SdkPaths } from './sdk.ts'
import { IMPORTS } from './wit.ts'

export interface Script {
  readonly source: string
  readonly warnings: readonly Problem[]
}

const ENTRY = 'ww:entry'
const ENGINE = 'ww:engine'
const GUEST = 'ww:guest'

export interface BundleScriptOptions {
  readonly entry: string
  readonly sdk: SdkPaths
  /** The guest's own settings, if it has any. */
  readonly tsconfig?: string | undefined
  /** The name under which the script imports an interface. */
  readonly importName: (interfaceName: string) => string
}

/** @throws {BuildError} GUEST_BUNDLE */
export async function bundleScript(options: BundleScriptOptions): Promise<Script> {
  const { entry, sdk, tsconfig, importName } = options
  const { build } = await import('esbuild')
  try {
    const result = await build({
      stdin: { contents: entryModule(importName), sourcefile: ENTRY, loader: 'js' },
      plugins: [resolver(entry, sdk, importName)],
      ...(tsconfig === undefined ? { tsconfigRaw: {} } : { tsconfig }),
      bundle: true,
      write: false,
      format: 'esm',
      platform: 'neutral',
      mainFields: ['module', 'main'],
      conditions: ['import', 'default'],
      target: 'esnext',
      supported: {
        'async-await': false,
        'async-generator': false,
        'for-await': false,
        'top-level-await': false,
        using: false,
        decorators: false,
        'import-attributes': false,
      },
      // The engine keeps the source for `Function.toString`, so white space costs.
      minifyWhitespace: true,
      minifySyntax: true,
      legalComments: 'none',
      charset: 'utf8',
      logLevel: 'silent',
    })
    return {
      source: result.outputFiles[0]!.text,
      warnings: result.warnings.map(problemFromMessage),
    }
  } catch (thrown) {
    if (!isBuildFailure(thrown)) throw thrown
    throw new BuildError('GUEST_BUNDLE', entry, thrown.errors.map(problemFromMessage))
  }
}

function entryModule(importName: (interfaceName: string) => string): string {
  const names = Object.keys(IMPORTS)
  return `
import { runGuest } from '${ENGINE}'
${names.map((name) => `import * as ${name} from '${importName(IMPORTS[name]!)}'`).join('\n')}
export const run = {
  run() {
    const code = runGuest({ ${names.join(', ')} }, () => import('${GUEST}'))
    if (code !== 0) exit.exitWithCode(code)
  },
}
`
}

function resolver(
  entry: string,
  sdk: SdkPaths,
  importName: (interfaceName: string) => string,
): Plugin {
  const external = new Set(Object.values(IMPORTS).map(importName))
  return {
    name: 'ww',
    setup(build) {
      build.onResolve({ filter: /.*/ }, ({ path, importer }) => {
        if (path === 'ww/guest') return { path: sdk.index }
        if (importer !== ENTRY) return undefined
        if (path === ENGINE) return { path: sdk.engine }
        if (path === GUEST) return { path: entry }
        return external.has(path) ? { path, external: true } : undefined
      })
    },
  }
}

function problemFromMessage({ location, text }: Message): Problem {
  return {
    file: location?.file,
    line: location?.line,
    column: location ? location.column + 1 : undefined,
    message: text,
  }
}

function isBuildFailure(thrown: unknown): thrown is BuildFailure {
  return thrown instanceof Error && 'errors' in thrown
}
