import type { Socket } from 'node:net'

import { WwError } from '../base/index.ts'
import type { ByteLink, ByteSink } from '../base/index.ts'

/**
 * A connected stream socket as a link. Takes ownership of it.
 *
 * Invariants
 *  - `ended` is said once, when nothing more can come: at the other side's end of file, or when the
 *    socket closes. An end of file does not cut off what we still have to send.
 *  - What one `send` is handed leaves in one gathered write.
 */
export class SocketLink implements ByteLink {
  readonly #socket: Socket
  #sink: ByteSink | undefined
  #failure: WwError | undefined
  #isClosed = false

  constructor(socket: Socket) {
    this.#socket = socket
    socket.pause()
    // What belongs together is together already: a small frame on TCP waits for no other.
    socket.setNoDelay(true)
    socket.on('error', (cause) => {
      this.#failure ??= new WwError('disconnected', 'SOCKET_FAILED', cause.message, { cause })
    })
  }

  open(sink: ByteSink): void {
    this.#sink = sink
    const socket = this.#socket
    socket.on('data', (chunk: Buffer) => this.#sink?.chunk(chunk))
    socket.on('drain', () => this.#sink?.drained())
    for (const event of ['end', 'close']) socket.on(event, () => this.#end())
    if (socket.closed) this.#end()
    else socket.resume()
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

  #end(): void {
    const sink = this.#sink
    this.#sink = undefined
    sink?.ended(this.#failure)
  }
}
