// Programs in Rust, by cargo, which knows itself what has changed. What we add is which of its
// targets is installed, and which of a package's programs goes where.

import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'

import { WwError } from '../../base/index.ts'
import { BuildError } from '../problem.ts'
import { deliver } from './deliver.ts'
import { bootPath, keptPath, kindOf, namesIn } from './place.ts'
import type { Language, MadeProgram, MakeOptions } from './source.ts'
import { findCommand, runTool } from './tool.ts'

/** In order of preference: preview 1 keeps exit codes, and is what the template's stream is for. */
const TARGETS = ['wasm32-wasip1', 'wasm32-wasi', 'wasm32-wasip2'] as const
/** A library that exports `wasi:cli/run`, as guests of the Rust system are, becomes a component. */
const LIBRARY_TARGETS = ['wasm32-wasip2'] as const
/** What cargo takes for the profile that programs are built with. */
const LINES = { CARGO_PROFILE_RELEASE_DEBUG: '1', CARGO_PROFILE_RELEASE_STRIP: 'none' }
const MANIFESTS = ['Cargo.toml', 'src/Cargo.toml']

/** The package of `Cargo.toml`, or of `src/Cargo.toml`. */
export const rust: Language = {
  async find(image) {
    for (const from of MANIFESTS) {
      if ((await kindOf(join(image, from))) !== 'file') continue
      const out = bootPath(image)
      return [{ from, out, make: async (options) => await make(image, from, out, options) }]
    }
    return []
  },
}

async function make(
  image: string,
  from: string,
  out: string,
  options: MakeOptions,
): Promise<MadeProgram> {
  const startedMs = performance.now()
  const { signal, keepLines = false } = options
  const env: NonNullable<MakeOptions['env']> = { ...options.env, ...(keepLines ? LINES : {}) }
  const { cargo, rustc } = await findTools(from, env)
  const manifest = join(image, from)
  const run = { cwd: join(manifest, '..'), env, signal }

  const crate = await mainCrate(cargo, manifest, run)
  const target = await findTarget(from, rustc, crate.kind, run)
  const args = ['build', '--release', '--target', target, '--manifest-path', manifest]
  if (env['CARGO_TARGET_DIR'] === undefined) args.push('--target-dir', keptPath(image, 'rust'))
  args.push(crate.kind === 'bin' ? `--bin=${crate.name}` : '--lib')
  args.push('--message-format=json-render-diagnostics')
  const { isDone, stdout, stderr } = await runTool(cargo, args, run)
  if (!isDone)
    throw new BuildError('GUEST_COMPILE', manifest, [{ message: withoutProgress(stderr) }])
  const artifact = lastProgram(stdout, crate.name)
  if (artifact === undefined) {
    const message = `cargo made no .wasm file of ${crate.name} for ${target}`
    throw new BuildError('GUEST_COMPILE', manifest, [{ message }])
  }
  const warnings = withoutProgress(stderr)
  const program = await readFile(artifact)
  return await deliver(out, program, startedMs, options, warnings === '' ? [] : [warnings])
}

async function findTools(from: string, env: NonNullable<MakeOptions['env']>) {
  const find = async (name: string, variable: string) =>
    env[variable] || (await findCommand(name, env))
  const [cargo, rustc] = [await find('cargo', 'CARGO'), await find('rustc', 'RUSTC')]
  if (cargo !== undefined && rustc !== undefined) return { cargo, rustc }
  const missing = [cargo ? [] : ['cargo'], rustc ? [] : ['rustc']].flat()
  throw new WwError(
    'failed',
    'NO_TOOLCHAIN',
    `Cannot build ${from}: ${missing.join(' and ')} ${missing.length === 1 ? 'is' : 'are'} not on PATH; ` +
      'install Rust from https://rustup.rs and then "rustup target add wasm32-wasip1"',
  )
}

async function findTarget(
  from: string,
  rustc: string,
  kind: Crate['kind'],
  run: Parameters<typeof runTool>[2],
): Promise<string> {
  const wanted: readonly string[] = kind === 'bin' ? TARGETS : LIBRARY_TARGETS
  const asked = run.env['CARGO_BUILD_TARGET']
  const looked: string[] = []
  for (const target of asked && wanted.includes(asked) ? [asked] : wanted) {
    const { isDone, stdout } = await runTool(
      rustc,
      ['--print', 'target-libdir', '--target', target],
      run,
    )
    if (!isDone) continue
    const folder = stdout.trim()
    if ((await namesIn(folder)).some((name) => name.startsWith('libstd-'))) return target
    looked.push(folder)
  }
  const where = looked.length > 0 ? ` (looked in ${looked.join(', ')})` : ''
  throw new WwError(
    'failed',
    'NO_TOOLCHAIN',
    `Cannot build ${from}: ${rustc} has no standard library for ${wanted.join(' or ')}${where}; ` +
      `add it with "rustup target add ${wanted[0]}"` +
      (kind === 'bin' ? ', or on Debian with "apt install libstd-rust-dev-wasm32"' : ''),
  )
}

interface Crate {
  readonly name: string
  readonly kind: 'bin' | 'cdylib'
}

interface Metadata {
  readonly packages: readonly {
    readonly manifest_path: string
    readonly name: string
    readonly default_run: string | null
    readonly targets: readonly { readonly name: string; readonly kind: readonly string[] }[]
  }[]
}

/** The program of a package that becomes pid0: the only one, or the one that cargo would run. */
async function mainCrate(
  cargo: string,
  manifest: string,
  run: Parameters<typeof runTool>[2],
): Promise<Crate> {
  const args = ['metadata', '--no-deps', '--format-version', '1', '--manifest-path', manifest]
  const { isDone, stdout, stderr } = await runTool(cargo, args, run)
  if (!isDone) throw new BuildError('GUEST_SOURCE', manifest, [{ message: stderr.trimEnd() }])
  const { packages } = JSON.parse(stdout) as Metadata
  const own = packages.find(({ manifest_path: path }) => path === manifest) ?? packages[0]
  const named = (kind: string) =>
    (own?.targets ?? []).filter((one) => one.kind.includes(kind)).map(({ name }) => name)
  const bins = named('bin')
  const main =
    bins.find((name) => name === own?.default_run) ??
    (bins.length > 1 ? bins.find((name) => name === own?.name || name === 'main') : bins[0])
  if (main !== undefined) return { name: main, kind: 'bin' }
  const [library] = named('cdylib')
  if (bins.length === 0 && library !== undefined) return { name: library, kind: 'cdylib' }
  const message =
    bins.length === 0
      ? 'the package has no program: add src/main.rs'
      : `the package has the programs ${bins.join(', ')}: name one with default-run in [package]`
  throw new BuildError('GUEST_SOURCE', manifest, [{ file: manifest, message }])
}

/** The program that cargo says it made, or found current. */
function lastProgram(messages: string, name: string): string | undefined {
  const file = `${name.replaceAll('-', '_')}.wasm`
  let found: string | undefined
  for (const line of messages.split('\n')) {
    if (!line.startsWith('{"reason":"compiler-artifact"')) continue
    const { filenames } = JSON.parse(line) as { filenames: readonly string[] }
    found = filenames.find((path) => [file, `${name}.wasm`].includes(basename(path))) ?? found
  }
  return found
}

/** What the compiler says, without what cargo tells of its own progress. */
function withoutProgress(stderr: string): string {
  const progress =
    /^ *(Compiling|Finished|Downloading|Downloaded|Updating|Locking|Blocking|Adding|Fresh|Building) .*\n?/gm
  return stderr.replace(progress, '').trim()
}
