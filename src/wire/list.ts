import type { WwError } from '../base/index.ts'
import type { Builder } from './builder.ts'
import { COMPOSITE, ELEMENT_BYTES, follow, found, LIST, NULL } from './message.ts'
import type { Message } from './message.ts'
import { AnyPointer, getData, getText, Struct } from './struct.ts'
import type { StructType } from './struct.ts'
import { badMessage, badValue } from './text.ts'

/** How elements of one type are read from and written into lists. */
export interface ElementCodec<T, Init = T> {
  /** Element size code this type is written with (0 void … 6 pointer, 7 composite). */
  readonly size: number
  /** Reads the element that `element` stands for: its data section or its one pointer. */
  read(element: Struct): T
  /** Writes a whole list at the pointer word `at`. */
  writeList(builder: Builder, at: number, values: ListInit<Init>): void
}

/** What a list may be written from: an array, or a list received elsewhere. */
export type ListInit<T> = { readonly length: number } & Iterable<T>

/**
 * A list inside a received message. Elements are read when asked for, so a list costs its reader
 * what it looks at, not what the message claims.
 */
export class List<T> implements Iterable<T> {
  readonly length: number
  readonly #codec: ElementCodec<T, never>
  readonly #message: Message | undefined
  readonly #segment: number
  readonly #at: number
  /** Bits between elements. */
  readonly #stepBits: number
  readonly #dataBytes: number
  readonly #pointers: number
  readonly #depth: number

  constructor(codec: ElementCodec<T, never>, message?: Message, depth = 0) {
    this.#codec = codec
    this.#message = message
    this.#segment = found.segment
    this.#at = found.at
    this.#depth = depth - 1
    if (!message) {
      this.length = 0
      this.#stepBits = this.#dataBytes = this.#pointers = 0
    } else if (found.kind === COMPOSITE) {
      const dataWords = found.b & 0xffff
      this.length = found.a
      this.#pointers = found.b >>> 16
      this.#dataBytes = dataWords * 8
      this.#stepBits = (dataWords + this.#pointers) * 64
    } else {
      this.length = found.b
      this.#pointers = found.a === 6 ? 1 : 0
      this.#dataBytes = found.a === 6 ? 0 : ELEMENT_BYTES[found.a]!
      this.#stepBits = found.a === 1 ? 1 : ELEMENT_BYTES[found.a]! * 8
    }
  }

  /** The element at `index` (negative: from the end), or undefined outside the list. */
  at(index: number): T | undefined {
    const whole = Math.trunc(index)
    const from = whole < 0 ? whole + this.length : whole
    return from >= 0 && from < this.length ? this.#read(from) : undefined
  }

  *[Symbol.iterator](): Generator<T, undefined> {
    for (let index = 0; index < this.length; index++) yield this.#read(index)
  }

