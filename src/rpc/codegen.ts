// What generated code is made of. For the output of `scripts/gen-capnp.mjs`, not for people, which is
// why it is a second door of the room: a bundle carries what its schemas use of it.

import type { Builder } from '../wire/index.ts'
import {
  badValue,
  getAny,
  getList,
  getUint16,
  Message,
  OURS,
  pointerElement,
  putUint16,
  rootOf,
  segmentOf,
  Struct,
} from '../wire/index.ts'
import type { AnyPointer, ElementCodec, List, Reader, StructType } from '../wire/index.ts'
import { putAny } from './any.ts'
import type { AnyInit } from './any.ts'
import { Client } from './client.ts'
import type { Interface, InterfaceType } from './client.ts'
import { getCap, putCap } from './payload.ts'

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
  putData,
  putFloat32,
  putFloat64,
  putInt16,
  putInt32,
  putInt64,
  putInt8,
  putStruct,
  putText,
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
export type { ElementCodec, ListInit, StructType } from '../wire/index.ts'
export type { Annotation, Annotations } from './annotation.ts'
export type { AnyInit }
export { call, Client, Pipeline, streamCall } from './client.ts'
export type { CallOptions, Interface, InterfaceType } from './client.ts'
export {
  anyType,
  brand,
  brandClient,
  dataType,
  elementOf,
  genericCall,
  genericStreamCall,
  listType,
  param,
  pipelined,
  textType,
  typesOf,
  within,
} from './generic.ts'
export type { InitOf, Pipelined, TypeArgument, Types, ValueOf } from './generic.ts'
export type { Hook, PendingCall } from './hook.ts'
export type { CallContext } from './local.ts'
export { streamTurns } from './stream.ts'
export { getCap, putAny, putCap }

export type Awaitable<T> = T | PromiseLike<T>

/** A struct or a list that a schema states: the words of its message. Read when asked for. */
export function stated(words: readonly bigint[]): AnyPointer {
  const bytes = new Uint8Array(words.length * 8)
  const view = new DataView(bytes.buffer)
  words.forEach((word, index) => view.setBigUint64(index * 8, word, true))
  return rootOf(new Message([segmentOf(bytes)], OURS))
}

export function statedStruct<T extends Struct>(
  words: readonly bigint[],
  type: StructType<T, never>,
): T {
  return stated(words).asStruct(type)
}

export function statedList<T>(words: readonly bigint[], element: ElementCodec<T, never>): List<T> {
  return getList(stated(words).$at, 0, element)
}

/** Something that is made when it is first asked for. */
export function lazy<T>(make: () => T): () => T {
  let made: T | undefined
  return () => (made ??= make())
}

/** What a `-> stream` method returns on the wire: nothing. */
export class StreamResult extends Struct {
  static readonly $dataWords = 0
  static readonly $pointerWords = 0
  static $write(): void {}
}

export const anyElement: ElementCodec<AnyPointer, AnyInit> = /* @__PURE__ */ pointerElement<
  AnyPointer,
  AnyInit
>((s) => getAny(s, 0), putAny)

export function capElement<C extends Client>(
  type: () => InterfaceType<C>,
): ElementCodec<C | null, C | null | undefined> {
  return pointerElement<C | null, C | null | undefined>((s) => getCap(s, 0, type()), putCap)
}

/** `B` without its method `Name`, for an interface that has another one of this name. */
export type Without<B, Name extends keyof B> = Omit<B, keyof Client | Name>

/**
 * Gives `type` the methods of an interface it inherits beyond the first, those it inherits included.
 * @param renamed what they are called in `type` when they are called otherwise there
 */
export function inherit(
  type: typeof Client,
  base: typeof Client,
  renamed: { readonly [name: string]: string } = {},
): void {
  for (let from = base; from !== Client; from = Object.getPrototypeOf(from) as typeof Client) {
    for (const name of Object.getOwnPropertyNames(from.prototype)) {
      const property = Object.getOwnPropertyDescriptor(from.prototype, name)!
      // Every class has itself under this name.
      if (property.value === from) continue
      const ours = (Object.hasOwn(renamed, name) && renamed[name]) || name
      if (!hasMethod(type, ours)) Object.defineProperty(type.prototype, ours, property)
    }
  }
}

function hasMethod(type: typeof Client, name: string): boolean {
  for (let at = type; at !== Client; at = Object.getPrototypeOf(at) as typeof Client) {
    const property = Object.getOwnPropertyDescriptor(at.prototype, name)
    if (property && property.value !== at) return true
  }
  return false
}

/** An interface some of whose methods, by interface and number, have other handlers than their name says. */
export function renamed(
  type: Interface,
  names: readonly (readonly [id: bigint, ordinal: number, name: string])[],
): Interface {
  const methods = type.methods.map((method, index) => {
    const entry = names.find(([id, ordinal]) => id === type.id && ordinal === index)
    return entry ? { ...method, name: entry[2] } : method
  })
  return {
    ...type,
    methods,
    superclasses: () => type.superclasses().map((it) => renamed(it, names)),
  }
}

/** Whether `value` holds a field whose name every object inherits something under (`toString`). */
export function isGiven<T extends object, K extends keyof T>(
  value: T,
  name: K,
): value is T & { readonly [P in K]-?: Exclude<T[P], CallableFunction | undefined> } {
  return value[name] !== undefined && typeof value[name] !== 'function'
}

// Unions. Members share their place in a message; a tag, 16 bits at `byte`, says which one is there.

/** What a union is written from: one of `Members`, with or without its tag, or nothing. */
export type OneOf<Members> = { [K in keyof Members]: Chosen<Members, K> }[keyof Members]

type Chosen<Members, K extends keyof Members> = (
  | ({ readonly $which: K } & { readonly [P in K]: Members[P] })
  | ({ readonly $which?: undefined } & { readonly [P in K]?: Members[P] | OrInherited<P> })
) &
  NoneOf<Members, Exclude<keyof Members, K>>

type NoneOf<Members, K extends keyof Members> = { readonly [P in K]?: OrInherited<P> }

/** An object without a field has something inherited in its place, says TypeScript. */
type OrInherited<P> = P extends
  | 'constructor'
  | 'hasOwnProperty'
  | 'isPrototypeOf'
  | 'propertyIsEnumerable'
  | 'toLocaleString'
  | 'toString'
  | 'valueOf'
  ? CallableFunction | undefined
  : undefined

/** How a generic class is bound, for a reader whose class is not its type. */
export type Branding<C extends { readonly $of: unknown }> = Pick<C, '$of'>

export function isMember(s: Reader, byte: number, tag: number): boolean {
  return getUint16(s, byte, 0) === tag
}

export function which<Name extends string>(
  s: Reader,
  byte: number,
  names: readonly Name[],
): Name | undefined {
  return names[getUint16(s, byte, 0)]
}

/** Writes the tag of the member that `value` gives: two of them would overwrite each other. */
export function choose(
  builder: Builder,
  byte: number,
  value: object,
  names: readonly string[],
): void {
  const said: unknown = Reflect.get(value, '$which')
  let chosen = typeof said === 'string' ? said : undefined
  for (const name of names) {
    const given: unknown = Reflect.get(value, name)
    // What every object has (`toString`) is no value.
    if (given === undefined || typeof given === 'function' || name === chosen) continue
    if (chosen !== undefined) throw badValue('one member of the union', `${chosen} and ${name}`)
    chosen = name
  }
  if (chosen === undefined) return
  const tag = names.indexOf(chosen)
  if (tag < 0) throw badValue(`one of ${names.join(', ')}`, chosen)
  putUint16(builder, byte, tag, 0)
}
