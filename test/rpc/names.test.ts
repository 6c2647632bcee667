// oxlint-disable unicorn/no-thenable -- awkward names are what this is about

import { expect, test } from 'vitest'

import { Connection, dataType, loopback, serve, textType } from '../../src/rpc/index.ts'
import { Builder, finished, putStruct, rootOf } from '../../src/wire/index.ts'
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
  putStruct(builder, builder.allocate(1), type, init)
  return rootOf(finished(builder)).asStruct(type)
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
  expect(names.Derived.prototype['constructor']).toBe(names.Derived)
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

/** The names of a group of declarations, as the fixture has them. */
const FIELDS = Object.getOwnPropertyNames(names.Fields.prototype).filter(isSchemaName)
const GROUPS = Object.getOwnPropertyNames(names.Groups.prototype).filter(isSchemaName)

function isSchemaName(name: string): boolean {
  return !name.startsWith('$')
}

test('fields may have any name, alone and in a union', () => {
  expect(FIELDS.length).toBeGreaterThan(50)
  for (const [at, name] of FIELDS.entries()) {
    const value =
      at % 3 === 0 ? `text of ${name}` : at % 3 === 1 ? at + 1 : { then: { hook: name } }
    const read = copy(names.Fields, { [name]: value } as never)
    for (const [other, key] of FIELDS.entries()) {
      const found: unknown = Reflect.get(read, key)
      if (other % 3 === 2) {
        const { hook } = (found as names.Pipeline).then
        expect(hook, key).toBe(other === at ? name : '')
      } else expect(found, key).toBe(other === at ? value : other % 3 === 0 ? '' : 0)
    }
    const chosen = at % 2 === 0 ? `text of ${name}` : at
    const member = copy(names.Members, { [name]: chosen } as never)
    expect(member.$which).toBe(name)
    for (const key of FIELDS) {
      expect(Reflect.get(member, key), key).toBe(key === name ? chosen : undefined)
    }
    // A reader of a union can be what is written.
    expect(copy(names.Members, { $which: name, [name]: chosen } as never).$which).toBe(name)
  }
  expect(copy(names.Members, {}).$which).toBe(FIELDS[0])
  expect(() => copy(names.Members, { then: 1, catch: 'x' } as never)).toThrow('one member')
  expect(() => copy(names.Members, { $which: 'nothing' } as never)).toThrow(
    'Cannot encode "nothing"',
  )
})

test('groups, enumerants and constants may have any name', () => {
  expect(GROUPS.length).toBe(40)
  for (const name of GROUPS) {
    const read = copy(names.Groups, { [name]: { it: name } } as never)
    for (const key of GROUPS) {
      expect((Reflect.get(read, key) as { it: string }).it, key).toBe(key === name ? name : '')
    }
  }
  const words = Object.keys(names.Words)
  expect(words.length).toBeGreaterThan(100)
  expect(Object.values(names.Words)).toEqual(words.map((_, at) => at))
  const module = names as unknown as Record<string, unknown>
  for (const [at, name] of words.entries()) {
    expect(module[`Values_${name}`], name).toBe(at)
    if (name !== 'function') {
      expect([module[name], module[`${name}_`]].find((one) => typeof one === 'number')).toBeTypeOf(
        'number',
      )
    }
  }
  expect([names.notANumber, names.huge, names.endless.toArray()]).toEqual([
    Number.NaN,
    -Infinity,
    [Infinity, -Infinity],
  ])
})

test('methods may have any name, and params and results theirs', async () => {
  const handlers = Object.fromEntries(
    FIELDS.map((name) => [
      name,
      (params: object) => ({ [name]: `${Reflect.get(params, name)} of ${name}` }),
    ]),
  )
  using methods = serve(names.Methods, handlers as never)
  for (const name of FIELDS) {
    const method = Reflect.get(methods, name === 'then' ? 'then_' : name) as (
      params: object,
    ) => PromiseLike<object>
    const results = await method.call(methods, { [name]: 'text' })
    expect(Reflect.get(results, name)).toBe(`text of ${name}`)
  }
})

