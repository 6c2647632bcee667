import { readIfThere, writeWhole } from '../file.ts'
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
  await check?.(program, path)
  signal?.throwIfAborted()
  const isCurrent = (await readIfThere(path))?.equals(program) ?? false
  if (!isCurrent) await writeWhole(path, program)
  const elapsedMs = Math.round(performance.now() - startedMs)
  return { path, size: program.length, elapsedMs, warnings, isCurrent }
}
