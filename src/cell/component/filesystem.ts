// wasi:filesystem over all files a guest can reach.

import { CELL_LIMITS } from '../limits.ts'
import { FileError, refuse } from '../world/file-error.ts'
import type { FileErrorCode } from '../world/file-error.ts'
import type {
  DirectoryNode,
  FileKind,
  FileNode,
  FileStat,
  NewTimes,
  OpenNode,
  RegularFile,
} from '../world/files.ts'
import { atMost, unsigned } from './canon.ts'
import type { Canon, Guest, InterfaceCalls, Interfaces } from './canon.ts'
import { NS_PER_S, putTime } from './clocks-and-random.ts'
import { fileSink, fileSource } from './file-stream.ts'
import type { Resource } from './handles.ts'
import { inputStream, outputStream } from './io.ts'

/** Places in the enum `error-code`. */
const ERROR_CODE: Readonly<Record<FileErrorCode, number>> = {
  'bad-descriptor': 3,
  exist: 7,
  'illegal-byte-sequence': 9,
  invalid: 12,
  io: 13,
  'is-directory': 14,
  loop: 15,
  'name-too-long': 18,
  'no-entry': 20,
  'insufficient-space': 23,
  'not-directory': 24,
  'not-empty': 25,
  unsupported: 27,
  'not-permitted': 31,
  'read-only': 33,
  'cross-device': 36,
}
/** Places in the enum `descriptor-type`. */
const DESCRIPTOR_TYPE: Readonly<Record<FileKind, number>> = { directory: 3, link: 5, file: 6 }
const DESCRIPTOR_FLAGS = { READ: 1, WRITE: 2, MUTATE_DIRECTORY: 32 } as const
const OPEN_FLAGS = { CREATE: 1, DIRECTORY: 2, EXCLUSIVE: 4, TRUNCATE: 8 } as const
const SYMLINK_FOLLOW = 1
const NEW_TIMESTAMP = { NO_CHANGE: 0, NOW: 1, TIMESTAMP: 2 } as const
const PREOPEN_BYTES = 12
const STAT_BYTES = 96
/** Behind `.` and `..`, which this interface does not list. */
const FIRST_ENTRY = 2
/** Later times do not fit what preview 1 knows of them. */
const MOST_SECONDS = ((1n << 64n) - 1n) / NS_PER_S

/**
 * Puts `result<…, error-code>` at `out`: 0 and what `body` puts, or 1 and the code of the FileError
 * it throws. `payload` is where either lies, as the alignment of the larger one demands.
 */
function attempt({ memory }: Canon, out: number, payload: number, body: (at: number) => void) {
  try {
    body(out + payload)
    memory.setU8(out, 0)
  } catch (thrown) {
    if (!(thrown instanceof FileError)) throw thrown
    memory.setU8(out, 1)
    memory.setU8(out + payload, ERROR_CODE[thrown.code])
  }
}

function nodeOf({ handles }: Guest, self: number): OpenNode {
  return handles.get(self, 'descriptor').node
}

function directoryOf(guest: Guest, self: number): DirectoryNode {
  const node = nodeOf(guest, self)
  return node.kind === 'directory' ? node : refuse('not-directory')
}

/** A file that was opened with `flag`. One of the image is told to be read-only instead. */
function fileOf(guest: Guest, self: number, flag: number): RegularFile {
  const { node, flags } = guest.handles.get(self, 'descriptor')
  if (node.kind === 'directory') return refuse('is-directory')
  if (node.place === 'image' && flag === DESCRIPTOR_FLAGS.WRITE) return refuse('read-only')
  return flags & flag ? node : refuse('bad-descriptor')
}

function descriptor({ world }: Guest, node: OpenNode, flags: number): Resource {
  world.files.hold(node)
  return { kind: 'descriptor', node, flags, close: () => world.files.release(node) }
}

function offsetOf(offset: bigint): number {
  return atMost(Number.MAX_SAFE_INTEGER, offset)
}

