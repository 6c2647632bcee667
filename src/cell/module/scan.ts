// Looks ahead: which loops call nothing.

import { IMMEDIATE, IMMEDIATES, OP, SIMD_IMMEDIATES } from './feature.ts'

/** Saturating conversions stand before the bulk operations, behind one prefix. */
const FIRST_BULK = 8

/**
 * Loops within an open one, itself the first, in the order they begin: whether they call nothing and
 * have no bulk operation. Of code nobody validated, it says something, too.
 *
 * @param at behind the opcode of the loop
 */
export function quietLoops(bytes: Uint8Array, at: number, end: number): boolean[] {
  const loops: boolean[] = [true]
  /** What is open: the place of a loop in the list, or nothing. */
  const open: (number | undefined)[] = [0]
  let here = at
  const skip = () => {
    while ((bytes[here++]! & 0x80) !== 0);
  }
  const number = () => {
    let value = 0
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = bytes[here++] ?? 0
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) break
    }
    return value
  }
  const disturb = () => {
    for (let i = open.length - 1; i >= 0; i--) {
      const loop = open[i]
      if (loop === undefined) continue
      if (!loops[loop]) return
      loops[loop] = false
    }
  }
  skip()
  while (here < end) {
    const opcode = bytes[here++]!
    switch (IMMEDIATES[opcode]!) {
      case IMMEDIATE.none:
        if (opcode === OP.end) open.pop()
        break
      case IMMEDIATE.blockType:
        skip()
        open.push(opcode === OP.loop ? loops.push(true) - 1 : undefined)
        break
      case IMMEDIATE.number:
        if (opcode === OP.call) disturb()
        if (opcode === OP.delegate) open.pop()
        skip()
        break
      case IMMEDIATE.memory:
        skip()
        break
      case IMMEDIATE.twoNumbers:
        if (opcode === OP.callIndirect) disturb()
        skip()
        skip()
        break
      case IMMEDIATE.address:
        skip()
        skip()
        break
      case IMMEDIATE.fourBytes:
        here += 4
        break
      case IMMEDIATE.eightBytes:
        here += 8
        break
      case IMMEDIATE.branchTable:
        for (let count = number() + 1; count > 0 && here < end; count--) skip()
        break
      case IMMEDIATE.valueTypes:
        for (let count = number(); count > 0 && here < end; count--) here++
        break
      case IMMEDIATE.bulkPrefix: {
        const code = number()
        if (code < FIRST_BULK) break
        disturb()
        // Their operands, of which there are one or two, are small numbers or plain ones.
        skip()
        if (code <= 14 && code !== 9 && code !== 11 && code !== 13) skip()
        break
      }
      case IMMEDIATE.simdPrefix: {
        const code = number()
        if (SIMD_IMMEDIATES.isAddress(code)) {
          skip()
          skip()
        }
        here += SIMD_IMMEDIATES.laneBytes(code)
        break
      }
      default:
        return loops
    }
    if (open.length === 0) break
  }
  return loops
}
