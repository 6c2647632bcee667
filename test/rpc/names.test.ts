// oxlint-disable unicorn/no-thenable -- awkward names are what this is about

import { expect, test } from 'vitest'

import { Connection, loopback, serve } from '../../src/rpc/index.ts'
import { Builder, rootOf } from '../../src/wire/index.ts'
import type { StructType } from '../../src/wire/index.ts'
import type { Struct as AnyStruct } from '../../src/wire/index.ts'
import {
  answer,
  Colour,
  default_,
  favourite,
  greeting,
  magic,
  pi,
  wide,
} from '../fixture/kinds.gen.ts'
import * as names from '../fixture/names.gen.ts'
import { failure } from './help.ts'

function copy<T extends AnyStruct, Init>(type: StructType<T, Init>, init: Init): T {
  const builder = new Builder()
  builder.put(builder.allocate(1), type, init)
  return rootOf(builder.toMessage()).asStruct(type)
}

const METHODS = [
  'then_',
  'catch',
  'finally',
  'constructor',
  'toString',
  'valueOf',
  'hasOwnProperty',
  'call',
  'delete',
  'name',
  'dispose',
] as const

function serveNamed(calls: string[]): names.Named {
  const handlers = Object.fromEntries(
    METHODS.map((name) => [
      name.replace('_', ''),
      ({ value = 0 }: { value?: number }) => {
        calls.push(name)
        return { value: value + 1 }
      },
    ]),
  )
  const named: names.Named = serve(names.Named, {
    ...handlers,
    nested: () => {
      const each = () => named.$dup()
      return {
        holder: { client: each(), any: each(), cap: each() },
        then: each(),
        constructor: each(),
        self: each(),
      }
    },
  } as never)
  return named
}

test('methods may have any name, here and across a connection', async () => {
  const calls: string[] = []
  const named = serveNamed(calls)
  const [here, there] = loopback()
  const server = new Connection(there, { bootstrap: named.$dup() })
  const client = new Connection(here)
  for (const target of [named, client.bootstrap(names.Named)]) {
    calls.length = 0
    for (const [at, name] of METHODS.entries()) {
      if (name === 'call') await target.call({ params: 1, options: 2, builder: 3, at: 4, byte: 5 })
      else expect((await target[name]({ value: at })).value).toBe(at + 1)
    }
    expect(calls).toEqual(METHODS)
  }
  client.close()
  server.close()
})

test('a method called constructor does not disturb copies, casts, errors and reading twice', async () => {
  using named = serveNamed([])
  using copied = named.$dup()
  expect(copied).toBeInstanceOf(names.Named)
  const results = await named.nested()
  expect(results.self).toBe(results.self)
  expect(results.self?.$type).toBe(names.Named)
  expect((await results.self!.$as(names.Named).then_({ value: 1 })).value).toBe(2)
  results.self![Symbol.dispose]()
  expect(() => results.self!.$hook).toThrow('Cannot use this Named')
})

test('results may have any field name, awaited and pipelined', async () => {
  using named = serveNamed([])
  const call = named.nested()
  expect((await call.then_.name({ value: 1 })).value).toBe(2)
  expect((await call['constructor'].name({ value: 2 })).value).toBe(3)
  expect((await call.holder.client.name({ value: 3 })).value).toBe(4)
  const results = await call
  expect((await results.then!.name({ value: 4 })).value).toBe(5)
  expect((await results['constructor']!.name({ value: 5 })).value).toBe(6)
  expect(results.pipeline.call.hook).toBe('')
})

test('methods that every object seems to have are unimplemented unless they are written', async () => {
  class Empty {}
  for (const server of [{}, new Empty(), Object.create(null) as object]) {
    using named = serve(names.Named, server as never)
    for (const name of METHODS) {
      if (name === 'call') continue
      expect(await failure(named[name]({ value: 1 }))).toMatchObject({ kind: 'unimplemented' })
    }
  }
  class Written {
    ['constructor']({ value }: { value: number }) {
      return { value: value * 2 }
    }
    toString(params?: { value: number }) {
      return { value: params?.value ?? 0 }
    }
  }
  using named = serve(names.Named, new Written() as never)
  expect((await named['constructor']({ value: 4 })).value).toBe(8)
  expect((await named.toString({ value: 4 })).value).toBe(4)
})

test('fields named like members of every object are set only when they are given', () => {
  const empty = copy(names.Record, { value: 'x' })
  expect([empty['constructor'], empty.toString, empty.value]).toEqual([0, '', 'x'])
  const full = copy(names.Record, { constructor: 5, toString: 's', value: 'v' })
  expect([full['constructor'], full.toString, full.value]).toEqual([5, 's', 'v'])
  const struct = copy(names.Struct, { message: 'm', segment: 3, depth: 4, then: 't' })
  expect([struct.message, struct.segment, struct.depth, struct.then]).toEqual(['m', 3, 4, 't'])
  const which = copy(names.Which, { isWhich: true })
  expect([which.$which, which.which, which.isWhich]).toEqual(['isWhich', undefined, true])
  expect(copy(names.Uint8Array, { value: new Uint8Array([1]) }).value.length).toBe(1)
})

test('a second superclass brings its methods and theirs', async () => {
  const handlers = Object.fromEntries(
    ['base', 'left', 'middle', 'right', 'derived'].map((name) => [name, () => ({ text: name })]),
  )
  using derived = serve(names.Derived, handlers as never)
  for (const name of ['base', 'left', 'middle', 'right', 'derived'] as const) {
    expect((await derived[name]()).text).toBe(name)
  }
  using right: names.Right = derived.$as(names.Right)
  expect((await right.middle()).text).toBe('middle')
})

test('constants are their values', () => {
  expect([answer, wide, pi, greeting, favourite, default_, [...magic]]).toEqual([
    -100000,
    0xffff_ffff_ffff_ffffn,
    3.5,
    'quoted "and" `ticked`',
    Colour.blue,
    true,
    [0, 255, 16],
  ])
  expect([names.codegen, names.function_, names.names]).toEqual([1, 2, 3])
})
