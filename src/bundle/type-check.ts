// Holds a guest's TypeScript against the platform a cell is: ECMAScript, `ww/guest`, and our few
// globals. What a browser or Node would have besides is an error here, with file and line.

import { builtinModules } from 'node:module'
import { resolve, sep } from 'node:path'

import type ts from 'typescript'

import { FileTrace } from './file-trace.ts'
import type { SeenFiles } from './file-trace.ts'
import { BuildError } from './problem.ts'
import type { Problem } from './problem.ts'
import type { SdkPaths } from './sdk.ts'

/** Settings a guest has when its own tsconfig says nothing else, and those of the template. */
export const GUEST_STRICTNESS = {
  strict: true,
  noFallthroughCasesInSwitch: true,
  noImplicitReturns: true,
} as const

/** What a guest's tsconfig cannot change: they describe the cell and the build. */
export const GUEST_ENVIRONMENT = {
  target: 'es2023',
  lib: ['es2023', 'esnext.disposable'],
  types: [] as string[],
  module: 'esnext',
  moduleResolution: 'bundler',
  moduleDetection: 'force',
  allowImportingTsExtensions: true,
  isolatedModules: true,
  skipLibCheck: true,
  noEmit: true,
} as const

export interface TypeCheckOptions {
  readonly entry: string
  readonly sdk: SdkPaths
  readonly tsconfig?: string | undefined
}

/**
 * @returns what was looked at: while that is as it was, there is nothing to find fault with
 * @throws {BuildError} GUEST_TYPES, GUEST_SOURCE
 */
export async function checkTypes({ entry, sdk, tsconfig }: TypeCheckOptions): Promise<SeenFiles> {
  const { default: typescript } = await import('typescript')
  const trace = new FileTrace()
  const options = compilerOptions(typescript, trace, entry, sdk, tsconfig)
  const host = trace.watch(typescript.createCompilerHost(options))
  // What it makes of a file it reads by itself, unwatched.
  host.getSourceFile = (path, settings) => {
    const text = host.readFile(path)
    return text === undefined ? undefined : typescript.createSourceFile(path, text, settings)
  }
  const program = typescript.createProgram([entry, sdk.types, ...sdk.globals], options, host)
  const sdkFolder = sdk.folder + sep
  const problems: Problem[] = program
    .getOptionsDiagnostics()
    .map((diagnostic) => problemFromDiagnostic(typescript, diagnostic))
  for (const file of program.getSourceFiles()) {
    if (file.isDeclarationFile || resolve(file.fileName).startsWith(sdkFolder)) continue
    for (const diagnostic of [
      ...program.getSyntacticDiagnostics(file),
      ...program.getSemanticDiagnostics(file),
    ]) {
      problems.push(problemFromDiagnostic(typescript, diagnostic))
    }
  }
  if (problems.length > 0) throw new BuildError('GUEST_TYPES', entry, problems)
  checkMain(typescript, program, entry, sdk)
  return trace.seen
}

function compilerOptions(
  typescript: typeof ts,
  trace: FileTrace,
  entry: string,
  sdk: SdkPaths,
  tsconfig: string | undefined,
): ts.CompilerOptions {
  const { lib, ...environment } = GUEST_ENVIRONMENT
  const fixed = typescript.convertCompilerOptionsFromJson(
    { ...environment, lib: [...lib], paths: { 'ww/guest': [sdk.types] } },
    resolve(entry, '..'),
  ).options
  if (tsconfig === undefined) return { ...GUEST_STRICTNESS, ...fixed }
  const read = typescript.getParsedCommandLineOfConfigFile(tsconfig, undefined, {
    ...trace.watch(typescript.sys),
    onUnRecoverableConfigFileDiagnostic: (diagnostic) => {
      throw new BuildError('GUEST_SOURCE', tsconfig, [
        problemFromDiagnostic(typescript, diagnostic),
      ])
    },
  })
  // A tsconfig that matches no file is no matter: the entry is the one file we ask for.
  const errors = read?.errors.filter(({ code }) => code !== NO_INPUTS) ?? []
  if (errors.length > 0) {
    const problems = errors.map((diagnostic) => problemFromDiagnostic(typescript, diagnostic))
    throw new BuildError('GUEST_SOURCE', tsconfig, problems)
  }
  const { paths, ...own } = read?.options ?? {}
  const forBuilding = { composite: false, incremental: false, declaration: false }
  return { ...own, ...fixed, ...forBuilding, paths: { ...paths, ...fixed.paths } }
}

const NO_INPUTS = 18003

