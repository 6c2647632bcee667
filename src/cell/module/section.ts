// The sections of a module: which there may be, and in which order.

import { Cursor } from '../cursor.ts'
import { Malformed, malformed } from '../malformed.ts'
import { refuseFeature } from './feature.ts'

export const HEADER_BYTES = 8
export const CUSTOM = 0
export const SECTION = {
  type: 1,
  import: 2,
  function: 3,
  table: 4,
  memory: 5,
  global: 6,
  export: 7,
  start: 8,
  element: 9,
  code: 10,
  data: 11,
  dataCount: 12,
  tag: 13,
} as const
/** The order in which sections stand. */
const ORDER = [1, 2, 3, 4, 5, 13, 6, 7, 8, 9, 12, 10, 11]

export function sectionsOf(bytes: Uint8Array): ReadonlyMap<number, Cursor> {
  const sections = new Map<number, Cursor>()
  const cursor = new Cursor(bytes, HEADER_BYTES, bytes.length)
  let place = -1
  while (!cursor.done) {
    const id = cursor.u8()
    const section = cursor.part(cursor.u32())
    if (id === CUSTOM) continue
    const next = ORDER.indexOf(id)
    if (next < 0) refuseFeature(`a section of kind ${id}`, `at 0x${section.at.toString(16)}`)
    if (next <= place) malformed(`section ${id} stands twice or in the wrong place`)
    place = next
    sections.set(id, section)
  }
  return sections
}

export interface CountedList {
  readonly count: number
  /** Where the first item stands. */
  readonly at: number
}

export function countedList(section: Cursor, what: string, most: number): CountedList {
  const count = section.u32()
  if (count > most) {
    throw new Malformed('PROGRAM_TOO_LARGE', `it has ${count} ${what}; at most ${most} are allowed`)
  }
  return { count, at: section.at }
}
