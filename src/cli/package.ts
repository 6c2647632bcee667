import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of the installed package; this module is compiled to dist/src/cli in it. */
const ROOT = fileURLToPath(new URL('../../..', import.meta.url))

export function version(): string {
  const text = readFileSync(join(ROOT, 'package.json'), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}

/** The image that ships with ww, booted when no other is named. */
export function kernelImage(): string {
  return join(ROOT, 'images', 'kernel')
}
