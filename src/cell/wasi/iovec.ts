import { CELL_LIMITS } from '../limits.ts'
import type { GuestMemory } from '../world/memory.ts'
import { ERRNO, fail } from './errno.ts'

const IOVEC_BYTES = 8

/** A piece of memory to be read from or written to. */
export interface Vector {
  readonly at: number
  readonly length: number
}

/** The vectors at `at`; all of them are checked before any is used. @throws {MemoryFault, Failure} */
export function vectorsAt(memory: GuestMemory, at: number, count: number): readonly Vector[] {
  if (count > CELL_LIMITS.vectors) fail(ERRNO.INVAL)
  const vectors: Vector[] = []
  for (let i = 0; i < count; i++) {
    const vector = {
      at: memory.u32(at + IOVEC_BYTES * i),
      length: memory.u32(at + IOVEC_BYTES * i + 4),
    }
    memory.check(vector.at, vector.length)
    if (vector.length > 0) vectors.push(vector)
  }
  return vectors
}

/**
 * Moves bytes vector by vector until `move` moves fewer than it was asked to.
 * @returns how many in all
 */
export function moveEach(
  vectors: readonly Vector[],
  move: (at: number, length: number, done: number) => number,
): number {
  let total = 0
  for (const { at, length } of vectors) {
    const moved = move(at, length, total)
    total += moved
    if (moved < length) break
  }
  return total
}
