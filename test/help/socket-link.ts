import type { Socket } from 'node:net'

import { WwError } from '../../src/base/index.ts'
import type { ByteLink, ByteSink } from '../../src/base/index.ts'

/** A connected stream socket (Unix or TCP) as a link. Takes ownership of `socket`. */
export function socketLink(socket: Socket): ByteLink {
  return new SocketLink(socket)
}

/**
 * Invariants
 *  - `ended` is said once, when nothing more can come: at the peer's end of file, or when the socket
 *    closes. An end of file does not cut off what we still have to send.
 *  - Chunks of one `send` leave in one gathered write.
 */
class SocketLink implements ByteLink {
  readonly #socket: Socket
  #sink: ByteSink | undefined
  #failure: WwError | undefined
  #isClosed = false

  constructor(socket: Socket) {
    this.#socket = socket
    socket.pause()
    socket.setNoDelay(true)
    socket.on('error', (error) => {
      this.#failure ??= new WwError('disconnected', 'SOCKET_FAILED', error.message, {
        cause: error,
      })
    })
  }

  open(sink: ByteSink): void {
    this.#sink = sink
    const socket = this.#socket
    socket.on('data', (chunk: Buffer) => this.#sink?.chunk(chunk))
    socket.on('drain', () => this.#sink?.drained())
    socket.on('end', () => this.#ended())
    socket.on('close', () => this.#ended())
    if (socket.closed) this.#ended()
    else socket.resume()
  }

  #ended(): void {
    const sink = this.#sink
    this.#sink = undefined
    sink?.ended(this.#failure)
  }

  send(chunks: readonly Uint8Array[]): boolean {
    const socket = this.#socket
    if (this.#isClosed || !socket.writable) return true
    socket.cork()
    for (const chunk of chunks) socket.write(chunk)
    socket.uncork()
    return !socket.writableNeedDrain
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    if (this.#sink) this.#socket.resume()
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    // What is not read any more keeps the socket from ending.
    this.#socket.resume()
    this.#socket.end()
  }

  abort(reason: WwError): void {
    this.#isClosed = true
    this.#failure ??= reason
    this.#socket.destroy()
  }
}
