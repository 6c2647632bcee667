import type { Socket } from 'node:net'

/** Frames to the other end of a socket: what is sent in one turn goes in one write. */
export class SocketLine {
  readonly #socket: Socket
  #isCorked = false
  #waiting: (() => void)[] = []

  constructor(socket: Socket) {
    this.#socket = socket
    const wake = () => {
      for (const resolve of this.#waiting.splice(0)) resolve()
    }
    socket.on('drain', wake)
    socket.on('close', wake)
  }

  /** @returns false when it is better to wait for `drained` */
  send(bytes: Uint8Array): boolean {
    if (this.#socket.destroyed) return true
    if (!this.#isCorked) {
      this.#isCorked = true
      this.#socket.cork()
      queueMicrotask(() => {
        this.#isCorked = false
        this.#socket.uncork()
      })
    }
    return this.#socket.write(bytes)
  }

  /** Resolves when what was sent is on its way, or never will be. */
  async drained(): Promise<void> {
    if (this.#socket.destroyed || !this.#socket.writableNeedDrain) return
    await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }
}
