// What is written into a message: structs, lists, texts, data, capabilities and copies behind a
// pointer, and scalars. `at` is the word index of the pointer. Functions, not methods of the builder: a
// bundler keeps of these what a program uses.

import type { Builder } from './builder.ts'
import { COPIED_WORDS, COPIES_PER_WORD, EXTERNAL_DATA_BYTES } from './limits.ts'
import { CAPABILITY, COMPOSITE, ELEMENT_BYTES, follow, found, NULL, STRUCT } from './message.ts'
import type { Message, Segment } from './message.ts'
import { pointerAt, Struct } from './struct.ts'
import type { Reader, StructType } from './struct.ts'
import { badMessage, badValue, bytesOf, encodeText } from './text.ts'

/** A list pointer has 29 bits for its length. */
const MAX_LIST_LENGTH = (1 << 29) - 1

/** A text that may take more is encoded before room is taken for it. */
const MAX_SPARE_BYTES = 12 << 10

/** Writes the two halves of the word at `at`. */
export function putWord(builder: Builder, at: number, low: number, high: number): void {
  builder.halves[at * 2] = low
  builder.halves[at * 2 + 1] = high
}

function putPointer(
  builder: Builder,
  at: number,
  target: number,
  kind: number,
  high: number,
): void {
  putWord(builder, at, ((target - at - 1) << 2) | kind, high)
}

/** A struct behind the pointer at `at`. @returns the word index of its data section */
export function addStruct(
  builder: Builder,
  at: number,
  dataWords: number,
  pointers: number,
): number {
  if (dataWords + pointers === 0) {
    // A pointer to nothing would be all zero, which means null: point at itself instead.
    putWord(builder, at, -4, 0)
    return at
  }
  const target = builder.allocate(dataWords + pointers)
  putPointer(builder, at, target, 0, dataWords | (pointers << 16))
  return target
}

/** A list of `words` words behind the pointer at `at`. @returns the word index of its content */
export function addList(
  builder: Builder,
  at: number,
  size: number,
  count: number,
  words: number,
): number {
  if (count > MAX_LIST_LENGTH) throw badValue(`at most ${MAX_LIST_LENGTH} elements`, count)
  const target = builder.allocate(words)
  putPointer(builder, at, target, 1, (count << 3) | size)
  return target
}

/** A list of structs. @returns the word index of the first one's data section */
export function addStructs(
  builder: Builder,
  at: number,
  count: number,
  dataWords: number,
  pointers: number,
): number {
  if (count > MAX_LIST_LENGTH) throw badValue(`at most ${MAX_LIST_LENGTH} elements`, count)
  const words = count * (dataWords + pointers)
  const target = addList(builder, at, 7, words, words + 1)
  putWord(builder, target, count << 2, dataWords | (pointers << 16))
  return target + 1
}

export function putText(builder: Builder, at: number, value: string): void {
  if (typeof value !== 'string') throw badValue('a string', value)
  let length = value.length * 3
  let target: number
  if (length > MAX_SPARE_BYTES) {
    const bytes = bytesOf(value)
    length = bytes.length
    target = builder.allocate((length + 8) >> 3)
    builder.bytes.set(bytes, target * 8)
  } else {
    // Room for the worst case, of which the rest is taken back.
    target = builder.allocate((length + 8) >> 3)
    length = encodeText(value, builder.bytes, target * 8)
    builder.words = target + ((length + 8) >> 3)
  }
  putPointer(builder, at, target, 1, ((length + 1) << 3) | 2)
}

/** Large `value`s are sent as they are, not copied: do not change them before the message is out. */
export function putData(builder: Builder, at: number, value: Uint8Array): void {
  if (!(value instanceof Uint8Array)) throw badValue('a Uint8Array', value)
  const { length } = value
  if (length >= EXTERNAL_DATA_BYTES && builder.attach(at, value)) return
  const target = addList(builder, at, 2, length, (length + 7) >> 3)
  builder.bytes.set(value, target * 8)
}

export function putCapability(builder: Builder, at: number, cap: object): void {
  putWord(builder, at, 3, builder.addCap(cap))
}

/** Writes `init` as a struct of `type` behind the pointer at `at`. */
export function putStruct<T extends Struct, Init>(
  builder: Builder,
  at: number,
  type: StructType<T, Init>,
  init: Init | T,
): void {
  if (init instanceof Struct) {
    copyStruct(builder, at, init)
    return
  }
  type.$write(builder, addStruct(builder, at, type.$dataWords, type.$pointerWords), init)
}

/** Writes `init` into a struct that is already allocated, as an element of a list is. */
export function fillStruct<T extends Struct, Init>(
  builder: Builder,
  type: StructType<T, Init>,
  at: number,
  init: Init | T,
): void {
  if (init instanceof Struct) copyInto(builder, at, type.$dataWords, type.$pointerWords, init.$)
  else type.$write(builder, at, init)
}

/** A struct as it was received, fields unknown here included. */
export function copyStruct(builder: Builder, at: number, { $: source }: Struct): void {
  // An element of a list of small scalars is a struct of less than a word.
  const dataWords = (source.dataBytes + 7) >> 3
  copyInto(
    builder,
    addStruct(builder, at, dataWords, source.pointers),
    dataWords,
    source.pointers,
    source,
  )
}

// Copies what fits: fields the target's type does not know are left out.
function copyInto(
  builder: Builder,
  at: number,
  dataWords: number,
  pointers: number,
  source: Reader,
): void {
  const { message, segment, data, depth } = source
  const most = mostBytes(builder, message)
  const length = Math.min(source.dataBytes, dataWords * 8)
  builder.bytes.set(segment.bytes.subarray(data, data + length), at * 8)
  const count = Math.min(source.pointers, pointers)
  for (let index = 0; index < count; index++) {
    copyAt(builder, at + dataWords + index, message, segment, pointerAt(source, index), depth, most)
  }
}

