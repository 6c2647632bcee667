import { DEFAULT_CELL_LIMITS } from '../../../src/cell/limits.ts'
import { takeApart } from '../../../src/cell/module/data.ts'
import { Fuel } from '../../../src/cell/module/fuel.ts'
import type { Pace } from '../../../src/cell/module/fuel.ts'
import { instantiate } from '../../../src/cell/module/instance.ts'
import { rewriteModule } from '../../../src/cell/module/rewrite.ts'
import { Tables } from '../../../src/cell/module/tables.ts'
import { allocateCell, Gauges } from '../../../src/cell/shared-cell.ts'
import { Stopper } from '../../../src/cell/world/stop.ts'
import { Usage } from '../../../src/cell/world/usage.ts'

export interface RewrittenOptions {
  /** Units of fuel. */
  readonly limit?: number
  readonly isDeterministic?: boolean
  readonly stackBytes?: number
  readonly tableEntries?: number
  readonly pace?: Pace
  readonly isKilled?: () => boolean
}

/** An instance of a rewritten module in this thread, made of its parts as a cell's is, and the fuel it uses. */
export function rewrittenInstance(
  bytes: Uint8Array,
  imports: WebAssembly.Imports = {},
  {
    limit = Infinity,
    isDeterministic = false,
    stackBytes = DEFAULT_CELL_LIMITS.stackBytes,
    tableEntries = DEFAULT_CELL_LIMITS.tableEntries,
    pace,
    isKilled = () => false,
  }: RewrittenOptions = {},
): { exports: WebAssembly.Exports; fuel: Fuel; stopper: Stopper } {
  const { code, data } = takeApart(bytes)
  const { bytes: rewritten, ...shape } = rewriteModule(code, { isDeterministic })
  const core = { ...shape, module: new WebAssembly.Module(rewritten) }
  const stopper = new Stopper(isKilled)
  const fuel = new Fuel({ fuel: limit, stackBytes }, stopper, pace)
  const tables = new Tables(tableEntries, stopper)
  const usage = new Usage(new Gauges(allocateCell()))
  const maxPages = shape.memory?.maxPages ?? 0
  return {
    exports: instantiate(core, { ...imports }, { fuel, tables, usage }, maxPages, data),
    fuel,
    stopper,
  }
}

export type Exported = (...args: (number | bigint)[]) => number | bigint | undefined