/** What stands at a path in memory, below the directory a handle stands for. */
function find(
  guest: Guest,
  canon: Canon,
  self: number,
  pathFlags: number,
  at: number,
  length: number,
): FileNode {
  const directory = directoryOf(guest, self)
  const follow = (pathFlags & SYMLINK_FOLLOW) !== 0
  return guest.world.files.find(directory, canon.memory.path(at, length), follow)
}

function putStat(canon: Canon, at: number, node: FileNode, stat: FileStat): void {
  const { memory } = canon
  memory.fill(at, STAT_BYTES, 0)
  memory.setU8(at, DESCRIPTOR_TYPE[stat.kind])
  memory.setU64(at + 8, BigInt(stat.links))
  memory.setU64(at + 16, BigInt(stat.size))
  if (node.place === 'image') return // an image has no times
  const { accessed, modified, changed } = stat.times
  for (const [i, time] of [accessed, modified, changed].entries()) {
    memory.setU8(at + 24 + 24 * i, 1)
    putTime(canon, at + 32 + 24 * i, time)
  }
}

function putHash({ memory }: Canon, at: number, { inode, device }: FileStat): void {
  memory.setU64(at, inode)
  memory.setU64(at + 8, device)
}

/** A flattened `new-timestamp`. */
type Timestamp = readonly [kind: number, seconds: bigint, nanoseconds: number]

function newTime([kind, seconds, nanoseconds]: Timestamp): NewTimes['accessed'] {
  if (kind === NEW_TIMESTAMP.NO_CHANGE) return undefined
  if (kind === NEW_TIMESTAMP.NOW) return 'now'
  const isTime = unsigned(seconds) < MOST_SECONDS && BigInt(nanoseconds) < NS_PER_S
  return isTime ? unsigned(seconds) * NS_PER_S + BigInt(nanoseconds) : refuse('invalid')
}

