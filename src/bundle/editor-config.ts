// What an editor must know to see a guest as `ww build` sees it. The place of the SDK differs from
// machine to machine, so this part of the settings is generated and not committed: the guest's own
// tsconfig.json extends `.ww/tsconfig.json`, and each build brings that up to date.

import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

import type { SdkPaths } from './sdk.ts'
import { GUEST_ENVIRONMENT, GUEST_STRICTNESS } from './type-check.ts'

export const EDITOR_CONFIG = '.ww/tsconfig.json'

export function editorConfigOf(folder: string, sdk: SdkPaths) {
  const path = join(folder, EDITOR_CONFIG)
  const text = `${JSON.stringify(
    {
      compilerOptions: {
        ...GUEST_STRICTNESS,
        ...GUEST_ENVIRONMENT,
        paths: { 'ww/guest': [sdk.types] },
      },
      files: sdk.globals,
      include: ['../src'],
    },
    undefined,
    2,
  )}\n`

  return {
    text,
    /** Writes it if the guest's own settings build on it and it is not current. */
    async refresh(): Promise<void> {
      const own = await readText(join(folder, 'tsconfig.json'))
      if (!own?.includes(EDITOR_CONFIG) || (await readText(path)) === text) return
      await mkdir(dirname(path), { recursive: true })
      await writeFile(path, text)
    },
  }
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch {
    return undefined
  }
}
