// Generic structs and interfaces: what their type parameters are at run time.
//
// Invariants
//  - A parameter stands for something behind a pointer; at run time it is a `PointerType`, which
//    reads and writes that. Parameters that nobody bound are AnyPointer.
//  - Binding the same parameters of the same class twice gives the same class, so that a capability
//    read twice is one client. A bound class extends the generic one.
//  - Bound types are made when they are first needed: declarations may refer to each other in circles.

import {
  getAny,
  getData,
  getList,
  getStruct,
  getText,
  pointerElement,
  putData,
  putStruct,
  putText,
  structElement,
} from '../wire/index.ts'
import type {
  AnyPointer,
  Builder,
  ElementCodec,
  List,
  ListInit,
  Reader,
  Struct,
  StructType,
} from '../wire/index.ts'
import { putAny } from './any.ts'
import type { AnyInit } from './any.ts'
import { call, Client, Pipeline, streamCall } from './client.ts'
import type { CallOptions, Interface, InterfaceType } from './client.ts'
import type { PendingCall } from './hook.ts'
import { findOwner } from './local.ts'
import { getCap, putCap } from './payload.ts'

/** How something behind a pointer is read and written. */
export interface PointerType<T, Init = T> {
  get(s: Reader, index: number): T
  put(builder: Builder, at: number, value: Init): void
  /** The class of what is there, if it has one. */
  readonly type?: StructType<Struct, never> | InterfaceType
}

/** The type parameters of a class, in the order of their declaration. */
export type Types = readonly PointerType<unknown, unknown>[]

/** What a type parameter can be bound to: a generated class, or one of the types below. */
export type TypeArgument = PointerType<unknown, never> | StructType<Struct, never> | InterfaceType

/** What is read where a parameter is bound to `A`. */
export type ValueOf<A> = A extends { get(s: Reader, index: number): infer T }
  ? T
  : A extends new (...args: never[]) => infer T
    ? T extends Client
      ? T | null
      : T
    : never

/** What can be written where `T` is read. */
export type InitOf<T> = T extends Struct
  ? T | (T extends { readonly $init?: infer Init } ? Exclude<Init, undefined> : never)
  : T extends List<infer E>
    ? ListInit<InitOf<E>>
    : T extends AnyPointer
      ? AnyInit
      : T

/** What a call in progress offers where its results will have a `T`. */
export type Pipelined<T> = [NonNullable<T>] extends [Client]
  ? NonNullable<T>
  : T extends Struct
    ? Pipeline<T>
    : Client

export const textType: PointerType<string> = {
  get: (s, index) => getText(s, index, ''),
  put: (builder, at, value) => putText(builder, at, value),
}
export const dataType: PointerType<Uint8Array> = {
  get: (s, index) => getData(s, index),
  put: (builder, at, value) => putData(builder, at, value),
}
export const anyType: PointerType<AnyPointer, AnyInit> = { get: getAny, put: putAny }

const lists = new WeakMap<object, object>()

/** A list of such elements; the same type for the same codec. */
export function listType<T, Init>(
  element: ElementCodec<T, Init>,
): PointerType<List<T>, ListInit<Init>> {
  return once(lists, element, () => ({
    get: (s: Reader, index: number) => getList(s, index, element),
    put: (builder: Builder, at: number, values: ListInit<Init>) =>
      element.writeList(builder, at, values),
  }))
}

const elements = new WeakMap<object, object>()

/** Elements of a list of `type`; the same codec for the same type. */
export function elementOf<A extends TypeArgument>(
  type: A,
): ElementCodec<ValueOf<A>, InitOf<ValueOf<A>>> {
  const pointer = pointerTypeOf(type)
  return once(elements, pointer, () => {
    const of = pointer.type
    if (of && !('$interface' in of)) return structElement(() => of)
    return pointerElement(
      (s) => pointer.get(s, 0),
      (builder: Builder, at, value: unknown) => pointer.put(builder, at, value),
    )
  }) as unknown as ElementCodec<ValueOf<A>, InitOf<ValueOf<A>>>
}

const pointers = new WeakMap<object, object>()

function pointerTypeOf(argument: TypeArgument): PointerType<unknown, unknown> {
  if (typeof argument !== 'function') return argument as PointerType<unknown, unknown>
  return once(pointers, argument, () =>
    '$interface' in argument
      ? {
          get: (s: Reader, index: number) => getCap(s, index, argument as InterfaceType),
          put: (builder: Builder, at: number, value: unknown) =>
            putCap(builder, at, value as Client | null),
          type: argument,
        }
      : {
          get: (s: Reader, index: number) => getStruct(s, index, argument),
          put: (builder: Builder, at: number, value: unknown) =>
            putStruct(builder, at, argument, value as never),
          type: argument,
        },
  )
}

