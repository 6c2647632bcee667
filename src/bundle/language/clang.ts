// Finds a clang that makes programs for cells. Which parts a system has and where it keeps them
// differs, so none is asked for by name: a compiler is taken when it makes a small program whole,
// which needs the libraries, the headers and the linker.

import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { WwError } from '../../base/index.ts'
import { parseNote, readIfThere, writeWhole } from '../file.ts'
import type { MakeOptions } from './source.ts'
import { findCommand, runTool } from './tool.ts'

export interface Clang {
  readonly command: string
  /** Before all else: what is compiled for, and with which libraries. */
  readonly common: readonly string[]
  /** For C++: whether exceptions are thrown. Its libraries must have been made for that. */
  readonly dialect: readonly string[]
  /** Behind the objects when a program is linked. */
  readonly libraries: readonly string[]
  /** Changes when the compiler does. */
  readonly stamp: string
}

/** Newest first, behind the one that has no number. */
const NAMES = ['clang', ...Array.from({ length: 9 }, (_, at) => `clang-${22 - at}`)]
const TARGETS = ['wasm32-wasi', 'wasm32-wasip1']
/** Where packages put headers and libraries, besides where their clang looks by itself. */
const SYSROOTS = [
  undefined,
  '/usr/share/wasi-sysroot',
  '/usr/local/share/wasi-sysroot',
  '/opt/homebrew/share/wasi-sysroot',
]

const DEBIAN = {
  c: 'clang-19 lld-19 wasi-libc libclang-rt-19-dev-wasm32',
  cpp: 'clang-19 lld-19 wasi-libc libclang-rt-19-dev-wasm32 libc++-19-dev-wasm32 libc++abi-19-dev-wasm32',
} as const

const TRIAL = {
  c: '#include <stdio.h>\nint main(void) { return puts("") < 0; }\n',
  cpp: '#include <string>\nint main(int count, char **) { return std::string(count, 0).size() > 9; }\n',
  throwing: 'int main() { try { throw 1; } catch (int thrown) { return thrown - 1; } }\n',
} as const

export type CDialect = 'c' | 'cpp'

/** What was found, and what it depended on. */
interface Found {
  readonly asked: string
  readonly clang: Clang
}

/**
 * @param from what is to be built, for the sentence
 * @param kept a folder in which what was found is kept for the next build
 * @throws {WwError} NO_TOOLCHAIN
 */
export async function findClang(
  dialect: CDialect,
  from: string,
  kept: string,
  { env = {}, signal }: MakeOptions,
): Promise<Clang> {
  const note = join(kept, `clang-${dialect}.json`)
  const asked = JSON.stringify([env['PATH'], env['WASI_SDK_PATH']])
  const last = parseNote<Found>(await readIfThere(note))
  if (last?.asked === asked && (await stampOf(last.clang.command)) === last.clang.stamp) {
    return last.clang
  }
  const scratch = await mkdtemp(join(tmpdir(), 'ww-clang-'))
  try {
    const refused: string[] = []
    for (const { command, targets } of await candidates(env)) {
      const attempt = await tryCompiler(command, targets, dialect, { cwd: scratch, env, signal })
      if ('clang' in attempt) {
        await writeWhole(note, JSON.stringify({ asked, clang: attempt.clang } satisfies Found))
        return attempt.clang
      }
      refused.push(`${command} is there but cannot (${attempt.refusal})`)
    }
    throw new WwError('failed', 'NO_TOOLCHAIN', sentence(dialect, from, env, refused))
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

function sentence(
  dialect: CDialect,
  from: string,
  env: NonNullable<MakeOptions['env']>,
  refused: readonly string[],
): string {
  const sdk = env['WASI_SDK_PATH']
  const looked = sdk
    ? `looked for ${join(sdk, 'bin', 'clang')}, as WASI_SDK_PATH says`
    : `looked on PATH for clang and for clang-${22 - NAMES.length + 2} to clang-22, and WASI_SDK_PATH is not set`
  const name = dialect === 'c' ? 'C' : 'C++'
  const found = refused.length > 0 ? `; ${refused.join('; ')}` : ''
  return (
    `Cannot build ${from}: there is no clang that makes WebAssembly of ${name} (${looked}${found}); ` +
    `install it, on Debian for example with "apt install ${DEBIAN[dialect]}", ` +
    'or set WASI_SDK_PATH to the folder of an unpacked wasi-sdk'
  )
}

async function candidates(env: NonNullable<MakeOptions['env']>) {
  const sdk = env['WASI_SDK_PATH']
  if (sdk) {
    const command = join(sdk, 'bin', 'clang')
    const isThere = (await stampOf(command)) !== undefined
    return isThere ? [{ command, targets: TARGETS.toReversed() }] : []
  }
  const commands = await Promise.all(NAMES.map(async (name) => await findCommand(name, env)))
  return commands
    .filter((command) => command !== undefined)
    .map((command) => ({ command, targets: TARGETS }))
}

async function tryCompiler(
  command: string,
  targets: readonly string[],
  dialect: CDialect,
  run: Parameters<typeof runTool>[2],
): Promise<{ clang: Clang } | { refusal: string }> {
  const compiles = async (source: keyof typeof TRIAL, options: readonly string[]) => {
    const file = source === 'c' ? 'trial.c' : 'trial.cpp'
    await writeFile(join(run.cwd, file), TRIAL[source])
    return await runTool(command, [...options, file, '-o', 'trial.wasm'], run)
  }
  let refusal = ''
  for (const sysroot of SYSROOTS) {
    if (sysroot !== undefined && (await stampOf(sysroot)) === undefined) continue
    for (const target of targets) {
      const common = [`--target=${target}`, ...(sysroot ? [`--sysroot=${sysroot}`] : [])]
      const clang = { command, common, stamp: (await stampOf(command)) ?? '' }
      if (dialect === 'c') {
        const trial = await compiles('c', common)
        if (trial.isDone) return { clang: { ...clang, dialect: [], libraries: [] } }
        refusal ||= firstError(trial.stderr)
        continue
      }
      const cpp = [...common, '--driver-mode=g++']
      const throwing = ['-fwasm-exceptions']
      if ((await compiles('throwing', [...cpp, ...throwing, '-lunwind'])).isDone) {
        return { clang: { ...clang, dialect: throwing, libraries: ['-lunwind'] } }
      }
      const plain = ['-fno-exceptions']
      const trial = await compiles('cpp', [...cpp, ...plain])
      if (trial.isDone) return { clang: { ...clang, dialect: plain, libraries: [] } }
      refusal ||= firstError(trial.stderr)
    }
  }
  return { refusal }
}

function firstError(stderr: string): string {
  const lines = stderr.split('\n')
  return (lines.find((line) => line.includes('error:')) ?? lines[0] ?? '').trim().slice(0, 200)
}

async function stampOf(path: string): Promise<string | undefined> {
  try {
    const { size, mtimeMs } = await stat(path)
    return `${size} ${mtimeMs}`
  } catch {
    return undefined
  }
}
