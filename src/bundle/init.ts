import { lstat, mkdir, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'

import { WwError } from '../base/index.ts'
import { templateFiles } from './template.ts'
import type { TemplateLanguage } from './template.ts'

/**
 * Writes a new guest into `folder`, which is made if it is not there. Nothing is written over: when
 * one of the files exists, none is written.
 * @param options.name what the guest is called; default the folder's name
 * @param options.language what it is written in; default TypeScript
 * @returns the files, as paths in the folder, in the order a newcomer reads them
 * @throws {WwError} IN_THE_WAY, listing what is there already
 */
export async function initGuest(
  folder: string,
  { name, language = 'ts' }: { readonly name?: string; readonly language?: TemplateLanguage } = {},
): Promise<readonly string[]> {
  const target = resolve(folder)
  if ((await isThere(target)) && !(await stat(target)).isDirectory()) {
    throw new WwError(
      'failed',
      'IN_THE_WAY',
      `Cannot make a guest in ${folder}: it is a file; name a folder`,
    )
  }
  const files = await templateFiles(name ?? basename(target), target, language)
  const inTheWay = []
  for (const path of files.keys()) if (await isThere(join(target, path))) inTheWay.push(path)
  if (inTheWay.length > 0) {
    throw new WwError(
      'failed',
      'IN_THE_WAY',
      `Cannot make a guest in ${folder}: ${inTheWay.join(', ')} ${inTheWay.length === 1 ? 'is' : 'are'} there already; name another folder, or take away what is there`,
    )
  }
  for (const [path, text] of files) {
    await mkdir(dirname(join(target, path)), { recursive: true })
    await writeFile(join(target, path), text, { flag: 'wx' })
  }
  return [...files.keys()]
}

async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path)
    return true
  } catch {
    return false
  }
}
