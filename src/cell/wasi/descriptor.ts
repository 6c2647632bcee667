import type { RingReader, RingWriter } from '../ring.ts'
import type { DirectoryNode, GuestFiles, RegularFile } from '../world/files.ts'
import type { World } from '../world/world.ts'
import { ERRNO, fail } from './errno.ts'
import { DIRECTORY_RIGHTS, FILE_RIGHTS, pipeRights, RIGHT } from './rights.ts'

/** File types of preview 1. */
export const FILE_TYPE = {
  UNKNOWN: 0,
  CHARACTER_DEVICE: 2,
  DIRECTORY: 3,
  REGULAR: 4,
  SOCKET_STREAM: 6,
  SYMBOLIC_LINK: 7,
} as const

/** Flags a descriptor may carry. Those about synchronizing are kept and mean nothing in memory. */
export const FDFLAGS = { APPEND: 1, DSYNC: 2, NONBLOCK: 4, RSYNC: 8, SYNC: 16 } as const
export const ALL_FDFLAGS = 31

/** Directions of a pipe that the guest has shut down. */
export const SHUT = { READ: 1, WRITE: 2 } as const

interface Held {
  /** {@link FDFLAGS} */
  flags: number
  /** What may be done; can only shrink. */
  rights: number
  /** What descriptors opened through this one may do. */
  inheriting: number
}

export interface PipeDescriptor extends Held {
  readonly kind: 'pipe'
  readonly type: number
  readonly reader: RingReader | undefined
  readonly writer: RingWriter | undefined
  /** {@link SHUT} */
  shut: number
}

export interface FileDescriptor extends Held {
  readonly kind: 'file'
  readonly node: RegularFile
  position: number
}

export interface DirectoryDescriptor extends Held {
  readonly kind: 'directory'
  readonly node: DirectoryNode
  readonly preopened: boolean
}

export type Descriptor = PipeDescriptor | FileDescriptor | DirectoryDescriptor

/**
 * A cell's open descriptors. At the start: 0 stdin, 1 stdout, 2 stderr, 3 the root, preopened as
 * `/`, and 4 the data stream. (libc looks for preopens from 3 on and stops at the first gap.)
 *
 * Invariants
 *  - A file is held for as long as it has a descriptor.
 */
export class DescriptorTable {
  readonly #files: GuestFiles
  readonly #open = new Map<number, Descriptor>()
  readonly #most: number

  constructor({ files, pipes, terminals, limits, usage }: World) {
    this.#files = files
    this.#most = limits.files
    usage.handles = () => this.#open.size
    const { UNKNOWN, CHARACTER_DEVICE, SOCKET_STREAM } = FILE_TYPE
    const stdio = (isTerminal: boolean) => (isTerminal ? CHARACTER_DEVICE : UNKNOWN)
    this.#open.set(0, pipe(stdio(terminals.stdin), pipes.stdin, undefined))
    this.#open.set(1, pipe(stdio(terminals.stdout), undefined, pipes.stdout))
    this.#open.set(2, pipe(stdio(terminals.stderr), undefined, pipes.stderr))
    this.#open.set(3, {
      kind: 'directory',
      node: files.root,
      preopened: true,
      flags: 0,
      rights: DIRECTORY_RIGHTS,
      inheriting: DIRECTORY_RIGHTS | FILE_RIGHTS,
    })
    const data = pipe(SOCKET_STREAM, pipes.dataIn, pipes.dataOut)
    this.#open.set(4, { ...data, rights: data.rights | RIGHT.SOCK_SHUTDOWN })
  }

  /** @throws {Failure} BADF; NOTCAPABLE when it lacks a right of `rights` */
  get(fd: number, rights = 0): Descriptor {
    const descriptor = this.#open.get(fd) ?? fail(ERRNO.BADF)
    if (rights & ~descriptor.rights) fail(ERRNO.NOTCAPABLE)
    return descriptor
  }

  find(fd: number): Descriptor | undefined {
    return this.#open.get(fd)
  }

  /** @throws {Failure} BADF, NOTDIR, NOTCAPABLE */
  directory(fd: number, rights = 0): DirectoryDescriptor {
    const descriptor = this.get(fd)
    if (descriptor.kind !== 'directory') return fail(ERRNO.NOTDIR)
    if (rights & ~descriptor.rights) fail(ERRNO.NOTCAPABLE)
    return descriptor
  }

  /** @throws {Failure} when too many are open */
  requireRoom(): void {
    if (this.#open.size >= this.#most) fail(ERRNO.MFILE)
  }

  /** Gives `descriptor` the lowest free number. There is room for it. */
  add(descriptor: FileDescriptor | DirectoryDescriptor): number {
    let fd = 0
    while (this.#open.has(fd)) fd++
    this.#open.set(fd, descriptor)
    this.#files.hold(descriptor.node)
    return fd
  }

  /** Closes; of a pipe, both ends it has. */
  close(fd: number): void {
    const descriptor = this.get(fd)
    this.#open.delete(fd)
    if (descriptor.kind === 'pipe') {
      descriptor.reader?.close()
      descriptor.writer?.close()
    } else {
      this.#files.release(descriptor.node)
    }
  }

  /** Moves `from` to the number `to`, closing what had it. Both must be open. */
  renumber(from: number, to: number): void {
    const descriptor = this.get(from)
    this.get(to)
    if (from === to) return
    this.close(to)
    this.#open.delete(from)
    this.#open.set(to, descriptor)
  }
}

function pipe(
  type: number,
  reader: RingReader | undefined,
  writer: RingWriter | undefined,
): PipeDescriptor {
  const rights = pipeRights(reader !== undefined, writer !== undefined)
  return { kind: 'pipe', type, reader, writer, shut: 0, flags: 0, rights, inheriting: 0 }
}
