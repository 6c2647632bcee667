// The JavaScript half of a build: the guest, the SDK and an entry module become one script.
//
// Async functions are lowered, because the engine's own promise jobs run only after the component's
// export has returned; everything else stays as the engine understands it. The guest is imported
// dynamically: its modules are evaluated when a cell starts, not when it is built, so that what
// they do at the top sees the clock, the dice and the arguments of that cell.

import { readFile } from 'node:fs/promises'
import { dirname, join, relative, resolve } from 'node:path'

import type { BuildFailure, Message, Plugin } from 'esbuild'

import { placesFromSourceMap } from './places.ts'
import type { SourceMap } from './places.ts'
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
/** The variable of the script that says where its code comes from; added behind the bundle. */
const PLACES = 'wwPlaces'

export interface BundleScriptOptions {
  readonly entry: string
  /** The folder that places in the guest's source are given from. */
  readonly root: string
  readonly sdk: SdkPaths
  /** The guest's own settings, if it has any. */
  readonly tsconfig?: string | undefined
  /** The name under which the script imports an interface. */
  readonly importName: (interfaceName: string) => string
}

/** @throws {BuildError} GUEST_BUNDLE */
export async function bundleScript(options: BundleScriptOptions): Promise<Script> {
  const { entry, root, sdk, tsconfig, importName } = options
  const { build } = await import('esbuild')
  try {
    const result = await build({
      stdin: { contents: entryModule(importName), sourcefile: ENTRY, loader: 'js' },
      plugins: [guestModules(entry, sdk, importName), sdkModules(sdk)],
      // The script names its modules by their place below this folder, wherever that stands.
      absWorkingDir: root,
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
      sourcemap: 'external',
      sourcesContent: false,
      outfile: join(root, 'script.js'),
      logLevel: 'silent',
    })
    const [map, script] = [/\.map$/, /\.js$/].map(
      (name) => result.outputFiles.find(({ path }) => name.test(path))?.text ?? '',
    )
    const isOwn = (source: string) => !/^ww:|(^|\/)node_modules\//.test(source)
    const places = placesFromSourceMap(JSON.parse(map!) as SourceMap, isOwn)
    return {
      source: `${script}\nvar ${PLACES} = ${JSON.stringify(places)};\n`,
      warnings: result.warnings.map((message) => problemFromMessage(message, root)),
    }
  } catch (thrown) {
    if (!isBuildFailure(thrown)) throw thrown
    throw new BuildError(
      'GUEST_BUNDLE',
      entry,
      thrown.errors.map((message) => problemFromMessage(message, root)),
    )
  }
}

function entryModule(importName: (interfaceName: string) => string): string {
  const names = Object.keys(IMPORTS)
  return `
import { runGuest } from '${ENGINE}'
${names.map((name) => `import * as ${name} from '${importName(IMPORTS[name]!)}'`).join('\n')}
export const run = {
  run() {
    const code = runGuest({ ${names.join(', ')} }, () => import('${GUEST}'), ${PLACES})
    if (code !== 0) exit.exitWithCode(code)
  },
}
`
}

const SDK_NAMESPACE = 'ww'

/** Leads from the entry module to the guest and the engine, and from the guest to the SDK. */
function guestModules(
  entry: string,
  sdk: SdkPaths,
  importName: (interfaceName: string) => string,
): Plugin {
  const external = new Set(Object.values(IMPORTS).map(importName))
  const inSdk = (path: string) => ({ path: relative(sdk.folder, path), namespace: SDK_NAMESPACE })
  return {
    name: 'ww-guest',
    setup(build) {
      build.onResolve({ filter: /.*/ }, ({ path, importer }) => {
        if (path === 'ww/guest') return inSdk(sdk.index)
        if (importer !== ENTRY) return undefined
        if (path === ENGINE) return inSdk(sdk.engine)
        if (path === GUEST) return { path: entry }
        return external.has(path) ? { path, external: true } : undefined
      })
    },
  }
}

/** The SDK's own modules go by their place in it, so that a script does not tell where it was built. */
function sdkModules({ folder }: SdkPaths): Plugin {
  return {
    name: 'ww-sdk',
    setup(build) {
      build.onResolve({ filter: /^\./, namespace: SDK_NAMESPACE }, ({ path, importer }) => ({
        path: join(dirname(importer), path),
        namespace: SDK_NAMESPACE,
      }))
      build.onLoad({ filter: /.*/, namespace: SDK_NAMESPACE }, async ({ path }) => ({
        contents: await readFile(join(folder, path), 'utf8'),
        loader: path.endsWith('.ts') ? 'ts' : 'js',
      }))
    },
  }
}

function problemFromMessage({ location, text }: Message, root: string): Problem {
  return {
    file: location ? resolve(root, location.file) : undefined,
    line: location?.line,
    column: location ? location.column + 1 : undefined,
    message: text,
  }
}

function isBuildFailure(thrown: unknown): thrown is BuildFailure {
  return thrown instanceof Error && 'errors' in thrown
}
