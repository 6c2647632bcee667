import { expect, test } from 'vitest'

import { WwError } from '../../src/base/index.ts'
import { broken, Client, promised, serve } from '../../src/rpc/index.ts'
import type { CallContext } from '../../src/rpc/index.ts'
import { Node, Special, Stranger } from '../fixture/calls.gen.ts'
import type { Node$Server } from '../fixture/calls.gen.ts'
import { rounds } from '../help/rounds.ts'
import { Census, failure, quiet, Slot, TestNode } from './help.ts'

const serveSome = (handlers: Partial<Node$Server> & Partial<Disposable>): Node =>
  serve(Node, handlers as Node$Server)

test('an object of this vat is called without a connection, in order, never inside the call', async () => {
  const { node, server } = TestNode.serve()
  const calls = [1, 2, 3].map((value) => node.ping({ value }))
  expect(server.pings).toEqual([])
  expect(await Promise.all(calls.map(async (call) => (await call).value))).toEqual([1, 2, 3])
  expect(server.pings).toEqual([1, 2, 3])
})

test('an object is disposed once, when nobody holds it, and not while it is being called', async () => {
  const { node, server, census } = { ...TestNode.serve(), census: new Census() }
  const second = node.$dup()
  const call = second.late({ slot: 0 })
  node[Symbol.dispose]()
  node[Symbol.dispose]()
  second[Symbol.dispose]()
  await quiet()
  expect(server.isDisposed).toBe(false)
  server.slot(0).resolve(TestNode.serve(census).node)
  using made = (await call).node!
  await quiet()
  expect(server.isDisposed).toBe(true)
  await made.ping({ value: 1 })
})

test('a disposed client says what it was, whatever is done with it', async () => {
  const { node } = TestNode.serve()
  node[Symbol.dispose]()
  expect(node.$isDisposed).toBe(true)
  const sentence = 'Cannot use this Node: it was disposed'
  expect(await failure(node.ping({ value: 1 }))).toMatchObject({
    code: 'DISPOSED',
    message: sentence,
  })
  expect(() => node.$dup()).toThrow(sentence)
  expect(() => node.$as(Special)).toThrow(sentence)
  await expect(node.$settled()).rejects.toThrow(sentence)
  const { node: other } = TestNode.serve()
  expect(await failure(other.hold({ node }))).toMatchObject({ code: 'DISPOSED' })
})

test('what this vat wrote itself may be read as often as somebody likes', async () => {
  const node = serveSome({ echo: ({ data }) => ({ data }) })
  const large = new Uint8Array(8 << 10).fill(7)
  const small = await node.echo({ data: large.subarray(0, 8) })
  const results = await node.echo({ data: large })
  // A message of a stranger may be read for eight million words.
  for (let time = 0; time < 20_000; time++) expect(results.data[0]).toBe(7)
  expect(small.data).toEqual(large.subarray(0, 8))
}, 30_000)

test('a call that is done is awaited like one that is not: later, in order, and with the same results', async () => {
  const node = serveSome({ ping: ({ value }) => ({ value }) })
  const call = node.ping({ value: 1 })
  const bad = node.fail({ kind: 0, code: 'X', message: 'x' })
  const first = await call
  const heard: string[] = []
  const again = call.then((results) => heard.push(String(results === first)))
  const failed = bad.then(undefined, (thrown) => heard.push((thrown as WwError).kind))
  const caught = bad.catch(() => heard.push('caught'))
  const ended = call.finally(() => heard.push('finally'))
  heard.push('now')
  await Promise.all([again, failed, caught, ended])
  expect(heard).toEqual(['now', 'true', 'unimplemented', 'caught', 'finally'])
  expect(await ended).toBe(first)
})

test('casting changes what can be called, not what answers', async () => {
  const { node } = TestNode.serve()
  using special = node.$as(Special)
  expect((await special.ping({ value: 4 })).value).toBe(4)
  expect(await failure(special.special())).toMatchObject({ kind: 'unimplemented' })
  using stranger = node.$as(Stranger)
  expect(await failure(stranger.ping({ text: 'x' }))).toMatchObject({ kind: 'unimplemented' })
})

test('an inherited method reaches the handler of the object that inherits it', async () => {
  const special = serve(Special, {
    ping: () => ({ value: 5 }),
    special: () => ({ text: 's' }),
  } as never)
  using node: Node = special.$as(Node)
  expect((await node.ping({ value: 1 })).value).toBe(5)
  expect((await special.special()).text).toBe('s')
})

test('arguments stay the caller’s, and are encoded when the call is made', async () => {
  const slot = new Slot<Node>()
  const later = promised(Node, slot.promise)
  const { node, server, census } = { ...TestNode.serve(), census: new Census() }
  const { node: gift, server: giftServer } = TestNode.serve(census)
  const data = new Uint8Array([1, 2, 3])
  const held = later.hold({ node: gift })
  const echoed = later.echo({ data })
  gift[Symbol.dispose]()
  data.fill(9)
  slot.resolve(node)
  await held
  expect([...(await echoed).data]).toEqual([1, 2, 3])
  expect(giftServer.isDisposed).toBe(false)
  server.drop()
  await quiet()
  expect(giftServer.isDisposed).toBe(true)
})

