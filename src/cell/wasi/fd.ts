import type { FileKind, FileStat, NewTimes } from '../world/files.ts'
import { utf8 } from '../world/memory.ts'
import type { GuestMemory } from '../world/memory.ts'
import { unsigned } from './context.ts'
import type { Calls, Context } from './context.ts'
import { FDFLAGS, FILE_TYPE } from './descriptor.ts'
import type { Descriptor, DirectoryDescriptor, FileDescriptor } from './descriptor.ts'
import { ERRNO, fail } from './errno.ts'
import type { Errno } from './errno.ts'
import { moveEach, vectorsAt } from './iovec.ts'
import { readPipe, writePipe } from './pipe.ts'
import { knownRights, RIGHT } from './rights.ts'

const WHENCE = { SET: 0, CUR: 1, END: 2 } as const
const LAST_ADVICE = 5
const FSTFLAGS = { ATIM: 1, ATIM_NOW: 2, MTIM: 4, MTIM_NOW: 8 } as const
const ALL_FSTFLAGS = 15
const FILESTAT_BYTES = 64
const DIRENT_BYTES = 24
/** The name of the one preopened directory. */
const PREOPEN_NAME = utf8('/')
const PIPE_DEVICE = 0n
const MOST = BigInt(Number.MAX_SAFE_INTEGER)

const TYPE_OF: Readonly<Record<FileKind, number>> = {
  directory: FILE_TYPE.DIRECTORY,
  file: FILE_TYPE.REGULAR,
  link: FILE_TYPE.SYMBOLIC_LINK,
}

/** Writes a `filestat`. */
export function putFilestat(memory: GuestMemory, at: number, stat: FileStat): void {
  memory.fill(at, FILESTAT_BYTES, 0)
  memory.setU64(at, stat.device)
  memory.setU64(at + 8, stat.inode)
  memory.setU8(at + 16, TYPE_OF[stat.kind])
  memory.setU64(at + 24, BigInt(stat.links))
  memory.setU64(at + 32, BigInt(stat.size))
  memory.setU64(at + 40, stat.times.accessed)
  memory.setU64(at + 48, stat.times.modified)
  memory.setU64(at + 56, stat.times.changed)
}

/** The times a guest gives by flags. @throws {Failure} INVAL when they contradict each other */
export function newTimes(accessed: bigint, modified: bigint, flags: number): NewTimes {
  const { ATIM, ATIM_NOW, MTIM, MTIM_NOW } = FSTFLAGS
  const choose = (given: number, now: number, time: bigint): NewTimes['accessed'] => {
    if (flags & given && flags & now) fail(ERRNO.INVAL)
    if (flags & now) return 'now'
    return flags & given ? unsigned(time) : undefined
  }
  if (flags & ~ALL_FSTFLAGS) fail(ERRNO.INVAL)
  return {
    accessed: choose(ATIM, ATIM_NOW, accessed),
    modified: choose(MTIM, MTIM_NOW, modified),
  }
}

/** An offset or size in a file. @throws {Failure} INVAL beyond what any file can have */
function place(value: bigint): number {
  return unsigned(value) > MOST ? fail(ERRNO.INVAL) : Number(value)
}

