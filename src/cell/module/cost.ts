// What code is charged: fuel for what it does, and of the stack what its frames take.

import { OP } from './feature.ts'

// Units. An ordinary instruction is one; what is slower by its nature is more.
export const COST = {
  entry: 1,
  iteration: 2,
  call: 4,
  indirectCall: 6,
  division: 4,
  grow: 16,
  bulk: 4,
  throw: 63,
} as const

/** Units by opcode. */
export const COSTS: Readonly<Uint8Array> = (() => {
  const table = new Uint8Array(256).fill(1)
  for (const free of [OP.block, OP.loop, OP.else, OP.end]) table[free] = 0
  for (const call of [OP.call, OP.returnCall]) table[call] = COST.call
  for (const call of [OP.callIndirect, OP.returnCallIndirect]) table[call] = COST.indirectCall
  for (const divide of [0x6d, 0x6e, 0x6f, 0x70, 0x7f, 0x80, 0x81, 0x82]) {
    table[divide] = COST.division
  }
  for (const thrower of [OP.throw, OP.rethrow]) table[thrower] = COST.throw
  table[OP.memoryGrow] = COST.grow
  table[OP.bulk] = COST.bulk
  return table
})()

/** What one site charges at most: one byte of a signed LEB128. */
export const MAX_CHARGE = 63
/** Units of code that may follow a site until there is another. */
export const SITE_SPAN = 16_384
/** Units a function may cost, and bytes of its frame, if it has no site. */
export const SMALL_COST = 24
export const SMALL_FRAME_BYTES = 512

/** Behind the prefix of bulk operations: by how many bits the length is shifted to have units. */
export const BULK_SHIFTS: ReadonlyMap<number, number> = (() => {
  // A unit per 64 bytes of memory, and per 4 entries of a table.
  const [memory, table] = [6, 2]
  return new Map([
    [8, memory], // memory.init
    [10, memory], // memory.copy
    [11, memory], // memory.fill
    [12, table], // table.init
    [14, table], // table.copy
    [15, table], // table.grow
    [17, table], // table.fill
  ])
})()

// What the engine's frames have besides values, and what a value takes.
const FRAME_BYTES = 112
const VALUE_BYTES = 8
const VECTOR_BYTES = 16

export function frameBytesOf(values: number, hasVectors: boolean): number {
  return FRAME_BYTES + values * (hasVectors ? VECTOR_BYTES : VALUE_BYTES)
}