  map<U>(change: (value: T, index: number) => U): U[] {
    const changed: U[] = []
    for (let index = 0; index < this.length; index++) changed.push(change(this.#read(index), index))
    return changed
  }

  toArray(): T[] {
    return [...this]
  }

  #read(index: number): T {
    const message = this.#message!
    const bits = index * this.#stepBits
    const data = this.#at * 8 + Math.floor(bits / 8)
    if (this.#stepBits === 1) {
      // A bit has no byte of its own: hand the codec the byte it lies in, shifted down.
      const byte = message.segments[this.#segment]!.view.getUint8(data)
      return this.#codec.read(bitElement((byte >> (bits & 7)) & 1))
    }
    const pointers = data / 8 + this.#dataBytes / 8
    return this.#codec.read(
      new Struct(
        message,
        this.#segment,
        data,
        this.#dataBytes,
        pointers,
        this.#pointers,
        this.#depth,
      ),
    )
  }
}

/** Which element sizes a list read as `wanted` may have been written with. */
function fits(wanted: number, kind: number, size: number): boolean {
  if (kind === COMPOSITE) return wanted !== 1 // a scalar or pointer list grown into structs
  if (wanted === 7) return size !== 1 // read as structs: each element is a struct of one field
  if (wanted === 6 || wanted <= 1) return size === wanted
  return size === wanted || (size > wanted && size < 6)
}

function listAt<T>(
  codec: ElementCodec<T, never>,
  message: Message,
  segment: number,
  at: number,
  depth: number,
): List<T> {
  follow(message, segment, at, depth)
  if (found.kind === NULL) return new List(codec)
  if ((found.kind !== LIST && found.kind !== COMPOSITE) || !fits(codec.size, found.kind, found.a)) {
    throw badMessage('a list of other elements was expected')
  }
  return new List(codec, message, depth)
}

export function getList<T>(
  s: Struct,
  index: number,
  codec: ElementCodec<T, never>,
  byDefault?: AnyPointer,
): List<T> {
  if (index >= s.$pointerCount || (byDefault?.isNull === false && isNullAt(s, index))) {
    if (!byDefault) return new List(codec)
    return listAt(codec, byDefault.message, byDefault.segment, byDefault.at, byDefault.depth)
  }
  return listAt(codec, s.$message, s.$segment, s.$pointers + index, s.$depth)
}

function isNullAt(s: Struct, index: number): boolean {
  return new AnyPointer(s.$message, s.$segment, s.$pointers + index, s.$depth).isNull
}

let bits: [Struct, Struct] | undefined
function bitElement(bit: number): Struct {
  bits ??= [byteStruct(0), byteStruct(1)]
  return bits[bit as 0 | 1]
}

function byteStruct(value: number): Struct {
  const bytes = new Uint8Array([value, 0, 0, 0, 0, 0, 0, 0])
  const view = new DataView(bytes.buffer)
  const message = { segments: [{ bytes, view, start: 0, end: 1 }] } as unknown as Message
  return new Struct(message, 0, 0, 1, 0, 0, 0)
}

function scalar<T>(
  size: number,
  read: (element: Struct) => T,
  put: (builder: Builder, byte: number, value: T) => void,
): ElementCodec<T> {
  const bytes = ELEMENT_BYTES[size]!
  return {
    size,
    read,
    writeList(builder, at, values) {
      const words = Math.ceil((values.length * bytes) / 8)
      let byte = builder.list(at, size, values.length, words) * 8
      const end = byte + values.length * bytes
      for (const value of values) {
        if (byte === end) throw grew()
        put(builder, byte, value)
        byte += bytes
      }
    },
  }
}

// A scalar element is its list's data section read at offset 0, which also reads the first field of
// a list that has grown into structs.
const view = (s: Struct): DataView => s.$view

export const voidElement: ElementCodec<null> = {
  size: 0,
  read: () => null,
  writeList(builder, at, values) {
    builder.list(at, 0, values.length, 0)
  },
}
export const boolElement: ElementCodec<boolean> = {
  size: 1,
  read: (s) => s.$view.getUint8(s.$data) === 1,
  writeList(builder, at, values) {
    const first = builder.list(at, 1, values.length, Math.ceil(values.length / 64)) * 8
    let index = 0
    for (const value of values) {
      if (index === values.length) throw grew()
      if (value) builder.bytes[first + (index >> 3)]! |= 1 << (index & 7)
      index++
    }
  },
}

/** A list that yields more elements than it announced would overwrite what lies behind it. */
function grew(): WwError {
  return badValue('a list that keeps its length', 'more elements')
}

function integer(value: number, low: number, high: number): number {
  if (!Number.isInteger(value) || value < low || value > high) {
    throw badValue(`an integer from ${low} to ${high}`, value)
  }
  return value
}

function wide(value: bigint, signed: boolean): bigint {
  if (
    typeof value !== 'bigint' ||
    (signed ? BigInt.asIntN(64, value) : BigInt.asUintN(64, value)) !== value
  ) {
    throw badValue(signed ? 'a signed 64-bit bigint' : 'an unsigned 64-bit bigint', value)
  }
  return value
}

function float(value: number): number {
  if (typeof value !== 'number') throw badValue('a number', value)
  return value
}

const enough = (s: Struct, bytes: number): boolean => s.$dataBytes >= bytes

export const int8Element = scalar<number>(
  2,
  (s) => (enough(s, 1) ? view(s).getInt8(s.$data) : 0),
  (b, at, v) => b.view.setInt8(at, integer(v, -0x80, 0x7f)),
)
export const uint8Element = scalar<number>(
  2,
  (s) => (enough(s, 1) ? view(s).getUint8(s.$data) : 0),
  (b, at, v) => b.view.setUint8(at, integer(v, 0, 0xff)),
)
export const int16Element = scalar<number>(
  3,
  (s) => (enough(s, 2) ? view(s).getInt16(s.$data, true) : 0),
  (b, at, v) => b.view.setInt16(at, integer(v, -0x8000, 0x7fff), true),
)
export const uint16Element = scalar<number>(
  3,
  (s) => (enough(s, 2) ? view(s).getUint16(s.$data, true) : 0),
  (b, at, v) => b.view.setUint16(at, integer(v, 0, 0xffff), true),
)
export const int32Element = scalar<number>(
  4,
  (s) => (enough(s, 4) ? view(s).getInt32(s.$data, true) : 0),
  (b, at, v) => b.view.setInt32(at, integer(v, -0x8000_0000, 0x7fff_ffff), true),
)
export const uint32Element = scalar<number>(
  4,
  (s) => (enough(s, 4) ? view(s).getUint32(s.$data, true) : 0),
  (b, at, v) => b.view.setUint32(at, integer(v, 0, 0xffff_ffff), true),
)
export const int64Element = scalar<bigint>(
  5,
  (s) => (enough(s, 8) ? view(s).getBigInt64(s.$data, true) : 0n),
  (b, at, v) => b.view.setBigInt64(at, wide(v, true), true),
)
export const uint64Element = scalar<bigint>(
  5,
  (s) => (enough(s, 8) ? view(s).getBigUint64(s.$data, true) : 0n),
  (b, at, v) => b.view.setBigUint64(at, wide(v, false), true),
)
export const float32Element = scalar<number>(
  4,
  (s) => (enough(s, 4) ? view(s).getFloat32(s.$data, true) : 0),
  (b, at, v) => b.view.setFloat32(at, float(v), true),
)
export const float64Element = scalar<number>(
  5,
  (s) => (enough(s, 8) ? view(s).getFloat64(s.$data, true) : 0),
  (b, at, v) => b.view.setFloat64(at, float(v), true),
)

/** A codec for elements that are one pointer. */
export function pointerElement<T, Init>(
  read: (element: Struct) => T,
  write: (builder: Builder, at: number, value: Init) => void,
): ElementCodec<T, Init> {
  return {
    size: 6,
    read,
    writeList(builder, at, values) {
      let pointer = builder.list(at, 6, values.length, values.length)
      const end = pointer + values.length
      for (const value of values) {
        if (pointer === end) throw grew()
        write(builder, pointer++, value)
      }
    },
  }
}

export const textElement = pointerElement<string, string>(
  (s) => getText(s, 0, ''),
  (b, at, v) => b.text(at, v),
)
export const dataElement = pointerElement<Uint8Array, Uint8Array>(
  (s) => getData(s, 0),
  (b, at, v) => b.data(at, v),
)

/** `codec` is a thunk because types may refer to each other in circles. */
export function listElement<T, Init>(
  codec: () => ElementCodec<T, Init>,
): ElementCodec<List<T>, ListInit<Init>> {
  return pointerElement<List<T>, ListInit<Init>>(
    (s) => getList(s, 0, codec()),
    (b, at, v) => codec().writeList(b, at, v),
  )
}

/** `type` is a thunk because types may refer to each other in circles. */
export function structElement<T extends Struct, Init>(
  type: () => StructType<T, Init>,
): ElementCodec<T, Init | T> {
  return {
    size: 7,
    read: (s) =>
      new (type())(
        s.$message,
        s.$segment,
        s.$data,
        s.$dataBytes,
        s.$pointers,
        s.$pointerCount,
        s.$depth,
      ),
    writeList(builder, at, values) {
      const { $dataWords, $pointerWords } = type()
      const first = builder.compositeList(at, values.length, $dataWords, $pointerWords)
      let element = first
      let left = values.length
      for (const value of values) {
        if (left-- === 0) throw grew()
        builder.fill(type(), element, value)
        element += $dataWords + $pointerWords
      }
    },
  }
}