/** Functions on an open descriptor. */
export function fdCalls(context: Context): Calls {
  const { world, memory, descriptors } = context
  const { files } = world

  /** A file with all of `rights`; what is no file has an error of its own. */
  function fileOf(fd: number, rights: number, forPipe: Errno, forDirectory: Errno): FileDescriptor {
    const held = descriptors.get(fd)
    if (held.kind === 'pipe') return fail(forPipe)
    if (held.kind === 'directory') return fail(forDirectory)
    if (rights & ~held.rights) {
      const isAccess = rights & (RIGHT.FD_READ | RIGHT.FD_WRITE)
      fail(isAccess ? ERRNO.BADF : ERRNO.NOTCAPABLE)
    }
    return held
  }

  function requireAccess(held: Descriptor, right: number): void {
    if (held.kind === 'directory') fail(ERRNO.ISDIR)
    if (!(held.rights & right)) fail(ERRNO.BADF)
  }

  function readFile({ node }: FileDescriptor, offset: number, iovs: number, count: number): number {
    return moveEach(vectorsAt(memory, iovs, count), (at, length, done) =>
      files.read(node, offset + done, memory.bytes, at, length),
    )
  }

  function writeFile({ node }: FileDescriptor, offset: number, iovs: number, count: number) {
    return moveEach(vectorsAt(memory, iovs, count), (at, length, done) => {
      try {
        return files.write(node, offset + done, memory.bytes, at, length)
      } catch (thrown) {
        if (done > 0) return 0 // what fits is written, and the next call fails
        throw thrown
      }
    })
  }

  function seek(fd: number, offset: bigint, whence: number, out: number, right: number): Errno {
    const file = fileOf(fd, right, ERRNO.SPIPE, ERRNO.BADF)
    const bases: Readonly<Record<number, number>> = {
      [WHENCE.SET]: 0,
      [WHENCE.CUR]: file.position,
      [WHENCE.END]: file.node.size,
    }
    const base = bases[whence] ?? fail(ERRNO.INVAL)
    const position = BigInt(base) + offset
    if (position < 0n || position > MOST) return ERRNO.INVAL
    memory.setU64(out, position)
    file.position = Number(position)
    return ERRNO.SUCCESS
  }

  function readDirectory(
    { node }: DirectoryDescriptor,
    buffer: number,
    length: number,
    from: number,
  ): number {
    memory.check(buffer, length)
    let used = 0
    const put = (bytes: Uint8Array) => {
      const part = bytes.subarray(0, length - used)
      memory.setBytes(buffer + used, part)
      used += part.length
    }
    if (length === 0) return 0
    for (const { name, kind, inode, next } of files.list(node, from)) {
      const encoded = utf8(name)
      const header = new DataView(new ArrayBuffer(DIRENT_BYTES))
      header.setBigUint64(0, BigInt(next), true)
      header.setBigUint64(8, inode, true)
      header.setUint32(16, encoded.length, true)
      header.setUint8(20, TYPE_OF[kind])
      put(new Uint8Array(header.buffer))
      put(encoded)
      if (used === length) break
    }
    return used
  }

  function preopened(fd: number): void {
    const held = descriptors.get(fd)
    if (held.kind !== 'directory' || !held.preopened) fail(ERRNO.BADF)
  }

  function sync(fd: number): Errno {
    descriptors.get(fd)
    return ERRNO.SUCCESS
  }

  return {
    fd_close(fd: number) {
      descriptors.close(fd)
      return ERRNO.SUCCESS
    },
    fd_renumber(from: number, to: number) {
      descriptors.renumber(from, to)
      return ERRNO.SUCCESS
    },

    fd_read(fd: number, iovs: number, count: number, out: number) {
      const held = descriptors.get(fd)
      requireAccess(held, RIGHT.FD_READ)
      if (held.kind === 'pipe') return readPipe(context, held, iovs, count, out)
      if (held.kind === 'directory') return ERRNO.ISDIR
      memory.check(out, 4)
      const done = readFile(held, held.position, iovs, count)
      held.position += done
      memory.setU32(out, done)
      return ERRNO.SUCCESS
    },

    fd_pread(fd: number, iovs: number, count: number, offset: bigint, out: number) {
      const file = fileOf(fd, RIGHT.FD_READ, ERRNO.SPIPE, ERRNO.ISDIR)
      memory.check(out, 4)
      memory.setU32(out, readFile(file, place(offset), iovs, count))
      return ERRNO.SUCCESS
    },

    fd_write(fd: number, iovs: number, count: number, out: number) {
      const held = descriptors.get(fd)
      requireAccess(held, RIGHT.FD_WRITE)
      if (held.kind === 'pipe') return writePipe(context, held, iovs, count, out)
      if (held.kind === 'directory') return ERRNO.ISDIR
      memory.check(out, 4)
      const from = held.flags & FDFLAGS.APPEND ? held.node.size : held.position
      const done = writeFile(held, from, iovs, count)
      held.position = from + done
      memory.setU32(out, done)
      return ERRNO.SUCCESS
    },

    fd_pwrite(fd: number, iovs: number, count: number, offset: bigint, out: number) {
      const file = fileOf(fd, RIGHT.FD_WRITE, ERRNO.SPIPE, ERRNO.ISDIR)
      memory.check(out, 4)
      memory.setU32(out, writeFile(file, place(offset), iovs, count))
      return ERRNO.SUCCESS
    },

    fd_seek(fd: number, offset: bigint, whence: number, out: number) {
      const onlyTells = offset === 0n && whence === WHENCE.CUR
      return seek(fd, offset, whence, out, onlyTells ? 0 : RIGHT.FD_SEEK)
    },
    fd_tell: (fd: number, out: number) => seek(fd, 0n, WHENCE.CUR, out, RIGHT.FD_TELL),

    fd_readdir(fd: number, buffer: number, length: number, cookie: bigint, out: number) {
      const directory = descriptors.directory(fd, RIGHT.FD_READDIR)
      memory.check(out, 4)
      const from = unsigned(cookie)
      const used = from > MOST ? 0 : readDirectory(directory, buffer, length, Number(from))
      memory.setU32(out, used)
      return ERRNO.SUCCESS
    },

    fd_fdstat_get(fd: number, out: number) {
      const held = descriptors.get(fd)
      memory.fill(out, 24, 0)
      memory.setU8(out, held.kind === 'pipe' ? held.type : TYPE_OF[held.kind])
      memory.setU16(out + 2, held.flags)
      memory.setU64(out + 8, BigInt(held.rights))
      memory.setU64(out + 16, BigInt(held.inheriting))
      return ERRNO.SUCCESS
    },

    fd_fdstat_set_flags(fd: number, flags: number) {
      const held = descriptors.get(fd, RIGHT.FD_FDSTAT_SET_FLAGS)
      if ((flags ^ held.flags) & ~(FDFLAGS.APPEND | FDFLAGS.NONBLOCK)) return ERRNO.INVAL
      held.flags = flags
      return ERRNO.SUCCESS
    },

    fd_fdstat_set_rights(fd: number, rights: bigint, inheriting: bigint) {
      const held = descriptors.get(fd)
      const more = rights & ~BigInt(held.rights) || inheriting & ~BigInt(held.inheriting)
      if (more) return ERRNO.NOTCAPABLE
      held.rights = knownRights(rights)
      held.inheriting = knownRights(inheriting)
      return ERRNO.SUCCESS
    },

    fd_filestat_get(fd: number, out: number) {
      const held = descriptors.get(fd, RIGHT.FD_FILESTAT_GET)
      if (held.kind !== 'pipe') {
        putFilestat(memory, out, files.stat(held.node))
        return ERRNO.SUCCESS
      }
      memory.fill(out, FILESTAT_BYTES, 0)
      memory.setU64(out, PIPE_DEVICE)
      memory.setU64(out + 8, BigInt(fd))
      memory.setU8(out + 16, held.type)
      memory.setU64(out + 24, 1n)
      return ERRNO.SUCCESS
    },

    fd_filestat_set_size(fd: number, size: bigint) {
      const { node, rights } = fileOf(fd, 0, ERRNO.INVAL, ERRNO.ISDIR)
      if (node.place === 'image') return ERRNO.ROFS
      if (!(rights & RIGHT.FD_FILESTAT_SET_SIZE)) return ERRNO.NOTCAPABLE
      files.resize(node, place(size))
      return ERRNO.SUCCESS
    },

    fd_filestat_set_times(fd: number, accessed: bigint, modified: bigint, flags: number) {
      const held = descriptors.get(fd)
      const times = newTimes(accessed, modified, flags)
      if (held.kind === 'pipe') return ERRNO.INVAL
      if (!(held.rights & RIGHT.FD_FILESTAT_SET_TIMES)) return ERRNO.NOTCAPABLE
      files.setTimes(held.node, times)
      return ERRNO.SUCCESS
    },

    fd_allocate(fd: number, offset: bigint, length: bigint) {
      const { node, rights } = fileOf(fd, 0, ERRNO.SPIPE, ERRNO.ISDIR)
      if (node.place === 'image') return ERRNO.ROFS
      if (!(rights & RIGHT.FD_ALLOCATE)) return ERRNO.NOTCAPABLE
      if (length === 0n) return ERRNO.INVAL
      const end = place(offset) + place(length)
      if (end > node.size) files.resize(node, end)
      return ERRNO.SUCCESS
    },

    fd_sync: sync,
    fd_datasync: sync,
    fd_advise(fd: number, _offset: bigint, _length: bigint, advice: number) {
      fileOf(fd, RIGHT.FD_ADVISE, ERRNO.SPIPE, ERRNO.BADF)
      return advice <= LAST_ADVICE ? ERRNO.SUCCESS : ERRNO.INVAL
    },

    fd_prestat_get(fd: number, out: number) {
      preopened(fd)
      memory.check(out, 8)
      memory.setU32(out, 0) // a directory
      memory.setU32(out + 4, PREOPEN_NAME.length)
      return ERRNO.SUCCESS
    },

    fd_prestat_dir_name(fd: number, out: number, length: number) {
      preopened(fd)
      if (length < PREOPEN_NAME.length) return ERRNO.NAMETOOLONG
      memory.setBytes(out, PREOPEN_NAME)
      return ERRNO.SUCCESS
    },
  }
}