test('an argument ends with the call unless the handler keeps a copy', async () => {
  const census = new Census()
  let seen: Node | null = null
  const node = serveSome({
    hold: (params) => {
      seen = params.node
    },
  })
  const { node: gift } = TestNode.serve(census)
  await node.hold({ node: gift })
  gift[Symbol.dispose]()
  await quiet()
  expect(census.alive).toBe(0)
  expect((seen as Node | null)?.$isDisposed).toBe(true)
})

test('the same client as two arguments is two references to one object', async () => {
  const census = new Census()
  const { node } = TestNode.serve(census)
  const { node: gift } = TestNode.serve(census)
  await Promise.all([
    node.hold({ node: gift }),
    node.give({ node: gift }),
    node.give({ node: gift }),
  ])
  gift[Symbol.dispose]()
  using held = (await node.held()).node!
  await held.ping({ value: 1 })
})

test('results may refer to the params, however late they are read', async () => {
  const { node } = TestNode.serve()
  const { node: gift, server } = TestNode.serve()
  const call = node.give({ node: gift })
  await quiet()
  gift[Symbol.dispose]()
  const { node: back } = await call
  await back!.ping({ value: 8 })
  expect(server.pings).toEqual([8])
  using another = (await call).node!
  expect(another).toBe(back)
  await another.ping({ value: 9 })
})

test('a handler that returns a client it kept gives it away, and one that copies does not', async () => {
  const { node: kept } = TestNode.serve()
  const node = serveSome({ held: () => ({ node: kept }), self: () => ({ node: kept.$dup() }) })
  using copy = (await node.self()).node!
  expect(kept.$isDisposed).toBe(false)
  using given = (await node.held()).node!
  expect(kept.$isDisposed).toBe(true)
  await Promise.all([copy.ping({ value: 1 }), given.ping({ value: 2 })])
})

test('disposing a call frees everything in its results, read or not, and cancels what is running', async () => {
  const census = new Census()
  const { node, server } = TestNode.serve(census)
  {
    using call = node.deep()
    const { outer, nodes } = await call
    await outer.inner.node!.ping({ value: 1 })
    expect(nodes.length).toBe(2)
    expect(census.alive).toBe(6)
  }
  await quiet()
  expect(census.alive).toBe(1)
  {
    using _ = node.never()
    await quiet()
  }
  await quiet()
  expect(server.canceled).toEqual(['never'])
})

test('a call given up is told to its handler, whenever it asks', async () => {
  let context: CallContext | undefined
  const slot = new Slot<Node>()
  const node = serveSome({
    late: async (_, given) => {
      context = given
      return { node: await slot.promise }
    },
  })
  const giveUp = new AbortController()
  const call = node.late({ slot: 0 }, { signal: giveUp.signal })
  await quiet()
  giveUp.abort()
  expect((await failure(call)).code).toBe('CANCELED')
  expect(context?.signal.aborted).toBe(true)
  const census = new Census()
  slot.resolve(TestNode.serve(census).node)
  await quiet()
  expect(census.alive).toBe(0)
})

test('a call canceled before its handler began never begins', async () => {
  const { node, server } = TestNode.serve()
  const call = node.ping({ value: 1 })
  call.$cancel()
  expect((await failure(call)).code).toBe('CANCELED')
  await quiet()
  expect(server.pings).toEqual([])
})

test('calls on a promise wait for it in order, and fail with it', async () => {
  const slot = new Slot<Node>()
  const node = promised(Node, slot.promise)
  const calls = [1, 2, 3].map((value) => node.ping({ value }))
  const { node: target, server } = TestNode.serve()
  calls[1]!.$cancel()
  slot.resolve(target)
  const settled = await Promise.allSettled(calls)
  expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  expect(server.pings).toEqual([1, 3])
  const none = promised(Node, Promise.reject(new WwError('overloaded', 'BUSY', 'Busy')))
  expect(await failure(none.ping({ value: 1 }))).toMatchObject({ code: 'BUSY', kind: 'overloaded' })
  await expect(none.$settled()).rejects.toThrow('Busy')
})

test('a promise for what is no client, or for itself, is broken', async () => {
  const { node } = TestNode.serve()
  node[Symbol.dispose]()
  expect(await failure(promised(Node, Promise.resolve(node)).ping({ value: 1 }))).toMatchObject({
    code: 'DISPOSED',
  })
  const nothing = Promise.resolve(undefined as unknown as Node)
  expect(await failure(promised(Node, nothing).ping({ value: 1 }))).toMatchObject({
    code: 'FAILED',
  })
  const slots = [new Slot<Node>(), new Slot<Node>()]
  const [first, second] = slots.map((slot) => promised(Node, slot.promise))
  slots[0]!.resolve(second!.$dup())
  slots[1]!.resolve(first!.$dup())
  expect(await failure(first!.ping({ value: 1 }))).toMatchObject({ code: 'PROMISE_RING' })
  expect(await failure(second!.ping({ value: 1 }))).toMatchObject({ code: 'PROMISE_RING' })
})

