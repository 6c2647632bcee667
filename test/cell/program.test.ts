import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'

import { WwError } from '../../src/base/index.ts'
import { CELL_LIMITS, loadProgram } from '../../src/cell/index.ts'
import { buildGuest } from './help/component.ts'
import { copier, wat } from './help/wat.ts'

let guest: Uint8Array

beforeAll(async () => {
  guest = await buildGuest()
})

/** Code and message of the error that loading these bytes ends in. */
async function refusal(bytes: Uint8Array): Promise<string> {
  try {
    await loadProgram(bytes, 'boot/main.wasm')
  } catch (thrown) {
    if (thrown instanceof WwError) return `${thrown.code}: ${thrown.message}`
    throw thrown
  }
  return 'loaded'
}

const text = (content: string) => new TextEncoder().encode(content)
const main = '(func (export "_start"))'
const func = (module: string, name: string) => `(import "${module}" "${name}" (func))`

test.each<[string, () => Uint8Array, string]>([
  [
    'empty',
    () => new Uint8Array(0),
    'PROGRAM_EMPTY: Cannot load boot/main.wasm: the file is empty',
  ],
  [
    'an ELF program',
    () => new Uint8Array([0x7f, 0x45, 0x4c, 0x46, 2, 1]),
    'PROGRAM_NOT_WASM: Cannot load boot/main.wasm: it is not WebAssembly but a native program (ELF); compile it for wasm32-wasi',
  ],
  [
    'a script',
    () => text('#!/bin/sh\n'),
    'PROGRAM_NOT_WASM: Cannot load boot/main.wasm: it is not WebAssembly but a script',
  ],
  [
    'text',
    () => text('(module)'),
    'PROGRAM_NOT_WASM: Cannot load boot/main.wasm: it is not WebAssembly but a text file',
  ],
  [
    'other bytes',
    () => new Uint8Array([0, 1, 2]),
    'PROGRAM_NOT_WASM: Cannot load boot/main.wasm: it is not WebAssembly but a file of another kind',
  ],
  [
    'a beginning',
    () => new Uint8Array([0, 0x61, 0x73, 0x6d, 1]),
    'PROGRAM_TRUNCATED: Cannot load boot/main.wasm: it is cut off after 5 bytes',
  ],
  [
    'a module cut off',
    () => copier(0, 1).subarray(0, 100),
    'PROGRAM_TRUNCATED: Cannot load boot/main.wasm: it is cut off after 100 bytes',
  ],
  [
    'a component cut off',
    () => guest.subarray(0, 100_000),
    'PROGRAM_TRUNCATED: Cannot load boot/main.wasm: it is cut off after 100000 bytes',
  ],
  [
    'another version',
    () => new Uint8Array([0, 0x61, 0x73, 0x6d, 2, 0, 0, 0]),
    'PROGRAM_UNSUPPORTED: Cannot load boot/main.wasm: it is WebAssembly of unknown version 0x00000002',
  ],
  [
    'an unknown function',
    () => wat(`(module ${func('env', 'fork')} ${main})`),
    'PROGRAM_UNKNOWN_IMPORT: Cannot load boot/main.wasm: it imports env fork, which cells do not have; they have WASI preview 1',
  ],
  [
    'many unknown functions',
    () => wat(`(module ${['a', 'b', 'c', 'd', 'e'].map((n) => func('env', n)).join('')} ${main})`),
    'PROGRAM_UNKNOWN_IMPORT: Cannot load boot/main.wasm: it imports env a, env b, env c and 2 more, which cells do not have; they have WASI preview 1',
  ],
  [
    'an unknown function of WASI, with a name that is not to be printed',
    () => wat(`(module ${func('wasi_snapshot_preview1', 'fd_\\1b[31m')} ${main})`),
    'PROGRAM_UNKNOWN_IMPORT: Cannot load boot/main.wasm: it imports "wasi_snapshot_preview1 fd_\\u001b[31m", which cells do not have; they have WASI preview 1',
  ],
  [
    'a memory from outside',
    () => wat(`(module (import "env" "memory" (memory 1)) ${main})`),
    'PROGRAM_UNKNOWN_IMPORT: Cannot load boot/main.wasm: it imports a memory (env memory); a program brings its own',
  ],
  [
    'a function of WASI as what it is not',
    () => wat(`(module (import "wasi_snapshot_preview1" "proc_exit" (func (param i64))) ${main})`),
    'PROGRAM_WRONG_TYPE: Cannot load boot/main.wasm: it imports proc_exit as (i64) -> (); it is (i32) -> ()',
  ],
  [
    'a function of WASI that is handed a reference',
    () =>
      wat(
        `(module (import "wasi_snapshot_preview1" "fd_close" (func (param externref) (result i32))) ${main})`,
      ),
    'PROGRAM_WRONG_TYPE: Cannot load boot/main.wasm: it imports fd_close as (externref) -> (i32); it is (i32) -> (i32)',
  ],
  [
    'an entry point that wants to be told something',
    () => wat('(module (func (export "_start") (param i64)))'),
    'PROGRAM_WRONG_TYPE: Cannot load boot/main.wasm: it exports _start as (i64) -> (); it is () -> ()',
  ],
  [
    'no entry point',
    () => wat('(module (func (export "main")))'),
    'PROGRAM_NO_ENTRY: Cannot load boot/main.wasm: it exports no function _start, so there is nothing to run',
  ],
  [
    'a library',
    () => wat('(module (func (export "_initialize")))'),
    'PROGRAM_NO_ENTRY: Cannot load boot/main.wasm: it is a library (it exports _initialize); compile it as a command',
  ],
  [
    'a component without run',
    () => new Uint8Array([0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0]),
    'PROGRAM_NO_ENTRY: Cannot load boot/main.wasm: it does not export a function run in wasi:cli/run@0.2, so there is nothing to run',
  ],
])('a file that is no program is refused with its reason: %s', async (_kind, bytes, expected) => {
  expect(await refusal(bytes())).toBe(expected)
})

