import { EMPTY_BYTES } from '../base/index.ts'
import type { Builder } from './builder.ts'
import { CAPABILITY, follow, found, LIST, Message, NULL, segmentOf, STRUCT } from './message.ts'
import type { CapEntry, Segment } from './message.ts'
import { badMessage, decodeText } from './text.ts'

/**
 * A struct inside a received message, read in place. Generated classes add one getter per field;
 * everything of ours starts with `$`, which no schema name can contain.
 */
export class Struct {
  // Few, because an interpreter takes its time for each.
  declare readonly $message: Message
  declare readonly $segment: Segment
  /** Byte index of the data section, and its length. Behind it, in whole words, come the pointers. */
  declare readonly $data: number
  declare readonly $dataBytes: number
  declare readonly $pointerCount: number
  /** How many more pointers may lie below this struct. */
  declare readonly $depth: number

  constructor(
    message: Message,
    segment: Segment,
    data: number,
    dataBytes: number,
    pointerCount: number,
    depth: number,
  ) {
    this.$message = message
    this.$segment = segment
    this.$data = data
    this.$dataBytes = dataBytes
    this.$pointerCount = pointerCount
    this.$depth = depth
  }
}

/** A generated struct class: how to read one, how large one is, how to write one from a plain object. */
export interface StructType<T extends Struct = Struct, Init = unknown> {
  new (
    message: Message,
    segment: Segment,
    data: number,
    dataBytes: number,
    pointerCount: number,
    depth: number,
  ): T
  readonly $dataWords: number
  readonly $pointerWords: number
  /** Fills the struct whose data section starts at word `at`, fresh and zero. */
  $write(builder: Builder, at: number, init: Init): void
}

/** What every absent struct is read from. */
const EMPTY_SEGMENT = segmentOf(new Uint8Array(8))
const EMPTY_MESSAGE = new Message([EMPTY_SEGMENT])

function emptyStruct<T extends Struct>(type: StructType<T, never>): T {
  return new type(EMPTY_MESSAGE, EMPTY_SEGMENT, 0, 0, 0, 0)
}

function structAt<T extends Struct>(
  type: StructType<T, never>,
  message: Message,
  segment: Segment,
  at: number,
  depth: number,
): T {
  const kind = follow(message, segment, at, depth)
  if (kind === STRUCT) {
    return new type(message, found.segment, found.at * 8, found.a * 8, found.b, depth - 1)
  }
  if (kind === NULL) return emptyStruct(type)
  throw badMessage('a struct was expected')
}

/** Word index of a pointer of `s`. */
export function pointerAt(s: Struct, index: number): number {
  return ((s.$data + s.$dataBytes) >>> 3) + index
}

// Scalars. Offsets are bytes into the data section; a field beyond its end was unknown to the
// writer and reads as its default. Defaults are stored XORed, so zero bytes mean "default".

export function getBool(s: Struct, bit: number, byDefault: boolean): boolean {
  const byte = bit >> 3
  if (byte >= s.$dataBytes) return byDefault
  return (((s.$segment.view.getUint8(s.$data + byte) >> (bit & 7)) & 1) === 1) !== byDefault
}
export function getInt8(s: Struct, offset: number, byDefault: number): number {
  return offset < s.$dataBytes ? s.$segment.view.getInt8(s.$data + offset) ^ byDefault : byDefault
}
export function getUint8(s: Struct, offset: number, byDefault: number): number {
  return offset < s.$dataBytes ? s.$segment.view.getUint8(s.$data + offset) ^ byDefault : byDefault
}
export function getInt16(s: Struct, offset: number, byDefault: number): number {
  if (offset + 2 > s.$dataBytes) return byDefault
  return s.$segment.view.getInt16(s.$data + offset, true) ^ byDefault
}
export function getUint16(s: Struct, offset: number, byDefault: number): number {
  if (offset + 2 > s.$dataBytes) return byDefault
  return s.$segment.view.getUint16(s.$data + offset, true) ^ byDefault
}
export function getInt32(s: Struct, offset: number, byDefault: number): number {
  if (offset + 4 > s.$dataBytes) return byDefault
  return s.$segment.view.getInt32(s.$data + offset, true) ^ byDefault
}
export function getUint32(s: Struct, offset: number, byDefault: number): number {
  if (offset + 4 > s.$dataBytes) return byDefault
  return (s.$segment.view.getUint32(s.$data + offset, true) ^ byDefault) >>> 0
}
export function getInt64(s: Struct, offset: number, byDefault: bigint): bigint {
  if (offset + 8 > s.$dataBytes) return byDefault
  return s.$segment.view.getBigInt64(s.$data + offset, true) ^ byDefault
}
export function getUint64(s: Struct, offset: number, byDefault: bigint): bigint {
  if (offset + 8 > s.$dataBytes) return byDefault
  return s.$segment.view.getBigUint64(s.$data + offset, true) ^ byDefault
}

