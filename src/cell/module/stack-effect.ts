// How many operands an instruction takes from the stack and leaves there. Types do not matter: what
// is counted is what the engine's compiler keeps track of.

import { SIMD_OPCODES } from './feature.ts'

/** Two numbers in one byte. */
function effect(pops: number, pushes: number): number {
  return (pops << 4) | pushes
}

export function popsOf(both: number): number {
  return both >> 4
}

export function pushesOf(both: number): number {
  return both & 15
}

/**
 * By opcode, of instructions whose effect does not depend on an index: of the others (calls and
 * branches) what they take besides what their types say.
 */
export const STACK_EFFECTS: Readonly<Uint8Array> = (() => {
  const table = new Uint8Array(256)
  const set = (pops: number, pushes: number, ...ranges: [first: number, last: number][]) => {
    for (const [first, last] of ranges) table.fill(effect(pops, pushes), first, last + 1)
  }
  // if; br_if and br_table; calls through a table
  set(1, 0, [0x04, 0x04], [0x0d, 0x0e], [0x11, 0x11], [0x13, 0x13])
  // drop, local.set, global.set; select; table.set and stores
  set(1, 0, [0x1a, 0x1a], [0x21, 0x21], [0x24, 0x24])
  set(3, 1, [0x1b, 0x1c])
  set(2, 0, [0x26, 0x26], [0x36, 0x3e])
  // local.get, global.get, memory.size, constants, ref.null, ref.func
  set(0, 1, [0x20, 0x20], [0x23, 0x23], [0x3f, 0x3f], [0x41, 0x44], [0xd0, 0xd0], [0xd2, 0xd2])
  // local.tee, table.get, loads, memory.grow, ref.is_null
  set(1, 1, [0x22, 0x22], [0x25, 0x25], [0x28, 0x35], [0x40, 0x40], [0xd1, 0xd1])
  // Comparisons and arithmetic: most take two, these one.
  set(2, 1, [0x45, 0xc4])
  set(1, 1, [0x45, 0x45], [0x50, 0x50], [0x67, 0x69], [0x79, 0x7b])
  set(1, 1, [0x8b, 0x91], [0x99, 0x9f], [0xa7, 0xc4])
  return table
})()

/** Behind the prefix of bulk operations: saturating conversions first. */
export const BULK_EFFECTS: Readonly<Uint8Array> = (() => {
  const table = new Uint8Array(18).fill(effect(1, 1), 0, 8)
  // memory.init, copy and fill; table.init, copy, fill; table.grow; table.size. The drops take nothing.
  for (const code of [8, 10, 11, 12, 14, 17]) table[code] = effect(3, 0)
  table[15] = effect(2, 1)
  table[16] = effect(0, 1)
  return table
})()

/** Behind the prefix of SIMD. */
export const SIMD_EFFECTS: Readonly<Uint8Array> = (() => {
  const table = new Uint8Array(SIMD_OPCODES).fill(effect(2, 1))
  const unary = [
    ...[21, 22, 24, 25, 27, 29, 31, 33, 77, 83, 116, 117, 122, 128, 129, 131, 132, 148],
    ...[160, 161, 163, 164, 192, 193, 195, 196, 224, 225, 227, 236, 237, 239],
  ]
  for (const code of unary) table[code] = effect(1, 1)
  const set = (both: number, ...ranges: [first: number, last: number][]) => {
    for (const [first, last] of ranges) table.fill(both, first, last + 1)
  }
  // Loads, splats, conversions and other unary ones.
  set(effect(1, 1), [0, 10], [15, 20], [92, 100], [103, 106], [124, 127], [135, 138])
  set(effect(1, 1), [167, 170], [199, 202], [248, 255])
  set(effect(2, 0), [11, 11], [88, 91]) // stores
  set(effect(0, 1), [12, 12]) // a constant
  set(effect(3, 1), [82, 82]) // bitselect
  return table
})()
