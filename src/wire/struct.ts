import { EMPTY_BYTES } from '../base/index.ts'
import type { Builder } from './builder.ts'
import { CAPABILITY, follow, found, LIST, Message, NULL, segmentOf, STRUCT } from './message.ts'
import type { CapEntry, Segment } from './message.ts'
import { badMessage, decodeText } from './text.ts'

/**
 * Where a struct lies in a received message. Everything is read through this one class, however
 * many are generated: an engine finds a field at once only while few classes have it. Reading through
 * as many classes as a program has would take twice as long.
 */
export class Reader {
  declare readonly message: Message
  declare readonly segment: Segment
  /** Byte index of the data section, and its length. Behind it, in whole words, come the pointers. */
  declare readonly data: number
  declare readonly dataBytes: number
  declare readonly pointers: number
  /** How many more pointers may lie below this struct. */
  declare readonly depth: number

  constructor(
    message: Message,
    segment: Segment,
    data: number,
    dataBytes: number,
    pointers: number,
    depth: number,
  ) {
    this.message = message
    this.segment = segment
    this.data = data
    this.dataBytes = dataBytes
    this.pointers = pointers
    this.depth = depth
  }
}

/**
 * A struct inside a received message, read in place. Generated classes add one getter per field;
 * everything of ours starts with `$`, which no schema name can contain.
 */
export class Struct {
  // Declared, not defined: to define a field in a class that many extend takes 0.2 µs.
  declare readonly $: Reader

  constructor(reader: Reader) {
    this.$ = reader
  }
}

/** A generated struct class: how to read one, how large one is, how to write one from a plain object. */
export interface StructType<T extends Struct = Struct, Init = unknown> {
  new (reader: Reader): T
  readonly $dataWords: number
  readonly $pointerWords: number
  /** Fills the struct whose data section starts at word `at`, fresh and zero. */
  $write(builder: Builder, at: number, init: Init): void
}

const EMPTY_SEGMENT = segmentOf(new Uint8Array(8))

/** What every absent struct is read from. */
const EMPTY = new Reader(new Message([EMPTY_SEGMENT]), EMPTY_SEGMENT, 0, 0, 0, 0)

/** Word index of a pointer of `s`. */
export function pointerAt(s: Reader, index: number): number {
  return ((s.data + s.dataBytes) >>> 3) + index
}

// Scalars. Offsets are bytes into the data section; a field beyond its end was unknown to the
// writer and reads as its default. Defaults are stored XORed, so zero bytes mean "default".

export function getBool(s: Reader, bit: number, byDefault: boolean): boolean {
  const byte = bit >> 3
  if (byte >= s.dataBytes) return byDefault
  return (((s.segment.view.getUint8(s.data + byte) >> (bit & 7)) & 1) === 1) !== byDefault
}
export function getInt8(s: Reader, offset: number, byDefault: number): number {
  return offset < s.dataBytes ? s.segment.view.getInt8(s.data + offset) ^ byDefault : byDefault
}
export function getUint8(s: Reader, offset: number, byDefault: number): number {
  return offset < s.dataBytes ? s.segment.view.getUint8(s.data + offset) ^ byDefault : byDefault
}
export function getInt16(s: Reader, offset: number, byDefault: number): number {
  if (offset + 2 > s.dataBytes) return byDefault
  return s.segment.view.getInt16(s.data + offset, true) ^ byDefault
}
export function getUint16(s: Reader, offset: number, byDefault: number): number {
  if (offset + 2 > s.dataBytes) return byDefault
  return s.segment.view.getUint16(s.data + offset, true) ^ byDefault
}
export function getInt32(s: Reader, offset: number, byDefault: number): number {
  if (offset + 4 > s.dataBytes) return byDefault
  return s.segment.view.getInt32(s.data + offset, true) ^ byDefault
}
export function getUint32(s: Reader, offset: number, byDefault: number): number {
  if (offset + 4 > s.dataBytes) return byDefault
  return (s.segment.view.getUint32(s.data + offset, true) ^ byDefault) >>> 0
}
export function getInt64(s: Reader, offset: number, byDefault: bigint): bigint {
  if (offset + 8 > s.dataBytes) return byDefault
  return s.segment.view.getBigInt64(s.data + offset, true) ^ byDefault
}
export function getUint64(s: Reader, offset: number, byDefault: bigint): bigint {
  if (offset + 8 > s.dataBytes) return byDefault
  return s.segment.view.getBigUint64(s.data + offset, true) ^ byDefault
}

const scratch = new DataView(new ArrayBuffer(8))

/** `byDefault` is the default's bit pattern. */
export function getFloat32(s: Reader, offset: number, byDefault: number): number {
  scratch.setUint32(0, getUint32(s, offset, byDefault))
  return scratch.getFloat32(0)
}
/** `byDefault` is the default's bit pattern. */
export function getFloat64(s: Reader, offset: number, byDefault: bigint): number {
  if (byDefault === 0n) {
    return offset + 8 <= s.dataBytes ? s.segment.view.getFloat64(s.data + offset, true) : 0
  }
  scratch.setBigUint64(0, getUint64(s, offset, byDefault))
  return scratch.getFloat64(0)
}

