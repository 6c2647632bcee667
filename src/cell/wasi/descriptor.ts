import { CELL_LIMITS } from '../limits.ts'
import type { RingReader, RingWriter } from '../ring.ts'
import type { World } from '../world/world.ts'

/** File types of preview 1. */
export const FILE_TYPE = { UNKNOWN: 0, DIRECTORY: 3, REGULAR: 4, SOCKET_STREAM: 6 } as const

/** Rights of preview 1, those that can be held here, and those that ask for writing. */
export const RIGHTS = {
  FD_READ: 1n << 1n,
  FD_SEEK: 1n << 2n,
  FDSTAT_SET_FLAGS: 1n << 3n,
  FD_TELL: 1n << 5n,
  FD_WRITE: 1n << 6n,
  FD_ADVISE: 1n << 7n,
  FD_ALLOCATE: 1n << 8n,
  PATH_OPEN: 1n << 13n,
  FD_READDIR: 1n << 14n,
  PATH_READLINK: 1n << 15n,
  PATH_FILESTAT_GET: 1n << 18n,
  FD_FILESTAT_GET: 1n << 21n,
  FD_FILESTAT_SET_SIZE: 1n << 22n,
  POLL_FD_READWRITE: 1n << 27n,
} as const

const PIPE_RIGHTS = RIGHTS.FDSTAT_SET_FLAGS | RIGHTS.FD_FILESTAT_GET | RIGHTS.POLL_FD_READWRITE
export const FILE_RIGHTS =
  RIGHTS.FD_READ |
  RIGHTS.FD_SEEK |
  RIGHTS.FD_TELL |
  RIGHTS.FD_ADVISE |
  RIGHTS.FDSTAT_SET_FLAGS |
  RIGHTS.FD_FILESTAT_GET |
  RIGHTS.POLL_FD_READWRITE
export const DIRECTORY_RIGHTS =
  RIGHTS.PATH_OPEN |
  RIGHTS.FD_READDIR |
  RIGHTS.PATH_READLINK |
  RIGHTS.PATH_FILESTAT_GET |
  RIGHTS.FD_FILESTAT_GET
export const WRITING_RIGHTS = RIGHTS.FD_WRITE | RIGHTS.FD_ALLOCATE | RIGHTS.FD_FILESTAT_SET_SIZE

/** The only flags a descriptor may carry here. */
export const FDFLAGS = { APPEND: 1, NONBLOCK: 4 } as const

interface Held {
  /** {@link FDFLAGS} */
  flags: number
  /** What may be done; can only shrink. */
  rights: bigint
  /** What descriptors opened through this one may do. */
  inheriting: bigint
}

interface PipeDescriptor extends Held {
  readonly kind: 'pipe'
  readonly type: typeof FILE_TYPE.UNKNOWN | typeof FILE_TYPE.SOCKET_STREAM
  readonly reader: RingReader | undefined
  readonly writer: RingWriter | undefined
}

export interface FileDescriptor extends Held {
  readonly kind: 'file'
  readonly path: string
  readonly size: number
  position: number
}

interface DirectoryDescriptor extends Held {
  readonly kind: 'directory'
  readonly path: string
  readonly preopened: boolean
}

export type Descriptor = PipeDescriptor | FileDescriptor | DirectoryDescriptor

/**
 * A cell's open descriptors. At the start: 0 stdin, 1 stdout, 2 stderr, 3 the root, preopened as
 * `/`, and 4 the data stream. (libc looks for preopens from 3 on and stops at the first gap.)
 */
export class DescriptorTable {
  readonly #open = new Map<number, Descriptor>()

  constructor({ pipes }: World) {
    const { UNKNOWN, SOCKET_STREAM } = FILE_TYPE
    this.#open.set(0, pipe(UNKNOWN, pipes.stdin, undefined))
    this.#open.set(1, pipe(UNKNOWN, undefined, pipes.stdout))
    this.#open.set(2, pipe(UNKNOWN, undefined, pipes.stderr))
    this.#open.set(3, {
      kind: 'directory',
      path: '/',
      preopened: true,
      flags: 0,
      rights: DIRECTORY_RIGHTS,
      inheriting: DIRECTORY_RIGHTS | FILE_RIGHTS,
    })
    this.#open.set(4, pipe(SOCKET_STREAM, pipes.dataIn, pipes.dataOut))
  }

  find(fd: number): Descriptor | undefined {
    return this.#open.get(fd)
  }

  /** Gives `descriptor` the lowest free number, or undefined when too many are open. */
  add(descriptor: Descriptor): number | undefined {
    if (this.#open.size >= CELL_LIMITS.descriptors) return undefined
    let fd = 0
    while (this.#open.has(fd)) fd++
    this.#open.set(fd, descriptor)
    return fd
  }

  /** Closes; of a pipe, both ends it has. */
  close(fd: number): boolean {
    const descriptor = this.#open.get(fd)
    if (!descriptor) return false
    if (descriptor.kind === 'pipe') {
      descriptor.reader?.close()
      descriptor.writer?.close()
    }
    return this.#open.delete(fd)
  }

  /** Moves `from` to the number `to`, closing what had it. Both must be open. */
  renumber(from: number, to: number): boolean {
    const descriptor = this.#open.get(from)
    if (!descriptor || !this.#open.has(to)) return false
    if (from === to) return true
    this.close(to)
    this.#open.delete(from)
    this.#open.set(to, descriptor)
    return true
  }
}

function pipe(
  type: PipeDescriptor['type'],
  reader: RingReader | undefined,
  writer: RingWriter | undefined,
): PipeDescriptor {
  const rights = PIPE_RIGHTS | (reader ? RIGHTS.FD_READ : 0n) | (writer ? RIGHTS.FD_WRITE : 0n)
  return { kind: 'pipe', type, reader, writer, flags: 0, rights, inheriting: 0n }
}
