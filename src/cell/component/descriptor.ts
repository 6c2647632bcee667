// What the methods of `wasi:filesystem` descriptors share.

import { FileError, refuse } from '../world/file-error.ts'
import type { FileErrorCode } from '../world/file-error.ts'
import type { DirectoryNode, FileKind, FileNode, OpenNode, RegularFile } from '../world/files.ts'
import { atMost } from './canon.ts'
import type { Canon, Guest } from './canon.ts'
import type { Resource } from './handles.ts'

/** Places in the enum `error-code`. */
export const ERROR_CODE: Readonly<Record<FileErrorCode, number>> = {
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
export const DESCRIPTOR_TYPE: Readonly<Record<FileKind, number>> = {
  directory: 3,
  link: 5,
  file: 6,
}
export const DESCRIPTOR_FLAGS = { READ: 1, WRITE: 2, MUTATE_DIRECTORY: 32 } as const
export const SYMLINK_FOLLOW = 1

/**
 * Puts `result<…, error-code>` at `out`: 0 and what `body` puts, or 1 and the code of the FileError
 * it throws. `payload` is where either lies, as the alignment of the larger one demands.
 */
export function attempt(
  { memory }: Canon,
  out: number,
  payload: number,
  body: (at: number) => void,
) {
  try {
    body(out + payload)
    memory.setU8(out, 0)
  } catch (thrown) {
    if (!(thrown instanceof FileError)) throw thrown
    memory.setU8(out, 1)
    memory.setU8(out + payload, ERROR_CODE[thrown.code])
  }
}

export function nodeOf({ handles }: Guest, self: number): OpenNode {
  return handles.get(self, 'descriptor').node
}

export function directoryOf(guest: Guest, self: number): DirectoryNode {
  const node = nodeOf(guest, self)
  return node.kind === 'directory' ? node : refuse('not-directory')
}

/** A file that was opened with `flag`. One of the image is told to be read-only instead. */
export function fileOf(guest: Guest, self: number, flag: number): RegularFile {
  const { node, flags } = guest.handles.get(self, 'descriptor')
  if (node.kind === 'directory') return refuse('is-directory')
  if (node.place === 'image' && flag === DESCRIPTOR_FLAGS.WRITE) return refuse('read-only')
  return flags & flag ? node : refuse('bad-descriptor')
}

export function descriptor({ world }: Guest, node: OpenNode, flags: number): Resource {
  world.files.hold(node)
  return { kind: 'descriptor', node, flags, close: () => world.files.release(node) }
}

export function offsetOf(offset: bigint): number {
  return atMost(Number.MAX_SAFE_INTEGER, offset)
}

/** What stands at a path in memory, below the directory a handle stands for. */
export function find(
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
