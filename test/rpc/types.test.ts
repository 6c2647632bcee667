// That the generated API is typed as meant: this file compiles, and each line marked as an error is one.

import { expect, expectTypeOf, test } from 'vitest'

import { promised, serve } from '../../src/rpc/index.ts'
import type { Client } from '../../src/rpc/index.ts'
import type { AnyPointer } from '../../src/wire/index.ts'
import { Node, Special } from '../fixture/calls.gen.ts'
import type { Node$Server, Outer } from '../fixture/calls.gen.ts'
import { Colour } from '../fixture/kinds.gen.ts'
import type {
  Choice,
  Choice$Init,
  Kinds,
  Kinds$Init,
  Lists,
  Lists$Init,
} from '../fixture/kinds.gen.ts'

declare const kinds: Kinds
declare const lists: Lists
declare const choice: Choice
declare const node: Node
declare const special: Special

/** Never runs: it is here to be compiled. */
export function readers(): void {
  expectTypeOf(kinds.int64).toEqualTypeOf<bigint>()
  expectTypeOf(kinds.uint32).toEqualTypeOf<number>()
  expectTypeOf(kinds.data).toEqualTypeOf<Uint8Array>()
  expectTypeOf(kinds.colour).toEqualTypeOf<Colour>()
  expectTypeOf(kinds.any).toEqualTypeOf<AnyPointer>()
  expectTypeOf(lists.matrix.at(0)?.at(0)).toEqualTypeOf<number | undefined>()
  expectTypeOf(choice.number).toEqualTypeOf<bigint | undefined>()
  expectTypeOf(choice.$which).toEqualTypeOf<'none' | 'number' | 'text' | 'point' | undefined>()
  // @ts-expect-error -- readers are read-only
  kinds.uint8 = 1
  // @ts-expect-error -- there is no such field
  void kinds.nothing
}

/** A switch over the tag narrows, in what is read and in what is written. */
export function unions(init: Choice$Init): void {
  switch (choice.$which) {
    case 'number':
      expectTypeOf(choice.number).toEqualTypeOf<bigint>()
      break
    case 'point':
      expectTypeOf(choice.point.y).toEqualTypeOf<number>()
      if (choice.point.$which === 'high') expectTypeOf(choice.point.high).toEqualTypeOf<number>()
      break
    case 'none':
      expectTypeOf(choice.none).toEqualTypeOf<null>()
      break
    case 'text':
      expectTypeOf(choice.text).toEqualTypeOf<string>()
      break
    case undefined:
      // Newer than this code.
      expectTypeOf(choice.$which).toEqualTypeOf<undefined>()
  }
  expectTypeOf(choice.before).toEqualTypeOf<number>()
  switch (init.$which) {
    case 'number':
      expectTypeOf(init.number).toEqualTypeOf<bigint>()
      break
    case 'text':
      expectTypeOf(init.text).toEqualTypeOf<string>()
      break
    case 'none':
    case 'point':
    case undefined:
      expectTypeOf(init.before).toEqualTypeOf<number | undefined>()
  }
  const tagged: Choice$Init = { $which: 'number', number: 1n, before: 2 }
  const untagged: Choice$Init = { point: choice.point, place: choice.place }
  const empty: Choice$Init = {}
  // @ts-expect-error -- a tag needs its member
  const missing: Choice$Init = { $which: 'number' }
  // @ts-expect-error -- and no other
  const other: Choice$Init = { $which: 'number', text: 'x' }
  // @ts-expect-error -- there is no such member
  const unknown: Choice$Init = { $which: 'nothing' }
  // @ts-expect-error -- two members would overwrite each other
  const two: Choice$Init = { number: 1n, text: 'x' }
  // @ts-expect-error -- in a group as well
  const nested: Choice$Init = { point: { flat: null, high: 1 } }
  void [tagged, untagged, empty, missing, other, unknown, two, nested]
}

export function writers(): void {
  const good: Kinds$Init = { int64: 1n, colour: Colour.red, data: new Uint8Array(), inner: {} }
  // @ts-expect-error -- 64 bits are a bigint
  const badWide: Kinds$Init = { int64: 1 }
  // @ts-expect-error -- an enum is one of its values
  const badColour: Kinds$Init = { colour: 7 }
  // @ts-expect-error -- there is no such field
  const badName: Kinds$Init = { nothing: 1 }
  // @ts-expect-error -- texts are strings
  const badList: Lists$Init = { texts: [1] }
  const received: Lists$Init = { texts: lists.texts, inners: [kinds.inner, { id: 1 }] }
  const group: Choice$Init = { point: { x: 1, high: 2 } }
  void [good, badWide, badColour, badName, badList, received, group]
}

export async function clients(): Promise<void> {
  const results = await node.ping({ value: 1 })
  expectTypeOf(results.value).toEqualTypeOf<number>()
  expectTypeOf((await node.make({ name: 1 })).node).toEqualTypeOf<Node | null>()
  expectTypeOf(node.make({ name: 1 }).node).toEqualTypeOf<Node>()
  expectTypeOf(node.deep().outer.inner.node).toEqualTypeOf<Node>()
  expectTypeOf((await node.deep()).outer).toEqualTypeOf<Outer>()
  expectTypeOf(node.deep().any).toEqualTypeOf<Client>()
  expectTypeOf(special.ping({ value: 1 })).toEqualTypeOf<ReturnType<Node['ping']>>()
  expectTypeOf(special.$as(Node)).toEqualTypeOf<Node>()
  expectTypeOf(node.$dup()).toEqualTypeOf<Node>()
  void node.never()
  void node.never({}, { signal: AbortSignal.abort() })
  // @ts-expect-error -- params are needed when there are any
  void node.ping()
  // @ts-expect-error -- there is no such param
  void node.ping({ volume: 1 })
  // @ts-expect-error -- a Node is no Special
  const wrong: Special = node
  const right: Node = special
  // @ts-expect-error -- a pipelined call has no results yet
  void node.ping({ value: 1 }).value
  void [wrong, right]
}

export function servers(): void {
  const handlers = {} as Node$Server
  expectTypeOf(serve(Node, handlers)).toEqualTypeOf<Node>()
  // @ts-expect-error -- every method needs a handler
  void serve(Node, { ping: () => ({ value: 1 }) })
  // @ts-expect-error -- results have types too
  void serve(Node, { ...handlers, ping: () => ({ value: 'one' }) })
  void serve(Node, {
    ...handlers,
    ping: async ({ value }, { signal }) => {
      expectTypeOf(value).toEqualTypeOf<number>()
      expectTypeOf(signal).toEqualTypeOf<AbortSignal>()
      return await Promise.resolve({ value })
    },
    [Symbol.dispose]() {},
  })
  expectTypeOf(promised(Special, Promise.resolve(special))).toEqualTypeOf<Special>()
  // @ts-expect-error -- a promise of something less
  const less: Special = promised(Special, Promise.resolve(node))
  void less
}

test('the generated API is typed as meant', () => {
  // The compiler is the judge; see above.
  expect([readers, unions, writers, clients, servers].length).toBe(5)
})
