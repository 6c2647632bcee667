import type { FileErrorCode } from '../world/files.ts'

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
  MFILE: 33,
  NAMETOOLONG: 37,
  NOENT: 44,
  NOTDIR: 54,
  NOTSOCK: 57,
  NOTSUP: 58,
  OVERFLOW: 61,
  PERM: 63,
  PIPE: 64,
  ROFS: 69,
  SPIPE: 70,
  NOTCAPABLE: 76,
} as const

export type Errno = (typeof ERRNO)[keyof typeof ERRNO]

export const FILE_ERRNO: Readonly<Record<FileErrorCode, Errno>> = {
  'bad-descriptor': ERRNO.BADF,
  exist: ERRNO.EXIST,
  'illegal-byte-sequence': ERRNO.ILSEQ,
  invalid: ERRNO.INVAL,
  io: ERRNO.IO,
  'is-directory': ERRNO.ISDIR,
  'name-too-long': ERRNO.NAMETOOLONG,
  'no-entry': ERRNO.NOENT,
  'not-directory': ERRNO.NOTDIR,
  'not-permitted': ERRNO.PERM,
  'read-only': ERRNO.ROFS,
  unsupported: ERRNO.NOTSUP,
}
