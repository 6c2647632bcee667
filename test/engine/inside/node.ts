// What the tests import from Node, in a cell: names of files are texts, files are those of the cell's
// root, and what a cell cannot do at all throws. A name that is missing here fails the build.

import type { Files } from '../../../src/guest/index.ts'

let files: Files | undefined

/** Whose root the files are in. */
export function bindFiles(of: Files): void {
  files = of
}

export const fileURLToPath = ({ href }: { readonly href: string }): string => {
  return href.slice('file://'.length)
}
export const join = (...names: readonly string[]): string => names.join('/').replaceAll('//', '/')
export const existsSync = (path: string): boolean => files!.exists(path)
export const readFileSync = (path: string): Uint8Array => files!.read(path)
export const readdirSync = (path: string): readonly string[] => {
  return files!.list(path).map(({ name }) => name)
}

/** As where the program to start does not exist. */
export const spawnSync = (): { readonly status: null } => ({ status: null })

const missing = (name: string) => (): never => {
  throw new Error(`A cell has no ${name}`)
}
export const basename = missing('basename')
export const build = missing('esbuild')
export const createPublicKey = missing('createPublicKey')
export const dirname = missing('dirname')
export const inspect = missing('inspect')
export const mkdtemp = missing('mkdtemp')
export const rm = missing('rm')
export const spawn = missing('spawn')
export const tmpdir = missing('tmpdir')
export const verify = missing('verify')
export const writeFile = missing('writeFile')
