import type { Socket } from 'node:net'

import type { ByteLink } from '../../src/base/index.ts'
import { SocketLink } from '../../src/host/index.ts'

/** A connected stream socket (Unix or TCP) as a link: the product's own. Takes ownership of `socket`. */
export function socketLink(socket: Socket): ByteLink {
  return new SocketLink(socket)
}
