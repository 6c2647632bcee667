import type { TreeEntry } from '../../base/index.ts'
import type { RingReader, RingWriter } from '../ring.ts'
import { childPath, inodeOf } from '../world/files.ts'
import type { GuestMemory } from '../world/memory.ts'
import { utf8 } from '../world/memory.ts'
import { unsigned } from './context.ts'
import type { Calls, Context } from './context.ts'
import { FDFLAGS, FILE_TYPE, RIGHTS } from './descriptor.ts'
import type { Descriptor, FileDescriptor } from './descriptor.ts'
import { ERRNO } from './errno.ts'
import type { Errno } from './errno.ts'

const WHENCE = { SET: 0, CUR: 1, END: 2 } as const
const FILESTAT_BYTES = 64
const DIRENT_BYTES = 24
const IOVEC_BYTES = 8
/** The name of the one preopened directory. */
const PREOPEN_NAME = utf8('/')
const DOTS: readonly TreeEntry[] = [
  { name: '.', kind: 'directory' },
  { name: '..', kind: 'directory' },
]

function fileTypeOf(descriptor: Descriptor): number {
  switch (descriptor.kind) {
    case 'pipe':
      return descriptor.type
    case 'file':
      return FILE_TYPE.REGULAR
    case 'directory':
      return FILE_TYPE.DIRECTORY
  }
}

/** Writes a `filestat`. Times are zero: an image has none. */
export function putFilestat(
  memory: GuestMemory,
  at: number,
  stat: { readonly type: number; readonly inode: bigint; readonly size: number },
): void {
  memory.fill(at, FILESTAT_BYTES, 0)
  memory.setU64(at, 1n) // device
  memory.setU64(at + 8, stat.inode)
  memory.setU8(at + 16, stat.type)
  memory.setU64(at + 24, 1n) // links
  memory.setU64(at + 32, BigInt(stat.size))
}

