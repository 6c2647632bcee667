// Takes a module apart into code and data, so that programs which differ in their data alone, as all
// guests in TypeScript do, are rewritten, validated and compiled once.
//
// Invariants
//  - The code is a module itself: the whole without its data, with a memory that starts empty. It is
//    valid exactly if the whole is, for what the whole has besides was read here, to the letter.
//  - Data is put in place as the engine would: in order, before any code runs. It fits, always.
//  - A module where that would not be plain stays whole: data that does not fit, that is not put in
//    place at the start, or whose place is computed; anything the engine or we would refuse.

import { Cursor } from '../cursor.ts'
import { CELL_LIMITS } from '../limits.ts'
import { Malformed } from '../malformed.ts'
import { memoryShape } from './declaration.ts'
import type { MemoryShape } from './declaration.ts'
import { OP } from './feature.ts'
import type { Shape } from './rewrite.ts'
import { countedList, HEADER_BYTES, SECTION, sectionsOf } from './section.ts'

/** What a module's memory holds at the start. */
export interface ModuleData {
  /** Pages of 64 KiB that it has. */
  readonly minPages: number
  /** What is put where, in this order. */
  readonly segments: readonly Segment[]
  /** That of all segments, one after the other: memory that threads share, and nobody writes. */
  readonly bytes: Uint8Array
}

/** Address and bytes. */
export type Segment = readonly [at: number, size: number]

/** A whole module is code alone. */
export interface ModuleParts {
  readonly code: Uint8Array
  readonly data: ModuleData | undefined
}

const HEADER = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]
const PAGE_BYTES = 65_536
const ACTIVE = 0

/** @param bytes of anything; not changed. The code is a copy, or all of it */
export function takeApart(bytes: Uint8Array): ModuleParts {
  try {
    return separate(bytes) ?? { code: bytes, data: undefined }
  } catch (thrown) {
    if (!(thrown instanceof Malformed)) throw thrown
    // For whoever looks at the whole to refuse, in the right order and words.
    return { code: bytes, data: undefined }
  }
}

function separate(bytes: Uint8Array): ModuleParts | undefined {
  if (bytes.length > CELL_LIMITS.separatedBytes) return undefined
  if (HEADER.some((byte, at) => bytes[at] !== byte)) return undefined
  const sections = sectionsOf(bytes)
  const memory = sections.get(SECTION.memory)
  const data = sections.get(SECTION.data)
  // Without a count of segments no instruction can name one.
  if (!memory || !data || sections.has(SECTION.dataCount)) return undefined
  if (memory.u32() !== 1) return undefined
  const flagsAt = memory.at
  const { minPages, maxPages } = memoryShape(memory)
  if (minPages > maxPages) return undefined
  const places = placesOf(data, minPages * PAGE_BYTES)
  if (!places) return undefined

  const size = places.reduce((sum, place) => sum + place.size, 0)
  const moved = new Uint8Array(new SharedArrayBuffer(size))
  let filled = 0
  for (const place of places) {
    moved.set(bytes.subarray(place.from, place.from + place.size), filled)
    filled += place.size
  }
  const code = withoutSection(bytes, SECTION.data)
  clearNumber(code, flagsAt + 1)
  const segments = places.map((place): Segment => [place.at, place.size])
  return { code, data: { minPages, segments, bytes: moved } }
}

interface Place {
  readonly at: number
  readonly from: number
  readonly size: number
}

/** Where each segment goes and stands; undefined when one is not plain, or does not fit. */
function placesOf(section: Cursor, memoryBytes: number): readonly Place[] | undefined {
  const { count } = countedList(section, 'data segments', CELL_LIMITS.separatedSegments)
  const places: Place[] = []
  for (let i = 0; i < count; i++) {
    if (section.u32() !== ACTIVE || section.u8() !== OP.i32Const) return undefined
    const at = address(section)
    if (at === undefined || section.u8() !== OP.end) return undefined
    const size = section.u32()
    const from = section.at
    section.bytes(size)
    if (at + size > memoryBytes) return undefined
    places.push({ at, from, size })
  }
  return section.done ? places : undefined
}

/** A signed LEB128 of 32 bits, taken as unsigned; undefined if it has others than these. */
function address(section: Cursor): number | undefined {
  let value = 0
  for (let shift = 0; shift < 28; shift += 7) {
    const byte = section.u8()
    value |= (byte & 0x7f) << shift
    if (byte < 0x80) return ((value << (25 - shift)) >> (25 - shift)) >>> 0
  }
  const last = section.u8()
  const sign = last & 0xf8
  return sign === 0 || sign === 0x78 ? (value | (last << 28)) >>> 0 : undefined
}

/** Everything else stays where it is: the section is the last but for custom ones. */
function withoutSection(bytes: Uint8Array, id: number): Uint8Array {
  const cursor = new Cursor(bytes, HEADER_BYTES, bytes.length)
  for (;;) {
    const from = cursor.at
    const isIt = cursor.u8() === id
    cursor.part(cursor.u32())
    if (!isIt) continue
    const code = new Uint8Array(bytes.length - (cursor.at - from))
    code.set(bytes.subarray(0, from))
    code.set(bytes.subarray(cursor.at), from)
    return code
  }
}

/** Makes a number 0 that stays as long as it was, so that places in the engine's words are the same. */
function clearNumber(bytes: Uint8Array, from: number): void {
  for (let at = from; ; at++) {
    const isLast = bytes[at]! < 0x80
    bytes[at] = isLast ? 0 : 0x80
    if (isLast) return
  }
}

/** Before anything of the module runs. */
export function placeData({ segments, bytes }: ModuleData, memory: WebAssembly.Memory): void {
  const target = new Uint8Array(memory.buffer)
  let from = 0
  for (const [at, size] of segments) {
    target.set(bytes.subarray(from, from + size), at)
    from += size
  }
}

/** What a module needs with its data. */
export function wholeShape(code: Shape, { minPages }: ModuleData): Shape {
  const memory: MemoryShape | undefined = code.memory && { ...code.memory, minPages }
  return { ...code, memory }
}
