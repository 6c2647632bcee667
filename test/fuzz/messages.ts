// Any message: a reader written from the specification, which shares no code with ours, says what it
// contains or that it is malformed. Ours must say the same, copy it deep without changing what it
// says, never write to it, and never do more work than the message's budget allows.
//
// An input is a mode, a list of changes to a valid message, or segments as they are.

import { WwError } from '../../src/base/index.ts'
import {
  addStruct,
  Builder,
  copyPointer,
  DEFAULT_WIRE_LIMITS,
  finished,
  FrameReader,
  Message,
  putCapability,
  putStruct,
  putText,
  rootOf,
  rootReader,
} from '../../src/wire/index.ts'
import { AnyPointer, getAny, getCapEntry, segmentOf, Struct } from '../../src/wire/index.ts'
import type { WireLimits } from '../../src/wire/index.ts'
import { Kinds, Lists, New, NewLists, OldLists } from '../fixture/kinds.gen.ts'
import { Message as RpcMessage } from '../fixture/rpc.gen.ts'
import { Choices } from './choices.ts'
import type { Fuzzer } from './fuzzer.ts'
import { Malformed, meaningOf } from './reference.ts'

/** Small, so that inputs reach them. */
const LIMITS: WireLimits = { ...DEFAULT_WIRE_LIMITS, maxReadWords: 3000, maxDepth: 20 }

const MAX_WORDS = 200

export const messages: Fuzzer = {
  name: 'messages',
  maxBytes: 300,
  run(input) {
    const choices = new Choices(input)
    const segments = choices.oneIn(4) ? rawSegments(choices) : changedMessage(choices)
    const features = new Set<string>()
    const before = segments.map((words) => words.slice())
    checkCopy(segments, features)
    for (const type of [Kinds, Lists, New, NewLists, OldLists, RpcMessage]) {
      readAs(type, segments, features)
    }
    segments.forEach((bytes, index) => {
      if (bytes.join() !== before[index]!.join()) throw new Error('reading wrote to the message')
    })
    return features
  },
}

/** A fresh message over `segments` that counts what it was charged. */
function open(segments: readonly Uint8Array[]): { message: Message; charged: () => number } {
  const message = new Message(segments.map(segmentOf), LIMITS)
  const { budgetWords } = message
  const caps = [{ name: 'cap 0' }, { name: 'cap 1' }, null]
  message.caps = caps
  return { message, charged: () => budgetWords - message.budgetWords }
}

function budgetOf(segments: readonly Uint8Array[]): number {
  const words = segments.reduce((sum, { length }) => sum + (length >> 3), 0)
  return Math.max(LIMITS.maxReadWords, 8 * words)
}

function checkCopy(segments: readonly Uint8Array[], features: Set<string>): void {
  if (segments[0]!.length === 0) {
    features.add('empty')
    return
  }
  const options = { budgetWords: budgetOf(segments), maxDepth: LIMITS.maxDepth, caps: 3 }
  const meaning = attempt(() => meaningOf(segments, options))
  features.add(meaning.error ?? 'well formed')
  const { message, charged } = open(segments)
  const builder = new Builder()
  const copied = attempt(() => {
    copyPointer(builder, builder.allocate(1), rootReader(message))
    if (builder.totalBytes > 8 * (2 * charged() + 2)) {
      throw new Error(`${charged()} words became ${builder.totalBytes} bytes`)
    }
    return builder.frame().map((chunk) => chunk.slice())
  })
  builder.discard()
  if (charged() > options.budgetWords) throw new Error('more was read than is allowed')
  if ((meaning.error === undefined) !== (copied.error === undefined)) {
    throw new Error(
      `${meaning.error ?? 'a well-formed message'} was copied with: ${copied.error ?? 'nothing wrong'}`,
    )
  }
  if (!copied.value || meaning.value === undefined) return
  const again: Uint8Array[][] = []
  const reader = new FrameReader((read) => {
    again.push(read.segments.map((one) => one.bytes.slice(one.start * 8, one.end * 8)))
    return true
  })
  for (const chunk of copied.value) reader.feed(chunk)
  // Absent capabilities are left out, so the others have other indexes.
  const table = new Set(builder.caps).size
  features.add(`copied with ${table} capabilities`)
  const copy = meaningOf(again[0]!, { ...options, budgetWords: Infinity, caps: Infinity })
  const names = builder.caps.map((cap) => (cap as { name: string }).name)
  const renamed = (text: string) =>
    text.replaceAll(/cap (\d+)/g, (_, index: string) => names[Number(index)] ?? '?')
  const original = meaning.value.replaceAll('cap 2', 'null')
  if (renamed(copy) !== original) throw new Error(`the copy says ${copy}, not ${meaning.value}`)
}

