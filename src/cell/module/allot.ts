import { WwError } from '../../base/index.ts'
import type { MemoryShape } from './declaration.ts'
import type { Shape } from './rewrite.ts'

const PAGE_BYTES = 65_536
/** What a memory beside the largest may grow by. Helper modules have small ones, or never use theirs. */
const SIDE_GROWTH_PAGES = 16

/**
 * How far each memory of a program may grow, so that together they stay within the limit: the one
 * that is largest at the start is the program's, and gets what the others leave.
 *
 * @param memories undefined for modules that define none
 * @returns pages, in the same order
 * @throws {WwError} CELL_LIMITED when they do not fit even at the start
 */
export function allotMemory(
  memories: readonly (MemoryShape | undefined)[],
  limitBytes: number,
): number[] {
  const limitPages = Math.floor(limitBytes / PAGE_BYTES)
  const minPages = memories.map((memory) => memory?.minPages ?? 0)
  const total = minPages.reduce((sum, pages) => sum + pages, 0)
  if (total > limitPages) {
    throw new WwError(
      'failed',
      'CELL_LIMITED',
      `its memory starts with ${total * PAGE_BYTES} bytes; its limit is ${limitBytes}`,
    )
  }
  let left = limitPages - total
  const grow = (i: number, mostPages: number) => {
    const shape = memories[i]
    if (!shape) return minPages[i]!
    const growth = Math.min(left, mostPages, Math.max(0, shape.maxPages - shape.minPages))
    left -= growth
    return shape.minPages + growth
  }
  const largest = minPages.indexOf(Math.max(...minPages))
  const pages = memories.map((_, i) => (i === largest ? 0 : grow(i, SIDE_GROWTH_PAGES)))
  if (pages.length > 0) pages[largest] = grow(largest, left)
  return pages
}

/**
 * Growth is refused where it happens; see `Tables`.
 * @throws {WwError} CELL_LIMITED when the tables of a program have more entries even at the start
 */
export function checkTables(instances: readonly Shape[], limit: number): void {
  const entries = instances.reduce((sum, { tableEntries }) => sum + tableEntries, 0)
  if (entries <= limit) return
  const sentence = `its tables start with ${entries} entries; its limit is ${limit}`
  throw new WwError('failed', 'CELL_LIMITED', sentence)
}
