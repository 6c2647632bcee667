import { concatBytes } from '../../src/base/index.ts'
import { Builder, FrameReader, putStruct, rootOf } from '../../src/wire/index.ts'
import type { Message, Struct, StructType, WireLimits } from '../../src/wire/index.ts'

/** `init` as the frame of a message. */
export function encode<T extends Struct, Init>(
  type: StructType<T, Init>,
  init: Init | T,
): Uint8Array {
  const builder = new Builder()
  putStruct(builder, builder.allocate(1), type, init)
  return concatBytes(builder.frame())
}

/** The messages in `bytes`, which end with a whole one. */
export function messagesIn(bytes: Uint8Array, limits?: WireLimits): Message[] {
  const messages: Message[] = []
  const reader = new FrameReader((message) => {
    messages.push(message)
    return true
  }, limits)
  reader.feed(bytes)
  if (!reader.isBetweenFrames) throw new Error('The last message is cut off')
  return messages
}

export function messageIn(bytes: Uint8Array, limits?: WireLimits): Message {
  const [message] = messagesIn(bytes, limits)
  if (!message) throw new Error('There is no message')
  return message
}

export function decode<T extends Struct>(type: StructType<T, never>, bytes: Uint8Array): T {
  return rootOf(messageIn(bytes)).asStruct(type)
}

/** A frame of segments given as words, each as [low, high] or a bigint. */
export function frameOf(...segments: (bigint | readonly [number, number])[][]): Uint8Array {
  const table = (4 + 4 * segments.length + 7) & ~7
  const words = segments.reduce((sum, segment) => sum + segment.length, 0)
  const bytes = new Uint8Array(table + words * 8)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, segments.length - 1, true)
  let at = table
  segments.forEach((segment, index) => {
    view.setUint32(4 + index * 4, segment.length, true)
    for (const word of segment) {
      if (typeof word === 'bigint') view.setBigUint64(at, BigInt.asUintN(64, word), true)
      else {
        view.setUint32(at, word[0] >>> 0, true)
        view.setUint32(at + 4, word[1] >>> 0, true)
      }
      at += 8
    }
  })
  return bytes
}

type Word = readonly [number, number]

export const structPointer = (offset: number, data: number, pointers: number): Word => [
  offset << 2,
  data | (pointers << 16),
]
export const listPointer = (offset: number, size: number, count: number): Word => [
  (offset << 2) | 1,
  (count << 3) | size,
]
export const farPointer = (segment: number, at: number): Word => [(at << 3) | 2, segment]
export const doubleFarPointer = (segment: number, at: number): Word => [(at << 3) | 6, segment]
