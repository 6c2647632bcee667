// The classics of hostile peers, by name: each gets an answer or the end of its own connection, and
// leaves nothing behind. Rules broken one by one are in messages.test.ts.

import { expect, test } from 'vitest'

import { concatBytes } from '../../src/base/index.ts'
import type { ByteLink, ByteSink } from '../../src/base/index.ts'
import { Connection, DEFAULT_RPC_LIMITS } from '../../src/rpc/index.ts'
import type { RpcLimits } from '../../src/rpc/index.ts'
import { Builder, putStruct } from '../../src/wire/index.ts'
import {
  Node,
  Node_echo$Params,
  Node_give$Params,
  Node_make$Results,
  Node_ping$Params,
} from '../fixture/calls.gen.ts'
import { Exception_Type, Message } from '../fixture/rpc.gen.ts'
import type { Message$Init } from '../fixture/rpc.gen.ts'
import { Census, NO_ENTRIES, quiet, TestNode } from './help.ts'
import { CAP, capContent, caps, content, method, NODE, RawPeer } from './raw-peer.ts'

const withCap = content(Node_give$Params, { node: CAP })
const oneCap = content(Node_make$Results, { node: CAP })
const placeIn = (questionId: number, ...path: number[]) => ({
  questionId,
  transform: path.map((getPointerField) => ({ getPointerField })),
})

function world(limits: Partial<RpcLimits> = {}) {
  const census = new Census()
  const { node, server } = TestNode.serve(census)
  const peer = new RawPeer({ bootstrap: node, limits: { ...DEFAULT_RPC_LIMITS, ...limits } })
  return { census, server, peer }
}

/** Nothing of the connection is left, and no object it kept alive. */
async function expectNothingLeft({ peer, census }: ReturnType<typeof world>): Promise<void> {
  peer.link.close()
  await quiet()
  expect(peer.connection.stats).toEqual(NO_ENTRIES)
  expect(census.alive).toBe(0)
}

/** The peer's export 7 as a client of ours. */
async function holding(peer: RawPeer): Promise<Node> {
  const remote = peer.connection.bootstrap(Node)
  const { questionId } = await peer.next('bootstrap')
  const results = { content: capContent(), ...caps({ senderHosted: 7 }) }
  peer.send({ return: { answerId: questionId, results } })
  await peer.next('finish')
  return remote
}

function frameOf(message: Message$Init): Uint8Array {
  const builder = new Builder()
  putStruct(builder, builder.allocate(1), Message, message)
  return concatBytes(builder.frame())
}

test('pointers that share what they point to are not made large by passing them on', async () => {
  const all = world()
  const { peer } = all
  peer.call(1, await peer.bootstrap(), 'give', { content: withCap, ...caps({ senderHosted: 7 }) })
  await peer.next('return')
  // What is passed on is copied, unread: 40 levels of two pointers to the same next level.
  const call = frameOf({
    call: {
      questionId: 2,
      target: { promisedAnswer: placeIn(1, 0) },
      interfaceId: NODE,
      methodId: method['echo']!,
      params: { content: withCap, capTable: [{ none: null }] },
    },
  })
  const words = (call.length - 8) / 8
  const frame = new Uint8Array(call.length + 8 * 82)
  frame.set(call)
  const view = new DataView(frame.buffer, 8)
  new DataView(frame.buffer).setUint32(4, words + 82, true)
  const pointTo = (at: number, target: number) => {
    view.setInt32(at * 8, (target - at - 1) << 2, true)
    view.setUint32(at * 8 + 4, 2 << 16, true)
  }
  // Call: data at word 3, params behind the pointer at word 7; the content is what they begin with.
  const contentAt = 8 + (view.getInt32(7 * 8, true) >> 2)
  pointTo(contentAt, words)
  for (let level = 0; level < 40; level++) {
    for (const pointer of [0, 1]) pointTo(words + 2 * level + pointer, words + 2 * level + 2)
  }
  peer.link.send([frame])
  const { answerId, exception } = await peer.next('return')
  expect([answerId, exception?.reason]).toEqual([
    2,
    expect.stringContaining('shared too often to be copied'),
  ])
  await expectNothingLeft(all)
})