test('a module the engine finds invalid is refused with what it found', async () => {
  const bytes = wat('(module (func (export "_start") (nop)))')
  bytes[bytes.length - 2] = 0x1a // drop, in place of nop
  expect(await refusal(bytes)).toMatch(
    /^PROGRAM_INVALID: Cannot load boot\/main.wasm: it is not valid WebAssembly \(Compiling function /,
  )
})

test.each([
  ['the counter', [0x41, 0x00, 0x24, 0x00]],
  ['the function that asks for fuel', [0x10, 0x01]],
  ['the table it asks through', [0x41, 0x00, 0x11, 0x00, 0x00]],
])('a module that names what is added to it is invalid: %s', async (_what, code) => {
  // One function of type 0 and no global, no table, no second function.
  const body = [0, ...code, 0x0b]
  const bytes = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0]
  bytes.push(7, 10, 1, 6, ...text('_start'), 0, 0)
  bytes.push(10, body.length + 2, 1, body.length, ...body)
  expect(await refusal(new Uint8Array(bytes))).toMatch(
    /^PROGRAM_INVALID: .*it is not valid WebAssembly \(Compiling function #0/,
  )
})

test('a feature that is not allowed is refused with its name and place', async () => {
  const source = '(module (memory 1 2 shared) (func (export "_start")))'
  expect(await refusal(wat(source))).toBe(
    'PROGRAM_UNSUPPORTED: Cannot load boot/main.wasm: it uses threads (memory is shared), which cells do not have',
  )
})

test('tables that are small alone and large together are refused', async () => {
  const tables = '(table 60000 funcref)'.repeat(9)
  expect(await refusal(wat(`(module ${tables} ${main})`))).toBe(
    'PROGRAM_TOO_LARGE: Cannot load boot/main.wasm: its tables up to 8 start with 540000 entries; at most 524288 are allowed',
  )
})

test('a component that imports an unknown interface is refused with its name', async () => {
  const renamed = Buffer.from(guest)
  for (let at = renamed.indexOf('wetware:streams'); at >= 0;) {
    renamed.write('foreign:streams', at)
    at = renamed.indexOf('wetware:streams')
  }
  expect(await refusal(new Uint8Array(renamed))).toContain(
    'it imports foreign:streams/streams@0.1.0 [method]connection.get-input-stream, ',
  )
})

test('a program over the limit is refused before it is looked at', async () => {
  const bytes = new Uint8Array(CELL_LIMITS.programBytes + 1)
  expect(await refusal(bytes)).toContain('PROGRAM_TOO_LARGE: ')
})

test('bytes that were refused are refused again, each time in the name they came with', async () => {
  const bytes = wat('(module (memory 1 2 shared))')
  for (const name of ['one', 'other']) {
    await expect(loadProgram(bytes, name)).rejects.toThrow(`Cannot load ${name}: it uses threads`)
  }
})

test('no change to the bytes of a program makes loading it crash or throw anything else', async () => {
  // The component's own structure lies at its end, after the engine; the rest is core modules.
  const structure = guest.length - 20_000
  const place = fc.oneof(
    fc.integer({ min: 0, max: 200 }),
    fc.integer({ min: structure, max: guest.length - 1 }),
  )
  const change = fc.tuple(place, fc.integer({ min: 0, max: 255 }))
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
      const bytes = guest.slice()
      for (const [at, value] of changes) bytes[at] = value
      expect(await refusal(bytes)).toMatch(/^loaded$|^PROGRAM_/)
    }),
    { numRuns: 60 },
  )
  const small = copier(0, 1)
  const anywhere = fc.tuple(
    fc.integer({ min: 0, max: small.length - 1 }),
    fc.integer({ min: 0, max: 255 }),
  )
  await fc.assert(
    fc.asyncProperty(anywhere, fc.integer({ min: 0, max: 400 }), async ([at, value], cut) => {
      const bytes = small.slice(0, Math.max(1, small.length - cut))
      if (at < bytes.length) bytes[at] = value
      expect(await refusal(bytes)).toMatch(/^loaded$|^PROGRAM_/)
    }),
    { numRuns: 300 },
  )
})