/** @returns what came of it, where only what a malformed message may cause counts as an error */
function attempt<T>(work: () => T): { value?: T; error?: string } {
  try {
    return { value: work() }
  } catch (thrown) {
    if (thrown instanceof Malformed) return { error: 'malformed' }
    if (thrown instanceof WwError && thrown.code === 'BAD_MESSAGE') return { error: thrown.message }
    throw thrown
  }
}

interface Readable {
  new (...parameters: ConstructorParameters<typeof Struct>): Struct
  readonly $dataWords: number
  readonly $pointerWords: number
  $write(...parameters: never[]): void
}

/** Reads everything a generated class has, through its own getters. */
function readAs(type: Readable, segments: readonly Uint8Array[], features: Set<string>): void {
  if (segments[0]!.length === 0) return
  const { message, charged } = open(segments)
  let steps = 0
  const walk = (value: unknown, depth: number): void => {
    if (++steps > 60 * (budgetOf(segments) + 10)) throw new Error('reading does not end')
    if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return
    if (value instanceof AnyPointer) {
      walkAny(value)
      return
    }
    if ('toArray' in value) {
      const list = value as unknown as { length: number; at(index: number): unknown }
      for (let at = 0; at < Math.min(list.length, 100); at++) walk(list.at(at), depth + 1)
      return
    }
    // What is absent has members that are absent, without end.
    if (value instanceof Struct && value.$.dataBytes + value.$.pointers === 0) return
    // A group is no pointer, and lies in one.
    if (depth > 2 * LIMITS.maxDepth + 2) throw new Error('reading is deeper than allowed')
    const prototype = Object.getPrototypeOf(value) as object
    for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
      if (property.get && name !== '$which') walk(property.get.call(value), depth + 1)
    }
  }
  const result = attempt(() => walk(rootOf(message).asStruct(type as never), 0))
  features.add(
    `${type.name.replace('$Union', '')}: ${result.error?.replaceAll(/\d+/g, '#') ?? 'read'}`,
  )
  if (charged() > budgetOf(segments)) throw new Error('more was read than is allowed')
}

function walkAny(pointer: AnyPointer): void {
  const reads: (() => unknown)[] = [
    () => pointer.asText(),
    () => pointer.asData(),
    () => getCapEntry(pointer.$at, 0),
  ]
  for (const read of reads) attempt(read)
  attempt(() => getAny(pointer.asStruct(Kinds).$, 0).isNull)
}

// ---- making messages

function rawSegments(choices: Choices): Uint8Array[] {
  const count = 1 + choices.below(3)
  const rest = choices.rest()
  const words = Math.ceil(rest.length / 8 / count)
  return Array.from({ length: count }, (_, index) => {
    const bytes = new Uint8Array(words * 8)
    bytes.set(rest.subarray(index * words * 8, (index + 1) * words * 8))
    return bytes
  })
}

const STRUCT_SIZES = [0, 1, 2, 6, 19, 0xffff] as const
const COUNTS = [0, 1, 2, 7, 8, 9, 63, 64, 1000, (1 << 29) - 1] as const