test('a capability table that claims 2^25 entries of no size is refused, and costs nothing', async () => {
  const all = world()
  const { peer } = all
  const target = await peer.bootstrap()
  const frame = frameOf({
    call: {
      questionId: 1,
      target: { importedCap: target },
      interfaceId: NODE,
      params: { capTable: [{ none: null }] },
    },
  })
  // The table's tag: 2^25 structs of nothing, and no words.
  const view = new DataView(frame.buffer, frame.byteOffset, frame.length)
  const tag = frame.length - 24
  expect([view.getUint32(tag, true), view.getUint32(tag + 4, true)]).toEqual([4, 0x10001])
  view.setUint32(tag, 2 ** 27, true)
  view.setUint32(tag + 4, 0, true)
  peer.link.send([frame])
  expect(await peer.aborted()).toMatch(/capabilities|more reading/)
  await expectNothingLeft(all)
})

test('a promise that resolves to a place in its own question is broken, not endless', async () => {
  const all = world()
  const { peer } = all
  const remote = await holding(peer)
  const asked = remote.give({ node: remote })
  const { questionId } = await peer.next('call')
  const home = await peer.bootstrap()
  // What we are to return to the peer is what the peer is to return to us.
  peer.call(1, home, 'give', { content: withCap, ...caps({ senderPromise: 50 }) })
  const ours = (await peer.next('return')).results!.capTable.at(0)!.senderPromise!
  peer.send({ resolve: { promiseId: 50, cap: { receiverHosted: ours } } })
  await quiet()
  const results = { content: oneCap, ...caps({ receiverHosted: ours }) }
  peer.send({ return: { answerId: questionId, results } })
  const { node } = await asked
  await expect(node!.ping({ value: 1 })).rejects.toMatchObject({ code: 'PROMISE_RING' })
  remote[Symbol.dispose]()
  await expectNothingLeft(all)
})

test('promises that the peer never settles hold calls until it is gone, and not longer', async () => {
  const all = world()
  const { peer } = all
  const target = await peer.bootstrap()
  for (let id = 0; id < 200; id++) {
    const table = caps({ senderPromise: 100 + id })
    peer.call(id, target, 'hold', { content: withCap, ...table })
    peer.call(1000 + id, target, 'held')
    peer.call(2000 + id, { promisedAnswer: placeIn(1000 + id, 0) }, 'ping')
  }
  await quiet()
  expect(peer.connection.stats.questions).toBe(200)
  await expectNothingLeft(all)
})

test('results taken in a ring are waited for, and given up with the connection', async () => {
  const all = world()
  const { peer } = all
  const remote = await holding(peer)
  const asked = remote.make({ name: 1 })
  const failed = expect(asked).rejects.toMatchObject({ kind: 'disconnected' })
  const { questionId } = await peer.next('call')
  // A call on the place that the question will have, whose results are to be that question's.
  const home = await peer.bootstrap()
  peer.call(1, home, 'give', { content: withCap, ...caps({ senderHosted: 7 }) })
  await peer.next('return')
  const again = { sendResultsTo: { yourself: null } }
  peer.call(2, { promisedAnswer: placeIn(1, 0) }, 'make', {}, again)
  const { questionId: forwarded } = await peer.next('call')
  peer.send({ return: { answerId: forwarded, takeFromOtherQuestion: 2 } })
  peer.send({ return: { answerId: questionId, takeFromOtherQuestion: 2 } })
  await quiet()
  expect(peer.isEnded).toBe(false)
  remote[Symbol.dispose]()
  await expectNothingLeft(all)
  await failed
})

test('an embargo on what is the peer’s own all along is lifted, and not asked for', async () => {
  const all = world()
  const { peer } = all
  const remote = await holding(peer)
  const asked = remote.make({ name: 1 })
  void asked.node.ping({ value: 1 }).then(undefined, () => {})
  const { questionId } = await peer.next('call')
  await peer.next('call')
  const results = { content: oneCap, ...caps({ senderHosted: 7 }) }
  peer.send({ return: { answerId: questionId, results } })
  void asked.node.ping({ value: 2 }).then(undefined, () => {})
  const received = await peer.rest()
  expect(received.filter((line) => line.startsWith('disembargo'))).toEqual([])
  remote[Symbol.dispose]()
  await expectNothingLeft(all)
})

