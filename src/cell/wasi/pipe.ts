import type { RingWriter } from '../ring.ts'
import type { World } from '../world/world.ts'
import type { Context } from './context.ts'
import { FDFLAGS, SHUT } from './descriptor.ts'
import type { PipeDescriptor } from './descriptor.ts'
import { ERRNO } from './errno.ts'
import type { Errno } from './errno.ts'
import { moveEach, vectorsAt } from './iovec.ts'

/** Puts how many bytes were read at `out`; blocks until there are some, or all (`fill`), or the end. */
export function readPipe(
  { world, memory }: Context,
  pipe: PipeDescriptor,
  iovs: number,
  count: number,
  out: number,
  fill = false,
): Errno {
  const vectors = vectorsAt(memory, iovs, count)
  memory.check(out, 4)
  const { reader } = pipe
  if (!reader) return ERRNO.BADF
  const ended = () => reader.ended || (pipe.shut & SHUT.READ) !== 0
  const isReady = () => reader.readable > 0 || ended()
  let total = 0
  if (vectors.length > 0 && !(pipe.shut & SHUT.READ)) {
    if (pipe.flags & FDFLAGS.NONBLOCK && !isReady()) return ERRNO.AGAIN
    world.waiter.until(isReady)
    total = moveEach(vectors, (at, length) => {
      let done = reader.read(memory.bytes, at, length)
      while (fill && done < length && !ended()) {
        world.waiter.until(isReady)
        done += reader.read(memory.bytes, at + done, length - done)
      }
      return done
    })
  }
  memory.setU32(out, total)
  return ERRNO.SUCCESS
}

/**
 * Puts how many bytes were written at `out`; blocks until that is all, as a pipe does, unless the
 * guest asked not to.
 */
export function writePipe(
  { world, memory }: Context,
  pipe: PipeDescriptor,
  iovs: number,
  count: number,
  out: number,
): Errno {
  const vectors = vectorsAt(memory, iovs, count)
  memory.check(out, 4)
  const { writer, flags, shut } = pipe
  if (!writer) return ERRNO.BADF
  if (shut & SHUT.WRITE) return ERRNO.PIPE
  const mayBlock = !(flags & FDFLAGS.NONBLOCK)
  const total = moveEach(vectors, (at, length) =>
    writeRing(world, writer, memory.bytes, at, length, mayBlock),
  )
  if (total === 0 && vectors.length > 0) return writer.readerClosed ? ERRNO.PIPE : ERRNO.AGAIN
  memory.setU32(out, total)
  return ERRNO.SUCCESS
}

/** Fewer than `length` only when the reader is gone, or there is no space and it may not block. */
function writeRing(
  { waiter }: World,
  writer: RingWriter,
  bytes: Uint8Array,
  at: number,
  length: number,
  mayBlock: boolean,
): number {
  let done = 0
  while (done < length && !writer.readerClosed) {
    const written = writer.write(bytes, at + done, length - done)
    done += written
    if (written > 0) continue
    if (!mayBlock) break
    waiter.until(() => writer.writable > 0 || writer.readerClosed)
  }
  return done
}
