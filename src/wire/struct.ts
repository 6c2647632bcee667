import { EMPTY_BYTES } from '../base/index.ts'
import type { Builder } from './builder.ts'
import { CAPABILITY, follow, found, LIST, Message, NULL, segmentOf, STRUCT } from './message.ts'
import type { CapEntry } from './message.ts'
import { badMessage, decodeText } from './text.ts'

/**
 * A struct inside a received message, read in place. Generated classes add one getter per field;
 * everything of ours starts with `$`, which no schema name can contain.
 */
export class Struct {
  // Declared, not defined: defining them as undefined before the constructor fills them takes longer
  // than all the rest of reading a struct.
  declare readonly $message: Message
  declare readonly $view: DataView
  declare readonly $segment: number
  /** Byte index of the data section, and its length. */
  declare readonly $data: number
  declare readonly $dataBytes: number
  /** Word index of the pointer section, and its length. */
  declare readonly $pointers: number
  declare readonly $pointerCount: number
  /** How many more pointers may lie below this struct. */
  declare readonly $depth: number

  constructor(
    message: Message,
    segment: number,
    data: number,
    dataBytes: number,
    pointers: number,
    pointerCount: number,
    depth: number,
  ) {
    this.$message = message
    this.$view = message.segments[segment]!.view
    this.$segment = segment
    this.$data = data
    this.$dataBytes = dataBytes
    this.$pointers = pointers
    this.$pointerCount = pointerCount
    this.$depth = depth
  }
}

/** A generated struct class: how to read one, how large one is, how to write one from a plain object. */
export interface StructType<T extends Struct = Struct, Init = unknown> {
  new (
    message: Message,
    segment: number,
    data: number,
    dataBytes: number,
    pointers: number,
    pointerCount: number,
    depth: number,
  ): T
  readonly $dataWords: number
  readonly $pointerWords: number
  /** Fills the struct whose data section starts at word `at`, fresh and zero. */
  $write(builder: Builder, at: number, init: Init): void
}

/** The message every absent struct is read from. */
const EMPTY_MESSAGE = new Message([segmentOf(new Uint8Array(8))])

function emptyStruct<T extends Struct>(type: StructType<T, never>): T {
  return new type(EMPTY_MESSAGE, 0, 0, 0, 0, 0, 0)
}

function structAt<T extends Struct>(
  type: StructType<T, never>,
  message: Message,
  segment: number,
  at: number,
  depth: number,
): T {
  follow(message, segment, at, depth)
  if (found.kind === NULL) return emptyStruct(type)
  if (found.kind !== STRUCT) throw badMessage('a struct was expected')
  return new type(
    message,
    found.segment,
    found.at * 8,
    found.a * 8,
    found.at + found.a,
    found.b,
    depth - 1,
  )
}

// Scalars. Offsets are bytes into the data section; a field beyond its end was unknown to the
// writer and reads as its default. Defaults are stored XORed, so zero bytes mean "default".

export function getBool(s: Struct, bit: number, byDefault: boolean): boolean {
  const byte = bit >> 3
  if (byte >= s.$dataBytes) return byDefault
  return (((s.$view.getUint8(s.$data + byte) >> (bit & 7)) & 1) === 1) !== byDefault
}
export function getInt8(s: Struct, offset: number, byDefault: number): number {
  return offset < s.$dataBytes ? s.$view.getInt8(s.$data + offset) ^ byDefault : byDefault
}
export function getUint8(s: Struct, offset: number, byDefault: number): number {
  return offset < s.$dataBytes ? s.$view.getUint8(s.$data + offset) ^ byDefault : byDefault
}
export function getInt16(s: Struct, offset: number, byDefault: number): number {
  if (offset + 2 > s.$dataBytes) return byDefault
  return s.$view.getInt16(s.$data + offset, true) ^ byDefault
}
export function getUint16(s: Struct, offset: number, byDefault: number): number {
  if (offset + 2 > s.$dataBytes) return byDefault
  return s.$view.getUint16(s.$data + offset, true) ^ byDefault
}
export function getInt32(s: Struct, offset: number, byDefault: number): number {
  if (offset + 4 > s.$dataBytes) return byDefault
  return s.$view.getInt32(s.$data + offset, true) ^ byDefault
}
export function getUint32(s: Struct, offset: number, byDefault: number): number {
  if (offset + 4 > s.$dataBytes) return byDefault
  return (s.$view.getUint32(s.$data + offset, true) ^ byDefault) >>> 0
}
export function getInt64(s: Struct, offset: number, byDefault: bigint): bigint {
  if (offset + 8 > s.$dataBytes) return byDefault
  return s.$view.getBigInt64(s.$data + offset, true) ^ byDefault
}
export function getUint64(s: Struct, offset: number, byDefault: bigint): bigint {
  if (offset + 8 > s.$dataBytes) return byDefault
  return s.$view.getBigUint64(s.$data + offset, true) ^ byDefault
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
    return offset + 8 <= s.$dataBytes ? s.$view.getFloat64(s.$data + offset, true) : 0
  }
  scratch.setBigUint64(0, getUint64(s, offset, byDefault))
  return scratch.getFloat64(0)
}

