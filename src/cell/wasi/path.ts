import type { DirectoryNode } from '../world/files.ts'
import { utf8 } from '../world/memory.ts'
import type { Calls, Context } from './context.ts'
import { ALL_FDFLAGS } from './descriptor.ts'
import { ERRNO } from './errno.ts'
import { newTimes, putFilestat } from './fd.ts'
import { DIRECTORY_RIGHTS, grantedToFile, knownRights, RIGHT, WRITING_RIGHTS } from './rights.ts'

const OFLAGS = { CREAT: 1, DIRECTORY: 2, EXCL: 4, TRUNC: 8 } as const
const ALL_OFLAGS = 15
const FOLLOW = 1

/** Functions on a path below an open directory. */
export function pathCalls({ world, memory, descriptors }: Context): Calls {
  const { files } = world

  const directory = (fd: number, right: number): DirectoryNode =>
    descriptors.directory(fd, right).node
  const text = (at: number, length: number) => memory.path(at, length)
  const follows = (lookup: number) => (lookup & FOLLOW) !== 0

  return {
    path_open(
      fd: number,
      lookup: number,
      pathAt: number,
      pathLength: number,
      oflags: number,
      rights: bigint,
      _inheriting: bigint,
      flags: number,
      out: number,
    ) {
      const how = {
        follow: follows(lookup),
        create: (oflags & OFLAGS.CREAT) !== 0,
        exclusive: (oflags & OFLAGS.EXCL) !== 0,
        directory: (oflags & OFLAGS.DIRECTORY) !== 0,
        truncate: (oflags & OFLAGS.TRUNC) !== 0,
        write: (knownRights(rights) & WRITING_RIGHTS) !== 0,
      }
      const needed =
        RIGHT.PATH_OPEN |
        (how.create ? RIGHT.PATH_CREATE_FILE : 0) |
        (how.truncate ? RIGHT.PATH_FILESTAT_SET_SIZE : 0)
      const { node: base, inheriting } = descriptors.directory(fd, needed)
      if (flags & ~ALL_FDFLAGS || oflags & ~ALL_OFLAGS) return ERRNO.INVAL
      if (how.create && how.directory) return ERRNO.INVAL
      // What can fail for other reasons than the file fails before one is created.
      memory.check(out, 4)
      descriptors.requireRoom()
      const node = files.open(base, text(pathAt, pathLength), how)
      const opened =
        node.kind === 'directory'
          ? descriptors.add({
              kind: 'directory',
              node,
              preopened: false,
              flags,
              rights: inheriting & DIRECTORY_RIGHTS,
              inheriting,
            })
          : descriptors.add({
              kind: 'file',
              node,
              position: 0,
              flags,
              rights: grantedToFile(knownRights(rights), inheriting),
              inheriting: 0,
            })
      memory.setU32(out, opened)
      return ERRNO.SUCCESS
    },

    path_filestat_get(fd: number, lookup: number, at: number, length: number, out: number) {
      const base = directory(fd, RIGHT.PATH_FILESTAT_GET)
      putFilestat(memory, out, files.stat(files.find(base, text(at, length), follows(lookup))))
      return ERRNO.SUCCESS
    },

    path_filestat_set_times(
      fd: number,
      lookup: number,
      at: number,
      length: number,
      accessed: bigint,
      modified: bigint,
      flags: number,
    ) {
      const base = directory(fd, RIGHT.PATH_FILESTAT_SET_TIMES)
      const times = newTimes(accessed, modified, flags)
      files.setTimes(files.find(base, text(at, length), follows(lookup)), times)
      return ERRNO.SUCCESS
    },

    path_readlink(
      fd: number,
      at: number,
      length: number,
      buffer: number,
      bufferLength: number,
      out: number,
    ) {
      const base = directory(fd, RIGHT.PATH_READLINK)
      memory.check(buffer, bufferLength)
      memory.check(out, 4)
      const target = utf8(files.readLink(base, text(at, length))).subarray(0, bufferLength)
      memory.setBytes(buffer, target)
      memory.setU32(out, target.length)
      return ERRNO.SUCCESS
    },

    path_create_directory(fd: number, at: number, length: number) {
      files.createDirectory(directory(fd, RIGHT.PATH_CREATE_DIRECTORY), text(at, length))
      return ERRNO.SUCCESS
    },
    path_remove_directory(fd: number, at: number, length: number) {
      files.removeDirectory(directory(fd, RIGHT.PATH_REMOVE_DIRECTORY), text(at, length))
      return ERRNO.SUCCESS
    },
    path_unlink_file(fd: number, at: number, length: number) {
      files.removeFile(directory(fd, RIGHT.PATH_UNLINK_FILE), text(at, length))
      return ERRNO.SUCCESS
    },

    path_rename(
      fd: number,
      at: number,
      length: number,
      newFd: number,
      newAt: number,
      newLength: number,
    ) {
      const from = directory(fd, RIGHT.PATH_RENAME_SOURCE)
      const to = directory(newFd, RIGHT.PATH_RENAME_TARGET)
      files.rename(from, text(at, length), to, text(newAt, newLength))
      return ERRNO.SUCCESS
    },

    path_link(
      fd: number,
      lookup: number,
      at: number,
      length: number,
      newFd: number,
      newAt: number,
      newLength: number,
    ) {
      const from = directory(fd, RIGHT.PATH_LINK_SOURCE)
      const to = directory(newFd, RIGHT.PATH_LINK_TARGET)
      files.addName(from, text(at, length), follows(lookup), to, text(newAt, newLength))
      return ERRNO.SUCCESS
    },

    path_symlink(targetAt: number, targetLength: number, fd: number, at: number, length: number) {
      const base = directory(fd, RIGHT.PATH_SYMLINK)
      files.createLink(text(targetAt, targetLength), base, text(at, length))
      return ERRNO.SUCCESS
    },
  }
}