/**
 * Deep copy of whatever the first pointer of `source` points to; no schema needed. Charged to the source's read limit; and
 * what it takes here is bounded by the size of the source. Its capabilities join our table.
 */
export function copyPointer(builder: Builder, at: number, source: Reader): void {
  copyInto(builder, at, 0, 1, source)
}

/** What a copy out of a message may make of `totalBytes`. */
function mostBytes(builder: Builder, { words }: Message): number {
  return builder.totalBytes + (words * COPIES_PER_WORD + COPIED_WORDS) * 8
}

function copyAt(
  builder: Builder,
  at: number,
  message: Message,
  source: Segment,
  from: number,
  depth: number,
  most: number,
): void {
  if (builder.totalBytes > most) throw badMessage('its parts are shared too often to be copied')
  const kind = follow(message, source, from, depth)
  if (kind === NULL) return
  const { segment, at: start, a, b } = found
  const { bytes } = segment
  if (kind === CAPABILITY) {
    const cap = message.caps[a]
    if (cap) putCapability(builder, at, cap)
    return
  }
  // `count` times data, then pointers: a struct, a list of structs, or a list of pointers.
  let target: number
  let count = a
  let dataWords = b & 0xffff
  let pointers = b >>> 16
  if (kind === COMPOSITE) target = addStructs(builder, at, count, dataWords, pointers)
  else if (kind === STRUCT) {
    count = 1
    dataWords = a
    pointers = b
    target = addStruct(builder, at, dataWords, pointers)
  } else if (a === 6) {
    count = b
    dataWords = 0
    pointers = 1
    target = addList(builder, at, a, b, b)
  } else {
    const length = a === 1 ? (b + 7) >> 3 : b * ELEMENT_BYTES[a]!
    const content = bytes.subarray(start * 8, start * 8 + length)
    if (a === 2 && length >= EXTERNAL_DATA_BYTES) putData(builder, at, content)
    else {
      target = addList(builder, at, a, b, (length + 7) >> 3)
      builder.bytes.set(content, target * 8)
    }
    return
  }
  if (pointers === 0) {
    builder.bytes.set(bytes.subarray(start * 8, (start + count * dataWords) * 8), target * 8)
    return
  }
  let of = start
  for (; count > 0; count--) {
    if (dataWords > 0) builder.bytes.set(bytes.subarray(of * 8, (of + dataWords) * 8), target * 8)
    of += dataWords
    target += dataWords
    for (let index = 0; index < pointers; index++) {
      copyAt(builder, target++, message, segment, of++, depth - 1, most)
    }
  }
}

// Scalars into a data section. `byte` is absolute; `byDefault` as in the readers.

function range(value: number, low: number, high: number): void {
  if (!Number.isInteger(value) || value < low || value > high) {
    throw badValue(`an integer from ${low} to ${high}`, value)
  }
}

export function putBool(b: Builder, byte: number, bit: number, value: boolean): void {
  if (value) b.bytes[byte + (bit >> 3)]! |= 1 << (bit & 7)
}
export function putInt8(b: Builder, byte: number, value: number, byDefault: number): void {
  range(value, -0x80, 0x7f)
  b.view.setInt8(byte, value ^ byDefault)
}
export function putUint8(b: Builder, byte: number, value: number, byDefault: number): void {
  range(value, 0, 0xff)
  b.view.setUint8(byte, value ^ byDefault)
}
export function putInt16(b: Builder, byte: number, value: number, byDefault: number): void {
  range(value, -0x8000, 0x7fff)
  b.view.setInt16(byte, value ^ byDefault, true)
}
export function putUint16(b: Builder, byte: number, value: number, byDefault: number): void {
  range(value, 0, 0xffff)
  b.view.setUint16(byte, value ^ byDefault, true)
}
export function putInt32(b: Builder, byte: number, value: number, byDefault: number): void {
  range(value, -0x8000_0000, 0x7fff_ffff)
  b.view.setInt32(byte, value ^ byDefault, true)
}
export function putUint32(b: Builder, byte: number, value: number, byDefault: number): void {
  range(value, 0, 0xffff_ffff)
  b.view.setUint32(byte, value ^ byDefault, true)
}
export function putInt64(b: Builder, byte: number, value: bigint, byDefault: bigint): void {
  if (typeof value !== 'bigint' || BigInt.asIntN(64, value) !== value) {
    throw badValue('a signed 64-bit bigint', value)
  }
  b.view.setBigInt64(byte, value ^ byDefault, true)
}
export function putUint64(b: Builder, byte: number, value: bigint, byDefault: bigint): void {
  if (typeof value !== 'bigint' || BigInt.asUintN(64, value) !== value) {
    throw badValue('an unsigned 64-bit bigint', value)
  }
  b.view.setBigUint64(byte, value ^ byDefault, true)
}
export function putFloat32(b: Builder, byte: number, value: number, byDefault: number): void {
  if (typeof value !== 'number') throw badValue('a number', value)
  b.view.setFloat32(byte, value, true)
  if (byDefault) b.view.setUint32(byte, b.view.getUint32(byte, true) ^ byDefault, true)
}
export function putFloat64(b: Builder, byte: number, value: number, byDefault: bigint): void {
  if (typeof value !== 'number') throw badValue('a number', value)
  b.view.setFloat64(byte, value, true)
  if (byDefault) b.view.setBigUint64(byte, b.view.getBigUint64(byte, true) ^ byDefault, true)
}
