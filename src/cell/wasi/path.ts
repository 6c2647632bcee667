import { FileError, inodeOf } from '../world/files.ts'
import type { FoundNode } from '../world/files.ts'
import { unsigned } from './context.ts'
import type { Calls, Context } from './context.ts'
import { DIRECTORY_RIGHTS, FDFLAGS, FILE_RIGHTS, FILE_TYPE, WRITING_RIGHTS } from './descriptor.ts'
import type { Descriptor } from './descriptor.ts'
import { ERRNO } from './errno.ts'
import type { Errno } from './errno.ts'
import { putFilestat } from './fd.ts'

const OFLAGS = { CREAT: 1, DIRECTORY: 2, EXCL: 4, TRUNC: 8 } as const

/** Functions on a path below an open directory. The tree is read-only, and links are followed in it. */
export function pathCalls({ world, memory, descriptors }: Context): Calls {
  const { files } = world

  /** What stands at the path in memory. @throws {FileError} */
  function find(fd: number, pathAt: number, pathLength: number): FoundNode {
    const directory = descriptors.find(fd)
    if (!directory) throw new FileError('bad-descriptor')
    if (directory.kind !== 'directory') throw new FileError('not-directory')
    return files.open(directory.path, memory.text(pathAt, pathLength))
  }

  /** Changing anything is refused; but a path that leaves the root is refused as such first. */
  function refuse(fd: number, pathAt: number, pathLength: number): Errno {
    try {
      find(fd, pathAt, pathLength)
    } catch (thrown) {
      if (!(thrown instanceof FileError) || thrown.code !== 'no-entry') throw thrown
    }
    return ERRNO.ROFS
  }

  return {
    path_open(
      fd: number,
      _lookup: number,
      pathAt: number,
      pathLength: number,
      oflags: number,
      rights: bigint,
      inheriting: bigint,
      flags: number,
      out: number,
    ) {
      const parent = descriptors.find(fd)
      if (flags & ~(FDFLAGS.APPEND | FDFLAGS.NONBLOCK)) return ERRNO.INVAL
      if (oflags & OFLAGS.CREAT && oflags & OFLAGS.DIRECTORY) return ERRNO.INVAL
      let found: FoundNode
      try {
        found = find(fd, pathAt, pathLength)
      } catch (thrown) {
        const creates = thrown instanceof FileError && thrown.code === 'no-entry'
        if (creates && oflags & OFLAGS.CREAT) return ERRNO.ROFS
        throw thrown
      }
      const { path, node } = found
      const isDirectory = node.kind === 'directory'
      if (oflags & OFLAGS.CREAT && oflags & OFLAGS.EXCL) return ERRNO.EXIST
      if (oflags & OFLAGS.DIRECTORY && !isDirectory) return ERRNO.NOTDIR
      const writes = (unsigned(rights) & WRITING_RIGHTS) !== 0n || (oflags & OFLAGS.TRUNC) !== 0
      if (writes && !isDirectory) return ERRNO.ROFS
      if (writes && !(oflags & OFLAGS.DIRECTORY)) return ERRNO.ISDIR

      const most = parent?.inheriting ?? 0n
      const held = {
        flags,
        rights: unsigned(rights) & most & (isDirectory ? DIRECTORY_RIGHTS : FILE_RIGHTS),
        inheriting: isDirectory ? unsigned(inheriting) & most : 0n,
      }
      const descriptor: Descriptor = isDirectory
        ? { ...held, kind: 'directory', path, preopened: false }
        : { ...held, kind: 'file', path, size: node.size, position: 0 }
      memory.check(out, 4)
      const opened = descriptors.add(descriptor)
      if (opened === undefined) return ERRNO.MFILE
      memory.setU32(out, opened)
      return ERRNO.SUCCESS
    },

    path_filestat_get(fd: number, _lookup: number, at: number, length: number, out: number) {
      const { path, node } = find(fd, at, length)
      putFilestat(memory, out, {
        type: node.kind === 'directory' ? FILE_TYPE.DIRECTORY : FILE_TYPE.REGULAR,
        inode: inodeOf(path),
        size: node.kind === 'file' ? node.size : 0,
      })
      return ERRNO.SUCCESS
    },

    // No path is a link: the tree has followed them.
    path_readlink(fd: number, at: number, length: number) {
      find(fd, at, length)
      return ERRNO.INVAL
    },

    path_create_directory: refuse,
    path_remove_directory: refuse,
    path_unlink_file: refuse,
    path_rename: refuse,
    path_filestat_set_times: (fd: number, _lookup: number, at: number, length: number) =>
      refuse(fd, at, length),
    path_link: (fd: number, _lookup: number, at: number, length: number) => refuse(fd, at, length),
    path_symlink: (_target: number, _length: number, fd: number, at: number, length: number) =>
      refuse(fd, at, length),
  }
}