function checkMain(typescript: typeof ts, program: ts.Program, entry: string, sdk: SdkPaths): void {
  const checker = program.getTypeChecker()
  const exported = (path: string, name: string) => {
    const source = program.getSourceFile(path)
    const module = source && checker.getSymbolAtLocation(source)
    const symbol = module && checker.getExportsOfModule(module).find((one) => one.name === name)
    if (!symbol) return undefined
    const isAlias = (symbol.flags & typescript.SymbolFlags.Alias) !== 0
    return isAlias ? checker.getAliasedSymbol(symbol) : symbol
  }
  const main = exported(entry, 'main')
  if (!main?.valueDeclaration) {
    throw new BuildError('GUEST_SOURCE', entry, [
      {
        file: entry,
        message: 'does not export main: add `export async function main(guest: Guest)`',
      },
    ])
  }
  const wanted = exported(sdk.types, 'Main')
  if (!wanted) throw new Error(`${sdk.types} does not export Main`)
  const type = checker.getTypeOfSymbol(main)
  if (checker.isTypeAssignableTo(type, checker.getDeclaredTypeOfSymbol(wanted))) return
  const place = placeOf(main.valueDeclaration.getSourceFile(), main.valueDeclaration.getStart())
  throw new BuildError('GUEST_SOURCE', entry, [
    {
      ...place,
      message: `main must be \`(guest: Guest) => Promise<number | void>\`, not \`${checker.typeToString(type)}\``,
    },
  ])
}

function problemFromDiagnostic(typescript: typeof ts, diagnostic: ts.Diagnostic): Problem {
  const message = typescript.flattenDiagnosticMessageText(diagnostic.messageText, '\n    ')
  const { file, start, length } = diagnostic
  if (!file || start === undefined) return { message }
  const at = file.text.slice(start, start + (length ?? 0))
  return { ...placeOf(file, start), message: explain(message, at) ?? message }
}

function placeOf(file: ts.SourceFile, start: number): Omit<Problem, 'message'> {
  const { line, character } = file.getLineAndCharacterOfPosition(start)
  return { file: resolve(file.fileName), line: line + 1, column: character + 1 }
}

const FILES = 'read the files of the image with `guest.files`'
const NETWORK = 'it reaches the network only through capabilities it was given'
const STREAMS = 'use `guest.stdin`, `guest.stdout` and `guest.stderr`'
const ONE_SCRIPT = 'all its modules are bundled when it is built: use `import`'
const NO_PAGE = 'there is no page'
const NO_THREADS = 'to run something beside it, spawn another cell'

/** Names people bring from Node and the browser, and what a cell has instead. */
const INSTEAD: Readonly<Record<string, string>> = {
  fetch: NETWORK,
  XMLHttpRequest: NETWORK,
  WebSocket: NETWORK,
  EventSource: NETWORK,
  process: 'use `guest.args`, `guest.env` and the number `main` returns',
  Buffer: 'use Uint8Array, TextEncoder and TextDecoder',
  require: ONE_SCRIPT,
  module: ONE_SCRIPT,
  exports: ONE_SCRIPT,
  __dirname: FILES,
  __filename: FILES,
  global: 'use globalThis',
  window: NO_PAGE,
  document: NO_PAGE,
  navigator: NO_PAGE,
  localStorage: NO_PAGE,
  setImmediate: 'use queueMicrotask or setTimeout',
  Worker: NO_THREADS,
  WebAssembly: NO_THREADS,
}

const BUILTIN_INSTEAD: Readonly<Record<string, string>> = {
  fs: FILES,
  'fs/promises': FILES,
  path: 'paths are plain strings with `/`',
  http: NETWORK,
  https: NETWORK,
  net: NETWORK,
  dgram: NETWORK,
  child_process: NO_THREADS,
  worker_threads: NO_THREADS,
  crypto: 'use `guest.random` or crypto.getRandomValues',
  readline: STREAMS,
  'readline/promises': STREAMS,
  os: 'it knows nothing of the machine it runs on',
}

/** Our sentence for what no cell has, if this is about that. `at` is the piece of source it names. */
function explain(message: string, at: string): string | undefined {
  const missing = /^Cannot find (?:name|module) '(?:node:)?([^']+)'/.exec(message)?.[1]
  const isModule = /^['"`]/.test(at)
  if (missing !== undefined && isModule && builtinModules.includes(missing)) {
    return `A cell has no module \`node:${missing}\`: ${BUILTIN_INSTEAD[missing] ?? 'it is not Node'}`
  }
  if (missing !== undefined && isModule && /^(wasi|wetware):/.test(missing)) {
    return 'A guest reaches WASI through `ww/guest`, not by importing its interfaces'
  }
  const name = message.includes("'typeof globalThis'") ? at : missing
  if (name === undefined || isModule || INSTEAD[name] === undefined) return undefined
  return `A cell has no \`${name}\`: ${INSTEAD[name]}`
}