/** A valid message with words changed into other pointers. */
function changedMessage(choices: Choices): Uint8Array[] {
  const segments = [
    validMessage(choices.below(SAMPLES.length)),
    new Uint8Array(64),
    new Uint8Array(64),
  ]
  while (!choices.isOver) {
    const inside = choices.below(8) < 6 ? 0 : 1 + choices.below(2)
    const bytes = segments[inside]!
    const view = new DataView(bytes.buffer)
    const words = bytes.length >> 3
    const at = choices.below(words)
    const offset = () => {
      const kind = choices.below(8)
      if (kind === 0) return choices.below(65_536) - 32_768
      return choices.below(words + 2) - at - 1
    }
    const put = (low: number, high: number) => {
      view.setInt32(at * 8, low, true)
      view.setInt32(at * 8 + 4, high, true)
    }
    switch (choices.below(10)) {
      case 0:
        put(offset() << 2, choices.pick(STRUCT_SIZES) | (choices.pick(STRUCT_SIZES) << 16))
        break
      case 1:
        put((offset() << 2) | 1, (choices.pick(COUNTS) << 3) | choices.below(7))
        break
      case 2: // a list of structs: its words, and the tag before them
        put((offset() << 2) | 1, (choices.below(40) << 3) | 7)
        break
      case 3:
        put(choices.pick(COUNTS) << 2, choices.below(4) | (choices.below(4) << 16))
        break
      case 4:
        put((choices.below(10) << 3) | 2, choices.below(4))
        break
      case 5:
        put((choices.below(10) << 3) | 6, choices.below(4))
        break
      case 6:
        put(3, choices.below(5))
        break
      case 7: // what stands there stands elsewhere, too
        bytes.copyWithin(choices.below(words) * 8, at * 8, at * 8 + 8)
        break
      case 8: {
        const word = choices.below(bytes.length)
        bytes[word] = choices.byte()
        break
      }
      default: // the target is moved out, behind a far pointer
        moveOut(segments, at, choices.below(2) === 1)
    }
  }
  return segments
}

/** Puts the pointer at word `at` of the first segment behind a far pointer. */
function moveOut(segments: Uint8Array[], at: number, isDouble: boolean): void {
  const [first] = segments
  const view = new DataView(first!.buffer)
  if (at * 8 >= first!.length || first!.length > MAX_WORDS * 8) return
  const low = view.getInt32(at * 8, true)
  const high = view.getUint32(at * 8 + 4, true)
  if ((low & 3) > 1) return
  const pad = new Uint8Array(isDouble ? 16 : 8)
  const padView = new DataView(pad.buffer)
  const target = at + 1 + (low >> 2)
  if (isDouble) {
    padView.setUint32(0, ((target << 3) | 2) >>> 0, true)
    padView.setUint32(4, 0, true)
    padView.setUint32(8, low & 3, true)
    padView.setUint32(12, high, true)
    segments.push(pad)
    view.setUint32(at * 8, 6, true)
    view.setUint32(at * 8 + 4, segments.length - 1, true)
    return
  }
  // A single far pointer's pad stands beside its target: at the end of the same segment.
  const grown = new Uint8Array(first!.length + 8)
  grown.set(first!)
  const grownView = new DataView(grown.buffer)
  const last = first!.length >> 3
  grownView.setInt32(last * 8, ((target - last - 1) << 2) | (low & 3), true)
  grownView.setUint32(last * 8 + 4, high, true)
  grownView.setUint32(at * 8, ((last << 3) | 2) >>> 0, true)
  grownView.setUint32(at * 8 + 4, 0, true)
  segments[0] = grown
}

const inner = { number: 7 } as never

const SAMPLES: readonly ((builder: Builder, at: number) => void)[] = [
  (builder, at) =>
    putStruct(builder, at, Kinds, { text: 'a text', data: new Uint8Array([1, 2, 3]), inner }),
  (builder, at) =>
    putStruct(builder, at, Lists, {
      bools: [true, false, true],
      texts: ['one', 'two'],
      inners: [inner, inner],
      uint16s: [1, 2, 3, 4, 5],
    } as never),
  (builder, at) =>
    putStruct(builder, at, RpcMessage, {
      call: {
        questionId: 3,
        target: { promisedAnswer: { questionId: 1, transform: [{ getPointerField: 1 }] } },
        params: { capTable: [{ senderHosted: 1 }, { receiverHosted: 2 }] },
      },
    }),
  (builder, at) => {
    const struct = addStruct(builder, at, 1, 3)
    putCapability(builder, struct + 1, {})
    putCapability(builder, struct + 2, {})
    putText(builder, struct + 3, 'between')
  },
]

function validMessage(index: number): Uint8Array {
  const builder = new Builder()
  SAMPLES[index]!(builder, builder.allocate(1))
  const [only] = finished(builder).segments
  return only!.bytes.slice(only!.start * 8, only!.end * 8)
}
