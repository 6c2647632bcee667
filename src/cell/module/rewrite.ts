// Makes of a core module one that keeps its limits: what it declares is checked against the written
// list of features and sizes, its memory comes from outside, its tables are capped, its code counts.
//
// Invariants
//  - Nothing is shifted: indices of the original mean the same in the result. The memory, of which
//    there is at most one, becomes an import; all else is appended.
//  - The result does what the original does, values, effects and traps, unless the original is
//    invalid. That is for the engine to find: it must see the original too, for an invalid original
//    could name what was appended.
//  - Custom sections are left out: they may speak about code that is no longer where it was. The
//    names of functions are kept on request, for functions are where they were, and lines are made to
//    say where it is.

import { Cursor } from '../cursor.ts'
import { CELL_LIMITS } from '../limits.ts'
import { Malformed, malformed } from '../malformed.ts'
import { copyAhead, fillAhead } from './bulk-code.ts'
import { CodeMap } from './code-map.ts'
import { customSection, customSections, linesOf, nameSection, tagOf } from './debug-section.ts'
import {
  constantExpression,
  globalType,
  memoryShape,
  MUTABLE,
  passData,
  passElements,
  referenceType,
  tableShape,
  valueType,
} from './declaration.ts'
import type { MemoryShape } from './declaration.ts'
import { readLineTable } from './dwarf-line.ts'
import { OP, refuseFeature, TYPE } from './feature.ts'
import type { HostInterface } from './host-interface.ts'
import { encodeLines } from './line-section.ts'
import { BodyMeter } from './meter.ts'
import type { MeterOptions } from './meter.ts'
import { ADDED, ADDED_PREFIX, HOST_CALL } from './names.ts'
import { Output } from './output.ts'
import { countedList, HEADER_BYTES, SECTION, sectionsOf } from './section.ts'
import type { CountedList } from './section.ts'
import { FunctionTypes } from './types.ts'

/** What the result needs that the original did not say openly. */
export interface Shape {
  /** The memory it defined and now imports. */
  readonly memory: MemoryShape | undefined
  /** Entries its tables start with, together. */
  readonly tableEntries: number
  /** Whether it has code, and so counters. */
  readonly isMetered: boolean
  /** Whether a function is to be called when it is instantiated. */
  readonly hasStart: boolean
}

export interface Rewritten extends Shape {
  readonly bytes: Uint8Array
}

const KIND = { function: 0, table: 1, memory: 2, global: 3 } as const
const FUNCTION_TYPE = 0x60
/** Types of the functions that are added. */
const ADDED_TYPES = [
  Uint8Array.of(FUNCTION_TYPE, 0, 0),
  Uint8Array.of(FUNCTION_TYPE, 1, TYPE.i32, 1, TYPE.i32),
  Uint8Array.of(FUNCTION_TYPE, 3, TYPE.i32, TYPE.i32, TYPE.i32, 3, TYPE.i32, TYPE.i32, TYPE.i32),
]
/** The functions that are added, by their types: those that ask the host, as in `HOST_CALL`, and others. */
const HOST_FUNCTIONS = [0, 1]
const AHEAD_TYPE = 2
const AHEAD_FUNCTIONS = [AHEAD_TYPE, AHEAD_TYPE]
/** What counters put into code takes, as a share of it; only an estimate. */
const EXPECTED_GROWTH = 1.25

export interface RewriteOptions extends Partial<MeterOptions> {
  /** Whether traps may name functions, and lines of their sources, as the program does. */
  readonly keepNames?: boolean
}

/**
 * @param host whose functions it has to import as they are
 * @throws {Malformed}
 */
export function rewriteModule(
  bytes: Uint8Array,
  { keepNames = false, isDeterministic = false }: RewriteOptions = {},
  host?: HostInterface,
): Rewritten {
  const map = keepNames ? new CodeMap() : undefined
  return new Rewriter(bytes, { isDeterministic }, map, host).run()
}

class Rewriter {
  readonly #bytes: Uint8Array
  readonly #sections: ReadonlyMap<number, Cursor>
  readonly #out: Output
  readonly #options: MeterOptions
  readonly #map: CodeMap | undefined
  readonly #host: HostInterface | undefined
  readonly #functionTypes = new FunctionTypes()
  /** How many there are, with those added for blocks. */
  #types = 0
  #importedFunctions = 0
  #tables = 0
  /** Of these, those it defines: the last ones. */
  #ownTables = 0
  #tableEntries = 0
  #globals = 0
  #memory: MemoryShape | undefined
  /** Of its own or imported. */
  #hasMemory = false
  #start: number | undefined