// Pointers. `index` counts words of the pointer section.

/** Whether the pointer is there and not null. */
export function hasPointer(s: Reader, index: number): boolean {
  if (index >= s.pointers) return false
  const { halves } = s.segment
  const at = pointerAt(s, index) * 2
  return (halves[at]! | halves[at + 1]!) !== 0
}

/** Follows a pointer of `s`. @returns the kind of what is found */
export function followField(s: Reader, index: number): number {
  if (index >= s.pointers) return NULL
  return follow(s.message, s.segment, pointerAt(s, index), s.depth)
}

export function getText(s: Reader, index: number, byDefault: string): string {
  const kind = followField(s, index)
  if (kind === NULL) return byDefault
  if (kind !== LIST || found.a !== 2) throw badMessage('a text was expected')
  const { bytes } = found.segment
  const start = found.at * 8
  const end = start + found.b - 1
  if (end < start || bytes[end] !== 0) throw badMessage('a text without its final zero byte')
  return decodeText(bytes, start, end)
}

/** A view of the message's bytes, not a copy: keeping it keeps the message. */
export function getData(s: Reader, index: number, byDefault?: Uint8Array): Uint8Array {
  const kind = followField(s, index)
  if (kind === NULL) return byDefault ?? EMPTY_BYTES
  if (kind !== LIST || found.a !== 2) throw badMessage('data was expected')
  const start = found.at * 8
  return found.segment.bytes.subarray(start, start + found.b)
}

/** The struct behind a pointer of `s`; where there is none, one that reads as if nothing was set. */
export function readerAt(s: Reader, index: number): Reader {
  return readerOf(followField(s, index), s.message, s.depth)
}

/** What was found last, which was of such a kind. */
function readerOf(kind: number, message: Message, depth: number): Reader {
  if (kind === STRUCT) {
    return new Reader(message, found.segment, found.at * 8, found.a * 8, found.b, depth - 1)
  }
  if (kind === NULL) return EMPTY
  throw badMessage('a struct was expected')
}

export function getStruct<T extends Struct>(
  s: Reader,
  index: number,
  type: StructType<T, never>,
  byDefault?: AnyPointer,
): T {
  if (byDefault && !hasPointer(s, index)) return byDefault.asStruct(type)
  return new type(readerAt(s, index))
}

export function getAny(s: Reader, index: number): AnyPointer {
  return new AnyPointer(pointerOf(s, index))
}

/** A pointer of `s` as the only one of a struct; of one without, if `s` has not got it. */
export function pointerOf(s: Reader, index: number): Reader {
  const count = index < s.pointers ? 1 : 0
  return new Reader(s.message, s.segment, pointerAt(s, index) * 8, 0, count, s.depth)
}

/** A pointer whose type is not known here; checked when it is read as something. */
export class AnyPointer {
  /** A struct that has this one pointer, if any. */
  declare readonly $at: Reader

  constructor(reader: Reader) {
    this.$at = reader
  }

  get isNull(): boolean {
    return !hasPointer(this.$at, 0)
  }

  asStruct<T extends Struct>(type: StructType<T, never>): T {
    return getStruct(this.$at, 0, type)
  }
  asText(): string {
    return getText(this.$at, 0, '')
  }
  asData(): Uint8Array {
    return getData(this.$at, 0)
  }
}

/** Index into the message's capability table, or undefined for null. */
export function getCapIndex(s: Reader, index: number): number | undefined {
  const kind = followField(s, index)
  if (kind === NULL) return undefined
  if (kind !== CAPABILITY) throw badMessage('a capability was expected')
  return found.a
}

/** The table entry of a capability pointer, null for null. */
export function getCapEntry(s: Reader, index: number): CapEntry {
  const of = getCapIndex(s, index)
  if (of === undefined) return null
  const cap = s.message.caps[of]
  if (cap === undefined) throw badMessage('a capability pointer leaves its table')
  return cap
}

/** The content of a message: what its first word points to. */
export function rootOf(message: Message): AnyPointer {
  return new AnyPointer(rootReader(message))
}

/** The same, as the only pointer of a struct. */
export function rootReader(message: Message): Reader {
  const first = firstOf(message)
  return new Reader(message, first, first.start * 8, 0, 1, message.maxDepth)
}

/** The struct that is the content of a message. */
export function rootStruct(message: Message): Reader {
  const first = firstOf(message)
  const { maxDepth } = message
  return readerOf(follow(message, first, first.start, maxDepth), message, maxDepth)
}

function firstOf({ segments: [first] }: Message): Segment {
  if (!first || first.end === first.start) throw badMessage('it is empty')
  return first
}