// Pointers. `index` counts words of the pointer section.

/** Whether the pointer is there and not null. */
function hasPointer(s: Struct, index: number): boolean {
  if (index >= s.$pointerCount) return false
  const at = (s.$pointers + index) * 8
  return s.$view.getUint32(at, true) !== 0 || s.$view.getUint32(at + 4, true) !== 0
}

function followField(s: Struct, index: number): number {
  if (index >= s.$pointerCount) return NULL
  follow(s.$message, s.$segment, s.$pointers + index, s.$depth)
  return found.kind
}

export function getText(s: Struct, index: number, byDefault: string): string {
  if (followField(s, index) === NULL) return byDefault
  if (found.kind !== LIST || found.a !== 2) throw badMessage('a text was expected')
  if (found.b === 0) throw badMessage('a text without its final zero byte')
  const { bytes } = s.$message.segments[found.segment]!
  const start = found.at * 8
  const end = start + found.b - 1
  if (bytes[end] !== 0) throw badMessage('a text without its final zero byte')
  return decodeText(bytes, start, end)
}

/** A view of the message's bytes, not a copy: keeping it keeps the message. */
export function getData(s: Struct, index: number, byDefault?: Uint8Array): Uint8Array {
  if (followField(s, index) === NULL) return byDefault ?? EMPTY_BYTES
  if (found.kind !== LIST || found.a !== 2) throw badMessage('data was expected')
  const start = found.at * 8
  return s.$message.segments[found.segment]!.bytes.subarray(start, start + found.b)
}

export function getStruct<T extends Struct>(
  s: Struct,
  index: number,
  type: StructType<T, never>,
  byDefault?: AnyPointer,
): T {
  if (byDefault && !hasPointer(s, index)) return byDefault.asStruct(type)
  if (index >= s.$pointerCount) return emptyStruct(type)
  return structAt(type, s.$message, s.$segment, s.$pointers + index, s.$depth)
}

/** The group of a struct: the same bytes under another class. */
export function getGroup<T extends Struct>(s: Struct, type: StructType<T, never>): T {
  return new type(
    s.$message,
    s.$segment,
    s.$data,
    s.$dataBytes,
    s.$pointers,
    s.$pointerCount,
    s.$depth,
  )
}

export function getAny(s: Struct, index: number): AnyPointer {
  if (index >= s.$pointerCount) return NULL_POINTER
  return new AnyPointer(s.$message, s.$segment, s.$pointers + index, s.$depth)
}

/** A pointer whose type is not known here; checked when it is read as something. */
export class AnyPointer {
  readonly message: Message
  readonly segment: number
  /** Word index of the pointer itself. */
  readonly at: number
  readonly depth: number

  constructor(message: Message, segment: number, at: number, depth: number) {
    this.message = message
    this.segment = segment
    this.at = at
    this.depth = depth
  }

  get isNull(): boolean {
    const { view } = this.message.segments[this.segment]!
    return view.getUint32(this.at * 8, true) === 0 && view.getUint32(this.at * 8 + 4, true) === 0
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
    follow(this.message, this.segment, this.at, this.depth)
    if (found.kind === NULL) return undefined
    if (found.kind !== CAPABILITY) throw badMessage('a capability was expected')
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
    return new Struct(this.message, this.segment, 0, 0, this.at, 1, this.depth)
  }
}

export const NULL_POINTER = new AnyPointer(EMPTY_MESSAGE, 0, 0, 0)

/** The content of a message: what its first word points to. */
export function rootOf(message: Message): AnyPointer {
  const first = message.segments[0]
  if (!first || first.end === first.start) throw badMessage('it is empty')
  return new AnyPointer(message, 0, first.start, message.maxDepth)
}