  /** @param map for those who want to know where code went */
  constructor(
    bytes: Uint8Array,
    options: MeterOptions,
    map: CodeMap | undefined,
    host: HostInterface | undefined,
  ) {
    this.#map = map
    this.#host = host
    this.#bytes = bytes
    this.#options = options
    this.#sections = sectionsOf(bytes)
    this.#out = new Output(Math.ceil(bytes.length * EXPECTED_GROWTH) + 1_024)
  }

  run(): Rewritten {
    this.#out.append(this.#bytes.subarray(0, HEADER_BYTES))
    // The memory's import stands before the memory: it is read first.
    this.#memory = this.#readMemory()
    this.#hasMemory = this.#memory !== undefined
    this.#start = this.#find(SECTION.start)?.u32()
    const bodies = this.#count(SECTION.code)
    const isMetered = bodies > 0
    this.#writeTypes(isMetered)
    this.#writeImports()
    this.#writeFunctions(isMetered)
    this.#writeTables(isMetered)
    this.#copyTags()
    this.#writeGlobals(isMetered)
    this.#writeExports(isMetered)
    this.#copyElements()
    this.#copy(SECTION.dataCount)
    if (isMetered) this.#writeCode()
    this.#copyData()
    if (this.#map) this.#writeDebug(this.#map)
    return {
      bytes: this.#out.bytes,
      memory: this.#memory,
      tableEntries: this.#tableEntries,
      isMetered,
      hasStart: this.#start !== undefined,
    }
  }

  /** A new cursor on a section's content. */
  #find(id: number): Cursor | undefined {
    const section = this.#sections.get(id)
    return section && new Cursor(this.#bytes, section.at, section.end)
  }

  #count(id: number): number {
    return this.#find(id)?.u32() ?? 0
  }

