// Modules whose data is taken from their code: what that changes is nothing.

import fc from 'fast-check'
import { expect, test } from 'vitest'

import { CELL_LIMITS, loadProgram } from '../../src/cell/index.ts'
import { takeApart } from '../../src/cell/module/data.ts'
import { readText, spawn } from './help/cells.ts'
import { randomModule } from './help/random-module.ts'
import { rewrittenInstance } from './help/rewritten.ts'
import { wat } from './help/wat.ts'

const module = (...parts: readonly string[]) =>
  wat(`(module ${parts.join('\n')} (memory (export "memory") 1 2))`)

function memoryOf({ exports }: Pick<WebAssembly.Instance, 'exports'>): Uint8Array {
  return new Uint8Array((exports['memory'] as WebAssembly.Memory).buffer)
}

test('modules that differ in their data and the size of their memory have the same code', () => {
  const [one, other, third] = [
    '(memory 1) (data (i32.const 8) "one")',
    '(memory 7) (data (i32.const 99) "another") (data (i32.const 0) "")',
    '(memory 1 2) (data (i32.const 8) "one")',
  ].map((text) => takeApart(wat(`(module ${text})`)))
  expect(Buffer.compare(one!.code, other!.code)).toBe(0)
  expect(other!.data).toMatchObject({
    minPages: 7,
    segments: [
      [99, 7],
      [0, 0],
    ],
    bytes: new TextEncoder().encode('another'),
  })
  // The most it may have is part of the code.
  expect(Buffer.compare(one!.code, third!.code)).not.toBe(0)
})

test('later data lies over earlier, up to the last byte of the memory', () => {
  const bytes = module(
    '(data (i32.const 0) "abcdef")',
    '(data (i32.const 2) "XY")',
    '(data (i32.const -65536) "")',
    '(data (i32.const 65534) "yz")',
  ).slice()
  // An address beyond half of what there can be is a negative constant.
  const fitting = module(
    '(data (i32.const 0) "abcdef")',
    '(data (i32.const 2) "XY")',
    '(data (i32.const 65534) "yz")',
    '(data (i32.const 65536) "")',
  )
  expect(takeApart(bytes).data).toBeUndefined()
  expect(takeApart(fitting).data).toBeDefined()
  const memory = memoryOf(rewrittenInstance(fitting))
  expect(new TextDecoder().decode(memory.subarray(0, 7))).toBe('abXYef\0')
  expect(new TextDecoder().decode(memory.subarray(65_534))).toBe('yz')
})

test('data is there before anything of the module runs', () => {
  const bytes = module(
    '(data (i32.const 4) "*")',
    '(global $seen (export "seen") (mut i32) (i32.const 0))',
    '(func $start (global.set $seen (i32.load8_u (i32.const 4))))',
    '(start $start)',
  )
  expect(takeApart(bytes).data).toBeDefined()
  expect((rewrittenInstance(bytes).exports['seen'] as WebAssembly.Global).value).toBe(42)
})

test.each<[string, () => Uint8Array]>([
  ['data that is not put in place', () => module('(data "x")')],
  [
    'data that its code puts in place',
    () =>
      module('(data $x "x")', '(func (memory.init $x (i32.const 0) (i32.const 0) (i32.const 1)))'),
  ],
  [
    'data that its code drops',
    () => module('(data $x (i32.const 0) "x")', '(func (data.drop $x))'),
  ],
  [
    'data at a place that is imported',
    () => module('(import "a" "b" (global $at i32))', '(data (global.get $at) "x")'),
  ],
  [
    'data at a place that is computed',
    () => module('(data (i32.add (i32.const 1) (i32.const 2)) "x")'),
  ],
  [
    'a memory of others',
    () => wat('(module (import "a" "b" (memory 1)) (data (i32.const 0) "x"))'),
  ],
  ['data that does not fit', () => module('(data (i32.const 65535) "xy")')],
  ['no data behind the end', () => module('(data (i32.const 65537) "")')],
  ['no data', () => module()],
  [
    'more memory than is allowed',
    () => wat(`(module (memory ${CELL_LIMITS.memoryPages + 1}) (data (i32.const 0) "x"))`),
  ],
  [
    'less memory than none',
    () => edited(module('(data (i32.const 0) "x")'), [1, 1, 1, 2], [1, 1, 3, 2]),
  ],
  [
    'a place of more than 32 bits',
    () =>
      edited(
        module('(data (i32.const 0) "xxxxx")'),
        [0x00, 0x0b, 0x05, 0x78, 0x78, 0x78, 0x78, 0x78],
        [0x80, 0x80, 0x80, 0x80, 0x10, 0x0b, 0x01, 0x78],
      ),
  ],
  [
    'a place that does not end',
    () =>
      edited(
        module('(data (i32.const 0) "xxxxx")'),
        [0x00, 0x0b, 0x05, 0x78, 0x78, 0x78, 0x78, 0x78],
        [0x80, 0x80, 0x80, 0x80, 0x80, 0x0b, 0x01, 0x78],
      ),
  ],
  ['a size beyond the largest', () => new Uint8Array(CELL_LIMITS.separatedBytes + 1)],
  [
    'more segments than are looked at',
    () => {
      const { separatedSegments } = CELL_LIMITS
      return module('(data (i32.const 0) "x")'.repeat(separatedSegments + 1))
    },
  ],
  ['no module', () => new Uint8Array([1, 2, 3])],
  ['no bytes', () => new Uint8Array(0)],
])('a module with %s stays whole', (_, make) => {
  const bytes = make()
  const { code, data } = takeApart(bytes)
  expect(code).toBe(bytes)
  expect(data).toBeUndefined()
})

