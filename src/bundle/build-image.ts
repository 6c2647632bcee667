import { basename, join, relative, resolve } from 'node:path'

import { WwError } from '../base/index.ts'
import { adopted, bootPath, kindOf, LANGUAGES } from './language/index.ts'
import type { GuestSource, MadeProgram, MakeOptions } from './language/index.ts'

export interface BuildImageOptions extends MakeOptions {
  /** A module or component that is to be pid0, made elsewhere; then nothing else is built. */
  readonly prebuilt?: string | undefined
}

/**
 * Builds the guests of an image folder, one after the other: `src/main.*` becomes `boot/main.wasm`,
 * each `src/bin/<name>.*` becomes `bin/<name>.wasm`. Programs that are there without a source
 * are left as they are; an image without `src/` has nothing to build.
 * @throws {WwError} NO_SUCH_IMAGE, NO_GUEST, TWO_SOURCES, NO_TOOLCHAIN, NO_PREBUILT;
 *   {BuildError} for the first guest that cannot be built
 */
export async function buildImage(
  folder: string,
  { prebuilt, ...options }: BuildImageOptions = {},
): Promise<readonly MadeProgram[]> {
  const image = resolve(folder)
  const kind = await kindOf(image)
  if (kind !== 'directory') {
    const what = kind === undefined ? 'there is no such folder' : 'it is a file'
    const sentence = `Cannot build ${folder}: ${what}; name the folder that holds src/`
    throw new WwError('failed', 'NO_SUCH_IMAGE', sentence)
  }
  if (prebuilt !== undefined) {
    const path = resolve(prebuilt)
    return [await adopted(path, basename(path), bootPath(image)).make(options)]
  }

  const sources = (await Promise.all(LANGUAGES.map(async (each) => await each.find(image)))).flat()
  if (sources.length === 0) {
    const src = join(image, 'src')
    if ((await kindOf(src)) !== 'directory') return []
    const sentence = `Nothing to build in ${src}: it holds neither ${MAINS} nor bin/<name> of such a kind`
    throw new WwError('failed', 'NO_GUEST', sentence)
  }
  refuseTwoSources(image, sources)
  const made: MadeProgram[] = []
  for (const source of sources) made.push(await source.make(options))
  return made
}

const MAINS = 'main.ts, main.c, main.cpp, Cargo.toml, main.wasm'

function refuseTwoSources(image: string, sources: readonly GuestSource[]): void {
  const first = new Map<string, GuestSource>()
  for (const source of sources) {
    const other = first.get(source.out)
    if (!other) {
      first.set(source.out, source)
      continue
    }
    throw new WwError(
      'failed',
      'TWO_SOURCES',
      `Cannot build ${relative(image, source.out)}: both ${other.from} and ${source.from} would become it; remove one`,
    )
  }
}
