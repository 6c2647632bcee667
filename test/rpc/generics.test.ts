// Type parameters: what the compiler knows of them, and that it is so at run time.

import { expect, expectTypeOf, test } from 'vitest'

import {
  anyType,
  Connection,
  dataType,
  listType,
  loopback,
  serve,
  textType,
} from '../../src/rpc/index.ts'
import type { Client } from '../../src/rpc/index.ts'
import { Builder, finished, putStruct, rootOf, textElement } from '../../src/wire/index.ts'
import type { AnyPointer, List, Struct, StructType } from '../../src/wire/index.ts'
import {
  Awkward,
  Box,
  boxed,
  boxes,
  Chain,
  Colour,
  Holder,
  Holder_Hook,
  KeyedStore,
  Pair,
  Person,
  PersonStore,
  Registry,
  Store,
  Taken,
  TextStore,
  Uses,
} from '../fixture/generics.gen.ts'
import type {
  Box$Init,
  Pair$Init,
  PersonStore$Server,
  Store$Server,
  TextStore$Server,
  Uses$Init,
} from '../fixture/generics.gen.ts'

declare const uses: Uses
declare const registry: Registry
declare const texts: Store<string>
declare const persons: PersonStore
declare const keyed: KeyedStore<Uint8Array, Person>

/** Never runs: it is here to be compiled. */
export async function readers(): Promise<void> {
  expectTypeOf(uses.text.value).toEqualTypeOf<string>()
  expectTypeOf(uses.data.value).toEqualTypeOf<Uint8Array>()
  expectTypeOf(uses.person.value).toEqualTypeOf<Person>()
  expectTypeOf(uses.nested.value.value).toEqualTypeOf<string>()
  expectTypeOf(uses.list.value).toEqualTypeOf<List<number>>()
  expectTypeOf(uses.people.value.at(0)?.name).toEqualTypeOf<string | undefined>()
  expectTypeOf(uses.matrix.value.at(0)?.at(0)).toEqualTypeOf<string | undefined>()
  expectTypeOf(uses.boxes.at(0)?.value).toEqualTypeOf<string | undefined>()
  expectTypeOf(uses.any.value).toEqualTypeOf<AnyPointer>()
  expectTypeOf(uses.inner.lid).toEqualTypeOf<string>()
  expectTypeOf(uses.leaf.t).toEqualTypeOf<string>()
  expectTypeOf(uses.leaf.u).toEqualTypeOf<Uint8Array>()
  expectTypeOf(uses.middle.own).toEqualTypeOf<Person>()
  expectTypeOf(uses.middle.leaf.u).toEqualTypeOf<string>()
  expectTypeOf(uses.pair.swapped.first).toEqualTypeOf<Person>()
  expectTypeOf(uses.pair.both.right.value).toEqualTypeOf<Person>()
  expectTypeOf(uses.store).toEqualTypeOf<Store<Person> | null>()
  expectTypeOf(uses.boxedStore.value).toEqualTypeOf<Store<string> | null>()
  expectTypeOf(uses.colours.value.at(0)).toEqualTypeOf<Colour | undefined>()
  expectTypeOf(uses.taken.mine).toEqualTypeOf<string>()
  switch (uses.pair.$which) {
    case 'some':
      expectTypeOf(uses.pair.some).toEqualTypeOf<string>()
      break
    case 'other':
      expectTypeOf(uses.pair.other.it).toEqualTypeOf<Person>()
      break
    case 'many':
      expectTypeOf(uses.pair.many.at(0)?.value).toEqualTypeOf<string | undefined>()
      break
    case 'nothing':
    case undefined:
  }
}

