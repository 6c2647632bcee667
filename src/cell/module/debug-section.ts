// What a module says about itself for those who look for its faults: names of functions, and lines.

import { Cursor } from '../cursor.ts'
import { Malformed } from '../malformed.ts'
import type { DebugSections } from './dwarf-line.ts'
import { Output } from './output.ts'
import { CUSTOM, HEADER_BYTES } from './section.ts'

const NAME_SECTION = 'name'
/** The part of that section that names the module. */
const MODULE_NAME = 0

/** The custom sections of a module by name; of several the first. */
export function customSections(bytes: Uint8Array): ReadonlyMap<string, Uint8Array> {
  const sections = new Map<string, Uint8Array>()
  const cursor = new Cursor(bytes, HEADER_BYTES, bytes.length)
  while (!cursor.done) {
    const id = cursor.u8()
    const section = cursor.part(cursor.u32())
    if (id !== CUSTOM) continue
    const name = section.name()
    if (!sections.has(name)) sections.set(name, section.bytes(section.end - section.at))
  }
  return sections
}

export function linesOf(custom: ReadonlyMap<string, Uint8Array>): DebugSections {
  const section = (name: string) => custom.get(name) ?? new Uint8Array(0)
  return {
    line: section('.debug_line'),
    lineStr: section('.debug_line_str'),
    str: section('.debug_str'),
  }
}

/** A section that names functions as the module does, and the module `tag`: the engine tells it of a trap. */
export function nameSection(custom: ReadonlyMap<string, Uint8Array>, tag: string): Uint8Array {
  const name = new Output()
  name.text(tag)
  const content = new Output()
  content.text(NAME_SECTION)
  content.u8(MODULE_NAME)
  content.u32(name.length)
  content.append(name.bytes)
  for (const part of nameParts(custom.get(NAME_SECTION) ?? new Uint8Array(0))) content.append(part)
  return customSection(content)
}

export function customSection(content: Output): Uint8Array {
  const section = new Output()
  section.u8(CUSTOM)
  section.u32(content.length)
  section.append(content.bytes)
  return section.bytes
}

// An engine that cannot read names goes without, and so do we.
function nameParts(bytes: Uint8Array): Uint8Array[] {
  const parts: Uint8Array[] = []
  const cursor = new Cursor(bytes, 0, bytes.length)
  try {
    while (!cursor.done) {
      const { at } = cursor
      const kind = cursor.u8()
      cursor.part(cursor.u32())
      if (kind !== MODULE_NAME) parts.push(bytes.subarray(at, cursor.at))
    }
  } catch (thrown) {
    if (!(thrown instanceof Malformed)) throw thrown
  }
  return parts
}

/** Tells modules apart: a hash (FNV-1a), for nobody gains by one that is not unique. */
export function tagOf(bytes: Uint8Array): string {
  let hash = 0x811c9dc5
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193)
  return `ww-${(hash >>> 0).toString(16).padStart(8, '0')}`
}
