import { cp, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import type * as room from '../../../src/cell/index.ts'
import { PROJECT, temporaryFolder } from '../../help/ww.ts'

type Door = typeof room

/** A copy of the compiled room in which one file is another: how a thread breaks for real. */
export async function brokenRoom(
  file: string,
  change: (code: string) => string,
): Promise<AsyncDisposable & { readonly door: Door }> {
  const folder = await temporaryFolder()
  for (const name of ['base', 'cell']) {
    await cp(join(PROJECT, 'dist/src', name), join(folder.path, name), { recursive: true })
  }
  // Source maps lead to where the copy is not.
  for (const name of await readdir(folder.path, { recursive: true })) {
    if (!name.endsWith('.js')) continue
    const copy = join(folder.path, name)
    await writeFile(copy, (await readFile(copy, 'utf8')).replace(/^\/\/# sourceMappingURL.*$/m, ''))
  }
  await writeFile(join(folder.path, 'package.json'), '{ "type": "module" }')
  const path = join(folder.path, 'cell', file)
  await writeFile(path, change(await readFile(path, 'utf8')))
  const door = (await import(pathToFileURL(join(folder.path, 'cell/index.js')).href)) as Door
  return { door, [Symbol.asyncDispose]: async () => await folder[Symbol.asyncDispose]() }
}
