// Reads a component binary: its definitions in order, as the format has them. What they amount to is
// `plan.ts`'s affair.
// Source: https://github.com/WebAssembly/component-model/blob/main/design/mvp/Binary.md

import { Cursor } from '../cursor.ts'
import { CELL_LIMITS } from '../limits.ts'
import { Malformed, malformed } from '../malformed.ts'

/** The index spaces of a component. */
export type Sort =
  | 'core-func'
  | 'core-table'
  | 'core-memory'
  | 'core-global'
  | 'core-type'
  | 'core-module'
  | 'core-instance'
  | 'func'
  | 'value'
  | 'type'
  | 'component'
  | 'instance'

export interface Named {
  readonly name: string
  readonly sort: Sort
  readonly index: number
}

/** Indices of the memory and the allocator a lowered function works with. */
export interface CanonOptions {
  readonly memory: number | undefined
  readonly realloc: number | undefined
}

export type Definition =
  | { readonly op: 'core-module'; readonly module: number }
  /** Instantiates a core module; each argument is a core instance. */
  | { readonly op: 'core-instance'; readonly module: number; readonly args: readonly Named[] }
  /** An instance made of given items. */
  | { readonly op: 'core-bundle' | 'bundle'; readonly items: readonly Named[] }
  | { readonly op: 'types'; readonly sort: 'core-type' | 'type'; readonly count: number }
  | { readonly op: 'component'; readonly definitions: readonly Definition[] }
  | { readonly op: 'instance'; readonly component: number; readonly args: readonly Named[] }
  | { readonly op: 'alias'; readonly sort: Sort; readonly instance: number; readonly name: string }
  | {
      readonly op: 'core-alias'
      readonly sort: Sort
      readonly instance: number
      readonly name: string
    }
  | { readonly op: 'outer'; readonly sort: Sort; readonly depth: number; readonly index: number }
  | { readonly op: 'lift'; readonly func: number }
  | { readonly op: 'lower'; readonly func: number; readonly options: CanonOptions }
  | { readonly op: 'resource'; readonly act: 'new' | 'drop' | 'rep'; readonly type: number }
  | { readonly op: 'import'; readonly name: string; readonly sort: Sort }
  | ({ readonly op: 'export' } & Named)

const HEADER_BYTES = 8

const CORE_SORTS: Readonly<Record<number, Sort>> = {
  0x00: 'core-func',
  0x01: 'core-table',
  0x02: 'core-memory',
  0x03: 'core-global',
  0x10: 'core-type',
  0x11: 'core-module',
  0x12: 'core-instance',
}
const SORTS: Readonly<Record<number, Sort>> = {
  0x01: 'func',
  0x02: 'value',
  0x03: 'type',
  0x04: 'component',
  0x05: 'instance',
}

/** @throws {Malformed} */
export function parseComponent(bytes: Uint8Array): {
  readonly definitions: readonly Definition[]
  /** The core modules, of nested components too, each a view of `bytes`. */
  readonly modules: readonly Uint8Array[]
} {
  const modules: Uint8Array[] = []
  const definitions = parseSections(new Cursor(bytes, 0, bytes.length), modules, 0)
  return { definitions, modules }
}

function parseSections(cursor: Cursor, modules: Uint8Array[], depth: number): Definition[] {
  if (depth > CELL_LIMITS.componentDepth) malformed('its components are nested too deeply')
  cursor.bytes(HEADER_BYTES)
  const definitions: Definition[] = []
  while (!cursor.done) {
    const id = cursor.u8()
    const section = cursor.part(cursor.u32())
    for (const definition of parseSection(id, section, modules, depth)) definitions.push(definition)
    if (!section.done) malformed(`section ${id} is longer than what it holds`)
  }
  return definitions
}

function parseSection(
  id: number,
  section: Cursor,
  modules: Uint8Array[],
  depth: number,
): readonly Definition[] {
  switch (id) {
    case 0: // custom
      section.at = section.end
      return []
    case 1: {
      const module = modules.push(section.bytes(section.end - section.at)) - 1
      if (modules.length > CELL_LIMITS.programCoreModules) malformed('it has too many core modules')
      return [{ op: 'core-module', module }]
    }
    case 2:
      return section.list(() => coreInstance(section))
    case 3:
      return [types(section, 'core-type')]
    case 4:
      return [{ op: 'component', definitions: parseSections(section, modules, depth + 1) }]
    case 5:
      return section.list(() => instance(section))
    case 6:
      return section.list(() => alias(section))
    case 7:
      return [types(section, 'type')]
    case 8:
      return section.list(() => canon(section))
    case 10:
      return section.list(() => ({
        op: 'import',
        name: externName(section),
        sort: extern(section),
      }))
    case 11:
      return section.list(() => exported(section))
    default:
      return malformed(`it has a section of unknown kind ${id}`)
  }
}

// Types are counted, not read: host functions know their own, and a guest that declares others
// harms only itself.
function types(section: Cursor, sort: 'core-type' | 'type'): Definition {
  const count = section.u32()
  if (count > section.end - section.at) malformed(`a list at byte ${section.at} is too long`)
  section.at = section.end
  return { op: 'types', sort, count }
}

