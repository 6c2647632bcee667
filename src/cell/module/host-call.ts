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

// (module (import "" "" (func)) (export "" (func 0)))
const PLAIN = new Uint8Array([
  0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x04, 0x01, 0x60, 0x00, 0x00, 0x02, 0x05,
  0x01, 0x00, 0x00, 0x00, 0x00, 0x07, 0x04, 0x01, 0x00, 0x00, 0x00,
])
// (module (import "" "" (func (param i32) (result i32))) (export "" (func 0)))
const ON_NUMBER = new Uint8Array([
  0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x06, 0x01, 0x60, 0x01, 0x7f, 0x01, 0x7f,
  0x02, 0x05, 0x01, 0x00, 0x00, 0x00, 0x00, 0x07, 0x04, 0x01, 0x00, 0x00, 0x00,
])

/** A function of nothing. */
export const plainFunction = (call: HostFunction) => tableFunction(PLAIN, call)

/** A function from an i32 to an i32. */
export const numberFunction = (call: HostFunction) => tableFunction(ON_NUMBER, call)

function tableFunction(bytes: Uint8Array, call: HostFunction): TableFunction {
  const module = new WebAssembly.Module(bytes)
  return new WebAssembly.Instance(module, { '': { '': call } }).exports[''] as TableFunction
}
