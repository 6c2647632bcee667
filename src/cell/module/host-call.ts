// The host's functions as a rewritten module can call them: through a table, because an import more
// would shift the indices of its own functions.

import type { HostFunction } from '../world/stop.ts'
import { HOST_CALL } from './names.ts'

/** One that can stand in a table. */
export type TableFunction = () => void

/** What a rewritten module asks the host; see {@link HOST_CALL}. */
export type HostCalls = { readonly [K in keyof typeof HOST_CALL]: TableFunction }

export function fillHostTable(table: WebAssembly.Table, calls: HostCalls): void {
  table.set(HOST_CALL.refuel, calls.refuel)
  table.set(HOST_CALL.grow, calls.grow)
}

/** A module that exports what it imports; compiled once in a thread. */
class Passage {
  readonly #bytes: Uint8Array<ArrayBuffer>
  #module: WebAssembly.Module | undefined

  constructor(bytes: Uint8Array<ArrayBuffer>) {
    this.#bytes = bytes
  }

  through(call: HostFunction): TableFunction {
    this.#module ??= new WebAssembly.Module(this.#bytes)
    const { exports } = new WebAssembly.Instance(this.#module, { '': { '': call } })
    return exports[''] as TableFunction
  }
}

// (module (import "" "" (func)) (export "" (func 0)))
const PLAIN = new Passage(
  new Uint8Array([
    0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x04, 0x01, 0x60, 0x00, 0x00, 0x02, 0x05,
    0x01, 0x00, 0x00, 0x00, 0x00, 0x07, 0x04, 0x01, 0x00, 0x00, 0x00,
  ]),
)
// (module (import "" "" (func (param i32) (result i32))) (export "" (func 0)))
const ON_NUMBER = new Passage(
  new Uint8Array([
    0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x06, 0x01, 0x60, 0x01, 0x7f, 0x01, 0x7f,
    0x02, 0x05, 0x01, 0x00, 0x00, 0x00, 0x00, 0x07, 0x04, 0x01, 0x00, 0x00, 0x00,
  ]),
)

/** A function of nothing. */
export const plainFunction = (call: HostFunction) => PLAIN.through(call)

/** A function from an i32 to an i32. */
export const numberFunction = (call: HostFunction) => ON_NUMBER.through(call)
