import type { FileErrorCode } from '../world/file-error.ts'

/** Error numbers of WASI preview 1, those that occur here. */
export const ERRNO = {
  SUCCESS: 0,
  AGAIN: 6,
  BADF: 8,
  EXIST: 20,
  FAULT: 21,
  ILSEQ: 25,
  INVAL: 28,
  IO: 29,
  ISDIR: 31,
  LOOP: 32,
  MFILE: 33,
  NAMETOOLONG: 37,
  NOENT: 44,
  NOSPC: 51,
  NOTDIR: 54,
  NOTEMPTY: 55,
  NOTSOCK: 57,
  NOTSUP: 58,
  PERM: 63,
  PIPE: 64,
  ROFS: 69,
  SPIPE: 70,
  XDEV: 75,
  NOTCAPABLE: 76,
} as const

export type Errno = (typeof ERRNO)[keyof typeof ERRNO]

/** Thrown by a function of preview 1 that fails; the guest gets the number. */
export class Failure extends Error {
  readonly errno: Errno

  constructor(errno: Errno) {
    super(`errno ${errno}`)
    this.errno = errno
  }
}

export function fail(errno: Errno): never {
  throw new Failure(errno)
}

export const FILE_ERRNO: Readonly<Record<FileErrorCode, Errno>> = {
  'bad-descriptor': ERRNO.BADF,
  'cross-device': ERRNO.XDEV,
  exist: ERRNO.EXIST,
  'illegal-byte-sequence': ERRNO.ILSEQ,
  'insufficient-space': ERRNO.NOSPC,
  invalid: ERRNO.INVAL,
  io: ERRNO.IO,
  'is-directory': ERRNO.ISDIR,
  loop: ERRNO.LOOP,
  'name-too-long': ERRNO.NAMETOOLONG,
  'no-entry': ERRNO.NOENT,
  'not-directory': ERRNO.NOTDIR,
  'not-empty': ERRNO.NOTEMPTY,
  'not-permitted': ERRNO.PERM,
  'read-only': ERRNO.ROFS,
  unsupported: ERRNO.NOTSUP,
}
