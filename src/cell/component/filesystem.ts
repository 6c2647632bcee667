// wasi:filesystem over the read-only root. Whatever would change something answers `read-only`.

import type { TreeNode } from '../../base/index.ts'
import { CELL_LIMITS } from '../limits.ts'
import { FileError, inodeOf } from '../world/files.ts'
import type { FileErrorCode, FoundNode } from '../world/files.ts'
import { atMost } from './canon.ts'
import type { Canon, Guest, InterfaceCalls, Interfaces } from './canon.ts'
import type { ByteSource, Resource } from './handles.ts'

type DescriptorHandle = Extract<Resource, { readonly kind: 'descriptor' }>

/** Places in the enum `error-code`. */
const ERROR_CODE: Readonly<Record<FileErrorCode, number>> = {
  'bad-descriptor': 3,
  exist: 7,
  'illegal-byte-sequence': 9,
  invalid: 12,
  io: 13,
  'is-directory': 14,
  'name-too-long': 18,
  'no-entry': 20,
  'not-directory': 24,
  unsupported: 27,
  'not-permitted': 31,
  'read-only': 33,
}
/** Places in the enum `descriptor-type`. */
const DESCRIPTOR_TYPE: Readonly<Record<TreeNode['kind'], number>> = {
  directory: 3,
  file: 6,
}
const DESCRIPTOR_FLAGS = { READ: 1, WRITE: 2, MUTATE_DIRECTORY: 32 } as const
const OPEN_FLAGS = { CREATE: 1, DIRECTORY: 2, EXCLUSIVE: 4, TRUNCATE: 8 } as const
const PREOPEN_BYTES = 12
const STAT_BYTES = 96

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

function refuse(code: FileErrorCode): never {
  throw new FileError(code)
}

function fileOf({ path, node }: DescriptorHandle): { path: string; size: number } {
  if (node.kind === 'directory') refuse('is-directory')
  return { path, size: node.size }
}

function offsetOf(offset: bigint): number {
  return atMost(Number.MAX_SAFE_INTEGER, offset)
}

/** A path in memory, resolved below the directory a handle stands for. */
function find(guest: Guest, canon: Canon, self: number, at: number, length: number): FoundNode {
  const { path, node } = guest.handles.get(self, 'descriptor')
  if (node.kind !== 'directory') refuse('not-directory')
  return guest.world.files.open(path, canon.memory.text(at, length))
}

function fileSource({ world }: Guest, path: string, size: number, offset: number): ByteSource {
  let position = offset
  return {
    available: () => Math.max(0, Math.min(size - position, CELL_LIMITS.fileChunkBytes)),
    ended: () => position >= size,
    take(target, at, length) {
      const count = world.files.read(path, position, target, at, length)
      position += count
      return count
    },
    close() {},
  }
}

function putStat({ memory }: Canon, at: number, node: TreeNode): void {
  memory.fill(at, STAT_BYTES, 0) // no times: an image has none
  memory.setU8(at, DESCRIPTOR_TYPE[node.kind])
  memory.setU64(at + 8, 1n) // links
  memory.setU64(at + 16, BigInt(node.kind === 'file' ? node.size : 0))
}

function putHash({ memory }: Canon, at: number, path: string): void {
  memory.setU64(at, inodeOf(path))
  memory.setU64(at + 8, inodeOf(`${path}/`))
}

/** Opens for reading, or says why not. */
function open({ path, node }: FoundNode, openFlags: number, flags: number): Resource {
  if (openFlags & OPEN_FLAGS.EXCLUSIVE && openFlags & OPEN_FLAGS.CREATE) refuse('exist')
  if (openFlags & OPEN_FLAGS.DIRECTORY && node.kind !== 'directory') refuse('not-directory')
  const writes = flags & (DESCRIPTOR_FLAGS.WRITE | DESCRIPTOR_FLAGS.MUTATE_DIRECTORY)
  if (writes || openFlags & OPEN_FLAGS.TRUNCATE) refuse('read-only')
  return { kind: 'descriptor', path, node }
}