  #readMemory(): MemoryShape | undefined {
    const section = this.#find(SECTION.memory)
    if (!section) return undefined
    const count = section.u32()
    if (count > 1) refuseFeature('several memories', 'section memory')
    return count === 0 ? undefined : memoryShape(section)
  }

  #writeTypes(isMetered: boolean): void {
    const section = this.#find(SECTION.type)
    const from = section && countedList(section, 'types', CELL_LIMITS.moduleTypes)
    const types = this.#functionTypes
    const most = CELL_LIMITS.moduleTypeValues
    let values = 0
    const list = (where: string): number[] => {
      const count = section!.u32()
      values += count
      if (values > most) {
        throw new Malformed(
          'PROGRAM_TOO_LARGE',
          `its types up to ${where} have ${values} parameters and results; at most ${most} are allowed`,
        )
      }
      return Array.from({ length: count }, () => valueType(section!, where))
    }
    for (let i = 0; i < (from?.count ?? 0); i++) {
      const where = `type ${i}`
      if (section!.u8() !== FUNCTION_TYPE) refuseFeature('garbage-collected types', where)
      types.addType(list(where), list(where))
    }
    if (isMetered) types.addBlocks()
    const added = new Output()
    for (const results of types.added) {
      added.appendAll(FUNCTION_TYPE, 0)
      added.u32(results.length)
      added.appendAll(...results)
    }
    this.#types = (from?.count ?? 0) + types.added.length
    if (isMetered) for (const bytes of ADDED_TYPES) added.append(bytes)
    const addedCount = types.added.length + (isMetered ? ADDED_TYPES.length : 0)
    this.#writeList(SECTION.type, section, from, addedCount, added.bytes)
  }

  #writeImports(): void {
    const section = this.#find(SECTION.import)
    const from = section && countedList(section, 'imports', CELL_LIMITS.programImports)
    if (section) {
      for (let i = 0; i < from!.count; i++) {
        const module = section.name()
        if (module.startsWith(ADDED_PREFIX)) reserved('imports from', module)
        const name = section.name()
        const where = `import ${i}`
        const kind = section.u8()
        switch (kind) {
          case KIND.function:
            this.#functionTypes.addFunction(section.u32())
            this.#host?.checkImport(
              module,
              name,
              this.#functionTypes.spelled(this.#importedFunctions),
            )
            this.#importedFunctions++
            break
          case KIND.table:
            referenceType(section, where)
            tableShape(section, where)
            this.#tables++
            break
          case KIND.memory:
            memoryShape(section)
            if (this.#hasMemory) refuseFeature('several memories', where)
            this.#hasMemory = true
            break
          case KIND.global:
            globalType(section, where)
            this.#globals++
            break
          default:
            refuseFeature(
              kind === 4 ? 'exceptions of other modules' : `imports of kind ${kind}`,
              where,
            )
        }
      }
    }
    const added = new Output()
    if (this.#memory) {
      added.text(ADDED.module)
      added.text(ADDED.memory)
      added.u8(KIND.memory)
      appendLimits(added, this.#memory.minPages, this.#memory.maxPages)
    }
    this.#writeList(SECTION.import, section, from, this.#memory ? 1 : 0, added.bytes)
  }

  // Those that are added are the last ones.
  #writeFunctions(isMetered: boolean): void {
    const section = this.#find(SECTION.function)
    const from = section && countedList(section, 'functions', CELL_LIMITS.moduleFunctions)
    for (let left = from?.count ?? 0; left > 0; left--) {
      this.#functionTypes.addFunction(section!.u32())
    }
    const added = new Output()
    for (const type of this.#addedFunctions) added.u32(this.#types + type)
    const count = isMetered ? this.#addedFunctions.length : 0
    this.#writeList(SECTION.function, section, from, count, added.bytes)
  }

  #writeTables(isMetered: boolean): void {
    const section = this.#find(SECTION.table)
    const count = section ? countedList(section, 'tables', CELL_LIMITS.moduleTables).count : 0
    const total = count + (isMetered ? 1 : 0)
    if (total === 0) return
    const list = new Output()
    list.u32(total)
    for (let i = 0; i < count; i++) {
      const where = `table ${i}`
      list.u8(referenceType(section!, where))
      const { min, max } = tableShape(section!, where)
      this.#tableEntries += min
      const cap = CELL_LIMITS.tableEntries
      if (this.#tableEntries > cap) {
        const sentence = `its tables up to ${i} start with ${this.#tableEntries} entries; at most ${cap} are allowed`
        throw new Malformed('PROGRAM_TOO_LARGE', sentence)
      }
      appendLimits(list, min, Math.max(min, Math.min(max, cap)))
    }
    this.#ownTables = count
    this.#tables += count
    if (isMetered) {
      list.u8(TYPE.funcref)
      appendLimits(list, HOST_FUNCTIONS.length, HOST_FUNCTIONS.length)
    }
    this.#writeSection(SECTION.table, list.bytes)
  }

  #writeGlobals(isMetered: boolean): void {
    const section = this.#find(SECTION.global)
    const from = section && countedList(section, 'globals', CELL_LIMITS.moduleGlobals)
    if (section) {
      for (let i = 0; i < from!.count; i++) {
        globalType(section, `global ${i}`)
        constantExpression(section, `global ${i}`)
      }
    }
    this.#globals += from?.count ?? 0
    // Fuel and stack, both empty: the first site asks for fuel.
    const zero = [TYPE.i32, MUTABLE, OP.i32Const, 0, OP.end]
    const added = isMetered ? [...zero, ...zero] : []
    this.#writeList(SECTION.global, section, from, isMetered ? 2 : 0, added)
  }

  #writeExports(isMetered: boolean): void {
    const section = this.#find(SECTION.export)
    const from = section && countedList(section, 'exports', CELL_LIMITS.programExports)
    if (section) {
      for (let i = 0; i < from!.count; i++) {
        const name = section.name()
        if (name.startsWith(ADDED_PREFIX)) reserved('exports', name)
        const isFunction = section.u8() === KIND.function
        const index = section.u32()
        if (isFunction) this.#host?.checkExport(name, this.#functionTypes.spelled(index))
      }
    }
    const added = new Output()
    const add = (name: string, kind: number, index: number) => {
      added.text(name)
      added.u8(kind)
      added.u32(index)
    }
    if (isMetered) {
      add(ADDED.fuel, KIND.global, this.#globals)
      add(ADDED.stack, KIND.global, this.#globals + 1)
      add(ADDED.host, KIND.table, this.#tables)
    }
    for (let i = 0; i < this.#ownTables; i++) {
      add(`${ADDED.table}${i}`, KIND.table, this.#tables - this.#ownTables + i)
    }
    // Called once there is fuel, instead of by the engine before.
    if (this.#start !== undefined) add(ADDED.start, KIND.function, this.#start)
    const count = (isMetered ? 3 : 0) + this.#ownTables + (this.#start === undefined ? 0 : 1)
    this.#writeList(SECTION.export, section, from, count, added.bytes)
  }

  #copyTags(): void {
    const section = this.#find(SECTION.tag)
    if (!section) return
    const { count } = countedList(section, 'tags', CELL_LIMITS.moduleTags)
    for (let i = 0; i < count; i++) {
      const attribute = section.u8()
      if (attribute !== 0) refuseFeature(`tags of kind ${attribute}`, `tag ${i}`)
      this.#functionTypes.addTag(section.u32())
    }
    this.#copy(SECTION.tag)
  }

  #copyElements(): void {
    const section = this.#find(SECTION.element)
    if (section) passElements(section)
    this.#copy(SECTION.element)
  }

  #writeCode(): void {
    const section = this.#find(SECTION.code)!
    const out = this.#out
    const bodies = section.u32()
    out.u8(SECTION.code)
    const lengthAt = out.reserveU32()
    out.u32(bodies + this.#addedFunctions.length)
    const added = this.#functionTypes.functions
    const refuel = added + HOST_CALL.refuel
    const ahead = added + HOST_FUNCTIONS.length
    const meter = new BodyMeter(
      this.#bytes,
      out,
      this.#functionTypes,
      {
        fuel: this.#globals,
        stack: this.#globals + 1,
        refuel,
        grow: added + HOST_CALL.grow,
        fillAhead: ahead,
        copyAhead: ahead + 1,
        aheadType: this.#types + AHEAD_TYPE,
      },
      this.#options,
      this.#map,
    )
    for (let i = 0; i < bodies; i++) {
      const size = section.u32()
      const index = this.#importedFunctions + i
      if (size > CELL_LIMITS.functionBytes) {
        throw new Malformed(
          'PROGRAM_TOO_LARGE',
          `its function ${index} has ${size} bytes; at most ${CELL_LIMITS.functionBytes} are allowed`,
        )
      }
      const start = section.at
      section.bytes(size)
      meter.write(start, start + size, index)
    }
    this.#writeHostCall(HOST_CALL.refuel)
    this.#writeHostCall(HOST_CALL.grow, OP.localGet, 0)
    if (this.#hasMemory) {
      this.#writeBody(fillAhead(refuel))
      this.#writeBody(copyAhead(refuel))
    }
    out.putLength(lengthAt)
  }

  /** A function that calls what stands there in the host's table. */
  #writeHostCall(place: number, ...args: readonly number[]): void {
    const body = new Output()
    body.appendAll(0, ...args, OP.i32Const, place, OP.callIndirect)
    body.u32(this.#types + place)
    body.u32(this.#tables)
    body.u8(OP.end)
    this.#writeBody(body.bytes)
  }

  #writeBody(body: Uint8Array): void {
    this.#out.u32(body.length)
    this.#out.append(body)
  }

  get #addedFunctions(): readonly number[] {
    return this.#hasMemory ? [...HOST_FUNCTIONS, ...AHEAD_FUNCTIONS] : HOST_FUNCTIONS
  }

  #copyData(): void {
    const section = this.#find(SECTION.data)
    if (section) passData(section)
    this.#copy(SECTION.data)
  }

  #writeDebug(map: CodeMap): void {
    const custom = customSections(this.#bytes)
    const tag = tagOf(this.#bytes)
    this.#out.append(nameSection(custom, tag))
    const table = readLineTable(linesOf(custom))
    const code = this.#find(SECTION.code)
    if (!code || table.rows.length === 0) return
    this.#out.append(customSection(encodeLines(tag, table, map, code.at)))
  }

  #copy(id: number): void {
    const section = this.#find(id)
    if (section) this.#writeSection(id, this.#bytes.subarray(section.at, section.end))
  }

  #writeList(
    id: number,
    /** Read to its end. */
    section: Cursor | undefined,
    from: CountedList | undefined,
    addedCount: number,
    added: ArrayLike<number>,
  ): void {
    if (section && !section.done) malformed(`section ${id} is longer than what it holds`)
    const count = (from?.count ?? 0) + addedCount
    if (count === 0) return
    const list = new Output()
    list.u32(count)
    if (section) list.append(this.#bytes.subarray(from!.at, section.end))
    if (addedCount > 0) list.append(Uint8Array.from(added))
    this.#writeSection(id, list.bytes)
  }

  #writeSection(id: number, content: Uint8Array): void {
    this.#out.u8(id)
    this.#out.u32(content.length)
    this.#out.append(content)
  }
}

function appendLimits(out: Output, min: number, max: number): void {
  out.u8(1)
  out.u32(min)
  out.u32(max)
}

function reserved(what: string, name: string): never {
  return malformed(
    `it ${what} ${JSON.stringify(name.slice(0, 120))}, a name cells keep for themselves`,
  )
}
