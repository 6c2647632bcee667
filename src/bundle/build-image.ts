import { readdir, stat } from 'node:fs/promises'
import { join, parse, resolve } from 'node:path'

import { WwError } from '../base/index.ts'
import { buildGuest } from './build-guest.ts'
import type { BuildGuestOptions, BuiltGuest } from './build-guest.ts'
import { editorConfigOf } from './editor-config.ts'
import { findSdk } from './sdk.ts'

/** A guest is a TypeScript module; declarations and tests beside it are not. */
const GUEST_SOURCE = /^(?!.*\.(d|test)\.ts$).+\.ts$/

/**
 * Builds the guests of an image folder, one after the other: `src/main.ts` becomes `boot/main.wasm`,
 * each `src/bin/<name>.ts` becomes `bin/<name>.wasm`. Programs that are there without a source
 * are left as they are; an image without `src/` has nothing to build.
 * @throws {WwError} NO_SUCH_IMAGE, NO_GUEST; {BuildError} for the first guest that cannot be built
 */
export async function buildImage(
  folder: string,
  options: Pick<BuildGuestOptions, 'check' | 'signal'> = {},
): Promise<readonly BuiltGuest[]> {
  const image = resolve(folder)
  if ((await kindOf(image)) !== 'directory') {
    throw new WwError('failed', 'NO_SUCH_IMAGE', `Cannot build ${folder}: it is not a folder`)
  }
  const src = join(image, 'src')
  if ((await kindOf(src)) !== 'directory') return []

  const guests: { entry: string; out: string }[] = []
  const main = join(src, 'main.ts')
  if ((await kindOf(main)) === 'file') {
    guests.push({ entry: main, out: join(image, 'boot', 'main.wasm') })
  }
  const bin = join(src, 'bin')
  if ((await kindOf(bin)) === 'directory') {
    for (const file of (await readdir(bin)).sort()) {
      if (!GUEST_SOURCE.test(file)) continue
      guests.push({ entry: join(bin, file), out: join(image, 'bin', `${parse(file).name}.wasm`) })
    }
  }
  if (guests.length === 0) {
    throw new WwError(
      'failed',
      'NO_GUEST',
      `Nothing to build in ${src}: it holds neither main.ts nor bin/<name>.ts`,
    )
  }

  const tsconfig = join(image, 'tsconfig.json')
  const own = (await kindOf(tsconfig)) === 'file' ? { tsconfig } : {}
  await editorConfigOf(image, findSdk()).refresh()
  const built: BuiltGuest[] = []
  for (const guest of guests)
    built.push(await buildGuest({ ...guest, ...own, ...options, root: image }))
  return built
}

async function kindOf(path: string): Promise<'file' | 'directory' | undefined> {
  try {
    return (await stat(path)).isDirectory() ? 'directory' : 'file'
  } catch {
    return undefined
  }
}
