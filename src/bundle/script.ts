// The JavaScript half of a build: the guest, the SDK and an entry module become one script.
//
// The script is evaluated when it is built, up to the guest, which is imported dynamically: its modules
// are evaluated when a cell starts, so that what they do at the top sees the clock, the dice and the
// arguments of that cell.

import { readFile } from 'node:fs/promises'
import { dirname, join, relative, resolve } from 'node:path'

import type { BuildFailure, Message, Plugin } from 'esbuild'

import { placesFromSourceMap } from './places.ts'
import type { SourceMap } from './places.ts'
import { BuildError } from './problem.ts'
import type { Problem } from './problem.ts'
import type { SdkPaths } from './sdk.ts'

export interface Script {
  readonly source: string
  readonly warnings: readonly Problem[]
}

const ENTRY = 'ww:entry'
const ENGINE = 'ww:engine'
const GUEST = 'ww:guest'
const GLOBALS = 'ww:globals'
/** The function of the script that tells where its code comes from; added behind the bundle. */
const PLACES = 'wwPlaces'

export interface BundleScriptOptions {
  readonly entry: string
  /** The folder that places in the guest's source are given from. */
  readonly root: string
  readonly sdk: SdkPaths
  /** The guest's own settings, if it has any. */
  readonly tsconfig?: string | undefined
}

/** @throws {BuildError} GUEST_BUNDLE */
export async function bundleScript(options: BundleScriptOptions): Promise<Script> {
  const { entry, root, sdk, tsconfig } = options
  const { build } = await import('esbuild')
  try {
    const result = await build({
      stdin: { contents: ENTRY_SOURCE, sourcefile: ENTRY, loader: 'js' },
      inject: [GLOBALS],
      plugins: [guestModules(entry, sdk), sdkModules(sdk)],
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
      // What the engine does not know yet.
      supported: { using: false, decorators: false, 'import-attributes': false },
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
    // A text, because most guests die without a trace; behind the rest, which keeps its lines.
    const text = JSON.stringify(JSON.stringify(places))
    return {
      source: `${script}\nfunction ${PLACES}() { return JSON.parse(${text}) }\n`,
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

const ENTRY_SOURCE = `
import { prepare } from '${ENGINE}'
prepare(() => import('${GUEST}'), ${PLACES})
`

/** What an export is called is what a module of the guest has to name for it to be there. */
const globalsSource = ({ url, structuredClone, digest }: SdkPaths['onDemand']) => `
export { URL, URLSearchParams } from ${JSON.stringify(url)}
export { structuredClone } from ${JSON.stringify(structuredClone)}
export { subtle as 'crypto.subtle' } from ${JSON.stringify(digest)}
`

const SDK_NAMESPACE = 'ww'

/** Leads from the entry module to the guest and the engine, and from the guest to the SDK. */
function guestModules(entry: string, sdk: SdkPaths): Plugin {
  const inSdk = (path: string) => ({ path: relative(sdk.folder, path), namespace: SDK_NAMESPACE })
  return {
    name: 'ww-guest',
    setup(build) {
      build.onResolve({ filter: /.*/ }, ({ path, importer }) => {
        if (path === 'ww/guest') return inSdk(sdk.index)
        if (path === GLOBALS) return { path, namespace: GLOBALS, sideEffects: false }
        if (importer === GLOBALS) return { ...inSdk(path), sideEffects: false }
        if (importer !== ENTRY) return undefined
        if (path === ENGINE) return inSdk(sdk.engine)
        return path === GUEST ? { path: entry } : undefined
      })
      build.onLoad({ filter: /.*/, namespace: GLOBALS }, () => ({
        contents: globalsSource(sdk.onDemand),
      }))
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
      // A library, found from where the SDK stands.
      build.onResolve(
        { filter: /^@/, namespace: SDK_NAMESPACE },
        async ({ path, kind }) => await build.resolve(path, { kind, resolveDir: folder }),
      )
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
