import { CELL_LIMITS } from '../limits.ts'
import type { FileNode, FileStat } from '../world/files.ts'
import { atMost } from './canon.ts'
import type { Canon, InterfaceCalls } from './canon.ts'
import { putTime } from './clocks-and-random.ts'
import {
  attempt,
  DESCRIPTOR_FLAGS,
  DESCRIPTOR_TYPE,
  directoryOf,
  fileOf,
  find,
  nodeOf,
  offsetOf,
} from './descriptor.ts'
import { fileSource } from './file-stream.ts'
import { inputStream } from './io.ts'

const STAT_BYTES = 96
/** Behind `.` and `..`, which this interface does not list. */
const FIRST_ENTRY = 2

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

/** Methods that look at a file or a directory. */
export const READING: InterfaceCalls = {
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
