import { WwError } from '../base/index.ts'
import type { ByteReader, ByteWriter } from '../base/index.ts'
import { ByteStream } from '../capnp/system.ts'
import { serve } from '../rpc/index.ts'
import { CAPS_LIMITS } from './limits.ts'

/** Runs what it is given one after another, in order of arrival. */
class Turns {
  #last: Promise<unknown> = Promise.resolve()

  take<T>(act: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(act, act)
    this.#last = turn.catch(() => {})
    return turn
  }
}

/**
 * The write end of a pipe, as a child's stdin is given out.
 * @param released runs when nobody has it any more, as for the other
 */
export function serveWriter(writer: ByteWriter, released?: () => void): ByteStream {
  const turns = new Turns()
  return serve(ByteStream, {
    read() {
      throw new WwError('failed', 'WRITE_ONLY', 'stream is write-only')
    },
    write({ data }) {
      return turns.take(() => writer.write(data)).then(() => undefined)
    },
    close() {
      return turns.take(async () => writer.close()).then(() => undefined)
    },
    [Symbol.dispose]: () => released?.(),
  })
}

/** The read end of a pipe, as a child's stdout and stderr are given out. */
export function serveReader(reader: ByteReader, released?: () => void): ByteStream {
  const turns = new Turns()
  return serve(ByteStream, {
    async read({ maxBytes }) {
      const limit = Math.min(maxBytes, CAPS_LIMITS.maxReadBytes)
      return { data: await turns.take(() => reader.read(limit)) }
    },
    write() {
      throw new WwError('failed', 'READ_ONLY', 'stream is read-only')
    },
    close() {
      reader.close()
    },
    [Symbol.dispose]: () => released?.(),
  })
}
