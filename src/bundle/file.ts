import { createHash, randomUUID } from 'node:crypto'
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'

import { messageOf, WwError } from '../base/index.ts'

/** Undefined when there is no such file, or none that can be read. */
export async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path)
  } catch {
    return undefined
  }
}

/**
 * A reader sees the old file or the new one, never a part: `ww run` may be looking.
 * @throws {WwError} NOT_WRITTEN
 */
export async function writeWhole(path: string, bytes: Uint8Array | string): Promise<void> {
  const unfinished = `${path}.${randomUUID()}.tmp`
  try {
    await mkdir(dirname(path), { recursive: true })
    await writeFile(unfinished, bytes)
    await rename(unfinished, path)
  } catch (thrown) {
    await rm(unfinished, { force: true }).catch(() => {})
    const cause = await whyNotWritten(path, thrown)
    throw new WwError('failed', 'NOT_WRITTEN', `Cannot write ${path}: ${cause}`, { cause: thrown })
  }
}

async function whyNotWritten(path: string, thrown: unknown): Promise<string> {
  const found = async (at: string) => await stat(at).catch(() => undefined)
  if ((await found(path))?.isDirectory()) return 'a folder is in its place; take it away'
  if ((await found(dirname(path)))?.isFile()) return `${dirname(path)} is a file; take it away`
  return messageOf(thrown)
}

/** What a note of ours says; undefined when a build that was killed, or a person, cut it short. */
export function parseNote<T>(text: Buffer | undefined): T | undefined {
  try {
    return text && (JSON.parse(text.toString()) as T)
  } catch {
    return undefined
  }
}

/** One hash over all parts and where they end. */
export function hashOf(parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(`${part.length}:`).update(part)
  return hash.digest('hex')
}
