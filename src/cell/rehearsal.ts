// What a thread plays through before its cell comes, with a program of ours, so that the engine has
// the code ready which every cell goes through first: linking, refuelling, waiting, reading, writing.
// Without it the first turn of each cell takes three times as long.

import { DEFAULT_CELL_LIMITS } from './limits.ts'
import type { ModuleData } from './module/data.ts'
import type { CellStart } from './protocol.ts'
import { allocateCell, CellSide, HostSide } from './shared-cell.ts'
import { NO_TERMINALS } from './world/world.ts'

// Asks what the start of a C program asks, waits for a timer, polls it and the data stream, reads that and
// writes. As if rewritten and taken apart: with counters, which it empties, and without its data.
//
// (module
//   (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes (param i32 i32) (result i32)))
//   (import "wasi_snapshot_preview1" "args_get" (func $args (param i32 i32) (result i32)))
//   (import "wasi_snapshot_preview1" "environ_sizes_get"
//     (func $env_sizes (param i32 i32) (result i32)))
//   (import "wasi_snapshot_preview1" "environ_get" (func $env (param i32 i32) (result i32)))
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
//   (table $host (export "__ww_host") 2 2 funcref)
//   (export "__ww_table0" (table $host))
//   (global $fuel (export "__ww_fuel") (mut i32) (i32.const 0))
//   (global (export "__ww_stack") (mut i32) (i32.const 0))
//   (type $refuel (func))
//   (func (export "_start")
//     (global.set $fuel (i32.const -1))
//     (call_indirect $host (type $refuel) (i32.const 0))
//     (drop (call $args_sizes (i32.const 64) (i32.const 68)))
//     (drop (call $args (i32.const 64) (i32.const 72)))
//     (drop (call $env_sizes (i32.const 64) (i32.const 68)))
//     (drop (call $env (i32.const 64) (i32.const 72)))
//     (drop (call $clock (i32.const 1) (i64.const 0) (i32.const 64)))
//     (drop (call $random (i32.const 64) (i32.const 8)))
//     (drop (call $prestat (i32.const 3) (i32.const 64)))
//     (drop (call $fdstat (i32.const 4) (i32.const 64)))
//     (drop (call $poll (i32.const 128) (i32.const 512) (i32.const 1) (i32.const 64)))
//     (drop (call $poll (i32.const 128) (i32.const 512) (i32.const 2) (i32.const 64)))
//     (drop (call $read (i32.const 4) (i32.const 0) (i32.const 1) (i32.const 64)))
//     (drop (call $write (i32.const 4) (i32.const 0) (i32.const 1) (i32.const 64)))
//     (call $exit (i32.const 0))))
const MODULE = [
  'AGFzbQEAAAABHQVgAABgAn9/AX9gA39+fwF/YAR/f39/AX9gAX8AAtYDDRZ3YXNpX3NuYXBzaG90X3ByZXZpZXcx',
  'DmFyZ3Nfc2l6ZXNfZ2V0AAEWd2FzaV9zbmFwc2hvdF9wcmV2aWV3MQhhcmdzX2dldAABFndhc2lfc25hcHNob3Rf',
  'cHJldmlldzERZW52aXJvbl9zaXplc19nZXQAARZ3YXNpX3NuYXBzaG90X3ByZXZpZXcxC2Vudmlyb25fZ2V0AAEW',
  'd2FzaV9zbmFwc2hvdF9wcmV2aWV3MQ5jbG9ja190aW1lX2dldAACFndhc2lfc25hcHNob3RfcHJldmlldzEKcmFu',
  'ZG9tX2dldAABFndhc2lfc25hcHNob3RfcHJldmlldzEOZmRfcHJlc3RhdF9nZXQAARZ3YXNpX3NuYXBzaG90X3By',
  'ZXZpZXcxDWZkX2Zkc3RhdF9nZXQAARZ3YXNpX3NuYXBzaG90X3ByZXZpZXcxC3BvbGxfb25lb2ZmAAMWd2FzaV9z',
  'bmFwc2hvdF9wcmV2aWV3MQdmZF9yZWFkAAMWd2FzaV9zbmFwc2hvdF9wcmV2aWV3MQhmZF93cml0ZQADFndhc2lf',
  'c25hcHNob3RfcHJldmlldzEJcHJvY19leGl0AAQJX193d19jZWxsBm1lbW9yeQIBAQEDAgEABAUBcAECAgYLAn8B',
  'QQALfwFBAAsHRgYGbWVtb3J5AgAJX193d19ob3N0AQALX193d190YWJsZTABAAlfX3d3X2Z1ZWwDAApfX3d3X3N0',
  'YWNrAwEGX3N0YXJ0AAwKjAEBiQEAQX8kAEEAEQAAQcAAQcQAEAAaQcAAQcgAEAEaQcAAQcQAEAIaQcAAQcgAEAMa',
  'QQFCAEHAABAEGkHAAEEIEAUaQQNBwAAQBhpBBEHAABAHGkGAAUGABEEBQcAAEAgaQYABQYAEQQJBwAAQCBpBBEEA',
  'QQFBwAAQCRpBBEEAQQFBwAAQChpBABALCw==',
]

// Where the data stream's bytes go to and come from, a timer of 1 ms, and the data stream to be polled.
const DATA: ModuleData = {
  minPages: 1,
  segments: [
    [0, 5],
    [152, 3],
    [184, 9],
  ],
  bytes: Uint8Array.of(...[0, 4, 0, 0, 64], ...[0x40, 0x42, 0x0f], ...[1, 0, 0, 0, 0, 0, 0, 0, 4]),
}

/** A cell of which nobody takes notice, and its end of the memory of one. */
export function rehearsal(): { readonly start: CellStart; readonly pipes: CellSide } {
  const bytes = Uint8Array.from(atob(MODULE.join('')), (char) => char.charCodeAt(0))
  const buffer = allocateCell()
  const host = new HostSide(buffer)
  host.dataIn.write(new Uint8Array(1), 0, 1)
  const module = new WebAssembly.Module(bytes)
  const memory = { minPages: 0, maxPages: 1 }
  const core = { module, memory, tableEntries: 2, isMetered: true, hasStart: false }
  const code = { kind: 'module', module: core } as const
  const told = { args: ['rehearsal'], env: ['NAME=value'], terminals: NO_TERMINALS }
  const start = { code, data: DATA, ...told, maxPages: [1], limits: DEFAULT_CELL_LIMITS }
  return { start, pipes: new CellSide(buffer) }
}
