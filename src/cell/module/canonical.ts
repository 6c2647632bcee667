// Makes every NaN an operation yields the same one. Which NaN a processor gives depends on the order
// of operands that the engine's compilers chose; all else in floating point is exact.

import { OP } from './feature.ts'
import { u32Bytes } from './output.ts'

/** A type whose values may be NaN. */
export type FloatType = 'f32' | 'f64' | 'f32x4' | 'f64x2'

export const FLOAT_TYPES: readonly FloatType[] = ['f32', 'f64', 'f32x4', 'f64x2']

/** What an operation yields, if that may be a new NaN: by opcode, counted from 1 in FLOAT_TYPES. */
export const FLOAT_RESULTS: Readonly<Uint8Array> = (() => {
  const table = new Uint8Array(256)
  table.fill(1, 0x8d, 0x98) // ceil, floor, trunc, nearest, sqrt, add, sub, mul, div, min, max
  table.fill(2, 0x9b, 0xa6)
  table[0xb6] = 1 // demote
  table[0xbb] = 2 // promote
  return table
})()

/** The same behind the prefix of SIMD. */
export const SIMD_FLOAT_RESULTS: Readonly<Uint8Array> = (() => {
  const table = new Uint8Array(256)
  for (const code of [94, 103, 104, 105, 106, 227, 228, 229, 230, 231, 232, 233]) table[code] = 3
  for (const code of [95, 116, 117, 122, 148, 239, 240, 241, 242, 243, 244, 245]) table[code] = 4
  return table
})()

const F32_NAN = [0x00, 0x00, 0xc0, 0x7f]
const F64_NAN = [0, 0, 0, 0, 0, 0, 0xf8, 0x7f]
const V128_CONST = [OP.simd, 12]

/** By float type: the NaN, and the comparison that tells whether a value equals itself. */
const NANS: Readonly<Record<FloatType, { readonly nan: number[]; readonly equal: number[] }>> = {
  f32: { nan: [OP.f32Const, ...F32_NAN], equal: [0x5b] },
  f64: { nan: [OP.f64Const, ...F64_NAN], equal: [0x61] },
  f32x4: {
    nan: [...V128_CONST, ...F32_NAN, ...F32_NAN, ...F32_NAN, ...F32_NAN],
    equal: [OP.simd, 65],
  },
  f64x2: { nan: [...V128_CONST, ...F64_NAN, ...F64_NAN], equal: [OP.simd, 71] },
}

/** Instructions that replace the value on top of the stack, if it is a NaN. `local` is of its type. */
export function canonicalNan(type: FloatType, local: number): Uint8Array {
  const { nan, equal } = NANS[type]
  const index = u32Bytes(local)
  const read = [OP.localGet, ...index]
  const choose = type === 'f32' || type === 'f64' ? [OP.select] : [OP.simd, 82]
  return Uint8Array.of(OP.localTee, ...index, ...nan, ...read, ...read, ...equal, ...choose)
}
