import type { Socket } from 'node:net'

// Past the door: a process that only makes calls is not to load a node.
import { SocketLink } from '../../src/host/socket-link.ts'

/** A connected stream socket (Unix or TCP) as a link: the product's own. Takes ownership of `socket`. */
export function socketLink(socket: Socket): SocketLink {
  return new SocketLink(socket)
}