test('types may have the name of any global one', () => {
  for (const name of [
    'Array',
    'Object',
    'Error',
    'Server',
    'Reader',
    'String',
    'Map',
    'Infinity',
  ]) {
    const module = names as unknown as Record<string, StructType<names.Array, names.Array$Init>>
    const type = module[name]!
    const read = copy(type, { value: 7, other: { value: 8 } })
    expect([read.value, read.other.value, [...read.bytes]]).toEqual([7, 8, [1]])
  }
  const generic = copy(names.Generic.$of(names.Promise, dataType, textType), {
    a: { value: 1 },
    b: new Uint8Array([2]),
    c: 'c',
    d: new Uint8Array([3]),
  })
  expect([generic.a.value, ...generic.b, generic.c, ...generic.d]).toEqual([1, 2, 'c', 3])
})

test('of two inherited methods of one name both are called, the second by its interface', async () => {
  const first = {
    open: ({ first }: { first: number }) => ({ first: first + 1 }),
    shut: () => ({ first: 'first' }),
    constructor: () => ({ first: 'constructor of the first' }),
  }
  const second = {
    Second_open: ({ second }: { second: string }) => ({ second: `${second}!` }),
    Second_shut: () => {},
    Second_constructor: () => ({ second: 'constructor of the second' }),
    only: () => ({ text: 'only' }),
  }
  const diamond = {
    ...first,
    ...second,
    both: () => ({ text: 'both' }),
    Third_open: ({ third }: { third: Uint8Array }) => ({ third: third.slice().reverse() }),
    Diamond_open: () => ({ diamond: 'diamond' }),
  }
  const [here, there] = loopback()
  const served = serve(names.Diamond, diamond as names.Diamond$Server)
  const server = new Connection(there, { bootstrap: served.$dup() })
  const connection = new Connection(here)
  for (const client of [served, connection.bootstrap(names.Diamond)]) {
    expect((await client.open({ first: 1 })).first).toBe(2)
    expect((await client.Second_open({ second: 'x' })).second).toBe('x!')
    expect([...(await client.Third_open({ third: new Uint8Array([1, 2]) })).third]).toEqual([2, 1])
    expect((await client.Diamond_open()).diamond).toBe('diamond')
    expect((await client.shut()).first).toBe('first')
    await client.Second_shut({ second: 'x' })
    expect((await client['constructor']()).first).toBe('constructor of the first')
    expect((await client.Second_constructor()).second).toBe('constructor of the second')
    expect((await client.only()).text).toBe('only')
    expect((await client.both()).text).toBe('both')
    // Under its own interface each has its own name.
    expect((await client.$as(names.Second).open({ second: 'y' })).second).toBe('y!')
    const third = client.$as(names.Third)
    expect([...(await third.Third_open({ third: new Uint8Array([3]) })).third]).toEqual([3])
    expect((await third.open({ second: 'z' })).second).toBe('z!')
  }
  connection.close()
  server.close()
})

test('an interface may declare a method again with another signature', async () => {
  using again: names.Redeclared = serve(names.Redeclared, {
    open: ({ first }) => ({ first: first * 2 }),
    shut: () => ({ first: 'shut' }),
    constructor: () => ({ first: 'constructor' }),
    Redeclared_open: ({ again: text }) => ({ again: text.toUpperCase() }),
    first: () => ({ open: again.$dup() }),
  })
  expect((await again.open({ first: 4 })).first).toBe(8)
  expect((await again.Redeclared_open({ again: 'x' })).again).toBe('X')
  expect((await again.first().open.open({ first: 5 })).first).toBe(10)
  const mixed = serve(names.Mixed, {
    ...Object.fromEntries(METHODS.map((name) => [name.replace('_', ''), () => ({ value: 1 })])),
    open: ({ kept }: { kept: string }) => ({ kept: `kept ${kept}` }),
    Kept_then: () => ({ kept: 'then' }),
    First_open: ({ first }: { first: number }) => ({ first }),
    Mixed_toString: () => ({ mixed: 'mixed' }),
  } as never)
  expect((await mixed.open({ kept: 'x' })).kept).toBe('kept x')
  expect((await mixed.Kept_then()).kept).toBe('then')
  expect((await mixed.then_({ value: 0 })).value).toBe(1)
  expect((await mixed.First_open({ first: 6 })).first).toBe(6)
  expect((await mixed.toString({ value: 0 })).value).toBe(1)
  expect((await mixed.Mixed_toString()).mixed).toBe('mixed')
})
