import { readFile } from 'node:fs/promises'
import { join, parse } from 'node:path'

import { messageOf, WwError } from '../../base/index.ts'
import { deliver } from './deliver.ts'
import { bootPath, kindOf, namesIn, programPath } from './place.ts'
import type { GuestSource, Language } from './source.ts'

/** `src/main.wasm` and each `src/bin/<name>.wasm`, made elsewhere: checked and adopted. */
export const prebuilt: Language = {
  async find(image) {
    const found: GuestSource[] = []
    if ((await kindOf(join(image, 'src/main.wasm'))) === 'file') {
      found.push(adopted(join(image, 'src/main.wasm'), 'src/main.wasm', bootPath(image)))
    }
    for (const file of await namesIn(join(image, 'src/bin'))) {
      if (!file.endsWith('.wasm')) continue
      const out = programPath(image, parse(file).name)
      found.push(adopted(join(image, 'src/bin', file), `src/bin/${file}`, out))
    }
    return found
  },
}

/** A module or component that is taken as it is. `from` is what sentences call it. */
export function adopted(path: string, from: string, out: string): GuestSource {
  return {
    from,
    out,
    async make(options) {
      const startedMs = performance.now()
      const kind = await kindOf(path)
      const program = await readFile(path).catch((thrown: unknown) => {
        const what = {
          file: messageOf(thrown),
          directory: 'it is a folder',
          none: 'there is no such file',
        }
        const sentence = `Cannot adopt ${from}: ${what[kind ?? 'none']}; name a module or component in WebAssembly`
        throw new WwError('failed', 'NO_PREBUILT', sentence, { cause: thrown })
      })
      const { check, signal } = options
      const named = check && (async (bytes: Uint8Array) => await check(bytes, from))
      return await deliver(out, program, startedMs, { check: named, signal })
    },
  }
}