/** With one run of bytes in place of another. */
function edited(bytes: Uint8Array, from: readonly number[], to: readonly number[]): Uint8Array {
  const at = Buffer.from(bytes).indexOf(Buffer.from(from))
  if (at < 0) throw new Error('There is nothing to edit')
  const copy = new Uint8Array(bytes)
  copy.set(to, at)
  return copy
}

test('what is taken apart is valid exactly if its code is, and begins as it did', () => {
  const seen = { valid: 0, invalid: 0, whole: 0 }
  fc.assert(
    fc.property(
      fc.integer(),
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 3 }),
      fc.boolean(),
      (seed, changes, isInData) => {
        const bytes = wat(randomModule(seed, { isSeparable: true })).slice()
        // Data stands last, the memory's size right before its maximum.
        const [from, room] = isInData
          ? [bytes.length - 40, 40]
          : [Buffer.from(bytes).indexOf(Buffer.from([5, 4, 1, 1, 1, 3])), 6]
        for (const [at, byte] of changes) bytes[from + (at % room)] = byte
        const { code, data } = takeApart(bytes)
        const isValid = WebAssembly.validate(bytes as Uint8Array<ArrayBuffer>)
        if (!data) {
          seen.whole++
          return
        }
        expect(WebAssembly.validate(code as Uint8Array<ArrayBuffer>)).toBe(isValid)
        if (!isValid) {
          seen.invalid++
          return
        }
        seen.valid++
        const imports = { host: { log: () => {} } }
        const original = new WebAssembly.Instance(new WebAssembly.Module(bytes), imports)
        const rewritten = rewrittenInstance(bytes, imports)
        expect(Buffer.compare(memoryOf(rewritten), memoryOf(original))).toBe(0)
      },
    ),
    { numRuns: 400, seed: 11 },
  )
  for (const count of Object.values(seen)) expect(count).toBeGreaterThan(5)
})

test('code that is not valid is refused in the words of the engine, with places in the whole', async () => {
  const bytes = wat(`(module (memory 300) (data (i32.const 0) "x")
    (func (export "_start") (drop (i32.const 12345))))`)
  const bad = edited(bytes, [0x41, 0xb9, 0xe0, 0x00, 0x1a], [0x41, 0xb9, 0xe0, 0x00, 0x01])
  expect(takeApart(bad).data).toBeDefined()
  const words = await WebAssembly.compile(bad as Uint8Array<ArrayBuffer>).then(
    () => '',
    (thrown: Error) => thrown.message.replace('WebAssembly.compile(): ', ''),
  )
  expect(words).toContain('@+')
  await expect(loadProgram(bad, 'x')).rejects.toThrow(
    `Cannot load x: it is not valid WebAssembly (${words})`,
  )
})

const WRITE = `(import "wasi_snapshot_preview1" "fd_write"
  (func $write (param i32 i32 i32 i32) (result i32)))`

/** Writes what its data says, changes that, and ends. */
const speaker = (text: string, pages = 1) =>
  wat(`(module ${WRITE} (memory (export "memory") ${pages})
    (data (i32.const 0) "\\10\\00\\00\\00\\04\\00\\00\\00")
    (data (i32.const 16) "${text}")
    (func (export "_start")
      (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
      (i32.store (i32.const 16) (i32.const 0x21212121))
      (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))`)

test('cells of one code have their own data each, and leave it as it was for the next', async () => {
  for (const text of ['abcd', 'efgh', 'abcd']) {
    await using cell = await spawn(speaker(text))
    expect(await readText(cell.stdout)).toBe(`${text}!!!!`)
  }
})

test('a limit of memory counts what a module with its data starts with', async () => {
  await using cell = await spawn(speaker('abcd'), { limits: { memoryBytes: 65_536 } })
  await cell.exited
  await expect(spawn(speaker('abcd', 2), { limits: { memoryBytes: 65_536 } })).rejects.toThrow(
    'its memory starts with 131072 bytes; its limit is 65536',
  )
})

test('data that does not fit keeps a program from starting, in the words of the engine', async () => {
  const text = `(module (memory (export "memory") 1) (data (i32.const 65533) "four")
    (func (export "_start")))`
  const original = () => new WebAssembly.Instance(new WebAssembly.Module(wat(text)))
  let words = ''
  try {
    original()
  } catch (thrown) {
    words = (thrown as Error).message
  }
  expect(words).toContain('data segment')
  await expect(spawn(wat(text))).rejects.toThrow(words)
})
