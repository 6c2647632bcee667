// Images for end-to-end tests: folders with a boot/main.wasm made of a few lines of WAT.

import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

import wabt from 'wabt'

let assembler: ReturnType<typeof wabt> | undefined

export async function wasmFromWat(
  wat: string,
  { names = false }: { readonly names?: boolean } = {},
): Promise<Uint8Array> {
  assembler ??= wabt()
  const module = (await assembler).parseWat('test.wat', wat)
  try {
    return module.toBinary({ write_debug_names: names }).buffer
  } finally {
    module.destroy()
  }
}

/** Writes files (by path below `folder`) and the folders they need. */
export async function writeTree(
  folder: string,
  files: Readonly<Record<string, string | Uint8Array>>,
): Promise<string> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), content)
  }
  return folder
}

/** An image whose pid0 is `body`, a WASI preview 1 program in WAT. */
export async function watImage(folder: string, body: string): Promise<string> {
  return await writeTree(folder, { 'boot/main.wasm': await wasmFromWat(program(body)) })
}

/** A preview 1 module around the body of `_start`, with the imports the programs below use. */
export function program(body: string, extra = ''): string {
  return `(module
    (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_close" (func $fd_close (param i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
    (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll_oneoff (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "environ_sizes_get" (func $environ_sizes_get (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "environ_get" (func $environ_get (param i32 i32) (result i32)))
    (memory (export "memory") 2)
    ${extra}
    (func (export "_start") ${body}))`
}

/** Prints a text on descriptor `fd`. Wants {@link textData} with the same text as `extra`. */
export const print = (fd: number, length: number): string => `
  (i32.store (i32.const 0) (i32.const 1024))
  (i32.store (i32.const 4) (i32.const ${length}))
  (drop (call $fd_write (i32.const ${fd}) (i32.const 0) (i32.const 1) (i32.const 8)))`

export const textData = (text: string): string =>
  `(data (i32.const 1024) "${text.replaceAll('"', '\\"').replaceAll('\n', '\\n')}")`

export const exit = (code: number): string => `(call $proc_exit (i32.const ${code}))`

/** Blocks for an hour in a timer, reading nothing. */
export const sleepLong = `
  (i64.store (i32.const 0) (i64.const 7))
  (i32.store8 (i32.const 8) (i32.const 0))
  (i32.store (i32.const 16) (i32.const 1))
  (i64.store (i32.const 24) (i64.const 3600000000000))
  (drop (call $poll_oneoff (i32.const 0) (i32.const 128) (i32.const 1) (i32.const 256)))`

/** Writes the environment block, zero bytes and all, to standard output. */
export const printEnvironment = `
  (drop (call $environ_sizes_get (i32.const 16) (i32.const 20)))
  (drop (call $environ_get (i32.const 2048) (i32.const 8192)))
  (i32.store (i32.const 0) (i32.const 8192))
  (i32.store (i32.const 4) (i32.load (i32.const 20)))
  (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))`
