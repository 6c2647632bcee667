import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** Where pid0 of an image is. */
export const bootPath = (image: string): string => join(image, 'boot', 'main.wasm')

/** Where a program of an image is that others start by name. */
export const programPath = (image: string, name: string): string =>
  join(image, 'bin', `${name}.wasm`)

/** What a build keeps for the next one; a language takes a folder in it. */
export const keptPath = (image: string, language: string): string =>
  join(image, '.ww', 'build', language)

export async function kindOf(path: string): Promise<'file' | 'directory' | undefined> {
  try {
    return (await stat(path)).isDirectory() ? 'directory' : 'file'
  } catch {
    return undefined
  }
}

/** The names in a folder, sorted; none if there is no such folder. */
export async function namesIn(folder: string): Promise<readonly string[]> {
  return (await kindOf(folder)) === 'directory' ? (await readdir(folder)).sort() : []
}
