import type { Calls, Context } from './context.ts'
import { ERRNO } from './errno.ts'
import type { Errno } from './errno.ts'

/** There is no network. The data stream looks like a socket and is used by fd_read and fd_write. */
export function socketCalls({ descriptors }: Context): Calls {
  function refuse(fd: number): Errno {
    const descriptor = descriptors.find(fd)
    if (!descriptor) return ERRNO.BADF
    const isStream = descriptor.kind === 'pipe' && descriptor.reader && descriptor.writer
    return isStream ? ERRNO.NOTSUP : ERRNO.NOTSOCK
  }
  return { sock_accept: refuse, sock_recv: refuse, sock_send: refuse, sock_shutdown: refuse }
}