function coreSort(cursor: Cursor): Sort {
  const kind = cursor.u8()
  return CORE_SORTS[kind] ?? malformed(`it has a core definition of unknown kind ${kind}`)
}

function sort(cursor: Cursor): Sort {
  const kind = cursor.u8()
  if (kind === 0) return coreSort(cursor)
  return SORTS[kind] ?? malformed(`it has a definition of unknown kind ${kind}`)
}

function externName(cursor: Cursor): string {
  const form = cursor.u8()
  if (form > 1) malformed(`it has a name of unknown form ${form}`)
  return cursor.name()
}

/** The type of an import or export, of which only the sort matters here. */
function extern(cursor: Cursor): Sort {
  const kind = cursor.u8()
  switch (kind) {
    case 0x00:
      if (cursor.u8() !== 0x11) malformed('it imports a core item that is no module')
      cursor.u32()
      return 'core-module'
    case 0x03:
      if (cursor.u8() === 0) cursor.u32() // equal to a type; else a resource of any type
      return 'type'
    case 0x01:
    case 0x04:
    case 0x05:
      cursor.u32()
      return SORTS[kind]!
    default:
      return malformed(`it imports something of unknown kind ${kind}`)
  }
}

function coreInstance(cursor: Cursor): Definition {
  const form = cursor.u8()
  if (form === 0) {
    const module = cursor.u32()
    const args = cursor.list(() => ({
      name: cursor.name(),
      sort: coreSort(cursor),
      index: cursor.u32(),
    }))
    return { op: 'core-instance', module, args }
  }
  if (form !== 1) malformed(`it has a core instance of unknown form ${form}`)
  const items = cursor.list(() => ({
    name: cursor.name(),
    sort: coreSort(cursor),
    index: cursor.u32(),
  }))
  return { op: 'core-bundle', items }
}

function instance(cursor: Cursor): Definition {
  const form = cursor.u8()
  if (form === 0) {
    const component = cursor.u32()
    const args = cursor.list(() => ({
      name: cursor.name(),
      sort: sort(cursor),
      index: cursor.u32(),
    }))
    return { op: 'instance', component, args }
  }
  if (form !== 1) malformed(`it has an instance of unknown form ${form}`)
  const items = cursor.list(() => ({
    name: externName(cursor),
    sort: sort(cursor),
    index: cursor.u32(),
  }))
  return { op: 'bundle', items }
}

function alias(cursor: Cursor): Definition {
  const aliased = sort(cursor)
  const target = cursor.u8()
  switch (target) {
    case 0:
      return { op: 'alias', sort: aliased, instance: cursor.u32(), name: cursor.name() }
    case 1:
      return { op: 'core-alias', sort: aliased, instance: cursor.u32(), name: cursor.name() }
    case 2:
      return { op: 'outer', sort: aliased, depth: cursor.u32(), index: cursor.u32() }
    default:
      return malformed(`it has an alias of unknown form ${target}`)
  }
}

function canon(cursor: Cursor): Definition {
  const kind = cursor.u8()
  switch (kind) {
    case 0x00: {
      if (cursor.u8() !== 0) malformed('it lifts a function in an unknown way')
      const func = cursor.u32()
      canonOptions(cursor)
      cursor.u32() // its type
      return { op: 'lift', func }
    }
    case 0x01: {
      if (cursor.u8() !== 0) malformed('it lowers a function in an unknown way')
      const func = cursor.u32()
      return { op: 'lower', func, options: canonOptions(cursor) }
    }
    case 0x02:
      return { op: 'resource', act: 'new', type: cursor.u32() }
    case 0x03:
      return { op: 'resource', act: 'drop', type: cursor.u32() }
    case 0x04:
      return { op: 'resource', act: 'rep', type: cursor.u32() }
    default:
      return unsupported(
        'it uses asynchronous component functions (WASI 0.3); this node speaks WASI 0.2',
      )
  }
}

function canonOptions(cursor: Cursor): CanonOptions {
  let memory: number | undefined
  let realloc: number | undefined
  cursor.list(() => {
    const kind = cursor.u8()
    switch (kind) {
      case 0x00: // strings are UTF-8
        return
      case 0x01:
      case 0x02:
        unsupported('it passes strings in UTF-16; this node takes UTF-8')
        return
      case 0x03:
        memory = cursor.u32()
        return
      case 0x04:
        realloc = cursor.u32()
        return
      case 0x05: // called after a lifted function returns; the guest is over then
        cursor.u32()
        return
      default:
        unsupported(
          'it uses asynchronous component functions (WASI 0.3); this node speaks WASI 0.2',
        )
    }
  })
  return { memory, realloc }
}

function exported(cursor: Cursor): Definition {
  const name = externName(cursor)
  const exportedSort = sort(cursor)
  const index = cursor.u32()
  const ascribed = cursor.u8()
  if (ascribed === 1) extern(cursor)
  else if (ascribed !== 0) malformed(`export ${name} has a type of unknown form`)
  return { op: 'export', name, sort: exportedSort, index }
}

function unsupported(message: string): never {
  throw new Malformed('PROGRAM_UNSUPPORTED', message)
}
