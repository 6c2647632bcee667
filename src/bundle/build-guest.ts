import { randomUUID } from 'node:crypto'
import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'

import { BuildError, formatProblem } from './problem.ts'
import { bundleScript } from './script.ts'
import { findSdk } from './sdk.ts'
import { programFromScript } from './snapshot.ts'
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
  /** Looks at the finished program before it is written, and throws if it would not run. */
  readonly check?: ((program: Uint8Array) => Promise<void>) | undefined
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

  const scripting = bundleScript({ entry, root, sdk, tsconfig })
  const building = scripting.then(async ({ source }) => await programFromScript(entry, source))
  const checking = scripting.then(
    async () => await checkTypes({ entry, sdk, tsconfig }),
    async () => await checkTypes({ entry, sdk, tsconfig }),
  )
  const [checked, built] = await Promise.allSettled([checking, building])
  if (checked.status === 'rejected') throw checked.reason
  if (built.status === 'rejected') throw built.reason
  const program = built.value
  const { source, warnings } = await scripting

  signal?.throwIfAborted()
  await check?.(program)
  signal?.throwIfAborted()
  await writeWhole(out, program)
  return {
    entry,
    path: out,
    size: program.length,
    scriptBytes: Buffer.byteLength(source),
    elapsedMs: Math.round(performance.now() - startedMs),
    warnings: warnings.map(formatProblem),
  }
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile()
  } catch {
    return false
  }
}

// A reader sees the old file or the new one, never a part: `ww run` may be looking.
async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  const unfinished = `${path}.${randomUUID()}.tmp`
  try {
    await writeFile(unfinished, bytes)
    await rename(unfinished, path)
  } catch (thrown) {
    await rm(unfinished, { force: true })
    throw thrown
  }
}
