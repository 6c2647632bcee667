import { refuse } from '../world/file-error.ts'
import type { DirectoryNode, FileNode, NewTimes } from '../world/files.ts'
import { unsigned } from './canon.ts'
import type { Canon, Guest, InterfaceCalls } from './canon.ts'
import { NS_PER_S } from './clocks-and-random.ts'
import {
  attempt,
  descriptor,
  DESCRIPTOR_FLAGS,
  directoryOf,
  fileOf,
  find,
  nodeOf,
  offsetOf,
  SYMLINK_FOLLOW,
} from './descriptor.ts'
import { fileSink } from './file-stream.ts'
import { outputStream } from './io.ts'

const OPEN_FLAGS = { CREATE: 1, DIRECTORY: 2, EXCLUSIVE: 4, TRUNCATE: 8 } as const
const NEW_TIMESTAMP = { NO_CHANGE: 0, NOW: 1, TIMESTAMP: 2 } as const
/** Later times do not fit what preview 1 knows of them. */
const MOST_SECONDS = ((1n << 64n) - 1n) / NS_PER_S

/** A flattened `new-timestamp`. */
type Timestamp = readonly [kind: number, seconds: bigint, nanoseconds: number]

function newTime([kind, seconds, nanoseconds]: Timestamp): NewTimes['accessed'] {
  if (kind === NEW_TIMESTAMP.NO_CHANGE) return undefined
  if (kind === NEW_TIMESTAMP.NOW) return 'now'
  const isTime = unsigned(seconds) < MOST_SECONDS && BigInt(nanoseconds) < NS_PER_S
  return isTime ? unsigned(seconds) * NS_PER_S + BigInt(nanoseconds) : refuse('invalid')
}

/** `func(path: string) -> result<_, error-code>` */
const pathCall =
  (act: (guest: Guest, directory: DirectoryNode, path: string) => void) =>
  (guest: Guest, canon: Canon) =>
  (self: number, at: number, length: number, out: number) =>
    attempt(canon, out, 1, () => {
      act(guest, directoryOf(guest, self), canon.memory.path(at, length))
    })

const succeed = (guest: Guest, canon: Canon) => (self: number, out: number) => {
  nodeOf(guest, self)
  canon.memory.setU8(out, 0)
}

function setTimes(
  guest: Guest,
  canon: Canon,
  out: number,
  node: () => FileNode,
  accessed: Timestamp,
  modified: Timestamp,
): void {
  attempt(canon, out, 1, () => {
    const times = { accessed: newTime(accessed), modified: newTime(modified) }
    guest.world.files.setTimes(node(), times)
  })
}