test('a return for a question that was given up and returned is no return', async () => {
  const all = world()
  const { peer } = all
  const remote = await holding(peer)
  const call = remote.never()
  const { questionId } = await peer.next('call')
  call.$cancel()
  call.then(undefined, () => {})
  await peer.next('finish')
  peer.send({ return: { answerId: questionId, canceled: null } })
  await quiet()
  expect(peer.isEnded).toBe(false)
  peer.send({ return: { answerId: questionId, canceled: null } })
  expect(await peer.aborted()).toContain('not open')
  remote[Symbol.dispose]()
  await expectNothingLeft(all)
})

test('a call on an export that was let go, by number or by answer, ends the connection', async () => {
  for (const way of ['number', 'answer']) {
    const all = world()
    const { peer } = all
    const target = await peer.bootstrap()
    peer.call(1, target, 'make')
    const made = (await peer.next('return')).results!.capTable.at(0)!.senderHosted!
    peer.send({ finish: { questionId: 1 } })
    if (way === 'number') peer.call(2, made, 'ping')
    else peer.call(2, { promisedAnswer: placeIn(1, 0) }, 'ping')
    expect(await peer.aborted()).toMatch(/does not exist|not open/)
    await expectNothingLeft(all)
  }
})

test('an abort while everything is under way leaves nothing', async () => {
  const all = world()
  const { peer, server } = all
  const remote = await holding(peer)
  const calls = [remote.ping({ value: 1 }), remote.make({ name: 1 }).node.ping({ value: 2 })]
  const ended = Promise.allSettled(calls)
  const target = await peer.bootstrap().catch(() => 0)
  for (const [id, name] of ['late', 'later', 'never', 'callBack', 'hold', 'make'].entries()) {
    peer.call(id, target, name, { content: withCap, ...caps({ senderPromise: 60 + id }) })
    peer.call(100 + id, { promisedAnswer: placeIn(id, 0) }, 'ping')
  }
  await quiet()
  peer.send({ abort: { reason: 'all of it' } })
  expect((await ended).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  for (const slot of server.slots.values()) slot.reject(new Error('over'))
  remote[Symbol.dispose]()
  await expectNothingLeft(all)
})

test.each<[string, Partial<RpcLimits>, RegExp, (peer: RawPeer, target: number) => void]>([
  [
    'a flood of bootstraps',
    { maxAnswers: 50 },
    /more than 50 calls at once/,
    (peer) => {
      for (let questionId = 0; questionId < 60; questionId++)
        peer.send({ bootstrap: { questionId } })
    },
  ],
  [
    'a flood of calls that are never finished',
    { maxAnswers: 50 },
    /more than 50 calls at once/,
    (peer, target) => {
      for (let id = 0; id < 60; id++) peer.call(id, target, 'ping')
    },
  ],
  [
    'a disembargo for what is not settled',
    {},
    /a disembargo for what does not lead back/,
    (peer, target) => {
      peer.call(1, target, 'late')
      const on = { promisedAnswer: placeIn(1, 0) }
      peer.send({ disembargo: { target: on, context: { senderLoopback: 0 } } })
    },
  ],
])('%s ends the connection', async (_, limits, reason, flood) => {
  const all = world(limits)
  const { peer, server } = all
  flood(peer, await peer.bootstrap())
  expect(await peer.aborted()).toMatch(reason)
  server.slots.get(0)?.reject(new Error('over'))
  await expectNothingLeft(all)
})

const inBytes = (bytes: number) => ({
  content: content(Node_echo$Params, { data: new Uint8Array(bytes) }),
})

test('calls with much in them are refused while they would hold too much, and taken again later', async () => {
  const all = world({ maxHeldWords: 30_000 })
  const { peer, server } = all
  const target = await peer.bootstrap()
  for (let id = 0; id < 4; id++) peer.call(id, target, 'late', inBytes(100_000))
  const refused = await peer.next('return')
  expect([refused.answerId, refused.exception?.type]).toEqual([2, Exception_Type.overloaded])
  expect((await peer.next('return')).exception?.reason).toContain('wait for some to end')
  expect(peer.isEnded).toBe(false)
  server.slots.get(0)?.reject(new Error('over'))
  await peer.rest()
  peer.call(4, target, 'ping', inBytes(100_000))
  expect((await peer.next('return')).answerId).toBe(4)
  await expectNothingLeft(all)
})

test('one call is taken however large it is', async () => {
  const all = world({ maxHeldWords: 1000 })
  const { peer } = all
  peer.call(1, await peer.bootstrap(), 'echo', inBytes(100_000))
  expect((await peer.next('return')).$which).toBe('results')
  await expectNothingLeft(all)
})

test('results without a capability are not kept for who does not finish', async () => {
  const all = world({ maxHeldWords: 30_000 })
  const { peer } = all
  const target = await peer.bootstrap()
  for (let id = 1; id < 20; id++) {
    peer.call(id, target, 'echo', inBytes(200_000))
    expect((await peer.next('return')).$which).toBe('results')
  }
  peer.call(99, { promisedAnswer: placeIn(1, 0) }, 'ping')
  expect((await peer.next('return')).exception?.reason).toBe('Called a null capability')
  await expectNothingLeft(all)
})

test('a call that is given up goes on for the calls that wait for its results', async () => {
  const all = world({})
  const { peer, server, census } = all
  const target = await peer.bootstrap()
  peer.call(1, target, 'late')
  peer.call(2, { promisedAnswer: placeIn(1, 0) }, 'ping')
  peer.send({ finish: { questionId: 1 } })
  expect((await peer.next('return')).$which).toBe('canceled')
  await quiet()
  server.slot(0).resolve(TestNode.serve(census).node)
  const returned = await peer.next('return')
  expect([returned.answerId, returned.$which]).toEqual([2, 'results'])
  await expectNothingLeft(all)
})

test('results that are kept for the peer count what they take, not what lies beside them', async () => {
  const all = world()
  const { peer } = all
  const results = { sendResultsTo: { yourself: null } }
  peer.call(1, await peer.bootstrap(), 'ping', inBytes(800), results)
  expect((await peer.next('return')).$which).toBe('resultsSentElsewhere')
  expect(peer.connection.heldWords).toBeGreaterThan(0)
  expect(peer.connection.heldWords).toBeLessThan(10)
  peer.send({ finish: { questionId: 1 } })
  await expectNothingLeft(all)
  expect(peer.connection.heldWords).toBe(0)
})

test('calls that were given up count for as long as their handlers go on', async () => {
  const all = world({ maxAnswers: 4 })
  const { peer, server } = all
  const target = await peer.bootstrap()
  const giveUp = async (id: number) => {
    peer.call(id, target, 'late', inBytes(1_000))
    await quiet()
    peer.send({ finish: { questionId: id } })
    expect((await peer.next('return')).$which).toBe('canceled')
    await quiet()
  }
  for (const id of [1, 2, 3, 4]) await giveUp(id)
  expect(peer.connection.heldWords).toBeGreaterThan(4 * 125)
  peer.call(5, target, 'ping')
  const { exception } = await peer.next('return')
  expect([exception?.type, exception?.reason]).toEqual([
    Exception_Type.overloaded,
    '4 calls that this peer gave up go on: wait for some to end',
  ])
  for (const slot of server.slots.values()) slot.reject(new Error('over'))
  await quiet()
  expect(peer.connection.heldWords).toBe(0)
  peer.call(6, target, 'ping')
  expect((await peer.next('return')).$which).toBe('results')
  await expectNothingLeft(all)
})

test('a call that is given up ends with the last call that waits for its results', async () => {
  const all = world({})
  const { peer, server } = all
  const target = await peer.bootstrap()
  peer.call(1, target, 'never')
  peer.call(2, { promisedAnswer: placeIn(1, 0) }, 'make')
  peer.call(3, { promisedAnswer: placeIn(2, 0) }, 'ping')
  for (const questionId of [1, 2]) peer.send({ finish: { questionId } })
  await quiet()
  expect(server.canceled).toEqual([])
  peer.send({ finish: { questionId: 3 } })
  await quiet()
  expect(server.canceled).toEqual(['never'])
  await expectNothingLeft(all)
})

test('a call that was given up and is waited for ends with the connection', async () => {
  const all = world({})
  const { peer, server } = all
  const target = await peer.bootstrap()
  peer.call(1, target, 'never')
  peer.call(2, { promisedAnswer: placeIn(1, 0) }, 'ping')
  peer.send({ finish: { questionId: 1 } })
  await quiet()
  expect(server.canceled).toEqual([])
  await expectNothingLeft(all)
  await quiet()
  expect(server.canceled).toEqual(['never'])
})

test('a peer whose calls lead back to it cannot make us ask without end', async () => {
  const all = world({ maxQuestions: 50 })
  const { peer } = all
  const target = await peer.bootstrap()
  peer.call(1, target, 'give', { content: withCap, ...caps({ senderHosted: 7 }) })
  await peer.next('return')
  // Each is passed on to the peer, which gives it up, and never returns it.
  for (let id = 10; id < 200; id++) {
    peer.call(id, { promisedAnswer: placeIn(1, 0) }, 'never')
    peer.send({ finish: { questionId: id } })
  }
  const received = await peer.rest()
  expect(received.filter((line) => line.startsWith('call')).length).toBe(50)
  expect(received.filter((line) => line.startsWith('return')).length).toBe(190)
  expect(peer.connection.stats).toMatchObject({ questions: 50, answers: 1 })
  await expectNothingLeft(all)
})

test('a peer that returns no disembargo cannot make us wait for more without end', async () => {
  const all = world({ maxEmbargoes: 20 })
  const { peer } = all
  const target = await peer.bootstrap()
  for (let id = 0; id < 40; id++) {
    const params = content(Node_ping$Params, { value: id })
    peer.call(id, target, 'give', { content: withCap, ...caps({ senderPromise: 100 + id }) })
    peer.call(1000 + id, { promisedAnswer: placeIn(id, 0) }, 'ping', { content: params })
    await quiet(2)
    peer.send({ resolve: { promiseId: 100 + id, cap: { receiverHosted: target } } })
  }
  await quiet()
  expect(peer.connection.stats.embargoes).toBe(20)
  expect(peer.isEnded).toBe(false)
  await expectNothingLeft(all)
})

/** A link to somebody who never reads. */
class DeadLink implements ByteLink {
  sink: ByteSink | undefined
  queuedBytes = 0
  isAborted = false

  open(sink: ByteSink): void {
    this.sink = sink
  }
  send(chunks: readonly Uint8Array[]): boolean {
    for (const chunk of chunks) this.queuedBytes += chunk.length
    return false
  }
  pause(): void {}
  resume(): void {}
  close(): void {}
  abort(): void {
    this.isAborted = true
  }
}

test('a peer that asks for much at once and never reads is let go before it fills the memory', async () => {
  const census = new Census()
  const { node } = TestNode.serve(census)
  const link = new DeadLink()
  const limits = { ...DEFAULT_RPC_LIMITS, maxStalledBytes: 1 << 16, maxQueuedBytes: 1 << 20 }
  const connection = new Connection(link, { bootstrap: node, limits })
  link.sink!.chunk(frameOf({ bootstrap: { questionId: 0 } }))
  await quiet()
  // All of them are there before the first is answered.
  const data = { content: content(Node_echo$Params, { data: new Uint8Array(50_000) }) }
  const calls: Uint8Array[] = []
  for (let questionId = 1; questionId <= 100; questionId++) {
    const target = { importedCap: 0 }
    const call = { questionId, target, interfaceId: NODE, methodId: method['echo']!, params: data }
    calls.push(frameOf({ call }))
  }
  link.sink!.chunk(concatBytes(calls))
  expect((await connection.closed)?.code).toBe('PEER_STALLED')
  expect(link.isAborted).toBe(true)
  expect(connection.stats).toEqual(NO_ENTRIES)
  await quiet()
  expect(census.alive).toBe(0)
})
