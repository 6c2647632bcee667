// Programs in C and C++. An object is made again when its source, a header of the image that it
// includes, the flags or the compiler have changed; a program when one of its objects has.

import { mkdir, readdir, readFile, rename } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join, parse } from 'node:path'

import { hashOf, parseNote, readIfThere, writeWhole } from '../file.ts'
import { BuildError } from '../problem.ts'
import { findClang } from './clang.ts'
import type { CDialect, Clang } from './clang.ts'
import { deliver } from './deliver.ts'
import { bootPath, keptPath, kindOf, namesIn, programPath } from './place.ts'
import type { GuestSource, Language, MadeProgram, MakeOptions } from './source.ts'
import { runTool } from './tool.ts'

const EXTENSIONS: Readonly<Record<string, CDialect>> = {
  '.c': 'c',
  '.cpp': 'cpp',
  '.cc': 'cpp',
  '.cxx': 'cpp',
}
/** More flags, one a line; editors that know clang read it too. */
const FLAGS_FILE = 'compile_flags.txt'
const COMPILE = ['-O2', '-Wall', '-Iinclude', '-Isrc']
/** A stack as on other systems, small ones; below all else, so that overflowing it traps. */
const LINK = ['-Wl,-z,stack-size=1048576', '-Wl,--stack-first']
const STRIP = '-Wl,--strip-debug'
/** Lines of the source, whose paths do not tell where the image lies. */
const LINES = ['-g', '-fdebug-compilation-dir=.']

/**
 * `src/main.c` (or `.cpp`, `.cc`, `.cxx`) and each `src/bin/<name>.c`; every other source below
 * `src/` belongs to all of them.
 */
export const c: Language = {
  async find(image) {
    const found: [from: string, out: string][] = []
    for (const file of await namesIn(join(image, 'src'))) {
      if (dialectOf(file) && parse(file).name === 'main')
        found.push([`src/${file}`, bootPath(image)])
    }
    for (const file of await namesIn(join(image, 'src/bin'))) {
      if (dialectOf(file)) found.push([`src/bin/${file}`, programPath(image, parse(file).name)])
    }
    return found.map(([from, out]): GuestSource => ({
      from,
      out,
      make: async (options) => await make(image, from, out, options),
    }))
  },
}

function dialectOf(file: string): CDialect | undefined {
  return EXTENSIONS[parse(file).ext]
}

/** The sources that several programs may share, as paths in the image. */
async function sharedSources(image: string): Promise<readonly string[]> {
  const entries = await readdir(join(image, 'src'), { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile() && dialectOf(entry.name))
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(image.length + 1)
        .replaceAll('\\', '/'),
    )
    .filter((path) => !/^src\/(bin\/|main\.[^/]*$)|\/\./.test(path))
    .sort()
}

/** What is known of an object that was made. */
interface ObjectNote {
  /** Of all it is made of. */
  readonly hash: string
  /** Files of the image it was made of, as paths in it. */
  readonly inputs: readonly string[]
}

interface Unit {
  readonly source: string
  readonly object: string
  readonly command: readonly string[]
}

