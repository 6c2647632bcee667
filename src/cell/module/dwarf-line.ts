// Which line of which file an instruction comes from, as compilers say it in `.debug_line` of DWARF 2
// to 5 (https://dwarfstd.org/doc/DWARF5.pdf, section 6.2). In WebAssembly an address is a place in the
// code section's content (https://yurydelendik.github.io/webassembly-dwarf).
//
// Invariants
//  - Any bytes may come in. What is wrong ends the unit it is in, and the ones before it stand.
//  - Work is bounded by the bytes there are: every step of every loop takes one. Rows, files and paths,
//    which may be named again and again, have limits of their own; what is beyond is left out.

import { Cursor } from '../cursor.ts'
import { Malformed, malformed } from '../malformed.ts'

/** The sections that lines are read from; empty when a module has none. */
export interface DebugSections {
  readonly line: Uint8Array
  readonly lineStr: Uint8Array
  readonly str: Uint8Array
}

/** From `address` on, until the next one. */
export interface LineRow {
  readonly address: number
  /** Of {@link LineTable.files}. */
  readonly file: number
  /** Counted from 1; 0 where the compiler knows of none. */
  readonly line: number
  /** Counted from 1; 0 when it is not known. */
  readonly column: number
  /** Whether it is behind the last instruction of a function. */
  readonly isEnd: boolean
}

export interface LineTable {
  /** Paths, as the compiler was given them: those in its working directory start there. */
  readonly files: readonly string[]
  /** As they stand; within a function they rise. */
  readonly rows: readonly LineRow[]
}

const MAX_ROWS = 1 << 19
const MAX_FILES = 1 << 14
const MAX_PATH_BYTES = 4_096
/** Bytes of all paths, each time one is read. */
const MAX_READ_BYTES = 16 << 20
/** No file has more lines. */
const MAX_LINE = 0x7fff_ffff

export function readLineTable(sections: DebugSections): LineTable {
  const reader = new LineReader(sections)
  reader.read()
  return reader
}

/** Its length says that all of a unit's offsets are of 64 bits: nothing for 32-bit addresses. */
const WIDE_UNIT = 0xffff_fff0
/** A function that the linker left out stands at one of these. */
const NOWHERE = new Set([0, 0xffff_ffff, 0xffff_fffe])

const STANDARD = {
  copy: 1,
  advancePc: 2,
  advanceLine: 3,
  setFile: 4,
  setColumn: 5,
  constAddPc: 8,
  fixedAdvancePc: 9,
} as const
const EXTENDED = { endSequence: 1, setAddress: 2, defineFile: 3 } as const
const CONTENT = { path: 1, directory: 2 } as const

/** What a unit says of its line program. */
interface Header {
  readonly addressStep: number
  readonly lineBase: number
  readonly lineRange: number
  /** By opcode from 1 on: how many numbers follow it. */
  readonly operands: Uint8Array
  readonly directories: readonly string[]
  /** Where the compiler worked; empty when it is not said. */
  readonly workingDirectory: string
  /** By the unit's own indices. */
  readonly files: (number | undefined)[]
}

interface Entry {
  path: string
  directory: number
}

const decoder = new TextDecoder()

class LineReader implements LineTable {
  readonly files: string[] = []
  readonly rows: LineRow[] = []
  readonly #sections: DebugSections
  readonly #indices = new Map<string, number>()
  #readBytes = 0

  constructor(sections: DebugSections) {
    this.#sections = sections
  }

  read(): void {
    const { line } = this.#sections
    const cursor = new Cursor(line, 0, line.length)
    attempt(() => {
      while (!cursor.done) {
        const length = u32(cursor)
        if (length >= WIDE_UNIT) return
        const unit = cursor.part(length)
        attempt(() => this.#program(unit, this.#header(unit)))
      }
    })
  }

  #header(unit: Cursor): Header {
    const version = u16(unit)
    if (version < 2 || version > 5) malformed(`lines of version ${version}`)
    if (version >= 5) unit.bytes(2) // sizes of addresses and of segments
    const length = u32(unit)
    const head = unit.part(length)
    const addressStep = head.u8()
    if (version >= 4) head.u8() // operations in one instruction: there is one
    head.u8() // whether rows begin statements
    const lineBase = (head.u8() << 24) >> 24
    const lineRange = head.u8()
    const operands = head.bytes(Math.max(0, head.u8() - 1))
    const program = { addressStep, lineBase, lineRange, operands }
    if (version < 5) return { ...program, ...this.#plainFiles(head) }
    const directories = this.#entries(head).map(({ path }) => path)
    const place = { directories, workingDirectory: directories[0] ?? '' }
    const files = this.#entries(head).map((entry) => this.#file(entry, place))
    return { ...program, ...place, files }
  }

  /** Before version 5: directories and files are counted from 1. */
  #plainFiles(head: Cursor): Pick<Header, 'directories' | 'workingDirectory' | 'files'> {
    const directories = ['']
    const next = () => this.#text(head)
    for (let path = next(); path !== ''; path = next()) directories.push(path)
    const place = { directories, workingDirectory: '' }
    const files: Header['files'] = [undefined]
    for (let path = next(); path !== ''; path = next()) {
      files.push(this.#file(plainEntry(path, head), place))
    }
    return { ...place, files }
  }

  #entries(head: Cursor): Entry[] {
    const formats = Array.from({ length: head.u8() }, () => [head.u32(), head.u32()] as const)
    const entries: Entry[] = []
    for (let left = head.u32(); left > 0; left--) {
      const { at } = head
      const entry: Entry = { path: '', directory: 0 }
      for (const [content, form] of formats) {
        const value = this.#value(head, form)
        if (content === CONTENT.path && typeof value === 'string') entry.path = value
        if (content === CONTENT.directory && typeof value === 'number') entry.directory = value
      }
      if (head.at === at) malformed('entries without bytes')
      entries.push(entry)
    }
    return entries
  }

