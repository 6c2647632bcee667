import type { Socket } from 'node:net'

// Not by the door of host: a process that only makes calls does not load a node for it.
import { SocketLink } from '../../src/host/socket-link.ts'

/** A connected stream socket (Unix or TCP) as a link: the product's own. Takes ownership of `socket`. */
export function socketLink(socket: Socket): SocketLink {
  return new SocketLink(socket)
}
