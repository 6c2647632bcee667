import { readFile, stat } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, resolve } from 'node:path'

import { isUnchanged } from './file-trace.ts'
import type { SeenFiles } from './file-trace.ts'
import { hashOf, parseNote, readIfThere, writeWhole } from './file.ts'
import { BuildError, formatProblem } from './problem.ts'
import { bundleScript } from './script.ts'
import { findSdk } from './sdk.ts'
import { EXTENSION, programFromScript, programKey } from './snapshot.ts'
import { checkTypes } from './type-check.ts'

export interface BuildGuestOptions {
  /** The module that exports `main`. */
  readonly entry: string
  /** The program to write. Its folder is made; an older file stays until the new one is whole. */
  readonly out: string
  /** The folder that places in the source are given from in stack traces; default the entry's. */
  readonly root?: string | undefined
  /** The guest's own compiler settings: strictness counts, what describes the cell does not. */
  readonly tsconfig?: string | undefined
  /**
   * Looks at the finished program before it is written, and throws if it would not run. `name` is
   * where it goes, absolute, or what it was adopted from.
   */
  readonly check?: ((program: Uint8Array, name: string) => Promise<void>) | undefined
  /** A file in which is kept what the program was made of, so that the next build may find it current. */
  readonly note?: string | undefined
  readonly signal?: AbortSignal | undefined
}

export interface BuiltGuest {
  readonly entry: string
  /** Where the program is. Absolute, as `entry`. */
  readonly path: string
  /** Of the program, in bytes. */
  readonly size: number
  /** Size of the script it was made from: the guest, the SDK's part it uses, its packages. */
  readonly scriptBytes: number
  readonly elapsedMs: number
  /** It was there already, and what it is made of has not changed. */
  readonly isCurrent: boolean
  /** One a line, with file and line. */
  readonly warnings: readonly string[]
}

/**
 * Builds one guest: type check, bundle, snapshot, in that order of what is reported first.
 * @throws {BuildError} when the source is at fault, listing the problems
 */
export async function buildGuest(options: BuildGuestOptions): Promise<BuiltGuest> {
  const startedMs = performance.now()
  const { check, signal, tsconfig } = options
  const entry = resolve(options.entry)
  const out = resolve(options.out)
  const root = resolve(options.root ?? dirname(entry))
  const sdk = findSdk()
  signal?.throwIfAborted()
  if (!(await isFile(entry))) {
    throw new BuildError('GUEST_SOURCE', entry, [{ file: entry, message: 'there is no such file' }])
  }

  const last =
    options.note === undefined ? undefined : parseNote<Note>(await readIfThere(options.note))
  const checker = hashOf([entry, tsconfig ?? '', await checkerVersion()])
  const types = async () =>
    last?.checker === checker && isUnchanged(last.seen)
      ? last.seen
      : await checkTypes({ entry, sdk, tsconfig })
  // Always: what it makes is the whole of what a program is made of, whatever that was found by.
  const scripting = bundleScript({ entry, root, sdk, tsconfig })
  const building = scripting.then(async ({ source }) => {
    const key = await programKey(source)
    const there = last?.key === key ? await readIfThere(out) : undefined
    if (there && last?.digest === hashOf([there])) return { key, program: there, isCurrent: true }
    return { key, program: await programFromScript(entry, source), isCurrent: false }
  })
  const checking = scripting.then(types, types)
  const [checked, built] = await Promise.allSettled([checking, building])
  if (checked.status === 'rejected') throw checked.reason
  if (built.status === 'rejected') throw built.reason
  const { key, program, isCurrent } = built.value
  const { source, warnings } = await scripting

  signal?.throwIfAborted()
  await check?.(program, out)
  signal?.throwIfAborted()
  if (!isCurrent) await writeWhole(out, program)
  if (options.note !== undefined) {
    const note: Note = { key, digest: hashOf([program]), checker, seen: checked.value }
    await writeWhole(options.note, JSON.stringify(note))
  }
  return {
    entry,
    path: out,
    size: program.length,
    isCurrent,
    scriptBytes: Buffer.byteLength(source),
    elapsedMs: Math.round(performance.now() - startedMs),
    warnings: warnings.map(formatProblem),
  }
}

/** What is kept of a build that went well. */
interface Note {
  /** Of the script, and of all that makes a program of it. */
  readonly key: string
  /** Of the program. */
  readonly digest: string
  /** Who found no fault with the types of which entry. */
  readonly checker: string
  /** In what. */
  readonly seen: SeenFiles
}

/** Changes when the type checker does, or what we ask of it. */
async function checkerVersion(): Promise<string> {
  const own = await readFile(new URL(`./type-check${EXTENSION}`, import.meta.url))
  const { version } = createRequire(import.meta.url)('typescript/package.json') as {
    readonly version: string
  }
  return hashOf([own, version])
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile()
  } catch {
    return false
  }
}
