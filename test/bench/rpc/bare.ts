// Messages over a Unix socket as Node alone has them: no calls, nothing but bytes that are gathered and
// sent back. What RPC over a socket takes beside this is its own.

import { once } from 'node:events'
import { connect, createServer } from 'node:net'

import type { Contender } from './contender.ts'

const PING_BYTES = 64

/** Tells of each message that came, when messages have this size. */
function gathering(size: number, tell: (message: Uint8Array) => void): (chunk: Buffer) => void {
  let message = Buffer.allocUnsafeSlow(size)
  let length = 0
  return (chunk) => {
    for (let at = 0; at < chunk.length;) {
      const count = chunk.copy(message, length, at)
      at += count
      length += count
      if (length < size) return
      const whole = message
      message = Buffer.allocUnsafeSlow(size)
      length = 0
      tell(whole)
    }
  }
}

/** Serves whoever connects to the Unix socket at `path`: the first four bytes are the size of messages. */
export async function listenBare(path: string): Promise<void> {
  const server = createServer((socket) => {
    const sizes = gathering(4, (size) => {
      socket.off('data', sizes)
      const length = new DataView(size.buffer).getUint32(0)
      socket.on(
        'data',
        gathering(length, (message) => socket.write(message)),
      )
      socket.write(size)
    })
    socket.on('data', sizes)
  })
  await once(server.listen(path), 'listening')
}

/** One message at a time. */
export async function bareOverSocket(path: string, bytes: number): Promise<Contender> {
  const data = new Uint8Array(bytes || PING_BYTES)
  const socket = connect(path)
  await once(socket, 'connect')
  const size = Buffer.alloc(4)
  size.writeUInt32BE(data.length)
  socket.write(size)
  await once(socket, 'data')
  let answered: (answer: Uint8Array) => void = () => {}
  socket.on(
    'data',
    gathering(data.length, (answer) => answered(answer)),
  )
  const exchange = async () =>
    await new Promise<Uint8Array>((resolve) => {
      answered = resolve
      socket.write(data)
    })
  return { ping: exchange, echo: exchange, close: () => void socket.destroy() }
}
