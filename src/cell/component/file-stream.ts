import { CELL_LIMITS } from '../limits.ts'
import type { RegularFile } from '../world/files.ts'
import type { Guest } from './canon.ts'
import type { ByteSink, ByteSource } from './handles.ts'

/** Reads a file from `offset` on. It holds the file until it is closed. */
export function fileSource({ world }: Guest, file: RegularFile, offset: number): ByteSource {
  const { files } = world
  let position = offset
  files.hold(file)
  return {
    available: () => Math.max(0, Math.min(file.size - position, CELL_LIMITS.fileChunkBytes)),
    ended: () => position >= file.size,
    take(target, at, length) {
      const count = files.read(file, position, target, at, length)
      position += count
      return count
    },
    close: () => files.release(file),
  }
}

/** Writes a file from `offset` on, or at its end wherever that is. It holds the file until it is closed. */
export function fileSink({ world }: Guest, file: RegularFile, offset: number | 'end'): ByteSink {
  const { files } = world
  let position = offset
  files.hold(file)
  return {
    room: () => CELL_LIMITS.fileChunkBytes,
    closed: () => false,
    put(source, at, length) {
      const to = position === 'end' ? file.size : position
      const count = files.write(file, to, source, at, length)
      if (position !== 'end') position = to + count
      return count
    },
    close: () => files.release(file),
  }
}
