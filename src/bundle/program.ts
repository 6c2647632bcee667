// Puts a memory into a program: the runtime has code and no data, the snapshot data and no code. The
// memory goes in packed, at address 0, and the runtime unpacks it to where it belongs: the engine's
// stack, which ends below, is empty then.

import { pack } from './pack.ts'

export type GlobalValue =
  | { readonly type: 'i32'; readonly value: number }
  | { readonly type: 'i64'; readonly value: bigint }

const SECTION = { memory: 5, global: 6, data: 11 } as const
const PREAMBLE_BYTES = 8
const PAGE_BYTES = 65_536
const I32_CONST = 0x41
const I64_CONST = 0x42
const END = 0x0b
const MUTABLE = 1
export interface Snapshot {
  /** All of it; nothing but zeros below `from`. */
  readonly memory: Uint8Array
  /** Where the engine's stack ends and its data begins. */
  readonly from: number
  /** Of the runtime, in order: all but the last, which is the packed length. */
  readonly globals: readonly GlobalValue[]
}

/** @throws {Error} when there is more than fits */
export function programFromSnapshot(
  runtime: Uint8Array,
  { memory, from, globals }: Snapshot,
): Uint8Array {
  const packed = pack(memory.subarray(from))
  if (packed.length > from) {
    throw new Error(`It is too large: ${packed.length} bytes packed, of which ${from} fit`)
  }
  const values = [...globals, { type: 'i32', value: packed.length } as const]
  const parts: Uint8Array[] = [runtime.subarray(0, PREAMBLE_BYTES)]
  const put = (id: number, content: readonly Uint8Array[]) => {
    const length = content.reduce((sum, part) => sum + part.length, 0)
    parts.push(Uint8Array.of(id, ...unsigned(length)), ...content)
  }
  for (let at = PREAMBLE_BYTES; at < runtime.length;) {
    const id = runtime[at]!
    const { value: length, next } = readUnsigned(runtime, at + 1)
    at = next + length
    if (id === SECTION.memory) {
      put(id, [Uint8Array.of(1, 0, ...unsigned(memory.length / PAGE_BYTES))])
    } else if (id === SECTION.global) {
      put(id, [Uint8Array.of(values.length), ...values.map(globalBytes)])
    } else {
      put(id, [runtime.subarray(next, at)])
    }
  }
  put(SECTION.data, [Uint8Array.of(1, 0, I32_CONST, 0, END, ...unsigned(packed.length)), packed])
  return Buffer.concat(parts)
}

function globalBytes({ type, value }: GlobalValue): Uint8Array {
  return type === 'i32'
    ? Uint8Array.of(0x7f, MUTABLE, I32_CONST, ...signed(BigInt(value)), END)
    : Uint8Array.of(0x7e, MUTABLE, I64_CONST, ...signed(value), END)
}

function readUnsigned(bytes: Uint8Array, from: number): { value: number; next: number } {
  let value = 0
  for (let at = from, scale = 1; ; at += 1, scale *= 128) {
    const byte = bytes[at]!
    value += (byte & 0x7f) * scale
    if (byte < 0x80) return { value, next: at + 1 }
  }
}

function unsigned(value: number): number[] {
  const bytes: number[] = []
  let left = value
  for (; left >= 128; left = Math.floor(left / 128)) bytes.push((left % 128) + 128)
  return [...bytes, left]
}

function signed(value: bigint): number[] {
  const bytes: number[] = []
  for (let left = value; ; left >>= 7n) {
    const low = Number(left & 0x7fn)
    const isLast = left >= -64n && left < 64n
    bytes.push(isLast ? low : low | 0x80)
    if (isLast) return bytes
  }
}
