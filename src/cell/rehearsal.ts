// What a thread plays through before its cell comes, with a program of ours, so that the engine has
// the code ready which every cell goes through first: linking, reading, writing, polling. Without it
// the first turn of each cell takes three times as long.

import { DEFAULT_CELL_LIMITS } from './limits.ts'
import type { CellStart } from './protocol.ts'
import { allocateCell, CellSide, HostSide } from './shared-cell.ts'
import { NO_TERMINALS } from './world/world.ts'

// Asks what the start of a C program asks, polls a timer and the data stream, reads it and writes.
// As if rewritten, but without counters.
//
// (module
//   (import "wasi_snapshot_preview1" "args_sizes_get" (func $args (param i32 i32) (result i32)))
//   (import "wasi_snapshot_preview1" "environ_sizes_get" (func $env (param i32 i32) (result i32)))
//   (import "wasi_snapshot_preview1" "clock_time_get"
//     (func $clock (param i32 i64 i32) (result i32)))
//   (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
//   (import "wasi_snapshot_preview1" "fd_prestat_get" (func $prestat (param i32 i32) (result i32)))
//   (import "wasi_snapshot_preview1" "fd_fdstat_get" (func $fdstat (param i32 i32) (result i32)))
//   (import "wasi_snapshot_preview1" "poll_oneoff"
//     (func $poll (param i32 i32 i32 i32) (result i32)))
//   (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
//   (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
//   (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
//   (import "__ww_cell" "memory" (memory 1 1))
//   (export "memory" (memory 0))
//   (data (i32.const 0) "\00\04\00\00\40")
//   (data (i32.const 184) "\01\00\00\00\00\00\00\00\04")
//   (func (export "_start")
//     (drop (call $args (i32.const 64) (i32.const 68)))
//     (drop (call $env (i32.const 64) (i32.const 68)))
//     (drop (call $clock (i32.const 1) (i64.const 0) (i32.const 64)))
//     (drop (call $random (i32.const 64) (i32.const 8)))
//     (drop (call $prestat (i32.const 3) (i32.const 64)))
//     (drop (call $fdstat (i32.const 4) (i32.const 64)))
//     (drop (call $poll (i32.const 128) (i32.const 512) (i32.const 2) (i32.const 64)))
//     (drop (call $read (i32.const 4) (i32.const 0) (i32.const 1) (i32.const 64)))
//     (drop (call $write (i32.const 4) (i32.const 0) (i32.const 1) (i32.const 64)))
//     (call $exit (i32.const 0))))
const MODULE = [
  'AGFzbQEAAAABHQVgAn9/AX9gA39+fwF/YAR/f39/AX9gAX8AYAAAAo8DCxZ3YXNpX3NuYXBzaG90X3ByZXZpZXcx',
  'DmFyZ3Nfc2l6ZXNfZ2V0AAAWd2FzaV9zbmFwc2hvdF9wcmV2aWV3MRFlbnZpcm9uX3NpemVzX2dldAAAFndhc2lf',
  'c25hcHNob3RfcHJldmlldzEOY2xvY2tfdGltZV9nZXQAARZ3YXNpX3NuYXBzaG90X3ByZXZpZXcxCnJhbmRvbV9n',
  'ZXQAABZ3YXNpX3NuYXBzaG90X3ByZXZpZXcxDmZkX3ByZXN0YXRfZ2V0AAAWd2FzaV9zbmFwc2hvdF9wcmV2aWV3',
  'MQ1mZF9mZHN0YXRfZ2V0AAAWd2FzaV9zbmFwc2hvdF9wcmV2aWV3MQtwb2xsX29uZW9mZgACFndhc2lfc25hcHNo',
  'b3RfcHJldmlldzEHZmRfcmVhZAACFndhc2lfc25hcHNob3RfcHJldmlldzEIZmRfd3JpdGUAAhZ3YXNpX3NuYXBz',
  'aG90X3ByZXZpZXcxCXByb2NfZXhpdAADCV9fd3dfY2VsbAZtZW1vcnkCAQEBAwIBBAcTAgZtZW1vcnkCAAZfc3Rh',
  'cnQACgpiAWAAQcAAQcQAEAAaQcAAQcQAEAEaQQFCAEHAABACGkHAAEEIEAMaQQNBwAAQBBpBBEHAABAFGkGAAUGA',
  'BEECQcAAEAYaQQRBAEEBQcAAEAcaQQRBAEEBQcAAEAgaQQAQCQsLGgIAQQALBQAEAABAAEG4AQsJAQAAAAAAAAAE',
]

/** A cell of which nobody takes notice, and its end of the memory of one. */
export function rehearsal(): { readonly start: CellStart; readonly pipes: CellSide } {
  const bytes = Uint8Array.from(atob(MODULE.join('')), (char) => char.charCodeAt(0))
  const buffer = allocateCell()
  const host = new HostSide(buffer)
  host.dataIn.write(new Uint8Array(1), 0, 1)
  const module = new WebAssembly.Module(bytes)
  const memory = { minPages: 1, maxPages: 1 }
  const core = { module, memory, tableEntries: 0, isMetered: false, hasStart: false }
  const code = { kind: 'module', module: core } as const
  const nothing = { args: [], env: [], terminals: NO_TERMINALS }
  const start = { code, ...nothing, maxPages: [1], limits: DEFAULT_CELL_LIMITS }
  return { start, pipes: new CellSide(buffer) }
}
