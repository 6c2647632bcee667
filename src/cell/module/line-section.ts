// Which line of which file each place of a rewritten module comes from, as a custom section of that
// module: there when somebody asks, and not in the way before.

import { Cursor } from '../cursor.ts'
import type { CodeMap } from './code-map.ts'
import { lastAtMost } from './code-map.ts'
import type { LineTable } from './dwarf-line.ts'
import { ADDED } from './names.ts'
import { Output } from './output.ts'

/** Where an instruction comes from. */
export interface Place {
  readonly file: string
  /** Counted from 1. */
  readonly line: number
  /** Counted from 1; 0 when it is not known. */
  readonly column: number
}

/**
 * The section's content: its name, the module's tag, files; then rows, each with how far it is from
 * the one before.
 * @param codeStart where the content of the original's code section stands
 */
export function encodeLines(
  tag: string,
  { files, rows }: LineTable,
  map: CodeMap,
  codeStart: number,
): Output {
  const placed = rows.flatMap(({ address, file, line, column, isEnd }) => {
    // What no line is known of is likely of the one before.
    const at = isEnd || line > 0 ? map.find(codeStart + address) : undefined
    return at === undefined ? [] : [{ at, file, line: isEnd ? 0 : line, column }]
  })
  // Where one function ends another begins: the end comes first.
  placed.sort((a, b) => a.at - b.at || Math.sign(a.line) - Math.sign(b.line))
  const out = new Output()
  out.text(ADDED.lines)
  out.text(tag)
  out.u32(files.length)
  for (const file of files) out.text(file)
  out.u32(placed.length)
  let last = 0
  for (const { at, file, line, column } of placed) {
    out.u32(at - last)
    out.u32(file)
    out.u32(line)
    out.u32(column)
    last = at
  }
  return out
}

/** What {@link encodeLines} wrote, behind its name, to look places up in. */
export class Lines {
  readonly tag: string
  readonly #files: readonly string[]
  readonly #at: Uint32Array
  /** Three numbers for each: file, line, column. */
  readonly #places: Uint32Array

  constructor(section: Uint8Array) {
    const cursor = new Cursor(section, 0, section.length)
    this.tag = cursor.name()
    this.#files = cursor.list(() => cursor.name())
    const rows = cursor.u32()
    this.#at = new Uint32Array(rows)
    this.#places = new Uint32Array(3 * rows)
    let at = 0
    for (let i = 0; i < rows; i++) {
      at += cursor.u32()
      this.#at[i] = at
      for (let part = 0; part < 3; part++) this.#places[3 * i + part] = cursor.u32()
    }
  }

  /** @param at bytes from the beginning of the module */
  find(at: number): Place | undefined {
    const row = lastAtMost(this.#at, at)
    if (row < 0) return undefined
    const [file, line, column] = this.#places.subarray(3 * row, 3 * row + 3)
    return line === 0 ? undefined : { file: this.#files[file!]!, line: line!, column: column! }
  }
}