const scratch = new DataView(new ArrayBuffer(8))

/** `byDefault` is the default's bit pattern. */
export function getFloat32(s: Struct, offset: number, byDefault: number): number {
  scratch.setUint32(0, getUint32(s, offset, byDefault))
  return scratch.getFloat32(0)
}
/** `byDefault` is the default's bit pattern. */
export function getFloat64(s: Struct, offset: number, byDefault: bigint): number {
  if (byDefault === 0n) {
    return offset + 8 <= s.$dataBytes ? s.$segment.view.getFloat64(s.$data + offset, true) : 0
  }
  scratch.setBigUint64(0, getUint64(s, offset, byDefault))
  return scratch.getFloat64(0)
}

// Pointers. `index` counts words of the pointer section.

/** Whether the pointer is there and not null. */
export function hasPointer(s: Struct, index: number): boolean {
  if (index >= s.$pointerCount) return false
  const { halves } = s.$segment
  const at = pointerAt(s, index) * 2
  return (halves[at]! | halves[at + 1]!) !== 0
}

/** Follows a pointer of `s`. @returns the kind of what is found */
export function followField(s: Struct, index: number): number {
  if (index >= s.$pointerCount) return NULL
  return follow(s.$message, s.$segment, pointerAt(s, index), s.$depth)
}

export function getText(s: Struct, index: number, byDefault: string): string {
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
export function getData(s: Struct, index: number, byDefault?: Uint8Array): Uint8Array {
  const kind = followField(s, index)
  if (kind === NULL) return byDefault ?? EMPTY_BYTES
  if (kind !== LIST || found.a !== 2) throw badMessage('data was expected')
  const start = found.at * 8
  return found.segment.bytes.subarray(start, start + found.b)
}

export function getStruct<T extends Struct>(
  s: Struct,
  index: number,
  type: StructType<T, never>,
  byDefault?: AnyPointer,
): T {
  if (byDefault && !hasPointer(s, index)) return byDefault.asStruct(type)
  if (index >= s.$pointerCount) return emptyStruct(type)
  return structAt(type, s.$message, s.$segment, pointerAt(s, index), s.$depth)
}

/** The group of a struct: the same bytes under another class. */
export function getGroup<T extends Struct>(s: Struct, type: StructType<T, never>): T {
  return new type(s.$message, s.$segment, s.$data, s.$dataBytes, s.$pointerCount, s.$depth)
}

export function getAny(s: Struct, index: number): AnyPointer {
  if (index >= s.$pointerCount) return NULL_POINTER
  return new AnyPointer(s.$message, s.$segment, pointerAt(s, index), s.$depth)
}

/** A pointer whose type is not known here; checked when it is read as something. */
export class AnyPointer {
  declare readonly message: Message
  declare readonly segment: Segment
  /** Word index of the pointer itself. */
  declare readonly at: number
  declare readonly depth: number

  /** @param segment one of the message's, or its index */
  constructor(message: Message, segment: Segment | number, at: number, depth: number) {
    this.message = message
    this.segment = typeof segment === 'number' ? message.segments[segment]! : segment
    this.at = at
    this.depth = depth
  }

  get isNull(): boolean {
    const { halves } = this.segment
    return (halves[this.at * 2]! | halves[this.at * 2 + 1]!) === 0
  }

  asStruct<T extends Struct>(type: StructType<T, never>): T {
    return structAt(type, this.message, this.segment, this.at, this.depth)
  }
  asText(): string {
    return getText(this.#asField(), 0, '')
  }
  asData(): Uint8Array {
    return getData(this.#asField(), 0)
  }
  /** Index into the message's capability table, or undefined for null. */
  asCapIndex(): number | undefined {
    const kind = follow(this.message, this.segment, this.at, this.depth)
    if (kind === NULL) return undefined
    if (kind !== CAPABILITY) throw badMessage('a capability was expected')
    return found.a
  }
  /** The table entry of a capability pointer, null for null. */
  asCap(): CapEntry {
    const index = this.asCapIndex()
    if (index === undefined) return null
    const cap = this.message.caps[index]
    if (cap === undefined) throw badMessage('a capability pointer leaves its table')
    return cap
  }
  /** As the only pointer of a struct, so that field readers apply. */
  #asField(): Struct {
    return new Struct(this.message, this.segment, this.at * 8, 0, 1, this.depth)
  }
}

export const NULL_POINTER = new AnyPointer(EMPTY_MESSAGE, EMPTY_SEGMENT, 0, 0)

/** The content of a message: what its first word points to. */
export function rootOf(message: Message): AnyPointer {
  const first = message.segments[0]
  if (!first || first.end === first.start) throw badMessage('it is empty')
  return new AnyPointer(message, first, first.start, message.maxDepth)
}