export function writers(): void {
  const good: Uses$Init = {
    text: { value: 'x' },
    data: { value: new Uint8Array() },
    person: { value: { name: 'Ada' } },
    nested: { value: { value: 'x' } },
    list: { value: [1] },
    people: { value: [{ age: 1 }] },
    matrix: { value: [['x']] },
    boxes: [{ value: 'x' }, uses.text],
    any: { value: 'x' },
    pair: { first: 'x', second: { age: 1 }, some: 'x', both: { right: { value: {} } } },
    store: null,
    boxedStore: { value: texts },
    colours: { value: [Colour.red] },
  }
  // @ts-expect-error -- a box of text holds text
  const badText: Uses$Init = { text: { value: 1 } }
  // @ts-expect-error -- nested as well
  const badNested: Uses$Init = { nested: { value: { value: 1 } } }
  // @ts-expect-error -- of this struct and no other
  const badPerson: Uses$Init = { person: { value: { title: 'Dr' } } }
  // @ts-expect-error -- a store of texts holds no persons
  const badStore: Uses$Init = { store: texts }
  // @ts-expect-error -- two members of one union
  const badPair: Pair$Init<string, string> = { some: 'x', nothing: null }
  const typed: Box$Init<string> = { value: 'x' }
  void [good, badText, badNested, badPerson, badStore, badPair, typed]
}

export async function clients(): Promise<void> {
  expectTypeOf((await texts.get()).value).toEqualTypeOf<string>()
  expectTypeOf((await texts.wrap({ times: 1 })).box.value).toEqualTypeOf<string>()
  expectTypeOf(texts.neighbour().other).toEqualTypeOf<Store<Box<string>>>()
  expectTypeOf((await texts.neighbour().other.get()).value.value).toEqualTypeOf<string>()
  expectTypeOf(texts.get().value).toEqualTypeOf<Client>()
  void texts.put({ value: 'x' })
  // @ts-expect-error -- a store of texts
  void texts.put({ value: 1 })
  expectTypeOf((await texts.convert({ value: 'x' })).value).toEqualTypeOf<AnyPointer>()
  const converted = await texts.convert({ value: 'x' }, { types: [Person] })
  expectTypeOf(converted.value).toEqualTypeOf<Person>()
  expectTypeOf(converted.box.value).toEqualTypeOf<Person>()
  expectTypeOf(converted.old).toEqualTypeOf<string>()
  const found = registry.find({ name: 'x' }, { types: [Store.$of(textType)] })
  expectTypeOf(found.found).toEqualTypeOf<Store<string>>()
  expectTypeOf((await found).found).toEqualTypeOf<Store<string> | null>()
  expectTypeOf(registry.find({ name: 'x' }).found).toEqualTypeOf<Client>()
  const pair = await registry.swap({ first: 'x', second: {} }, { types: [textType, Person] })
  expectTypeOf(pair.first).toEqualTypeOf<Person>()
  expectTypeOf(pair.second).toEqualTypeOf<string>()
  expectTypeOf((await registry.whole({ value: 'x' })).value).toEqualTypeOf<Person>()
  expectTypeOf((await persons.get()).value).toEqualTypeOf<Person>()
  expectTypeOf((await persons.key()).key).toEqualTypeOf<string>()
  expectTypeOf((await keyed.key()).key).toEqualTypeOf<Uint8Array>()
  const asStore: Store<Person> = persons
  // @ts-expect-error -- of persons, not of texts
  const asTexts: Store<string> = persons
  expectTypeOf(persons.$as(Store.$of(dataType))).toEqualTypeOf<Store<Uint8Array>>()
  void [asStore, asTexts]
}

export function servers(): void {
  const handlers = {} as Store$Server<string>
  expectTypeOf(serve(Store.$of(textType), handlers)).toEqualTypeOf<Store<string>>()
  void serve(Store.$of(textType), {
    ...handlers,
    get: () => ({ value: 'x' }),
    put: ({ value }) => {
      expectTypeOf(value).toEqualTypeOf<string>()
    },
  })
  // @ts-expect-error -- a store of texts gives texts
  void serve(Store.$of(textType), { ...handlers, get: () => ({ value: 1 }) })
  const own: TextStore$Server = { ...handlers, length: () => ({ length: 1 }) }
  // @ts-expect-error -- what is inherited is served too
  const less: TextStore$Server = { length: () => ({ length: 1 }) }
  void [own, less]
}

test('type parameters are typed as meant', () => {
  // The compiler is the judge; see above.
  expect([readers, writers, clients, servers].length).toBe(4)
})