// The address of the result is the last parameter, however many there are before it.
const refuseWith = (payload: number) => (_guest: Guest, canon: Canon) =>
  function change(...args: number[]): void {
    attempt(canon, args.at(-1)!, payload, () => refuse('read-only'))
  }

/** Refuses to change what a path names; one that leaves the directory is refused as such first. */
const refusePathAt = (pathParameter: number) => (guest: Guest, canon: Canon) =>
  function change(...args: number[]): void {
    attempt(canon, args.at(-1)!, 1, () => {
      try {
        find(guest, canon, args[0]!, args[pathParameter]!, args[pathParameter + 1]!)
      } catch (thrown) {
        if (!(thrown instanceof FileError) || thrown.code !== 'no-entry') throw thrown
      }
      refuse('read-only')
    })
  }

const succeed = (guest: Guest, canon: Canon) => (self: number, out: number) => {
  guest.handles.get(self, 'descriptor')
  canon.memory.setU8(out, 0)
}

const types: InterfaceCalls = {
  '[method]descriptor.read-via-stream':
    (guest, canon) => (self: number, offset: bigint, out: number) =>
      attempt(canon, out, 4, (at) => {
        const { path, size } = fileOf(guest.handles.get(self, 'descriptor'))
        const source = fileSource(guest, path, size, offsetOf(offset))
        canon.memory.setU32(at, guest.handles.add({ kind: 'input-stream', source }))
      }),

  // `result<tuple<list<u8>, bool>, error-code>`
  '[method]descriptor.read':
    (guest, canon) => (self: number, length: bigint, offset: bigint, out: number) =>
      attempt(canon, out, 4, (at) => {
        const { path, size } = fileOf(guest.handles.get(self, 'descriptor'))
        const from = offsetOf(offset)
        const wanted = atMost(
          Math.max(0, Math.min(size - from, CELL_LIMITS.fileChunkBytes)),
          length,
        )
        const data = canon.allocate(wanted, 1)
        const count = guest.world.files.read(path, from, canon.memory.bytes, data, wanted)
        canon.memory.setU32(at, data)
        canon.memory.setU32(at + 4, count)
        canon.memory.setU8(at + 8, from + count >= size ? 1 : 0)
      }),

  '[method]descriptor.read-directory': (guest, canon) => (self: number, out: number) =>
    attempt(canon, out, 4, (at) => {
      const { path, node } = guest.handles.get(self, 'descriptor')
      if (node.kind !== 'directory') refuse('not-directory')
      const stream = { kind: 'directory-entry-stream', path, next: 0, entries: [] } as const
      canon.memory.setU32(at, guest.handles.add({ ...stream, entries: [] }))
    }),

  // `result<option<directory-entry>, error-code>`
  '[method]directory-entry-stream.read-directory-entry':
    (guest, canon) => (self: number, out: number) =>
      attempt(canon, out, 4, (at) => {
        const stream = guest.handles.get(self, 'directory-entry-stream')
        if (stream.entries.length === 0) {
          stream.entries = guest.world.files.list(stream.path, stream.next).reverse()
        }
        const entry = stream.entries.pop()
        canon.memory.setU8(at, entry ? 1 : 0)
        if (!entry) return
        stream.next++
        canon.memory.setU8(at + 4, DESCRIPTOR_TYPE[entry.kind])
        canon.putText(at + 8, entry.name)
      }),

  '[method]descriptor.get-flags': (guest, canon) => (self: number, out: number) => {
    guest.handles.get(self, 'descriptor')
    canon.memory.setU8(out, 0)
    canon.memory.setU8(out + 1, DESCRIPTOR_FLAGS.READ)
  },
  '[method]descriptor.get-type': (guest, canon) => (self: number, out: number) => {
    const { node } = guest.handles.get(self, 'descriptor')
    canon.memory.setU8(out, 0)
    canon.memory.setU8(out + 1, DESCRIPTOR_TYPE[node.kind])
  },
  '[method]descriptor.stat': (guest, canon) => (self: number, out: number) =>
    attempt(canon, out, 8, (at) => putStat(canon, at, guest.handles.get(self, 'descriptor').node)),
  '[method]descriptor.stat-at':
    (guest, canon) => (self: number, _flags: number, at: number, length: number, out: number) =>
      attempt(canon, out, 8, (statAt) => {
        putStat(canon, statAt, find(guest, canon, self, at, length).node)
      }),
  '[method]descriptor.open-at':
    (guest, canon) =>
    (
      self: number,
      _pathFlags: number,
      at: number,
      length: number,
      openFlags: number,
      flags: number,
      out: number,
    ) =>
      attempt(canon, out, 4, (handleAt) => {
        let found: FoundNode
        try {
          found = find(guest, canon, self, at, length)
        } catch (thrown) {
          const isAbsent = thrown instanceof FileError && thrown.code === 'no-entry'
          if (isAbsent && openFlags & OPEN_FLAGS.CREATE) refuse('read-only')
          throw thrown
        }
        canon.memory.setU32(handleAt, guest.handles.add(open(found, openFlags, flags)))
      }),
  '[method]descriptor.is-same-object':
    ({ handles }) =>
    (self: number, other: number) =>
      handles.get(self, 'descriptor').path === handles.get(other, 'descriptor').path ? 1 : 0,
  '[method]descriptor.metadata-hash': (guest, canon) => (self: number, out: number) =>
    attempt(canon, out, 8, (at) => putHash(canon, at, guest.handles.get(self, 'descriptor').path)),
  '[method]descriptor.metadata-hash-at':
    (guest, canon) => (self: number, _flags: number, at: number, length: number, out: number) =>
      attempt(canon, out, 8, (hashAt) => {
        putHash(canon, hashAt, find(guest, canon, self, at, length).path)
      }),
  // No path is a link: the tree has followed them.
  '[method]descriptor.readlink-at':
    (guest, canon) => (self: number, at: number, length: number, out: number) =>
      attempt(canon, out, 4, () => {
        find(guest, canon, self, at, length)
        refuse('invalid')
      }),

  '[method]descriptor.advise':
    (guest, canon) =>
    (self: number, _offset: bigint, _length: bigint, _advice: number, out: number) => {
      guest.handles.get(self, 'descriptor')
      canon.memory.setU8(out, 0)
    },
  '[method]descriptor.sync': succeed,
  '[method]descriptor.sync-data': succeed,

  '[method]descriptor.write-via-stream': refuseWith(4),
  '[method]descriptor.append-via-stream': refuseWith(4),
  '[method]descriptor.write': refuseWith(8),
  '[method]descriptor.set-size': refuseWith(1),
  '[method]descriptor.set-times': refuseWith(1),
  '[method]descriptor.set-times-at': refusePathAt(2),
  '[method]descriptor.create-directory-at': refusePathAt(1),
  '[method]descriptor.remove-directory-at': refusePathAt(1),
  '[method]descriptor.unlink-file-at': refusePathAt(1),
  '[method]descriptor.link-at': refusePathAt(2),
  '[method]descriptor.rename-at': refusePathAt(1),
  '[method]descriptor.symlink-at': refusePathAt(3),

  // `option<error-code>`
  'filesystem-error-code':
    ({ handles }, { memory }) =>
    (error: number, out: number) => {
      const { code } = handles.get(error, 'error')
      memory.setU8(out, 1)
      memory.setU8(out + 1, ERROR_CODE[code])
    },
}

export const FILESYSTEM: Interfaces = {
  'wasi:filesystem/preopens': {
    'get-directories':
      ({ handles }, canon) =>
      (out: number) => {
        canon.putList(out, ['/'], PREOPEN_BYTES, (at, path) => {
          const node: TreeNode = { kind: 'directory' }
          canon.memory.setU32(at, handles.add({ kind: 'descriptor', path, node }))
          canon.putText(at + 4, path)
        })
      },
  },
  'wasi:filesystem/types': types,
}
