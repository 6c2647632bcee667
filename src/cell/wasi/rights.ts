// Rights of preview 1. A descriptor opened by path has all that its directory passes on and that its
// kind can use; only reading and writing must be asked for. Asking for less than that is no wish to
// be bound: current toolchains ask for less than they use, because current hosts do not look. What a
// guest takes from a descriptor by `fd_fdstat_set_rights` is gone, for it and for what it opens.
//
// A guest has them as 64 bits, of which all that mean something fit into a small integer here: they are
// looked at in every call.

const bit = (n: number): number => 1 << n

export const RIGHT = {
  FD_DATASYNC: bit(0),
  FD_READ: bit(1),
  FD_SEEK: bit(2),
  FD_FDSTAT_SET_FLAGS: bit(3),
  FD_SYNC: bit(4),
  FD_TELL: bit(5),
  FD_WRITE: bit(6),
  FD_ADVISE: bit(7),
  FD_ALLOCATE: bit(8),
  PATH_CREATE_DIRECTORY: bit(9),
  PATH_CREATE_FILE: bit(10),
  PATH_LINK_SOURCE: bit(11),
  PATH_LINK_TARGET: bit(12),
  PATH_OPEN: bit(13),
  FD_READDIR: bit(14),
  PATH_READLINK: bit(15),
  PATH_RENAME_SOURCE: bit(16),
  PATH_RENAME_TARGET: bit(17),
  PATH_FILESTAT_GET: bit(18),
  PATH_FILESTAT_SET_SIZE: bit(19),
  PATH_FILESTAT_SET_TIMES: bit(20),
  FD_FILESTAT_GET: bit(21),
  FD_FILESTAT_SET_SIZE: bit(22),
  FD_FILESTAT_SET_TIMES: bit(23),
  PATH_SYMLINK: bit(24),
  PATH_REMOVE_DIRECTORY: bit(25),
  PATH_UNLINK_FILE: bit(26),
  POLL_FD_READWRITE: bit(27),
  SOCK_SHUTDOWN: bit(28),
} as const

/** To ask for one of these is to ask for a file that can be written. */
export const WRITING_RIGHTS = RIGHT.FD_WRITE | RIGHT.FD_ALLOCATE | RIGHT.FD_FILESTAT_SET_SIZE

const COMMON_RIGHTS =
  RIGHT.FD_DATASYNC |
  RIGHT.FD_SYNC |
  RIGHT.FD_FDSTAT_SET_FLAGS |
  RIGHT.FD_FILESTAT_GET |
  RIGHT.FD_FILESTAT_SET_TIMES

/** All a file can use. */
export const FILE_RIGHTS =
  COMMON_RIGHTS |
  WRITING_RIGHTS |
  RIGHT.FD_READ |
  RIGHT.FD_SEEK |
  RIGHT.FD_TELL |
  RIGHT.FD_ADVISE |
  RIGHT.POLL_FD_READWRITE

/** All a directory can use. */
export const DIRECTORY_RIGHTS =
  COMMON_RIGHTS |
  RIGHT.FD_READDIR |
  RIGHT.PATH_CREATE_DIRECTORY |
  RIGHT.PATH_CREATE_FILE |
  RIGHT.PATH_LINK_SOURCE |
  RIGHT.PATH_LINK_TARGET |
  RIGHT.PATH_OPEN |
  RIGHT.PATH_READLINK |
  RIGHT.PATH_RENAME_SOURCE |
  RIGHT.PATH_RENAME_TARGET |
  RIGHT.PATH_FILESTAT_GET |
  RIGHT.PATH_FILESTAT_SET_SIZE |
  RIGHT.PATH_FILESTAT_SET_TIMES |
  RIGHT.PATH_SYMLINK |
  RIGHT.PATH_REMOVE_DIRECTORY |
  RIGHT.PATH_UNLINK_FILE

export function pipeRights(readable: boolean, writable: boolean): number {
  const { FD_FDSTAT_SET_FLAGS, FD_FILESTAT_GET, POLL_FD_READWRITE, FD_READ, FD_WRITE } = RIGHT
  const common = FD_FDSTAT_SET_FLAGS | FD_FILESTAT_GET | POLL_FD_READWRITE
  return common | (readable ? FD_READ : 0) | (writable ? FD_WRITE : 0)
}

/** What an opened file gets of what its directory passes on. */
export function grantedToFile(asked: number, inheriting: number): number {
  const writing = asked & RIGHT.FD_WRITE ? WRITING_RIGHTS : asked & WRITING_RIGHTS
  const wanted = (asked & RIGHT.FD_READ) | writing
  return inheriting & FILE_RIGHTS & (wanted | ~(WRITING_RIGHTS | RIGHT.FD_READ))
}

const KNOWN = bit(29) - 1

/** Those of a guest's 64 bits that there are. */
export const knownRights = (rights: bigint): number => Number(rights & BigInt(KNOWN))
