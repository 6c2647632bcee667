// The canonical form of a value: the same bytes for equal values, for content ids and signatures.
//
//  - One segment without a table; what a pointer leads to follows in the order of a walk that takes
//    each pointer's target before the next pointer's.
//  - Of a struct, trailing zero words of data and trailing null pointers are cut off; of a list of
//    structs, as far as that is so of every element.
//  - No capabilities: what stands for one means something only within its message.
//
// https://capnproto.org/encoding.html#canonicalization

import { Builder } from './builder.ts'
import { CAPABILITY, COMPOSITE, ELEMENT_BYTES, follow, found, NULL, STRUCT } from './message.ts'
import type { Message, Segment } from './message.ts'
import { addList, addStruct, addStructs } from './put.ts'
import type { AnyPointer } from './struct.ts'
import { badValue } from './text.ts'

/**
 * What `source` points to, in canonical form. Charged to the read limit of its message.
 * @throws {WwError} BAD_MESSAGE, or BAD_VALUE for a capability
 */
export function canonicalOf(source: AnyPointer): Uint8Array {
  const builder = new Builder()
  try {
    const root = builder.allocate(1)
    const { message, segment, data, pointers, depth } = source.$at
    if (pointers > 0) copy(builder, root, message, segment, data / 8, depth)
    return builder.bytes.slice(root * 8, builder.words * 8)
  } finally {
    builder.discard()
  }
}

function copy(
  builder: Builder,
  to: number,
  message: Message,
  segment: Segment,
  from: number,
  depth: number,
): void {
  const kind = follow(message, segment, from, depth)
  if (kind === NULL) return
  if (kind === CAPABILITY) throw badValue('a value without capabilities', 'a capability')
  const { segment: source, at, a, b } = found
  const pointers = (target: number, start: number, count: number): void => {
    for (let index = 0; index < count; index++) {
      copy(builder, target + index, message, source, start + index, depth - 1)
    }
  }
  if (kind === STRUCT) {
    const dataWords = usedWords(source, at, a)
    const count = usedWords(source, at + a, b)
    const target = addStruct(builder, to, dataWords, count)
    copyWords(builder, target, source, at, dataWords)
    pointers(target + dataWords, at + a, count)
    return
  }
  if (kind === COMPOSITE) {
    const [dataRoom, pointerRoom] = [b & 0xffff, b >>> 16]
    const step = dataRoom + pointerRoom
    let dataWords = 0
    let count = 0
    for (let element = at; element < at + a * step; element += step) {
      dataWords = Math.max(dataWords, usedWords(source, element, dataRoom))
      count = Math.max(count, usedWords(source, element + dataRoom, pointerRoom))
    }
    const first = addStructs(builder, to, a, dataWords, count)
    for (let index = 0; index < a; index++) {
      const target = first + index * (dataWords + count)
      copyWords(builder, target, source, at + index * step, dataWords)
      pointers(target + dataWords, at + index * step + dataRoom, count)
    }
    return
  }
  if (a === 6) {
    pointers(addList(builder, to, 6, b, b), at, b)
    return
  }
  const bytes = a === 1 ? (b + 7) >> 3 : b * ELEMENT_BYTES[a]!
  const target = addList(builder, to, a, b, (bytes + 7) >> 3)
  builder.bytes.set(source.bytes.subarray(at * 8, at * 8 + bytes), target * 8)
  // Bits behind the last element are zero.
  if (a === 1 && (b & 7) !== 0) builder.bytes[target * 8 + bytes - 1]! &= (1 << (b & 7)) - 1
}

/** Words up to the last one that is not zero. */
function usedWords({ view }: Segment, at: number, count: number): number {
  let used = count
  while (used > 0 && view.getBigUint64((at + used - 1) * 8, true) === 0n) used--
  return used
}

function copyWords(builder: Builder, to: number, from: Segment, at: number, count: number): void {
  builder.bytes.set(from.bytes.subarray(at * 8, (at + count) * 8), to * 8)
}
