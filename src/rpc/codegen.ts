/** What generated code is made of. For the output of `scripts/gen-capnp.mjs`, not for people. */
import type { Builder } from '../wire/index.ts'
import {
  AnyPointer,
  badValue,
  DEFAULT_WIRE_LIMITS,
  getAny,
  Message,
  pointerElement,
  rootOf,
  segmentOf,
  Struct,
} from '../wire/index.ts'
import type { ElementCodec } from '../wire/index.ts'
import { Client } from './client.ts'
import type { InterfaceType } from './client.ts'
import { capOf, getCap, putCap } from './payload.ts'

export {
  AnyPointer,
  boolElement,
  Builder,
  dataElement,
  float32Element,
  float64Element,
  getAny,
  getBool,
  getData,
  getFloat32,
  getFloat64,
  getGroup,
  getInt16,
  getInt32,
  getInt64,
  getInt8,
  getList,
  getStruct,
  getText,
  getUint16,
  getUint32,
  getUint64,
  getUint8,
  int16Element,
  int32Element,
  int64Element,
  int8Element,
  List,
  listElement,
  putBool,
  putFloat32,
  putFloat64,
  putInt16,
  putInt32,
  putInt64,
  putInt8,
  putUint16,
  putUint32,
  putUint64,
  putUint8,
  Struct,
  structElement,
  textElement,
  uint16Element,
  uint32Element,
  uint64Element,
  uint8Element,
  voidElement,
} from '../wire/index.ts'
export type { ElementCodec, ListInit } from '../wire/index.ts'
export { call, Client, Pipeline, streamCall } from './client.ts'
export type { CallOptions, Interface } from './client.ts'
export type { PendingCall } from './hook.ts'
export type { CallContext } from './local.ts'
export { getCap, putCap }

export type Awaitable<T> = T | PromiseLike<T>

/** It is ours and as large as its schema says: reading it as often as wanted must not use it up. */
const UNBOUNDED = { ...DEFAULT_WIRE_LIMITS, maxReadWords: Number.POSITIVE_INFINITY }

/** A struct or a list that a schema states as a default: the words of its message. Read when asked for. */
export function stated(words: readonly bigint[]): AnyPointer {
  const bytes = new Uint8Array(words.length * 8)
  const view = new DataView(bytes.buffer)
  words.forEach((word, index) => view.setBigUint64(index * 8, word, true))
  return rootOf(new Message([segmentOf(bytes)], UNBOUNDED))
}

/** What a `-> stream` method returns on the wire: nothing. */
export class StreamResult extends Struct {
  static readonly $dataWords = 0
  static readonly $pointerWords = 0
  static $write(): void {}
}

/** What can be put where a schema says AnyPointer. A plain object needs a type: use its struct. */
export type AnyInit = string | Uint8Array | Client | AnyPointer | Struct

export function putAny(builder: Builder, at: number, value: AnyInit | null | undefined): void {
  if (value === null || value === undefined) return
  if (typeof value === 'string') builder.text(at, value)
  else if (value instanceof Uint8Array) builder.data(at, value)
  else if (value instanceof Client) putCap(builder, at, value)
  else if (value instanceof AnyPointer) builder.copy(at, value)
  else if (value instanceof Struct) builder.putStruct(at, value)
  else throw badValue('a string, bytes, a client or a value read from a message', value)
}

export const anyElement: ElementCodec<AnyPointer, AnyInit> = pointerElement<AnyPointer, AnyInit>(
  (s) => getAny(s, 0),
  putAny,
)

export function capElement<C extends Client>(
  type: () => InterfaceType<C>,
): ElementCodec<C | null, C | null | undefined> {
  return pointerElement<C | null, C | null | undefined>((s) => capOf(getAny(s, 0), type()), putCap)
}

/** Gives `type` the methods of interfaces it inherits beyond the first, theirs included. */
export function inherit(type: typeof Client, bases: readonly (typeof Client)[]): void {
  for (const base of bases) {
    let from: object = base.prototype
    while (from !== Client.prototype) {
      for (const name of Object.getOwnPropertyNames(from)) {
        if (name in type.prototype) continue
        const property = Object.getOwnPropertyDescriptor(from, name)
        if (property) Object.defineProperty(type.prototype, name, property)
      }
      from = Object.getPrototypeOf(from) as object
    }
  }
}

/** Whether `value` holds a field whose name every object inherits something under (`toString`). */
export function isGiven<T extends object, K extends keyof T>(
  value: T,
  name: K,
): value is T & { readonly [P in K]-?: Exclude<T[P], CallableFunction | undefined> } {
  return value[name] !== undefined && typeof value[name] !== 'function'
}

/** Members of a union share their place in a message: two of them would overwrite each other. */
export function atMostOne(value: object, names: readonly string[]): void {
  const given = names.filter((name) => Reflect.get(value, name) !== undefined)
  if (given.length > 1) throw badValue('one member of the union', given.join(' and '))
}
