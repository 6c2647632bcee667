import type { Gauges } from '../shared-cell.ts'

/**
 * What a guest uses, as its thread knows it. Others see it as of the last moment at which the thread
 * waited or was given fuel: listings need no more, and nothing has to be asked.
 */
export class Usage {
  readonly #gauges: Gauges
  readonly #memories: WebAssembly.Memory[] = []
  /** Units so far. */
  fuel: () => number = () => 0
  /** Entries of its tables together. */
  tableEntries: () => number = () => 0
  /** Open files, or resources. */
  handles: () => number = () => 0

  constructor(gauges: Gauges) {
    this.#gauges = gauges
  }

  /** Counts a memory of the guest. */
  watch(memory: WebAssembly.Memory): void {
    this.#memories.push(memory)
  }

  tell(): void {
    const gauges = this.#gauges
    gauges.fuel = this.fuel()
    gauges.handles = this.handles()
    gauges.tableEntries = this.tableEntries()
    gauges.memoryBytes = this.#memories.reduce((sum, { buffer }) => sum + buffer.byteLength, 0)
  }
}
