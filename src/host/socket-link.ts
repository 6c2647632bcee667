import { Socket } from 'node:net'
import type { OnReadOpts, SocketConstructorOpts } from 'node:net'

import { WwError } from '../base/index.ts'
import type { ByteLink, ByteSink } from '../base/index.ts'

/**
 * What is read at once, unless a large message is under way: that is read right to where it will lie.
 * Enough for 64 KiB and what stands around them; for less, room of its own is not worth a read of its own.
 */
const LANDING_BYTES = 128 << 10

/**
 * A connected stream socket as a link. Takes ownership of it.
 *
 * Invariants
 *  - `ended` is said once, when nothing more can come: at the other side's end of file, or when the
 *    socket closes. An end of file does not cut off what we still have to send.
 *  - What one `send` is handed leaves in one gathered write.
 *  - Bytes are read into the landing, which is read over and over, or into the room of the sink.
 */
export class SocketLink implements ByteLink {
  /** What the link runs on: see {@link readingInto}. */
  readonly socket: Socket
  readonly #landing = unwiped(LANDING_BYTES)
  #sink: ByteSink | undefined
  #failure: WwError | undefined
  #isClosed = false

  constructor(given: Socket) {
    const socket = readingInto(given, {
      buffer: () => this.#place(),
      callback: (bytes, place) => {
        this.#sink?.chunk(place.subarray(0, bytes))
        return true
      },
    })
    this.socket = socket
    socket.pause()
    // What belongs together is together already: a small frame on TCP waits for no other.
    socket.setNoDelay(true)
    socket.on('error', (cause) => {
      this.#failure ??= new WwError('disconnected', 'SOCKET_FAILED', cause.message, { cause })
    })
  }

  readonly allocate = unwiped

  open(sink: ByteSink): void {
    this.#sink = sink
    const { socket } = this
    // Only of one that was in use before.
    socket.on('data', (chunk: Buffer) => this.#sink?.chunk(chunk))
    socket.on('drain', () => this.#sink?.drained())
    for (const event of ['end', 'close']) socket.on(event, () => this.#end())
    if (socket.closed) this.#end()
    else socket.resume()
  }

  /** Where the next read goes. */
  #place(): Uint8Array {
    const room = this.#sink?.room?.()
    return room && room.length >= LANDING_BYTES ? room : this.#landing
  }

  send(chunks: readonly Uint8Array[]): boolean {
    const { socket } = this
    if (this.#isClosed || !socket.writable) return true
    socket.cork()
    for (const chunk of chunks) socket.write(chunk)
    socket.uncork()
    return !socket.writableNeedDrain
  }

  pause(): void {
    this.socket.pause()
  }

  resume(): void {
    if (this.#sink) this.socket.resume()
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    // What is not read any more keeps the socket from ending.
    this.socket.resume()
    this.socket.end()
  }

  abort(reason: WwError): void {
    this.#isClosed = true
    this.#failure ??= reason
    this.socket.destroy()
  }

  #end(): void {
    const sink = this.#sink
    this.#sink = undefined
    sink?.ended(this.#failure)
  }
}

/** Memory as `malloc` gives it: 8 MiB of zeros take 1.3 ms. No Buffer, whose `slice` copies nothing. */
function unwiped(bytes: number): Uint8Array {
  return new Uint8Array(Buffer.allocUnsafeSlow(bytes).buffer)
}

/**
 * The connection of `socket` as another socket, which reads where `onread` says; they end together. Node
 * takes that option from whoever makes a socket, and a listener makes them without. So the new one is
 * given the handle of the first, by names that Node does not document and has had since it has handles.
 *
 * One that is closed, was used, or is more than a socket (TLS) stays what it is, and reads as others do.
 */
function readingInto(socket: Socket, onread: OnReadOpts): Socket {
  const shell = socket as Socket & { _handle?: object | null }
  const { _handle: handle } = shell
  const isUsed = socket.bytesRead > 0 || socket.bytesWritten > 0
  if (!handle || socket.connecting || isUsed || socket.constructor !== Socket) return socket
  shell._handle = null
  const options = { handle, onread, allowHalfOpen: socket.allowHalfOpen }
  const heir = new Socket(options as SocketConstructorOpts)
  heir.once('close', () => socket.destroy())
  socket.once('close', () => heir.destroy())
  return heir
}
