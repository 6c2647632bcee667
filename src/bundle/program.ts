// Puts a memory into a program: the runtime has code and no data, the snapshot data and no code. The
// memory goes in packed, at the bottom, and the runtime unpacks it to where it belongs: the engine's
// stack, which ends below, is empty then. What does not fit there lies behind the heap, in pages of its
// own that the allocator never learns of.
//
// Invariants
//  - The programs of two guests differ in their data and in the size of their memory, and nowhere else.

import { pack } from './pack.ts'

const SECTION = { memory: 5, data: 11 } as const
const PREAMBLE_BYTES = 8
const PAGE_BYTES = 65_536
const I32_CONST = 0x41
const END = 0x0b
/** At address 0, as `_start` in `scripts/engine/glue.wat` reads it. */
const HEAD = {
  main: 0,
  rejection: 8,
  runtime: 16,
  context: 20,
  begin: 24,
  end: 28,
  bytes: 32,
} as const

export interface Snapshot {
  /** All of it; nothing but zeros below `from`. */
  readonly memory: Uint8Array
  /** Where the engine's stack ends and its data begins. */
  readonly from: number
  /** Addresses of the engine's own. */
  readonly runtime: number
  readonly context: number
  /** JavaScript values: the function that lives the guest, and the one that hears of rejections. */
  readonly main: bigint
  readonly rejection: bigint
}

export function programFromSnapshot(runtime: Uint8Array, snapshot: Snapshot): Uint8Array {
  const { memory, from } = snapshot
  const packed = pack(memory.subarray(from))
  const begin = HEAD.bytes + packed.length <= from ? HEAD.bytes : memory.length
  const end = begin + packed.length
  const pages = Math.ceil(Math.max(memory.length, end) / PAGE_BYTES)
  const parts: Uint8Array[] = [runtime.subarray(0, PREAMBLE_BYTES)]
  const put = (id: number, content: readonly Uint8Array[]) => {
    const length = content.reduce((sum, part) => sum + part.length, 0)
    parts.push(Uint8Array.of(id, ...unsigned(length)), ...content)
  }
  for (let at = PREAMBLE_BYTES; at < runtime.length;) {
    const id = runtime[at]!
    const { value: length, next } = readUnsigned(runtime, at + 1)
    at = next + length
    if (id === SECTION.memory) put(id, [Uint8Array.of(1, 0, ...unsigned(pages))])
    else put(id, [runtime.subarray(next, at)])
  }
  put(SECTION.data, [
    Uint8Array.of(2),
    ...segment(0, headOf(snapshot, begin, end)),
    ...segment(begin, packed),
  ])
  return Buffer.concat(parts)
}

function headOf(snapshot: Snapshot, begin: number, end: number): Uint8Array {
  const head = new DataView(new ArrayBuffer(HEAD.bytes))
  head.setBigInt64(HEAD.main, snapshot.main, true)
  head.setBigInt64(HEAD.rejection, snapshot.rejection, true)
  head.setUint32(HEAD.runtime, snapshot.runtime, true)
  head.setUint32(HEAD.context, snapshot.context, true)
  head.setUint32(HEAD.begin, begin, true)
  head.setUint32(HEAD.end, end, true)
  return new Uint8Array(head.buffer)
}

function segment(at: number, bytes: Uint8Array): readonly Uint8Array[] {
  return [Uint8Array.of(0, I32_CONST, ...signed(at), END, ...unsigned(bytes.length)), bytes]
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

function signed(value: number): number[] {
  const bytes = unsigned(value)
  // The highest bit of the last byte would be the sign.
  const last = bytes.at(-1)!
  return last < 64 ? bytes : [...bytes.slice(0, -1), last + 128, 0]
}