function once<T extends object>(made: WeakMap<object, object>, key: object, make: () => T): T {
  let known = made.get(key)
  if (!known) made.set(key, (known = make()))
  return known as T
}

/** Classes by what they were made of: the generic class, then each of its types. */
const bound = new WeakMap<object, object>()
const made = Symbol('made')

function boundOnce<T>(type: object, types: Types, make: () => T): T {
  let at: WeakMap<object, object> & { [made]?: T } = bound
  for (const key of [type, ...types]) at = once(at, key, () => new WeakMap<object, object>())
  return (at[made] ??= make())
}

/** The type parameter at `index`. */
export function param(types: Types | undefined, index: number): PointerType<unknown, unknown> {
  return types?.[index] ?? (anyType as PointerType<unknown, unknown>)
}

export function typesOf(type: unknown): Types | undefined {
  return (type as { readonly prototype: { readonly $types?: Types } }).prototype.$types
}

/** The generic struct `type` with its parameters bound. */
export function brand<T extends Struct, Init>(
  type: StructType<Struct, never>,
  args: readonly TypeArgument[],
): StructType<T, Init> {
  const types = args.map(pointerTypeOf)
  return boundOnce(type, types, () => {
    const branded = class extends type {}
    define(branded.prototype, types)
    return branded as unknown as StructType<T, Init>
  })
}

/** A group of a generic struct whose parameters are `types`. */
export function within<T extends Struct, Init>(
  type: StructType<Struct, never>,
  types: Types | undefined,
): StructType<T, Init> {
  return types ? brand(type, types) : (type as unknown as StructType<T, Init>)
}

/** The generic interface `type` with its parameters bound. */
export function brandClient<C extends Client, Server>(
  type: typeof Client & { readonly $table: (types: Types) => Interface },
  args: readonly TypeArgument[],
): InterfaceType<C, Server> {
  const types = args.map(pointerTypeOf)
  return boundOnce(type, types, () => {
    const branded = class extends type {
      static override readonly $interface = type.$table(types)
    }
    define(branded.prototype, types)
    return branded as unknown as InterfaceType<C, Server>
  })
}

// A field or a method may be called `constructor`: the one that every class has must not hide it.
function define(prototype: object, types: Types): void {
  Reflect.deleteProperty(prototype, 'constructor')
  Object.defineProperty(prototype, '$types', { value: types })
}

/** Types of a generic method's own parameters, for results that are to be read as something. */
type TypedOptions = CallOptions & { readonly types?: readonly TypeArgument[] }

function methodOf(client: Client, interfaceId: bigint, methodId: number, options?: TypedOptions) {
  const method = findOwner(client.$type.$interface, interfaceId)!.methods[methodId]!
  const types = options?.types?.map(pointerTypeOf)
  const of = (struct: (types?: Types) => StructType<Struct, never>) => struct(types)
  return { params: of(method.params), results: of(method.results) }
}

/** Calls a method whose params or results depend on type parameters. */
export function genericCall<P>(
  client: Client,
  interfaceId: bigint,
  methodId: number,
  promise: new (call: PendingCall, path: undefined, type: never) => P,
  init: unknown,
  options?: TypedOptions,
): P {
  const { params, results } = methodOf(client, interfaceId, methodId, options)
  const pending = call(client, interfaceId, methodId, params, init as never, options)
  return new promise(pending, undefined, results as never)
}

export function genericStreamCall(
  client: Client,
  interfaceId: bigint,
  methodId: number,
  init: unknown,
  options?: TypedOptions,
): Promise<void> {
  const { params } = methodOf(client, interfaceId, methodId, options)
  return streamCall(client, interfaceId, methodId, params, init as never, options)
}

/** What can be called before the results are there, at pointer `index` of them. */
export function pipelined<T>(
  pipeline: Pipeline<Struct>,
  { type }: PointerType<unknown, unknown>,
  index: number,
): Pipelined<T> {
  if (type && !('$interface' in type)) {
    return new Pipeline(type, pipeline.$call, [...pipeline.$path, index]) as Pipelined<T>
  }
  return pipeline.$cap<Client>(type ?? Client, index) as Pipelined<T>
}