function copy<T extends Struct, Init>(type: StructType<T, Init>, init: Init): T {
  const builder = new Builder()
  putStruct(builder, builder.allocate(1), type, init)
  return rootOf(finished(builder)).asStruct(type)
}

test('what is bound to a type parameter is written and read as that, however it is nested', () => {
  const bytes = new Uint8Array([1, 2])
  const read = copy(Uses, {
    text: { value: 'text', count: 5 },
    data: { value: bytes },
    person: { value: { name: 'Ada', age: 36 } },
    nested: { value: { value: 'deep' } },
    list: { value: [1, 2, 3] },
    people: { value: [{ name: 'Bob' }, { age: 4 }] },
    matrix: { value: [['a'], [], ['b', 'c']] },
    boxes: [{ value: 'x' }, { count: 9 }],
    any: { value: 'whatever' },
    inner: { lid: 'lid' },
    leaf: { t: 't', u: bytes },
    middle: { own: { name: 'own' }, mine: 'mine', leaf: { t: { age: 3 }, u: 'u' } },
    pair: {
      first: 'first',
      second: { name: 'second' },
      swapped: { first: { name: 'swapped' }, second: 's' },
      both: { left: 'left', right: { value: { age: 8 } } },
      other: { it: { name: 'it' }, note: 'note' },
    },
    colours: { value: [Colour.green, Colour.red] },
    taken: { mine: 'mine', other: bytes },
  })
  expect([read.text.value, read.text.count]).toEqual(['text', 5])
  expect([...read.data.value]).toEqual([1, 2])
  expect([read.person.value.name, read.person.value.age]).toEqual(['Ada', 36])
  expect(read.nested.value.value).toBe('deep')
  expect(read.list.value.toArray()).toEqual([1, 2, 3])
  expect(read.people.value.map(({ name, age }) => [name, age])).toEqual([
    ['Bob', 0],
    ['', 4],
  ])
  expect(read.matrix.value.map((row) => row.toArray())).toEqual([['a'], [], ['b', 'c']])
  expect(read.boxes.map(({ value, count }) => [value, count])).toEqual([
    ['x', 1],
    ['', 9],
  ])
  expect(read.any.value.asText()).toBe('whatever')
  expect([read.inner.lid, read.leaf.t, ...read.leaf.u]).toEqual(['lid', 't', 1, 2])
  expect([read.middle.own.name, read.middle.mine]).toEqual(['own', 'mine'])
  expect([read.middle.leaf.t.age, read.middle.leaf.u]).toEqual([3, 'u'])
  expect([read.pair.swapped.first.name, read.pair.swapped.second]).toEqual(['swapped', 's'])
  expect([read.pair.both.left, read.pair.both.right.value.age]).toEqual(['left', 8])
  expect(read.pair.$which === 'other' && read.pair.other.it.name).toBe('it')
  expect(read.colours.value.toArray()).toEqual([Colour.green, Colour.red])
  expect([read.taken.mine, ...read.taken.other]).toEqual(['mine', 1, 2])
  // Absent, they are what their types are when absent, or what the schema states.
  expect([read.stated.value, read.stated.count]).toEqual(['stated', 7])
  const empty = copy(Uses, {})
  expect([empty.text.value, empty.person.value.name, empty.list.value.length]).toEqual(['', '', 0])
  expect([empty.store, empty.boxedStore.value, empty.any.value.isNull]).toEqual([null, null, true])
})

test('a struct with its parameters bound by hand, and one with none bound, are the same bytes', () => {
  const read = copy(Box.$of(listType(textElement)), { value: ['a', 'b'] })
  expect(read).toBeInstanceOf(Box)
  expect(read.value.toArray()).toEqual(['a', 'b'])
  expect(Box.$of(textType)).toBe(Box.$of(textType))
  expect(Box.$of(textType)).not.toBe(Box.$of(dataType))
  const pair = copy(Pair.$of(textType, Person), { many: [{ value: 'x' }] })
  expect(pair.$which === 'many' && pair.many.at(0)?.value).toBe('x')
  const unbound = copy(Box.$of(anyType), { value: copy(Person, { name: 'Ada' }), count: 2 })
  expect([unbound.value.asStruct(Person).name, unbound.count]).toEqual(['Ada', 2])
  const bound = copy(Box.$of(Person), { value: { name: 'Ada' }, count: 2 })
  expect(copy(Box.$of(Box.$of(anyType)), { value: bound }).value.value.asStruct(Person).name).toBe(
    'Ada',
  )
})

