// A walk over the code of one function that renames what it refers to.

import { bytesOf, positive, Reader, unsigned } from './module.mjs'

const LEBS = new Map([
  [0x0c, 1],
  [0x0d, 1], // br, br_if
  [0x20, 1],
  [0x21, 1],
  [0x22, 1], // locals
  [0x25, 1],
  [0x26, 1], // table.get, table.set
  [0x3f, 1],
  [0x40, 1], // memory.size, memory.grow
  [0x41, 1],
  [0x42, 1], // constants
])
/** Behind 0xfc: how many LEB128 numbers follow. Truncations have none. */
const BULK_LEBS = [0, 0, 0, 0, 0, 0, 0, 0, 2, 1, 2, 1, 2, 1, 2, 1, 1, 1]

/**
 * @param renames `call`, `type` and `global` map an index of the function's module to one of the result
 * @returns the body: locals and code
 */
export function body(code, { call, type, global }) {
  const reader = new Reader(code)
  const parts = []
  let copied = 0
  const rename = (map, written = unsigned) => {
    parts.push(code.subarray(copied, reader.at))
    parts.push(written(map(reader.unsigned())))
    copied = reader.at
  }
  const lebs = (count) => {
    for (; count > 0; count -= 1) reader.skipLeb()
  }
  reader.list(() => lebs(1) ?? reader.u8())
  while (reader.at < code.length) {
    const op = reader.u8()
    if (op === 0x10 || op === 0x12 || op === 0xd2) rename(call)
    else if (op === 0x11 || op === 0x13) {
      rename(type)
      lebs(1)
    } else if (op === 0x23 || op === 0x24) rename(global)
    else if (op >= 0x02 && op <= 0x04) {
      const kind = code[reader.at]
      // A block's type: none, one value, or the index of a type, which is a number with a sign.
      if (kind === 0x40 || (kind >= 0x6f && kind <= 0x7f)) reader.u8()
      else rename(type, positive)
    } else if (op === 0x0e) {
      reader.list(() => lebs(1))
      lebs(1)
    } else if (op >= 0x28 && op <= 0x3e) lebs(2)
    else if (op === 0x43) reader.take(4)
    else if (op === 0x44) reader.take(8)
    else if (op === 0x1c) reader.list(() => reader.u8())
    else if (op === 0xd0) reader.u8()
    else if (op === 0xfc) lebs(BULK_LEBS[reader.unsigned()])
    else if (op >= 0xfd) throw new Error(`Cannot link: an instruction 0x${op.toString(16)}`)
    else lebs(LEBS.get(op) ?? 0)
  }
  parts.push(code.subarray(copied))
  return bytesOf(parts)
}
