import type { HostFunction, Stopper } from '../world/stop.ts'
import { numberFunction } from './host-call.ts'
import type { TableFunction } from './host-call.ts'

const REFUSED = -1

/**
 * The tables of a cell, all modules' together. A table grows where its module's code says so, and
 * there only: it asks here before.
 */
export class Tables {
  readonly #tables: WebAssembly.Table[] = []
  /** What a module's code calls: given a number of entries, answers it, or -1. */
  readonly grow: TableFunction

  /** @param limit entries */
  constructor(limit: number, stopper: Stopper) {
    const grow: HostFunction = (more) =>
      this.entries + (Number(more) >>> 0) <= limit ? more : REFUSED
    this.grow = numberFunction(stopper.guard(grow))
  }

  /** Counts a table of the guest, as it grows. */
  watch(table: WebAssembly.Table): void {
    this.#tables.push(table)
  }

  get entries(): number {
    return this.#tables.reduce((sum, { length }) => sum + length, 0)
  }
}