test('a field called constructor is read through a bound class too', () => {
  const read = copy(Awkward.$of(textType), { constructor: 'c', toString: { value: 't' } })
  expect([read['constructor'], read.toString.value, read.value]).toEqual(['c', 't', ''])
  const taken = copy(Taken.$of(Person, textType), { mine: { age: 1 }, other: 'o' })
  expect([taken.mine.age, taken.other]).toEqual([1, 'o'])
})

test('a type that grows with every link is read link by link', () => {
  const read = copy(Chain.$of(textType), {
    value: 'a',
    next: { value: { value: 'b' }, next: { value: { value: { value: 'c' } } } },
  })
  expect(read.value).toBe('a')
  expect(read.next.value.value).toBe('b')
  expect(read.next.next.value.value.value).toBe('c')
  expect(read.next.next.next.value.value.value.value).toBe('')
})

test('constants may be of a generic type', () => {
  expect([boxed.value, boxed.count]).toEqual(['constant', 3])
  expect(boxes.map(({ value, count }) => [value.name, value.age, count])).toEqual([
    ['Ada', 36, 1],
    ['', 0, 1],
  ])
})

/** Keeps a text; everything else is made of it. */
function textStore(first = ''): Store$Server<string> & { pushed: string[] } {
  let kept = first
  const pushed: string[] = []
  return {
    pushed,
    put: ({ value }) => {
      kept = value
    },
    get: () => ({ value: kept }),
    wrap: ({ times }) => ({ box: { value: kept.repeat(times), count: times } }),
    push: ({ value }) => {
      pushed.push(value)
    },
    neighbour: () => ({
      store: serve(Store.$of(textType), textStore('next')),
      other: serve(Store.$of(Box.$of(textType)), {
        ...({} as Store$Server<Box<string>>),
        get: () => ({ value: { value: 'boxed', count: 2 } }),
      }),
    }),
    convert: ({ value }) => {
      const old = kept
      kept = value
      return { value: copy(Person, { name: value }), box: { value: `box of ${value}` }, old }
    },
    plain: ({ number }) => ({ number: number + 1 }),
  }
}

async function onBothSides<C extends Client>(
  served: C,
  type: Parameters<Connection['bootstrap']>[0],
  check: (client: C) => Promise<void>,
): Promise<void> {
  await check(served)
  const [here, there] = loopback()
  const server = new Connection(there, { bootstrap: served })
  const connection = new Connection(here)
  await check(connection.bootstrap(type) as C)
  connection.close()
  server.close()
}

test('a generic interface is called with its types, here and across a connection', async () => {
  const Texts = Store.$of(textType)
  const handlers = textStore('first')
  await onBothSides(serve(Texts, handlers), Texts, async (store) => {
    await store.put({ value: 'kept' })
    expect((await store.get()).value).toBe('kept')
    const { box } = await store.wrap({ times: 2 })
    expect([box.value, box.count]).toEqual(['keptkept', 2])
    await store.push({ value: 'pushed' })
    const call = store.neighbour()
    expect((await call.store.get()).value).toBe('next')
    const boxedValue = (await call.other.get()).value
    expect([boxedValue.value, boxedValue.count]).toEqual(['boxed', 2])
    const results = await call
    expect((await results.store!.get()).value).toBe('next')
    expect(results.store).toBe(results.store)
    expect((await store.plain({ number: 4 })).number).toBe(5)
    expect(store).toBeInstanceOf(Store)
  })
  expect(handlers.pushed).toEqual(['pushed', 'pushed'])
})