async function make(
  image: string,
  from: string,
  out: string,
  options: MakeOptions,
): Promise<MadeProgram> {
  const startedMs = performance.now()
  const { env = {}, signal, keepLines = false } = options
  const kept = keptPath(image, 'c')
  const sources = [from, ...(await sharedSources(image))]
  const dialect = sources.some((source) => dialectOf(source) === 'cpp') ? 'cpp' : 'c'
  const clang = await findClang(dialect, from, kept, options)
  const flags = [...COMPILE, ...(keepLines ? LINES : []), ...(await flagsOf(image))]

  const units = sources.map((source): Unit => {
    const object = join(kept, `${source.replaceAll('/', '+')}.o`)
    const own = dialectOf(source) === 'cpp' ? clang.dialect : []
    return { source, object, command: [...clang.common, ...own, ...flags] }
  })
  const run = { cwd: image, env, signal }
  const compiled = await eachOf(units, async (unit) => await compile(unit, clang, run))
  const wrong = compiled.flatMap(({ failure }) => (failure === undefined ? [] : [failure]))
  if (wrong.length > 0) {
    throw new BuildError('GUEST_COMPILE', join(image, from), wrong.map(asProblem))
  }
  const warnings = compiled.map(({ said }) => said).filter((said) => said !== '')

  const driver = dialect === 'cpp' ? ['--driver-mode=g++', ...clang.dialect] : []
  const linking = keepLines ? LINK : [...LINK, STRIP]
  const link = [...clang.common, ...driver, ...linking, ...units.map(({ object }) => object)]
  const note = join(kept, `${from.replaceAll('/', '+')}.linked.json`)
  const linked = hashOf([clang.stamp, ...link, ...compiled.map(({ hash }) => hash)])
  const last = parseNote<{ linked: string; digest: string }>(await readIfThere(note))
  const there = await readIfThere(out)
  if (there && last?.linked === linked && last.digest === hashOf([there])) {
    return await deliver(out, there, startedMs, options)
  }
  const whole = `${note}.wasm`
  const { isDone, stderr } = await runTool(
    clang.command,
    [...link, ...clang.libraries, '-o', whole],
    run,
  )
  if (!isDone) throw new BuildError('GUEST_COMPILE', join(image, from), [asProblem(stderr)])
  const program = await readFile(whole)
  const made = await deliver(out, program, startedMs, options, [...warnings, ...saidBy(stderr)])
  await writeWhole(note, JSON.stringify({ linked, digest: hashOf([program]) }))
  return { ...made, isCurrent: false }
}

interface Compiled {
  readonly hash: string
  readonly said: string
  readonly failure?: string
}

async function compile(
  { source, object, command }: Unit,
  clang: Clang,
  run: Parameters<typeof runTool>[2],
): Promise<Compiled> {
  const noteFile = `${object}.json`
  const hashWith = async (inputs: readonly string[]) => {
    const contents = await Promise.all(
      inputs.map(async (at) => await readIfThere(join(run.cwd, at))),
    )
    return hashOf([
      clang.stamp,
      clang.command,
      ...command,
      ...inputs,
      ...contents.map((one) => one ?? ''),
    ])
  }
  const last = parseNote<ObjectNote>(await readIfThere(noteFile))
  if (last && (await readIfThere(object)) && (await hashWith(last.inputs)) === last.hash) {
    return { hash: last.hash, said: '' }
  }
  await mkdir(parse(object).dir, { recursive: true })
  const fresh = `${object}.tmp`
  const depfile = `${object}.d`
  const args = [...command, '-MMD', '-MF', depfile, '-c', source, '-o', fresh]
  const { isDone, stderr } = await runTool(clang.command, args, run)
  if (!isDone) return { hash: '', said: '', failure: stderr.trimEnd() || `${clang.command} failed` }
  const inputs = inputsOf(await readFile(depfile, 'utf8'))
  await rename(fresh, object)
  const hash = await hashWith(inputs)
  await writeWhole(noteFile, JSON.stringify({ hash, inputs } satisfies ObjectNote))
  return { hash, said: stderr.trimEnd() }
}

/** The files behind the colon of a rule for make. */
function inputsOf(rule: string): readonly string[] {
  const [, list = ''] = rule.replaceAll('\\\n', ' ').split(/:\s/, 2)
  return list
    .split(/(?<!\\)\s+/)
    .filter((path) => path !== '')
    .map((path) => path.replaceAll('\\ ', ' '))
}

async function flagsOf(image: string): Promise<readonly string[]> {
  const path = join(image, FLAGS_FILE)
  if ((await kindOf(path)) !== 'file') return []
  const lines = (await readFile(path, 'utf8')).split(/\r?\n/).map((line) => line.trim())
  return lines.filter((line) => line !== '' && !line.startsWith('#'))
}

/** As many at once as there are processors. */
async function eachOf<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  const waiting = items.entries()
  const worker = async () => {
    for (const [at, item] of waiting) results[at] = await work(item)
  }
  await Promise.all(Array.from({ length: availableParallelism() }, worker))
  return results
}

const asProblem = (said: string) => ({ message: said.trimEnd() })
const saidBy = (stderr: string) => (stderr.trim() === '' ? [] : [stderr.trimEnd()])