/** Functions on an open descriptor. */
export function fdCalls({ world, memory, descriptors }: Context): Calls {
  const { files, waiter } = world

  /** The descriptor's error if it is not open, else what `call` returns. */
  const on = (fd: number, call: (descriptor: Descriptor) => Errno): Errno => {
    const descriptor = descriptors.find(fd)
    return descriptor ? call(descriptor) : ERRNO.BADF
  }

  const iovec = (iovs: number, i: number): { at: number; length: number } => {
    const at = memory.u32(iovs + IOVEC_BYTES * i)
    const length = memory.u32(iovs + IOVEC_BYTES * i + 4)
    memory.check(at, length)
    return { at, length }
  }

  function wantedBytes(iovs: number, count: number): number {
    let wanted = 0
    for (let i = 0; i < count; i++) wanted += iovec(iovs, i).length
    return wanted
  }

  function readPipe(reader: RingReader, flags: number, iovs: number, count: number, out: number) {
    let total = 0
    if (wantedBytes(iovs, count) > 0) {
      const isReady = () => reader.readable > 0 || reader.ended
      if (flags & FDFLAGS.NONBLOCK && !isReady()) return ERRNO.AGAIN
      waiter.until(isReady)
      for (let i = 0; i < count; i++) {
        const { at, length } = iovec(iovs, i)
        const done = reader.read(memory.bytes, at, length)
        total += done
        if (done < length) break
      }
    }
    memory.setU32(out, total)
    return ERRNO.SUCCESS
  }

  // Blocks until all is written, as a pipe does, unless the guest asked not to.
  function writePipe(writer: RingWriter, flags: number, iovs: number, count: number, out: number) {
    wantedBytes(iovs, count)
    let total = 0
    for (let i = 0; i < count; i++) {
      const { at, length } = iovec(iovs, i)
      for (let done = 0; done < length;) {
        if (writer.readerClosed) return partly(total, ERRNO.PIPE)
        const written = writer.write(memory.bytes, at + done, length - done)
        done += written
        total += written
        if (written > 0) continue
        if (flags & FDFLAGS.NONBLOCK) return partly(total, ERRNO.AGAIN)
        waiter.until(() => writer.writable > 0 || writer.readerClosed)
      }
    }
    memory.setU32(out, total)
    return ERRNO.SUCCESS

    function partly(written: number, otherwise: Errno): Errno {
      if (written === 0) return otherwise
      memory.setU32(out, written)
      return ERRNO.SUCCESS
    }
  }

  /** Reads into the vectors from `offset` on; returns how many bytes. */
  function readFile(file: FileDescriptor, offset: number, iovs: number, count: number): number {
    let total = 0
    for (let i = 0; i < count; i++) {
      const { at, length } = iovec(iovs, i)
      const left = file.size - offset - total
      const want = Math.min(length, left)
      if (want <= 0) break
      const done = files.read(file.path, offset + total, memory.bytes, at, want)
      total += done
      if (done < length) break
    }
    return total
  }

  function readOnly(fd: number): Errno {
    return on(fd, ({ kind }) => (kind === 'pipe' ? ERRNO.INVAL : ERRNO.ROFS))
  }

  function sync(fd: number): Errno {
    return on(fd, () => ERRNO.SUCCESS)
  }

  function seek(fd: number, offset: bigint, whence: number, out: number): Errno {
    return on(fd, (file) => {
      if (file.kind === 'pipe') return ERRNO.SPIPE
      if (file.kind === 'directory') return ERRNO.BADF
      let base: number
      if (whence === WHENCE.SET) base = 0
      else if (whence === WHENCE.CUR) base = file.position
      else if (whence === WHENCE.END) base = file.size
      else return ERRNO.INVAL
      const position = BigInt(base) + offset
      if (position < 0n || position > BigInt(Number.MAX_SAFE_INTEGER)) return ERRNO.INVAL
      file.position = Number(position)
      memory.setU64(out, position)
      return ERRNO.SUCCESS
    })
  }

  function readDirectory(path: string, buffer: number, length: number, from: bigint): number {
    memory.check(buffer, length)
    let used = 0
    const put = (bytes: Uint8Array) => {
      const part = bytes.subarray(0, length - used)
      memory.setBytes(buffer + used, part)
      used += part.length
    }
    for (const [index, { name, kind }] of listFrom(path, from)) {
      const encoded = utf8(name)
      const header = new DataView(new ArrayBuffer(DIRENT_BYTES))
      header.setBigUint64(0, BigInt(index + 1), true)
      header.setBigUint64(8, inodeOf(index < DOTS.length ? path : childPath(path, name)), true)
      header.setUint32(16, encoded.length, true)
      header.setUint8(20, kind === 'directory' ? FILE_TYPE.DIRECTORY : FILE_TYPE.REGULAR)
      put(new Uint8Array(header.buffer))
      put(encoded)
      if (used === length) break
    }
    return used
  }

  /** Entries with their index, `.` and `..` first, from index `from` on. */
  function* listFrom(path: string, from: bigint): Generator<readonly [number, TreeEntry]> {
    if (from > BigInt(Number.MAX_SAFE_INTEGER)) return
    let index = Number(from)
    for (; index < DOTS.length; index++) yield [index, DOTS[index]!]
    for (;;) {
      const entries = files.list(path, index - DOTS.length)
      if (entries.length === 0) return
      for (const entry of entries) yield [index++, entry]
    }
  }

  return {
    fd_close: (fd: number) => (descriptors.close(fd) ? ERRNO.SUCCESS : ERRNO.BADF),
    fd_renumber: (from: number, to: number) =>
      descriptors.renumber(from, to) ? ERRNO.SUCCESS : ERRNO.BADF,

    fd_read: (fd: number, iovs: number, count: number, out: number) =>
      on(fd, (held) => {
        if (held.kind === 'directory') return ERRNO.ISDIR
        if (!(held.rights & RIGHTS.FD_READ)) return ERRNO.BADF
        if (held.kind === 'pipe') {
          return held.reader ? readPipe(held.reader, held.flags, iovs, count, out) : ERRNO.BADF
        }
        const done = readFile(held, held.position, iovs, count)
        held.position += done
        memory.setU32(out, done)
        return ERRNO.SUCCESS
      }),

    fd_pread: (fd: number, iovs: number, count: number, offset: bigint, out: number) =>
      on(fd, (held) => {
        if (held.kind === 'pipe') return ERRNO.SPIPE
        if (held.kind === 'directory') return ERRNO.ISDIR
        if (!(held.rights & RIGHTS.FD_READ)) return ERRNO.BADF
        if (unsigned(offset) > BigInt(Number.MAX_SAFE_INTEGER)) return ERRNO.INVAL
        memory.setU32(out, readFile(held, Number(offset), iovs, count))
        return ERRNO.SUCCESS
      }),

    fd_write: (fd: number, iovs: number, count: number, out: number) =>
      on(fd, (held) => {
        if (held.kind === 'directory') return ERRNO.ISDIR
        if (held.kind === 'file' || !held.writer) return ERRNO.BADF
        if (!(held.rights & RIGHTS.FD_WRITE)) return ERRNO.BADF
        return writePipe(held.writer, held.flags, iovs, count, out)
      }),

    fd_pwrite: (fd: number) => on(fd, ({ kind }) => (kind === 'pipe' ? ERRNO.SPIPE : ERRNO.BADF)),

    fd_seek: seek,
    fd_tell: (fd: number, out: number) => seek(fd, 0n, WHENCE.CUR, out),

    fd_readdir: (fd: number, buffer: number, length: number, cookie: bigint, out: number) =>
      on(fd, (held) => {
        if (held.kind !== 'directory') return ERRNO.NOTDIR
        memory.setU32(out, readDirectory(held.path, buffer, length, unsigned(cookie)))
        return ERRNO.SUCCESS
      }),

    fd_fdstat_get: (fd: number, out: number) =>
      on(fd, (held) => {
        memory.setU8(out, fileTypeOf(held))
        memory.setU8(out + 1, 0)
        memory.setU16(out + 2, held.flags)
        memory.setU32(out + 4, 0)
        memory.setU64(out + 8, held.rights)
        memory.setU64(out + 16, held.inheriting)
        return ERRNO.SUCCESS
      }),

    fd_fdstat_set_flags: (fd: number, flags: number) =>
      on(fd, (held) => {
        if (flags & ~(FDFLAGS.APPEND | FDFLAGS.NONBLOCK)) return ERRNO.INVAL
        held.flags = flags
        return ERRNO.SUCCESS
      }),

    fd_fdstat_set_rights: (fd: number, rights: bigint, inheriting: bigint) =>
      on(fd, (held) => {
        const more = unsigned(rights) & ~held.rights || unsigned(inheriting) & ~held.inheriting
        if (more) return ERRNO.NOTCAPABLE
        held.rights = unsigned(rights)
        held.inheriting = unsigned(inheriting)
        return ERRNO.SUCCESS
      }),

    fd_filestat_get: (fd: number, out: number) =>
      on(fd, (held) => {
        putFilestat(memory, out, {
          type: fileTypeOf(held),
          inode: held.kind === 'pipe' ? BigInt(fd) : inodeOf(held.path),
          size: held.kind === 'file' ? held.size : 0,
        })
        return ERRNO.SUCCESS
      }),

    fd_filestat_set_size: readOnly,
    fd_filestat_set_times: readOnly,
    fd_allocate: readOnly,
    fd_sync: sync,
    fd_datasync: sync,
    fd_advise: (fd: number, _offset: bigint, _length: bigint, advice: number) =>
      on(fd, ({ kind }) => {
        if (kind === 'pipe') return ERRNO.SPIPE
        if (kind === 'directory') return ERRNO.BADF
        return advice <= 5 ? ERRNO.SUCCESS : ERRNO.INVAL
      }),

    fd_prestat_get: (fd: number, out: number) =>
      on(fd, (held) => {
        if (held.kind !== 'directory' || !held.preopened) return ERRNO.BADF
        memory.setU32(out, 0) // a directory
        memory.setU32(out + 4, PREOPEN_NAME.length)
        return ERRNO.SUCCESS
      }),

    fd_prestat_dir_name: (fd: number, out: number, length: number) =>
      on(fd, (held) => {
        if (held.kind !== 'directory' || !held.preopened) return ERRNO.BADF
        if (length < PREOPEN_NAME.length) return ERRNO.NAMETOOLONG
        memory.setBytes(out, PREOPEN_NAME)
        return ERRNO.SUCCESS
      }),
  }
}