test("a generic method's results are what the caller says they are, or untyped", async () => {
  const Texts = Store.$of(textType)
  await onBothSides(serve(Texts, textStore('old')), Texts, async (store) => {
    await store.put({ value: 'old' })
    const untyped = await store.convert({ value: 'new' })
    expect([untyped.value.asStruct(Person).name, untyped.box.value.asText(), untyped.old]).toEqual([
      'new',
      'box of new',
      'old',
    ])
    const typed = await store.convert({ value: 'newer' }, { types: [Person] })
    expect([typed.value.name, typed.old]).toEqual(['newer', 'new'])
  })
})

function registryOf(store: Store<string>): Registry {
  return serve(Registry, {
    find: ({ name }) => ({ found: name === 'store' ? store.$dup() : copy(Person, { name }) }),
    swap: ({ first, second }) => ({ first: second, second: first }),
    hold: () => ({ store: store.$dup() }),
    whole: ({ value, count }) => ({ value: { name: value }, count }),
    same: ({ value }) => ({ value }),
  })
}

test('methods of an interface that is not generic can be', async () => {
  const store = serve(Store.$of(textType), textStore('held'))
  await onBothSides(registryOf(store), Registry, async (client) => {
    const found = client.find({ name: 'store' }, { types: [Store.$of(textType)] })
    expect((await found.found.get()).value).toBe('held')
    expect((await (await found).found!.get()).value).toBe('held')
    const untyped = client.find({ name: 'store' }).found
    expect((await untyped.$as(Store.$of(textType)).get()).value).toBe('held')
    const person = await client.find({ name: 'Ada' }, { types: [Person] })
    expect(person.found.name).toBe('Ada')
    const pair = await client.swap(
      { first: 'a', second: { name: 'b' } },
      { types: [textType, Person] },
    )
    expect([pair.first.name, pair.second]).toEqual(['b', 'a'])
    expect((await client.hold({ box: { value: 'x' } }).store.get()).value).toBe('held')
    const whole = await client.whole({ value: 'name', count: 3 })
    expect([whole.value.name, whole.count]).toEqual(['name', 3])
    const same = await client.same({ value: ['a', 'b'] }, { types: [listType(textElement)] })
    expect(same.value.toArray()).toEqual(['a', 'b'])
  })
})

test('an interface that extends a bound one has its methods with these types', async () => {
  const handlers: TextStore$Server = { ...textStore('inherited'), length: () => ({ length: 9 }) }
  await onBothSides(serve(TextStore, handlers), TextStore, async (store) => {
    expect((await store.get()).value).toBe('inherited')
    expect((await store.wrap({ times: 1 })).box.value).toBe('inherited')
    expect((await store.length()).length).toBe(9)
    expect((await store.$as(Store.$of(textType)).get()).value).toBe('inherited')
    expect(store).toBeInstanceOf(Store)
  })
  const ada = { name: 'Ada', age: 36 }
  const persons: PersonStore$Server = {
    ...(textStore() as unknown as Store$Server<Person>),
    get: () => ({ value: ada }),
    name: () => ({ name: 'persons' }),
    key: () => ({ key: 'key' }),
    oldest: () => ({ person: ada }),
  }
  await onBothSides(serve(PersonStore, persons), PersonStore, async (store) => {
    expect((await store.get()).value.age).toBe(36)
    expect((await store.key()).key).toBe('key')
    expect((await store.name()).name).toBe('persons')
    expect((await store.oldest()).person.name).toBe('Ada')
    const bound = store.$as(KeyedStore.$of(dataType, Person))
    expect((await bound.get()).value.name).toBe('Ada')
    expect(new TextDecoder().decode((await bound.key()).key)).toBe('key\0')
  })
})

test('an interface inside a generic one has its parameters', async () => {
  const Texts = Holder.$of(textType)
  const served = serve(Texts, {
    hook: () => ({ hook: serve(Holder_Hook.$of(textType), { pull: () => ({ value: 'pulled' }) }) }),
  })
  await onBothSides(served, Texts, async (holder) => {
    expect((await holder.hook().hook.pull()).value).toBe('pulled')
  })
})
