import { randomUUID } from 'node:crypto'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'

import type { MadeProgram, MakeOptions } from './source.ts'

/**
 * Puts a program where it goes, if a cell would take it and it is not there already.
 * @param startedMs of `performance.now()`, when the making began
 */
export async function deliver(
  path: string,
  program: Uint8Array,
  startedMs: number,
  { check, signal }: MakeOptions,
  warnings: readonly string[] = [],
): Promise<MadeProgram> {
  await check?.(program)
  signal?.throwIfAborted()
  const isCurrent = (await readIfThere(path))?.equals(program) ?? false
  if (!isCurrent) await writeWhole(path, program)
  const elapsedMs = Math.round(performance.now() - startedMs)
  return { path, size: program.length, elapsedMs, warnings, isCurrent }
}

export async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path)
  } catch {
    return undefined
  }
}

/** A reader sees the old file or the new one, never a part: `ww run` may be looking. */
export async function writeWhole(path: string, bytes: Uint8Array | string): Promise<void> {
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