function newTimes(accessed: Timestamp, modified: Timestamp): NewTimes {
  return { accessed: newTime(accessed), modified: newTime(modified) }
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

const reading: InterfaceCalls = {
  '[method]descriptor.read-via-stream':
    (guest, canon) => (self: number, offset: bigint, out: number) =>
      attempt(canon, out, 4, (at) => {
        const file = fileOf(guest, self, DESCRIPTOR_FLAGS.READ)
        const source = fileSource(guest, file, offsetOf(offset))
        canon.memory.setU32(at, guest.handles.add(inputStream(source)))
      }),

  // `result<tuple<list<u8>, bool>, error-code>`
  '[method]descriptor.read':
    (guest, canon) => (self: number, length: bigint, offset: bigint, out: number) =>
      attempt(canon, out, 4, (at) => {
        const file = fileOf(guest, self, DESCRIPTOR_FLAGS.READ)
        const from = offsetOf(offset)
        const most = Math.max(0, Math.min(file.size - from, CELL_LIMITS.fileChunkBytes))
        const wanted = atMost(most, length)
        const data = canon.allocate(wanted, 1)
        const count = guest.world.files.read(file, from, canon.memory.bytes, data, wanted)
        canon.memory.setU32(at, data)
        canon.memory.setU32(at + 4, count)
        canon.memory.setU8(at + 8, from + count >= file.size ? 1 : 0)
      }),

  '[method]descriptor.read-directory': (guest, canon) => (self: number, out: number) =>
    attempt(canon, out, 4, (at) => {
      const entries = guest.world.files.list(directoryOf(guest, self), FIRST_ENTRY)
      canon.memory.setU32(at, guest.handles.add({ kind: 'directory-entry-stream', entries }))
    }),

  // `result<option<directory-entry>, error-code>`
  '[method]directory-entry-stream.read-directory-entry':
    (guest, canon) => (self: number, out: number) =>
      attempt(canon, out, 4, (at) => {
        const { entries } = guest.handles.get(self, 'directory-entry-stream')
        const { done, value } = entries.next()
        canon.memory.setU8(at, done ? 0 : 1)
        if (done) return
        canon.memory.setU8(at + 4, DESCRIPTOR_TYPE[value.kind])
        canon.putText(at + 8, value.name)
      }),

  '[method]descriptor.get-flags': (guest, canon) => (self: number, out: number) => {
    const { flags } = guest.handles.get(self, 'descriptor')
    canon.memory.setU8(out, 0)
    canon.memory.setU8(out + 1, flags)
  },
  '[method]descriptor.get-type': (guest, canon) => (self: number, out: number) => {
    const { kind } = nodeOf(guest, self)
    canon.memory.setU8(out, 0)
    canon.memory.setU8(out + 1, DESCRIPTOR_TYPE[kind])
  },
  '[method]descriptor.stat': (guest, canon) => (self: number, out: number) =>
    attempt(canon, out, 8, (at) => {
      const node = nodeOf(guest, self)
      putStat(canon, at, node, guest.world.files.stat(node))
    }),
  '[method]descriptor.stat-at':
    (guest, canon) => (self: number, pathFlags: number, at: number, length: number, out: number) =>
      attempt(canon, out, 8, (statAt) => {
        const node = find(guest, canon, self, pathFlags, at, length)
        putStat(canon, statAt, node, guest.world.files.stat(node))
      }),
  '[method]descriptor.is-same-object': (guest) => (self: number, other: number) => {
    const [one, two] = [self, other].map((each) => guest.world.files.stat(nodeOf(guest, each)))
    return one!.inode === two!.inode && one!.device === two!.device ? 1 : 0
  },
  '[method]descriptor.metadata-hash': (guest, canon) => (self: number, out: number) =>
    attempt(canon, out, 8, (at) => {
      putHash(canon, at, guest.world.files.stat(nodeOf(guest, self)))
    }),
  '[method]descriptor.metadata-hash-at':
    (guest, canon) => (self: number, pathFlags: number, at: number, length: number, out: number) =>
      attempt(canon, out, 8, (hashAt) => {
        const node = find(guest, canon, self, pathFlags, at, length)
        putHash(canon, hashAt, guest.world.files.stat(node))
      }),
  '[method]descriptor.readlink-at':
    (guest, canon) => (self: number, at: number, length: number, out: number) =>
      attempt(canon, out, 4, (textAt) => {
        const directory = directoryOf(guest, self)
        const path = canon.memory.path(at, length)
        canon.putText(textAt, guest.world.files.readLink(directory, path))
      }),
  '[method]descriptor.advise':
    (guest, canon) =>
    (self: number, _offset: bigint, _length: bigint, _advice: number, out: number) => {
      nodeOf(guest, self)
      canon.memory.setU8(out, 0)
    },
}

const changing: InterfaceCalls = {
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
      attempt(canon, out, 1, () => {
        const times = newTimes(
          [accessed, accessedSeconds, accessedNs],
          [modified, modifiedSeconds, modifiedNs],
        )
        guest.world.files.setTimes(nodeOf(guest, self), times)
      }),
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
      attempt(canon, out, 1, () => {
        const times = newTimes(
          [accessed, accessedSeconds, accessedNs],
          [modified, modifiedSeconds, modifiedNs],
        )
        guest.world.files.setTimes(find(guest, canon, self, pathFlags, at, length), times)
      }),

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

export const FILESYSTEM: Interfaces = {
  'wasi:filesystem/preopens': {
    'get-directories': (guest, canon) => (out: number) => {
      canon.putList(out, ['/'], PREOPEN_BYTES, (at, path) => {
        const { READ, MUTATE_DIRECTORY } = DESCRIPTOR_FLAGS
        const root = descriptor(guest, guest.world.files.root, READ | MUTATE_DIRECTORY)
        canon.memory.setU32(at, guest.handles.add(root))
        canon.putText(at + 4, path)
      })
    },
  },
  'wasi:filesystem/types': {
    ...reading,
    ...changing,
    // `option<error-code>`
    'filesystem-error-code':
      ({ handles }, { memory }) =>
      (error: number, out: number) => {
        const { code } = handles.get(error, 'error')
        memory.setU8(out, 1)
        memory.setU8(out + 1, ERROR_CODE[code])
      },
  },
}
