import type { WwError } from '../base/index.ts'
import type { Builder } from './builder.ts'
import { COMPOSITE, ELEMENT_BYTES, found, LIST, NULL } from './message.ts'
import type { Message, Segment } from './message.ts'
import {
  addList,
  addStructs,
  fillStruct,
  putBool,
  putData,
  putText,
  putFloat32,
  putFloat64,
  putInt16,
  putInt32,
  putInt64,
  putInt8,
  putUint16,
  putUint32,
  putUint64,
  putUint8,
} from './put.ts'
import {
  followField,
  getData,
  getFloat32,
  getFloat64,
  getInt16,
  getInt32,
  getInt64,
  getInt8,
  getText,
  getUint16,
  getUint32,
  getUint64,
  getUint8,
  hasPointer,
  Reader,
} from './struct.ts'
import type { AnyPointer, Struct, StructType } from './struct.ts'
import { badMessage, badValue } from './text.ts'

/** How elements of one type are read from and written into lists. */
export interface ElementCodec<T, Init = T> {
  /** Element size code this type is written with (0 void … 6 pointer, 7 composite). */
  readonly size: number
  /**
   * Reads the element that `element` stands for: its data section or its one pointer.
   * @param bit where in its byte it begins, if it has none of its own
   */
  read(element: Reader, bit: number): T
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
  readonly #message: Message
  readonly #segment: Segment
  readonly #at: number
  /** Bits between elements. */
  readonly #stepBits: number
  readonly #dataBytes: number
  readonly #pointers: number
  readonly #depth: number

  /** What was found last: {@link getList} makes these. */
  constructor(codec: ElementCodec<T, never>, message: Message, depth: number) {
    const { kind, segment, at, a, b } = found
    this.#codec = codec
    this.#message = message
    this.#segment = segment
    this.#at = at
    this.#depth = depth - 1
    if (kind === COMPOSITE) {
      const dataWords = b & 0xffff
      this.length = a
      this.#pointers = b >>> 16
      this.#dataBytes = dataWords * 8
      this.#stepBits = (dataWords + this.#pointers) * 64
    } else {
      this.length = b
      this.#pointers = a === 6 ? 1 : 0
      this.#dataBytes = a === 6 ? 0 : ELEMENT_BYTES[a]!
      this.#stepBits = a === 1 ? 1 : ELEMENT_BYTES[a]! * 8
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
    const segment = this.#segment
    const bits = index * this.#stepBits
    const data = this.#at * 8 + Math.floor(bits / 8)
    return this.#codec.read(
      new Reader(this.#message, segment, data, this.#dataBytes, this.#pointers, this.#depth),
      bits & 7,
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

export function getList<T>(
  s: Reader,
  index: number,
  codec: ElementCodec<T, never>,
  byDefault?: AnyPointer,
): List<T> {
  if (byDefault && !hasPointer(s, index)) return getList(byDefault.$at, 0, codec)
  const kind = followField(s, index)
  if (kind === NULL) {
    // A list without elements, whatever they would be.
    found.segment = s.segment
    found.kind = found.a = found.b = 0
  } else if ((kind !== LIST && kind !== COMPOSITE) || !fits(codec.size, kind, found.a)) {
    throw badMessage('a list of other elements was expected')
  }
  return new List(codec, s.message, s.depth)
}

/** A list that yields more elements than it announced would overwrite what lies behind it. */
function grew(): WwError {
  return badValue('a list that keeps its length', 'more elements')
}

export const voidElement: ElementCodec<null> = {
  size: 0,
  read: () => null,
  writeList(builder, at, values) {
    addList(builder, at, 0, values.length, 0)
  },
}
export const boolElement: ElementCodec<boolean> = {
  size: 1,
  read: (s, bit) => ((s.segment.bytes[s.data]! >> bit) & 1) === 1,
  writeList(builder, at, values) {
    const first = addList(builder, at, 1, values.length, Math.ceil(values.length / 64)) * 8
    let index = 0
    for (const value of values) {
      if (index === values.length) throw grew()
      putBool(builder, first, index++, value)
    }
  },
}

/**
 * A scalar element is a field at the front of its element, which also reads the first field of a list
 * that has grown into structs. @param zero what such a field is by default
 */
function scalar<T, Zero>(
  size: number,
  zero: Zero,
  get: (s: Reader, byte: number, byDefault: Zero) => T,
  put: (builder: Builder, byte: number, value: T, byDefault: Zero) => void,
): ElementCodec<T> {
  const bytes = ELEMENT_BYTES[size]!
  return {
    size,
    read: (s) => get(s, 0, zero),
    writeList(builder, at, values) {
      const length = values.length * bytes
      let byte = addList(builder, at, size, values.length, Math.ceil(length / 8)) * 8
      const end = byte + length
      for (const value of values) {
        if (byte === end) throw grew()
        put(builder, byte, value, zero)
        byte += bytes
      }
    },
  }
}

export const int8Element = /* @__PURE__ */ scalar(2, 0, getInt8, putInt8)
export const uint8Element = /* @__PURE__ */ scalar(2, 0, getUint8, putUint8)
export const int16Element = /* @__PURE__ */ scalar(3, 0, getInt16, putInt16)
export const uint16Element = /* @__PURE__ */ scalar(3, 0, getUint16, putUint16)
export const int32Element = /* @__PURE__ */ scalar(4, 0, getInt32, putInt32)
export const uint32Element = /* @__PURE__ */ scalar(4, 0, getUint32, putUint32)
export const int64Element = /* @__PURE__ */ scalar(5, 0n, getInt64, putInt64)
export const uint64Element = /* @__PURE__ */ scalar(5, 0n, getUint64, putUint64)
export const float32Element = /* @__PURE__ */ scalar(4, 0, getFloat32, putFloat32)
export const float64Element = /* @__PURE__ */ scalar(5, 0n, getFloat64, putFloat64)

/** A codec for elements that are one pointer. */
export function pointerElement<T, Init>(
  read: (element: Reader) => T,
  write: (builder: Builder, at: number, value: Init) => void,
): ElementCodec<T, Init> {
  return {
    size: 6,
    read,
    writeList(builder, at, values) {
      let pointer = addList(builder, at, 6, values.length, values.length)
      const end = pointer + values.length
      for (const value of values) {
        if (pointer === end) throw grew()
        write(builder, pointer++, value)
      }
    },
  }
}

export const textElement = /* @__PURE__ */ pointerElement<string, string>(
  (s) => getText(s, 0, ''),
  (b, at, v) => putText(b, at, v),
)
export const dataElement = /* @__PURE__ */ pointerElement<Uint8Array, Uint8Array>(
  (s) => getData(s, 0),
  (b, at, v) => putData(b, at, v),
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
    read: (s) => new (type())(s),
    writeList(builder, at, values) {
      const { $dataWords, $pointerWords } = type()
      let element = addStructs(builder, at, values.length, $dataWords, $pointerWords)
      let left = values.length
      for (const value of values) {
        if (left-- === 0) throw grew()
        fillStruct(builder, type(), element, value)
        element += $dataWords + $pointerWords
      }
    },
  }
}