  #value(head: Cursor, form: number): string | number | undefined {
    switch (form) {
      case 0x08: // string
        return this.#text(head)
      case 0x1f: // line_strp
        return this.#textAt(this.#sections.lineStr, u32(head))
      case 0x0e: // strp
        return this.#textAt(this.#sections.str, u32(head))
      case 0x0f: // udata
        return head.u32()
      case 0x0b: // data1
        return head.u8()
      case 0x05: // data2
        return u16(head)
      case 0x06: // data4
        return u32(head)
      case 0x07: // data8
        head.bytes(8)
        return undefined
      case 0x1e: // data16
        head.bytes(16)
        return undefined
      case 0x09: // block
        head.bytes(head.u32())
        return undefined
      default:
        return malformed(`a value of form ${form}`)
    }
  }

  #program(unit: Cursor, header: Header): void {
    const { addressStep, lineBase, lineRange, operands } = header
    const firstSpecial = operands.length + 1
    let address = 0
    let isNowhere = true
    let file = 1
    let line = 1
    let column = 0
    const row = (isEnd: boolean) => {
      const index = header.files[file]
      if (isNowhere || this.rows.length >= MAX_ROWS) return
      const isKnown = index !== undefined && line > 0 && line <= MAX_LINE
      this.rows.push({ address, file: index ?? 0, line: isKnown ? line : 0, column, isEnd })
    }
    const advance = (by: number) => void (address = (address + by * addressStep) >>> 0)
    const skipSpecial = (opcode: number): number => {
      if (lineRange === 0) malformed('a special opcode without a range of lines')
      const adjusted = opcode - firstSpecial
      advance(Math.floor(adjusted / lineRange))
      return adjusted % lineRange
    }
    const extended = () => {
      const part = unit.part(unit.u32())
      switch (part.u8()) {
        case EXTENDED.endSequence:
          row(true)
          address = 0
          isNowhere = true
          file = 1
          line = 1
          column = 0
          return
        case EXTENDED.setAddress:
          address = u32(part)
          isNowhere = NOWHERE.has(address)
          return
        case EXTENDED.defineFile:
          header.files.push(this.#file(plainEntry(this.#text(part), part), header))
      }
    }
    while (!unit.done) {
      const opcode = unit.u8()
      if (opcode >= firstSpecial) {
        line += lineBase + skipSpecial(opcode)
        row(false)
        continue
      }
      switch (opcode) {
        case 0:
          extended()
          break
        case STANDARD.copy:
          row(false)
          break
        case STANDARD.advancePc:
          advance(unit.u32())
          break
        case STANDARD.advanceLine:
          line += s32(unit)
          break
        case STANDARD.setFile:
          file = unit.u32()
          break
        case STANDARD.setColumn:
          column = unit.u32()
          break
        case STANDARD.constAddPc:
          skipSpecial(0xff)
          break
        case STANDARD.fixedAdvancePc:
          address = (address + u16(unit)) >>> 0
          break
        default:
          for (let left = operands[opcode - 1]!; left > 0; left--) unit.skipNumber()
      }
    }
  }

  /** Up to its zero. */
  #text(cursor: Cursor): string {
    const bytes: number[] = []
    for (let byte = cursor.u8(); byte !== 0; byte = cursor.u8()) {
      if (bytes.push(byte) > MAX_PATH_BYTES) malformed('a path without end')
    }
    this.#readBytes += bytes.length
    if (this.#readBytes > MAX_READ_BYTES) malformed('paths without end')
    return decoder.decode(Uint8Array.from(bytes))
  }

  #textAt(bytes: Uint8Array, at: number): string {
    return this.#text(new Cursor(bytes, at, bytes.length))
  }

  /** @returns its index among all, or undefined when there are too many */
  #file(
    { path, directory }: Entry,
    { directories, workingDirectory }: Pick<Header, 'directories' | 'workingDirectory'>,
  ): number | undefined {
    const name = joined(joined(workingDirectory, directories[directory] ?? ''), path)
    const root = `${workingDirectory}/`
    const isThere = root !== '/' && name.startsWith(root)
    const short = (isThere ? name.slice(root.length) : name).replace(/^(?:\.\/)+/, '')
    const known = this.#indices.get(short)
    if (known !== undefined) return known
    if (this.files.length >= MAX_FILES) return undefined
    this.#indices.set(short, this.files.length)
    return this.files.push(short) - 1
  }
}

function joined(directory: string, path: string): string {
  if (directory === '' || path.startsWith('/')) return path
  return path === '' ? directory : `${directory}/${path}`
}

function plainEntry(path: string, cursor: Cursor): Entry {
  const directory = cursor.u32()
  cursor.skipNumber() // when it was changed
  cursor.skipNumber() // its size
  return { path, directory }
}

function attempt(read: () => void): void {
  try {
    read()
  } catch (thrown) {
    if (!(thrown instanceof Malformed)) throw thrown
  }
}

function u16(cursor: Cursor): number {
  return cursor.u8() | (cursor.u8() << 8)
}

function u32(cursor: Cursor): number {
  return (u16(cursor) | (u16(cursor) << 16)) >>> 0
}

/** A signed LEB128. */
function s32(cursor: Cursor): number {
  let value = 0
  for (let shift = 0; shift < 35; shift += 7) {
    const byte = cursor.u8()
    value |= (byte & 0x7f) << shift
    if (byte < 0x80) return shift < 25 && (byte & 0x40) !== 0 ? value | (-1 << (shift + 7)) : value
  }
  return malformed(`a number at byte ${cursor.at} is too long`)
}
