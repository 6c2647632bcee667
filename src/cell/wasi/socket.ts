import type { Calls, Context } from './context.ts'
import { FILE_TYPE, SHUT } from './descriptor.ts'
import type { PipeDescriptor } from './descriptor.ts'
import { ERRNO, fail } from './errno.ts'
import { readPipe, writePipe } from './pipe.ts'
import { RIGHT } from './rights.ts'

const RIFLAGS = { WAITALL: 2 } as const

/** There is no network: the only socket is the data stream, which can also be read and written as a file. */
export function socketCalls(context: Context): Calls {
  const { memory, descriptors } = context

  function socket(fd: number): PipeDescriptor {
    const held = descriptors.get(fd)
    const isSocket = held.kind === 'pipe' && held.type === FILE_TYPE.SOCKET_STREAM
    return isSocket ? held : fail(ERRNO.NOTSOCK)
  }

  return {
    // It is connected: nobody else can come.
    sock_accept(fd: number) {
      socket(fd)
      return ERRNO.INVAL
    },

    sock_recv(
      fd: number,
      iovs: number,
      count: number,
      flags: number,
      out: number,
      flagsOut: number,
    ) {
      const pipe = socket(fd)
      if (!(pipe.rights & RIGHT.FD_READ)) return ERRNO.BADF
      // To look without taking is not possible.
      if (flags & ~RIFLAGS.WAITALL) return ERRNO.NOTSUP
      memory.setU16(flagsOut, 0)
      return readPipe(context, pipe, iovs, count, out, (flags & RIFLAGS.WAITALL) !== 0)
    },

    sock_send(fd: number, iovs: number, count: number, flags: number, out: number) {
      const pipe = socket(fd)
      if (!(pipe.rights & RIGHT.FD_WRITE)) return ERRNO.BADF
      if (flags !== 0) return ERRNO.INVAL
      return writePipe(context, pipe, iovs, count, out)
    },

    sock_shutdown(fd: number, how: number) {
      const pipe = socket(fd)
      if (!(pipe.rights & RIGHT.SOCK_SHUTDOWN)) return ERRNO.NOTCAPABLE
      if (how === 0 || how & ~(SHUT.READ | SHUT.WRITE)) return ERRNO.INVAL
      pipe.shut |= how
      if (how & SHUT.READ) pipe.reader?.close()
      if (how & SHUT.WRITE) pipe.writer?.close()
      return ERRNO.SUCCESS
    },
  }
}