test('a promise dropped before it settles lets go of what it settles to', async () => {
  const census = new Census()
  const slot = new Slot<Node>()
  const node = promised(Node, slot.promise)
  const copy = node.$dup()
  node[Symbol.dispose]()
  copy[Symbol.dispose]()
  slot.resolve(TestNode.serve(census).node)
  await quiet()
  expect(census.alive).toBe(0)
})

test('a chain of a hundred thousand promises is called and dropped without a stack as deep', async () => {
  const { node, server } = TestNode.serve()
  let chain: Node = node
  for (let link = rounds(100_000); link > 0; link--) chain = promised(Node, Promise.resolve(chain))
  await chain.ping({ value: 1 })
  expect(server.pings).toEqual([1])
  chain[Symbol.dispose]()
  await quiet()
  expect(server.isDisposed).toBe(true)
})

test('pipelined calls need no results to be awaited', async () => {
  const { node } = TestNode.serve()
  expect((await node.make({ name: 1 }).node.make({ name: 2 }).node.ping({ value: 3 })).value).toBe(
    3,
  )
  const deep = node.deep()
  expect((await deep.outer.inner.node.ping({ value: 4 })).value).toBe(4)
  expect((await deep.outer.more.inner.node.ping({ value: 5 })).value).toBe(5)
  expect((await deep.any.$as(Node).ping({ value: 6 })).value).toBe(6)
  expect(await failure(deep.outer.more.more.inner.node.ping({ value: 7 }))).toMatchObject({
    code: 'NULL_CAPABILITY',
  })
})

test('a broken capability fails every call with its own error', async () => {
  using node = broken(Node, new WwError('disconnected', 'GONE', 'It is gone'))
  expect(await failure(node.ping({ value: 1 }))).toMatchObject({
    code: 'GONE',
    kind: 'disconnected',
  })
  expect(await failure(node.make({ name: 1 }).node.ping({ value: 1 }))).toMatchObject({
    code: 'GONE',
  })
})

test('what is no capability is not passed as one', async () => {
  const notOne = { $dup: 5 } as never
  using node = serveSome({ make: () => ({ node: notOne }) })
  expect(await failure(node.make({ name: 1 }))).toMatchObject({
    code: 'BAD_VALUE',
    message: 'Cannot encode [object Object]: expected a capability',
  })
})

test('params that cannot be encoded fail the call and nothing else', async () => {
  const { node, server } = TestNode.serve()
  expect(await failure(node.ping({ value: -1 }))).toMatchObject({ code: 'BAD_VALUE' })
  expect(
    await failure(promised(Node, new Promise<Node>(() => {})).ping({ value: 0.5 })),
  ).toMatchObject({ code: 'BAD_VALUE' })
  expect(await failure(node.ping(null as never))).toBeInstanceOf(WwError)
  await node.ping({ value: 1 })
  expect(server.pings).toEqual([1])
})

test('what is no handler is not called, though every object has it', async () => {
  const node = serve(Node, Object.create(null) as never)
  expect(await failure(node.ping({ value: 1 }))).toMatchObject({ kind: 'unimplemented' })
  const trap = serve(Node, {
    get ping() {
      throw new Error('trapped')
    },
  } as never)
  expect(await failure(trap.ping({ value: 1 }))).toMatchObject({ message: 'trapped' })
})

test('a dispose that throws or disposes others disturbs nobody', async () => {
  const census = new Census()
  const { node: inner } = TestNode.serve(census)
  const outer = serveSome({
    [Symbol.dispose]() {
      inner[Symbol.dispose]()
      throw new Error('no')
    },
  })
  outer[Symbol.dispose]()
  await quiet()
  expect(census.alive).toBe(0)
})

test('a call nobody awaits fails silently', async () => {
  const unhandled: unknown[] = []
  const listener = (reason: unknown) => unhandled.push(reason)
  process.on('unhandledRejection', listener)
  const { node } = TestNode.serve()
  void node.fail({ kind: 0, code: 'X', message: 'x' })
  node.fail({ kind: 0, code: 'X', message: 'x' }).$cancel()
  void node.make({ name: 1 }).node
  void promised(Node, Promise.reject(new Error('y')))
  void new Client(node.$hook.addRef())
  serveSome({ ping: () => Promise.reject(Object.create(null) as Error) }).ping({ value: 1 })
  await quiet()
  process.off('unhandledRejection', listener)
  expect(unhandled).toEqual([])
})
