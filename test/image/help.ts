import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

import { afterEach } from 'vitest'

/** What to put on the disk: a text is a file, `{ link }` a symbolic link, null an empty directory. */
export type Files = Readonly<Record<string, string | { readonly link: string } | null>>

const made: string[] = []
afterEach(async () => {
  for (const path of made.splice(0)) await rm(path, { recursive: true })
})

/** A new directory with `files` in it; removed after the test. */
export async function directoryWith(files: Files = {}): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'ww-image-'))
  made.push(root)
  for (const [name, what] of Object.entries(files)) {
    const path = join(root, name)
    await mkdir(what === null ? path : dirname(path), { recursive: true })
    if (typeof what === 'string') await writeFile(path, what)
    else if (what !== null) await symlink(what.link, path)
  }
  return root
}

export function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes)
}
