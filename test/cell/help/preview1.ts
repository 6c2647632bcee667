import type { Call } from './calls.ts'
import { OUT } from './calls.ts'

export { ERRNO } from '../../../src/cell/wasi/errno.ts'

export const OFLAGS = { CREAT: 1, DIRECTORY: 2, EXCL: 4, TRUNC: 8 }
export const { DIRECTORY } = OFLAGS
/** Rights to read, and to write. */
export const READ = 2n
export const WRITE = 64n

/** Opens a path below `fd`; the descriptor's number goes to `OUT` + 4000. */
export function open(path: string, oflags = 0, rights = READ, fd = 3): Call {
  return ['path_open', fd, 0, path, oflags, rights, (1n << 29n) - 1n, 0, OUT + 4_000]
}

/** A vector: bytes go to or come from `at`. */
export function vector(at: number, length: number): Uint8Array {
  return new Uint8Array(new Uint32Array([at, length]).buffer)
}
