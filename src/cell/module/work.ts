// What it costs the engine to compile a function: in a cell's thread, when the function is first
// called, and without a way to interrupt it. Measured in V8 11.3 to 14: one unit is some 20 ns and
// some 20 bytes, on the machine the figures of this project are from.

import { OP } from './feature.ts'

/** Of functions and of the engine's own. */
export const CALL_WORK = 16

/** Units of an instruction, by opcode; those that are not named here take one. */
export const WORK: Readonly<Uint8Array> = (() => {
  const table = new Uint8Array(256).fill(1)
  // What can trap gets a piece of code of its own: memory, divisions, conversions.
  table.fill(15, 0x28, 0x3f)
  for (const divide of [0x6d, 0x6e, 0x6f, 0x70, 0x7f, 0x80, 0x81, 0x82]) table[divide] = 24
  table.fill(15, 0xa8, 0xac)
  table.fill(15, 0xae, 0xb2)
  for (const call of [0x10, 0x11, 0x12, 0x13, 0x25, 0x26, 0x40, 0xd2, 0xfc]) table[call] = CALL_WORK
  table[OP.simd] = 4
  return table
})()

export const SIMD_MEMORY_WORK = 16
/** For each value a call, a block or a branch hands over. A call's results are the dearest by far. */
export const PARAM_WORK = 2
export const RESULT_WORK = 40
/** For each entry of a branch table. */
export const TARGET_WORK = 4
/**
 * For each local and operand there is where code forks: the compiler keeps a copy of where they all
 * are, of an `if` two, until the function is done.
 */
export const FORK_WORK = 1
/** To replace a NaN. */
export const CANONICAL_WORK = 6
