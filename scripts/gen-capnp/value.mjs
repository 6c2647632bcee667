// Values that a schema states (constants, defaults, annotations) as TypeScript expressions.

import { Type } from 'capnp-es/capnp/schema'

/** Scalar types: accessor suffix, bytes, TypeScript type, name of the value in a schema Value. */
export const SCALARS = new Map([
  [Type.BOOL, ['Bool', 0, 'boolean', 'bool']],
  [Type.INT8, ['Int8', 1, 'number', 'int8']],
  [Type.INT16, ['Int16', 2, 'number', 'int16']],
  [Type.INT32, ['Int32', 4, 'number', 'int32']],
  [Type.INT64, ['Int64', 8, 'bigint', 'int64']],
  [Type.UINT8, ['Uint8', 1, 'number', 'uint8']],
  [Type.UINT16, ['Uint16', 2, 'number', 'uint16']],
  [Type.UINT32, ['Uint32', 4, 'number', 'uint32']],
  [Type.UINT64, ['Uint64', 8, 'bigint', 'uint64']],
  [Type.FLOAT32, ['Float32', 4, 'number', 'float32']],
  [Type.FLOAT64, ['Float64', 8, 'number', 'float64']],
  [Type.ENUM, ['Uint16', 2, 'number', 'enum']],
])

function literal(value, isWide) {
  if (isWide) return `${value}n`
  if (typeof value === 'boolean') return String(value)
  if (Object.is(value, -0)) return '-0'
  // `NaN` and `Infinity` may be types of the schema.
  if (Number.isNaN(value)) return '0 / 0'
  return Number.isFinite(value) ? String(value) : `${Math.sign(value)} / 0`
}

/** The default of a scalar slot, as the bit pattern its accessors take. */
export function defaultOf(slot, scalar) {
  const isWide = scalar[1] === 8
  if (!slot.hadExplicitDefault) return scalar[0] === 'Bool' ? 'false' : isWide ? '0n' : '0'
  const value = slot.defaultValue[scalar[3]]
  if (scalar[0] !== 'Float32' && scalar[0] !== 'Float64') return literal(value, isWide)
  const bits = new DataView(new ArrayBuffer(8))
  if (isWide) {
    bits.setFloat64(0, value)
    return `${bits.getBigUint64(0)}n`
  }
  bits.setFloat32(0, value)
  return String(bits.getUint32(0))
}

/** @param type of `value`, as `describe` has it @param Bytes what Uint8Array is called */
export function expressionOf(type, value, Bytes) {
  const scalar = SCALARS.get(type.kind)
  if (scalar) return literal(value[scalar[3]], scalar[2] === 'bigint')
  switch (type.kind) {
    case Type.VOID:
    case Type.INTERFACE:
      return 'null'
    case Type.TEXT:
      return JSON.stringify(value.text)
    case Type.DATA:
      return `/* @__PURE__ */ new ${Bytes}([${value.data.toUint8Array().join(', ')}])`
    case Type.STRUCT:
      return `/* @__PURE__ */ $.statedStruct(${wordsOf(value.struct)}, ${pure(type.type)})`
    case Type.LIST:
      return `/* @__PURE__ */ $.statedList(${wordsOf(value.list)}, ${pure(type.codec)})`
    default:
      return `/* @__PURE__ */ $.stated(${wordsOf(value.anyPointer)})`
  }
}

/** An argument that is a call: a bundler that drops the outer one must know that it may. */
function pure(argument) {
  return argument.includes('(') ? `/* @__PURE__ */ ${argument}` : argument
}

/** A struct or list of the schema as the words of a message of its own. */
export function wordsOf(pointer) {
  const words = [0n]
  copyPointer(words, 0, pointer.segment, pointer.byteOffset)
  return `[${words.map((word) => `0x${word.toString(16)}n`).join(', ')}]`
}

function wordAt(segment, byte) {
  return (BigInt(segment.getUint32(byte + 4)) << 32n) | BigInt(segment.getUint32(byte))
}

/**
 * Copies what the pointer at `byte` leads to behind word `to` of `words`, and the pointer there.
 * By the encoding itself: capnp-es does not copy every list. Input is the compiler's, so valid.
 */
function copyPointer(words, to, segment, byte) {
  const low = segment.getInt32(byte)
  const high = segment.getUint32(byte + 4)
  if (low === 0 && high === 0) return
  if ((low & 3) !== 2) {
    copyContent(words, to, segment, byte + 8 + (low >> 2) * 8, low, high)
    return
  }
  const landing = segment.message.getSegment(high)
  const pad = (low >>> 3) * 8
  if ((low & 4) === 0) {
    copyPointer(words, to, landing, pad)
    return
  }
  const content = landing.message.getSegment(landing.getUint32(pad + 4))
  const start = (landing.getUint32(pad) >>> 3) * 8
  copyContent(words, to, content, start, landing.getUint32(pad + 8), landing.getUint32(pad + 12))
}

/** @param start byte at which the content begins that a pointer of `low` and `high` describes */
function copyContent(words, to, segment, start, low, high) {
  const at = words.length
  const kind = low & 3
  // A struct without content points to itself, or it would be null.
  const offset = kind === 0 && high === 0 ? -1 : at - to - 1
  words[to] = (BigInt(high) << 32n) | BigInt(((offset << 2) | kind) >>> 0)
  // The elements: how many, and the words of data and the pointers of each.
  const layouts = () => {
    if (kind === 0) return [1, high & 0xffff, high >>> 16]
    const count = high >>> 3
    if ((high & 7) === 6) return [count, 0, 1]
    if ((high & 7) !== 7) return [1, Math.ceil((count * [0, 1, 8, 16, 32, 64][high & 7]) / 64), 0]
    words.push(wordAt(segment, start))
    const shape = segment.getUint32(start + 4)
    return [segment.getUint32(start) >>> 2, shape & 0xffff, shape >>> 16]
  }
  const [count, data, pointers] = layouts()
  const first = words.length
  const from = start + (first - at) * 8
  const size = data + pointers
  for (let index = 0; index < count * size; index++) {
    words.push(index % size < data ? wordAt(segment, from + index * 8) : 0n)
  }
  for (let index = 0; index < count * size; index++) {
    if (index % size >= data) copyPointer(words, first + index, segment, from + index * 8)
  }
}