/** Methods that open, change and remove. */
export const CHANGING: InterfaceCalls = {
  '[method]descriptor.open-at':
    (guest, canon) =>
    (
      self: number,
      pathFlags: number,
      at: number,
      length: number,
      openFlags: number,
      flags: number,
      out: number,
    ) =>
      attempt(canon, out, 4, (handleAt) => {
        const how = {
          follow: (pathFlags & SYMLINK_FOLLOW) !== 0,
          create: (openFlags & OPEN_FLAGS.CREATE) !== 0,
          exclusive: (openFlags & OPEN_FLAGS.EXCLUSIVE) !== 0,
          directory: (openFlags & OPEN_FLAGS.DIRECTORY) !== 0,
          truncate: (openFlags & OPEN_FLAGS.TRUNCATE) !== 0,
          write: (flags & DESCRIPTOR_FLAGS.WRITE) !== 0,
        }
        if (how.create && how.directory) refuse('invalid')
        const path = canon.memory.path(at, length)
        const node = guest.world.files.open(directoryOf(guest, self), path, how)
        const { READ, MUTATE_DIRECTORY } = DESCRIPTOR_FLAGS
        const held = node.kind === 'directory' ? READ | MUTATE_DIRECTORY : flags & ~MUTATE_DIRECTORY
        canon.memory.setU32(handleAt, guest.handles.add(descriptor(guest, node, held)))
      }),

  '[method]descriptor.write-via-stream':
    (guest, canon) => (self: number, offset: bigint, out: number) =>
      attempt(canon, out, 4, (at) => {
        const file = fileOf(guest, self, DESCRIPTOR_FLAGS.WRITE)
        const sink = fileSink(guest, file, offsetOf(offset))
        canon.memory.setU32(at, guest.handles.add(outputStream(sink)))
      }),
  '[method]descriptor.append-via-stream': (guest, canon) => (self: number, out: number) =>
    attempt(canon, out, 4, (at) => {
      const sink = fileSink(guest, fileOf(guest, self, DESCRIPTOR_FLAGS.WRITE), 'end')
      canon.memory.setU32(at, guest.handles.add(outputStream(sink)))
    }),
  // `result<filesize, error-code>`
  '[method]descriptor.write':
    (guest, canon) => (self: number, at: number, length: number, offset: bigint, out: number) =>
      attempt(canon, out, 8, (countAt) => {
        canon.memory.check(at, length)
        const file = fileOf(guest, self, DESCRIPTOR_FLAGS.WRITE)
        const { bytes } = canon.memory
        const count = guest.world.files.write(file, offsetOf(offset), bytes, at, length)
        canon.memory.setU64(countAt, BigInt(count))
      }),
  '[method]descriptor.set-size': (guest, canon) => (self: number, size: bigint, out: number) =>
    attempt(canon, out, 1, () => {
      guest.world.files.resize(fileOf(guest, self, DESCRIPTOR_FLAGS.WRITE), offsetOf(size))
    }),

  // Every parameter by itself: the flattened types have so many.
  '[method]descriptor.set-times':
    (guest, canon) =>
    (
      self: number,
      accessed: number,
      accessedSeconds: bigint,
      accessedNs: number,
      modified: number,
      modifiedSeconds: bigint,
      modifiedNs: number,
      out: number,
    ) =>
      setTimes(
        guest,
        canon,
        out,
        () => nodeOf(guest, self),
        [accessed, accessedSeconds, accessedNs],
        [modified, modifiedSeconds, modifiedNs],
      ),
  '[method]descriptor.set-times-at':
    (guest, canon) =>
    (
      self: number,
      pathFlags: number,
      at: number,
      length: number,
      accessed: number,
      accessedSeconds: bigint,
      accessedNs: number,
      modified: number,
      modifiedSeconds: bigint,
      modifiedNs: number,
      out: number,
    ) =>
      setTimes(
        guest,
        canon,
        out,
        () => find(guest, canon, self, pathFlags, at, length),
        [accessed, accessedSeconds, accessedNs],
        [modified, modifiedSeconds, modifiedNs],
      ),

  '[method]descriptor.create-directory-at': pathCall(({ world }, directory, path) =>
    world.files.createDirectory(directory, path),
  ),
  '[method]descriptor.remove-directory-at': pathCall(({ world }, directory, path) =>
    world.files.removeDirectory(directory, path),
  ),
  '[method]descriptor.unlink-file-at': pathCall(({ world }, directory, path) =>
    world.files.removeFile(directory, path),
  ),
  '[method]descriptor.link-at':
    (guest, canon) =>
    (
      self: number,
      pathFlags: number,
      at: number,
      length: number,
      to: number,
      newAt: number,
      newLength: number,
      out: number,
    ) =>
      attempt(canon, out, 1, () => {
        guest.world.files.addName(
          directoryOf(guest, self),
          canon.memory.path(at, length),
          (pathFlags & SYMLINK_FOLLOW) !== 0,
          directoryOf(guest, to),
          canon.memory.path(newAt, newLength),
        )
      }),
  '[method]descriptor.rename-at':
    (guest, canon) =>
    (
      self: number,
      at: number,
      length: number,
      to: number,
      newAt: number,
      newLength: number,
      out: number,
    ) =>
      attempt(canon, out, 1, () => {
        guest.world.files.rename(
          directoryOf(guest, self),
          canon.memory.path(at, length),
          directoryOf(guest, to),
          canon.memory.path(newAt, newLength),
        )
      }),
  '[method]descriptor.symlink-at':
    (guest, canon) =>
    (
      self: number,
      targetAt: number,
      targetLength: number,
      at: number,
      length: number,
      out: number,
    ) =>
      attempt(canon, out, 1, () => {
        guest.world.files.createLink(
          canon.memory.path(targetAt, targetLength),
          directoryOf(guest, self),
          canon.memory.path(at, length),
        )
      }),
  '[method]descriptor.sync': succeed,
  '[method]descriptor.sync-data': succeed,
}
