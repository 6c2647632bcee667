import { join, parse } from 'node:path'

import { buildGuest } from '../build-guest.ts'
import { editorConfigOf } from '../editor-config.ts'
import { findSdk } from '../sdk.ts'
import { bootPath, keptPath, kindOf, namesIn, programPath } from './place.ts'
import type { GuestSource, Language } from './source.ts'

/** A guest is a TypeScript module; declarations and tests beside it are not. */
const MODULE = /^(?!.*\.(d|test)\.ts$).+\.ts$/

/** `src/main.ts` and each `src/bin/<name>.ts`, with the SDK and an engine. */
export const typescript: Language = {
  async find(image) {
    const found: [from: string, out: string][] = []
    if ((await kindOf(join(image, 'src/main.ts'))) === 'file') {
      found.push(['src/main.ts', bootPath(image)])
    }
    for (const file of await namesIn(join(image, 'src/bin'))) {
      if (MODULE.test(file)) found.push([`src/bin/${file}`, programPath(image, parse(file).name)])
    }
    return found.map(([from, out]) => sourceOf(image, from, out))
  },
}

function sourceOf(image: string, from: string, out: string): GuestSource {
  return {
    from,
    out,
    async make({ check, signal }) {
      const tsconfig = join(image, 'tsconfig.json')
      const own = (await kindOf(tsconfig)) === 'file' ? { tsconfig } : {}
      await editorConfigOf(image, findSdk()).refresh()
      const entry = join(image, from)
      const note = join(keptPath(image, 'typescript'), `${from.replaceAll('/', '+')}.json`)
      return await buildGuest({ entry, out, root: image, note, check, signal, ...own })
    },
  }
}
