// Instantiates rewritten modules in a cell's thread: gives them memory, fuel and stack, and hides from the
// guest what was added to them.

import type { Usage } from '../world/usage.ts'
import { placeData } from './data.ts'
import type { ModuleData } from './data.ts'
import type { Fuel } from './fuel.ts'
import { fillHostTable } from './host-call.ts'
import { ADDED, ADDED_PREFIX } from './names.ts'
import type { Shape } from './rewrite.ts'
import type { Tables } from './tables.ts'

/** A rewritten module, compiled. Can be posted to a thread. */
export interface CoreModule extends Shape {
  readonly module: WebAssembly.Module
}

/** What bounds and counts the modules of one cell. */
export interface Meters {
  readonly fuel: Fuel
  readonly tables: Tables
  readonly usage: Usage
}

/**
 * @param maxPages of the memory it defines, if it defines one
 * @param data that was taken from it
 * @returns its exports, without those that were added; its start function has run
 */
export function instantiate(
  core: CoreModule,
  imports: WebAssembly.Imports,
  { fuel, tables, usage }: Meters,
  maxPages: number,
  data?: ModuleData,
): WebAssembly.Exports {
  let memory: WebAssembly.Memory | undefined
  if (core.memory) {
    const initial = data?.minPages ?? core.memory.minPages
    memory = new WebAssembly.Memory({ initial, maximum: maxPages })
    usage.watch(memory)
    imports[ADDED.module] = { [ADDED.memory]: memory }
  }
  const { exports } = new WebAssembly.Instance(core.module, imports)
  if (memory && data) placeData(data, memory)
  if (core.isMetered) {
    const counter = (name: string) => exports[name] as WebAssembly.Global
    fuel.supply({ fuel: counter(ADDED.fuel), stack: counter(ADDED.stack) })
    const { refuel } = fuel
    fillHostTable(exports[ADDED.host] as WebAssembly.Table, { refuel, grow: tables.grow })
  }
  for (const [name, item] of Object.entries(exports)) {
    if (name.startsWith(ADDED.table)) tables.watch(item as WebAssembly.Table)
  }
  if (core.hasStart) (exports[ADDED.start] as () => void)()
  return withoutAdded(exports)
}

// A component's modules may be given each other's exports by name.
function withoutAdded(exports: WebAssembly.Exports): WebAssembly.Exports {
  const own = Object.create(null) as WebAssembly.Exports
  for (const [name, item] of Object.entries(exports)) {
    if (!name.startsWith(ADDED_PREFIX)) own[name] = item
  }
  return own
}
