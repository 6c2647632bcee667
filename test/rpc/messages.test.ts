import { expect, test } from 'vitest'

import { promised, serve } from '../../src/rpc/index.ts'
import { getCapIndex } from '../../src/wire/index.ts'
import {
  Node,
  Node_callBack$Params,
  Node_echo$Params,
  Node_fail$Params,
  Node_give$Params,
  Node_make$Params,
  Node_make$Results,
  Node_ping$Params,
  Node_ping$Results,
} from '../fixture/calls.gen.ts'
import { Exception_Type } from '../fixture/rpc.gen.ts'
import { rounds } from '../help/rounds.ts'
import { Census, failure, NO_ENTRIES, quiet, Slot, TestNode } from './help.ts'
import { CAP, capContent, caps, content, method, NODE, RawPeer } from './raw-peer.ts'

const ping = (value: number) => ({ content: content(Node_ping$Params, { value }) })
const withCap = content(Node_give$Params, { node: CAP })

function world() {
  const census = new Census()
  const { node, server } = TestNode.serve(census)
  const peer = new RawPeer({ bootstrap: node })
  return { census, server, peer }
}

/** A raw peer whose bootstrap capability (export 7 of the peer) we hold as a client. */
async function clientWorld() {
  const { peer, ...rest } = world()
  const remote = peer.connection.bootstrap(Node)
  const { questionId } = await peer.next('bootstrap')
  const bootstrap = { content: capContent(), ...caps({ senderHosted: 7 }) }
  peer.send({ return: { answerId: questionId, results: bootstrap } })
  await peer.next('finish')
  return { peer, remote, ...rest }
}

// ---- answering

test('bootstrapping gives the same export each time, and finishing gives it back', async () => {
  const { peer } = world()
  peer.send({ bootstrap: { questionId: 1 } }, { bootstrap: { questionId: 2 } })
  const first = await peer.next('return')
  const second = await peer.next('return')
  expect(first.answerId).toBe(1)
  expect(first.releaseParamCaps).toBe(false)
  const id = first.results!.capTable.at(0)!.senderHosted
  expect(getCapIndex(first.results!.content.$at, 0)).toBe(0)
  expect(second.results!.capTable.at(0)!.senderHosted).toBe(id)
  expect(peer.connection.stats).toMatchObject({ answers: 2, exports: 1 })
  peer.send({ finish: { questionId: 1 } }, { finish: { questionId: 2, releaseResultCaps: false } })
  await quiet()
  expect(peer.connection.stats).toMatchObject({ answers: 0, exports: 1 })
  peer.send({ release: { id: id!, referenceCount: 1 } })
  await quiet()
  expect(peer.connection.stats).toEqual(NO_ENTRIES)
})

test('without a bootstrap capability, bootstrapping fails and the connection goes on', async () => {
  const peer = new RawPeer()
  peer.send({ bootstrap: { questionId: 1 } })
  expect((await peer.next('return')).exception?.reason).toContain('no bootstrap capability')
  expect(peer.isEnded).toBe(false)
})

test('a call is answered with its results', async () => {
  const { peer } = world()
  peer.call(5, await peer.bootstrap(), 'ping', ping(42))
  const { answerId, results } = await peer.next('return')
  expect(answerId).toBe(5)
  expect(results!.content.asStruct(Node_ping$Results).value).toBe(42)
})

test('a foreign interface with a method number that exists does not reach the method', async () => {
  const { peer, server } = world()
  const importedCap = await peer.bootstrap()
  peer.send({ call: { questionId: 1, target: { importedCap }, interfaceId: 0x1234n, methodId: 0 } })
  peer.send({ call: { questionId: 2, target: { importedCap }, interfaceId: NODE, methodId: 999 } })
  peer.call(3, importedCap, 'unknown')
  for (const id of [1, 2, 3]) {
    const { answerId, exception } = await peer.next('return')
    expect([answerId, exception?.type]).toEqual([id, Exception_Type.unimplemented])
  }
  expect(server.pings).toEqual([])
})

test('the four kinds of failure keep their kind and sentence', async () => {
  const { peer } = world()
  const target = await peer.bootstrap()
  for (const kind of [0, 1, 2, 3]) {
    const params = { kind, code: 'SOME_CODE', message: `No ${kind}` }
    peer.call(kind, target, 'fail', { content: content(Node_fail$Params, params) })
    const { exception } = await peer.next('return')
    expect([exception?.type, exception?.reason]).toEqual([kind, `No ${kind}`])
  }
})

test('calls pipelined on an answer that is not there yet are delivered in order once it is', async () => {
  const { peer, server, census } = world()
  peer.call(1, await peer.bootstrap(), 'late')
  const onResult = { promisedAnswer: { questionId: 1, transform: [{ getPointerField: 0 }] } }
  for (let value = 0; value < 50; value++) peer.call(10 + value, onResult, 'ping', ping(value))
  await quiet()
  const made = TestNode.serve(census)
  server.slot(0).resolve(made.node)
  await quiet()
  expect((await peer.rest()).slice(0, 3)).toEqual([
    'return 1 results',
    'return 10 results',
    'return 11 results',
  ])
  expect(made.server.pings).toEqual([...Array(50).keys()])
})

test('calls pipelined on what fails, or on what is no capability, fail alone', async () => {
  const { peer } = world()
  const target = await peer.bootstrap()
  const code = content(Node_fail$Params, { kind: 1, code: 'BUSY', message: 'Busy' })
  peer.call(1, target, 'fail', { content: code })
  const at = (questionId: number, ...path: number[]) => ({
    promisedAnswer: { questionId, transform: path.map((getPointerField) => ({ getPointerField })) },
  })
  peer.call(2, at(1, 0), 'ping')
  peer.call(3, target, 'ping', ping(1))
  peer.call(4, at(3, 0), 'ping')
  peer.call(5, target, 'echo', { content: content(Node_echo$Params, { data: new Uint8Array(9) }) })
  peer.call(6, at(5, 0), 'ping')
  peer.call(7, at(5, 0, 3), 'ping')
  expect((await peer.rest()).toSorted()).toEqual([
    'return 1 exception',
    'return 2 exception',
    'return 3 results',
    'return 4 exception',
    'return 5 results',
    'return 6 exception',
    'return 7 exception',
  ])
  expect(peer.isEnded).toBe(false)
})

test('finishing early cancels the handler and is answered at once', async () => {
  const { peer, server } = world()
  peer.call(1, await peer.bootstrap(), 'never')
  await quiet()
  peer.send({ finish: { questionId: 1 } })
  expect(await peer.rest()).toEqual(['return 1 canceled'])
  expect(server.canceled).toEqual(['never'])
  peer.call(1, 0, 'ping', ping(3)) // the id is free again
  expect(await peer.rest()).toEqual(['return 1 results'])
})

test('a capability returned by a call that was canceled is let go', async () => {
  const { peer, server, census } = world()
  peer.call(1, await peer.bootstrap(), 'late')
  await quiet()
  peer.send({ finish: { questionId: 1 } })
  server.slot(0).resolve(TestNode.serve(census).node)
  await quiet()
  expect(census.alive).toBe(1)
})

test('finishing with or without its capabilities keeps or drops what was returned', async () => {
  const { peer, census } = world()
  const target = await peer.bootstrap()
  peer.call(1, target, 'make')
  peer.call(2, target, 'make')
  const kept = (await peer.next('return')).results!.capTable.at(0)!.senderHosted!
  await peer.next('return')
  peer.send({ finish: { questionId: 1, releaseResultCaps: false } }, { finish: { questionId: 2 } })
  await quiet()
  expect(census.alive).toBe(2)
  peer.send({ release: { id: kept, referenceCount: 1 } })
  await quiet()
  expect(census.alive).toBe(1)
})

test('arguments live as long as they are held, and are released with all their counts at once', async () => {
  const { peer } = world()
  const target = await peer.bootstrap()
  const sent = { content: withCap, ...caps({ senderHosted: 33 }) }
  peer.call(1, target, 'hold', sent)
  expect((await peer.next('return')).releaseParamCaps).toBe(false)
  peer.call(2, target, 'give', sent)
  // It comes back as what it is: the peer's own.
  expect((await peer.next('return')).results!.capTable.at(0)!.receiverHosted).toBe(33)
  peer.send({ finish: { questionId: 1 } }, { finish: { questionId: 2 } })
  expect(await peer.rest()).toEqual([])
  expect(peer.connection.stats.imports).toBe(1)
  peer.call(3, target, 'drop')
  expect(await peer.rest()).toEqual(['release 33 x2', 'return 3 results'])
  peer.call(4, target, 'hold', sent) // and it may come again
  await peer.next('return')
  expect(peer.connection.stats.imports).toBe(1)
})

test('our own capability handed back to us is itself', async () => {
  const { peer } = world()
  const target = await peer.bootstrap()
  peer.call(1, target, 'give', { content: withCap, ...caps({ receiverHosted: target }) })
  expect((await peer.next('return')).results!.capTable.at(0)!.senderHosted).toBe(target)
})

test('a place in an answer can be an argument before it is there', async () => {
  const { peer, server, census } = world()
  const target = await peer.bootstrap()
  peer.call(1, target, 'late')
  const receiverAnswer = { questionId: 1, transform: [{ getPointerField: 0 }] }
  const params = content(Node_callBack$Params, { node: CAP, value: 9 })
  peer.call(2, target, 'callBack', { content: params, ...caps({ receiverAnswer }) })
  await quiet()
  const made = TestNode.serve(census)
  server.slot(0).resolve(made.node)
  expect(await peer.rest()).toEqual(['return 1 results', 'return 2 results'])
  expect(made.server.pings).toEqual([9])
})

test('a third party capability is reached by its vine', async () => {
  const { peer } = world()
  const params = content(Node_callBack$Params, { node: CAP, value: 9 })
  const thirdPartyHosted = { vineId: 70 }
  peer.call(1, await peer.bootstrap(), 'callBack', {
    content: params,
    ...caps({ thirdPartyHosted }),
  })
  expect((await peer.next('call')).target.importedCap).toBe(70)
})

test('an absent capability is null, not another one', async () => {
  const { peer } = world()
  const target = await peer.bootstrap()
  const other = caps({ receiverHosted: target })
  peer.call(1, target, 'give', { content: content(Node_give$Params, {}), ...other })
  const { results } = await peer.next('return')
  expect(results!.capTable.length).toBe(0)
  peer.call(2, target, 'give', { content: withCap, ...caps({ none: null }) })
  expect((await peer.next('return')).results!.capTable.length).toBe(0)
})

test('a promise we give out is told what it became, once', async () => {
  const { peer, server, census } = world()
  peer.call(1, await peer.bootstrap(), 'later')
  const promise = (await peer.next('return')).results!.capTable.at(0)!.senderPromise!
  peer.call(2, promise, 'ping', ping(1))
  expect(await peer.rest()).toEqual([])
  const made = TestNode.serve(census)
  server.slot(0).resolve(made.node)
  expect(await peer.rest()).toEqual([`resolve ${promise} cap`, 'return 2 results'])
  peer.call(3, promise, 'ping', ping(2)) // the promise's id still works
  await quiet()
  expect(made.server.pings).toEqual([1, 2])
})

test('a promise that breaks is told so, and so is a broken capability given out later', async () => {
  const { peer, server } = world()
  const target = await peer.bootstrap()
  peer.call(1, target, 'later')
  const first = (await peer.next('return')).results!.capTable.at(0)!.senderPromise!
  server.slot(0).reject(new Error('It never came'))
  const resolve = await peer.next('resolve')
  expect([resolve.promiseId, resolve.exception?.reason]).toEqual([first, 'It never came'])
  peer.call(2, target, 'later')
  const again = (await peer.next('return')).results!.capTable.at(0)!.senderPromise!
  expect(again).not.toBe(first)
  expect((await peer.next('resolve')).promiseId).toBe(again)
})

test("a promise of the peer's own that is not settled goes back as a promise of ours", async () => {
  const { peer } = world()
  const target = await peer.bootstrap()
  peer.call(1, target, 'give', { content: withCap, ...caps({ senderPromise: 50 }) })
  const ours = (await peer.next('return')).results!.capTable.at(0)!.senderPromise!
  // Calls and a disembargo on either address bounce back in order, whatever it becomes meanwhile.
  const answer = { promisedAnswer: { questionId: 1, transform: [{ getPointerField: 0 }] } }
  peer.call(2, answer, 'ping', ping(1))
  expect((await peer.next('call')).target.importedCap).toBe(50)
  peer.send({ resolve: { promiseId: 50, cap: { senderHosted: 51 } } })
  expect(await peer.rest()).toEqual([`resolve ${ours} cap`, 'release 50 x1'])
  peer.call(3, ours, 'ping', ping(2))
  expect((await peer.next('call')).target.importedCap).toBe(51)
  peer.send({ disembargo: { target: { importedCap: ours }, context: { senderLoopback: 4 } } })
  const { context, target: bounced } = await peer.next('disembargo')
  expect([context.receiverLoopback, bounced.importedCap]).toEqual([4, 51])
})

test('a disembargo comes back behind the calls that were made before it', async () => {
  const { peer } = world()
  const target = await peer.bootstrap()
  peer.call(1, target, 'give', { content: withCap, ...caps({ senderHosted: 60 }) })
  await peer.next('return')
  const answer = { promisedAnswer: { questionId: 1, transform: [{ getPointerField: 0 }] } }
  peer.call(2, answer, 'ping', ping(1))
  peer.call(3, answer, 'ping', ping(2))
  peer.send({ disembargo: { target: answer, context: { senderLoopback: 77 } } })
  expect((await peer.next('call')).target.importedCap).toBe(60)
  await peer.next('call')
  const { context, target: bounced } = await peer.next('disembargo')
  expect([context.receiverLoopback, bounced.importedCap]).toEqual([77, 60])
})

test('results kept for the peer can be taken for a question of ours, before they are there', async () => {
  const { peer, remote, server, census } = await clientWorld()
  const asked = remote.late({ slot: 5 })
  const early = asked.node.ping({ value: 1 })
  const { questionId } = await peer.next('call')
  await peer.next('call')
  peer.call(40, await peer.bootstrap(), 'late', {}, { sendResultsTo: { yourself: null } })
  peer.send({ return: { answerId: questionId, takeFromOtherQuestion: 40 } })
  await quiet()
  expect(peer.connection.stats.questions).toBe(2) // it waits, and so does what is pipelined on it
  const made = TestNode.serve(census)
  server.slot(0).resolve(made.node)
  const { node } = await asked
  const late = node!.ping({ value: 2 })
  await quiet()
  // What went out before has not come back: what follows waits behind a disembargo.
  expect(made.server.pings).toEqual([])
  expect(await peer.rest()).toEqual([
    'return 40 resultsSentElsewhere',
    'disembargo senderLoopback',
    `finish ${questionId}`,
  ])
  peer.call(
    41,
    { promisedAnswer: { questionId: 40, transform: [{ getPointerField: 0 }] } },
    'ping',
    ping(1),
  )
  peer.send({ disembargo: { target: { importedCap: 0 }, context: { receiverLoopback: 0 } } })
  await late
  expect(made.server.pings).toEqual([1, 2])
  void early
})

test('a redirected call that fails says so where its results are taken', async () => {
  const { peer, remote } = await clientWorld()
  const asked = remote.ping({ value: 1 })
  const { questionId } = await peer.next('call')
  const params = content(Node_fail$Params, { kind: 1, code: 'BUSY', message: 'Busy' })
  peer.call(
    40,
    await peer.bootstrap(),
    'fail',
    { content: params },
    { sendResultsTo: { yourself: null } },
  )
  expect(await peer.rest()).toEqual(['return 40 resultsSentElsewhere'])
  peer.send(
    { return: { answerId: questionId, takeFromOtherQuestion: 40 } },
    { finish: { questionId: 40 } },
  )
  expect(await failure(asked)).toMatchObject({ code: 'BUSY', kind: 'overloaded' })
})

// ---- asking

test('results are taken, finished and their capabilities released one by one', async () => {
  const { peer, remote } = await clientWorld()
  const asked = remote.make({ name: 1 })
  const call = await peer.next('call')
  expect([call.target.importedCap, call.interfaceId, call.methodId]).toEqual([
    7,
    NODE,
    method['make'],
  ])
  expect(call.params.content.asStruct(Node_make$Params).name).toBe(1)
  const results = {
    content: content(Node_make$Results, { node: CAP }),
    ...caps({ senderHosted: 8 }),
  }
  peer.send({ return: { answerId: call.questionId, results } })
  const { node } = await asked
  const { questionId, releaseResultCaps } = await peer.next('finish')
  expect([questionId, releaseResultCaps]).toEqual([call.questionId, false])
  node![Symbol.dispose]()
  expect(await peer.rest()).toEqual(['release 8 x1'])
  remote[Symbol.dispose]()
  expect(await peer.rest()).toEqual(['release 7 x1'])
  expect(peer.connection.stats).toEqual(NO_ENTRIES)
})

test('no finish is sent when the peer needs none', async () => {
  const { peer, remote } = await clientWorld()
  const asked = remote.ping({ value: 1 })
  const { questionId } = await peer.next('call')
  peer.sendReturnWithoutFinish(questionId)
  await asked
  expect(await peer.rest()).toEqual([])
  expect(peer.connection.stats.questions).toBe(0)
})

test('canceling sends a finish at once, and the id stays taken until the return', async () => {
  const { peer, remote } = await clientWorld()
  const giveUp = new AbortController()
  const asked = remote.never({}, { signal: giveUp.signal })
  const { questionId } = await peer.next('call')
  giveUp.abort()
  expect((await failure(asked)).code).toBe('CANCELED')
  expect((await peer.next('finish')).releaseResultCaps).toBe(true)
  void remote.ping({ value: 1 })
  expect((await peer.next('call')).questionId).not.toBe(questionId)
  // What a return to a canceled call carries is not ours: the finish has released it.
  const results = { content: capContent(), ...caps({ senderHosted: 90 }) }
  peer.send({ return: { answerId: questionId, results } })
  expect(await peer.rest()).toEqual([])
  expect(peer.connection.stats).toMatchObject({ questions: 1, imports: 1 })
})

test('a call that is canceled before it is made is not sent', async () => {
  const { peer, remote } = await clientWorld()
  expect((await failure(remote.ping({ value: 1 }, { signal: AbortSignal.abort() }))).code).toBe(
    'CANCELED',
  )
  expect(await peer.rest()).toEqual([])
})

test('the peer may release the capabilities of params with its return, or itself, not both', async () => {
  for (const releaseParamCaps of [true, false]) {
    const { peer, remote, census } = await clientWorld()
    using gift = TestNode.serve(census).node
    const asked = remote.hold({ node: gift })
    const { questionId, params } = await peer.next('call')
    const id = params.capTable.at(0)!.senderHosted!
    peer.send({ return: { answerId: questionId, releaseParamCaps, results: {} } })
    await asked
    expect(peer.connection.stats.exports).toBe(releaseParamCaps ? 0 : 1)
    peer.send({ release: { id, referenceCount: 1 } })
    await quiet()
    if (releaseParamCaps) expect(await peer.aborted()).toContain('which it has not')
    else expect(peer.connection.stats.exports).toBe(0)
  }
})

test('a promise of the peer that becomes our own object keeps the order of calls', async () => {
  const { peer, remote, census } = await clientWorld()
  const { node: mine, server: object } = TestNode.serve(census)
  const asked = remote.later({ slot: 0 })
  const { questionId } = await peer.next('call')
  const results = { content: capContentOf(), ...caps({ senderPromise: 20 }) }
  peer.send({ return: { answerId: questionId, results } })
  const { node } = await asked
  await peer.next('finish')
  const gift = remote.hold({ node: mine })
  const held = await peer.next('call')
  const id = held.params.capTable.at(0)!.senderHosted!
  peer.send({ return: { answerId: held.questionId, releaseParamCaps: false, results: {} } })
  await gift
  await peer.next('finish')

  const first = node!.ping({ value: 1 })
  const firstCall = await peer.next('call')
  peer.send({ resolve: { promiseId: 20, cap: { receiverHosted: id } } })
  await quiet()
  const second = node!.ping({ value: 2 })
  await quiet()
  expect(object.pings).toEqual([])
  const { target, context } = await peer.next('disembargo')
  expect([target.importedCap, context.$which]).toEqual([20, 'senderLoopback'])
  expect(await peer.rest()).toEqual(['release 20 x1'])
  // The first call bounces off the peer, then the disembargo does.
  peer.call(500, id, 'ping', ping(1))
  peer.send({
    disembargo: {
      target: { importedCap: id },
      context: { receiverLoopback: context.senderLoopback! },
    },
  })
  await second
  expect(object.pings).toEqual([1, 2])
  peer.send({ return: { answerId: firstCall.questionId, results: {} } })
  await first

  function capContentOf() {
    return content(Node_make$Results, { node: CAP })
  }
})

test('a promise that becomes another one takes along that calls went through it', async () => {
  const { peer, remote } = await clientWorld()
  const asked = remote.later({ slot: 0 })
  const { questionId } = await peer.next('call')
  const node = content(Node_make$Results, { node: CAP })
  const promise = { content: node, ...caps({ senderPromise: 20 }) }
  peer.send({ return: { answerId: questionId, results: promise } })
  const later = (await asked).node!
  await peer.next('finish')
  void failure(later.ping({ value: 1 }))
  await peer.next('call')
  const id = await peer.bootstrap()
  peer.send({ resolve: { promiseId: 20, cap: { senderPromise: 21 } } })
  expect(await peer.rest()).toEqual(['release 20 x1'])
  peer.send({ resolve: { promiseId: 21, cap: { receiverHosted: id } } })
  expect(await peer.rest()).toEqual(['disembargo senderLoopback', 'release 21 x1'])
})

test('a promise that nobody called through needs no disembargo', async () => {
  const { peer, remote, server } = await clientWorld()
  const asked = remote.later({ slot: 0 })
  const { questionId } = await peer.next('call')
  const node = content(Node_make$Results, { node: CAP })
  peer.send({
    return: { answerId: questionId, results: { content: node, ...caps({ senderPromise: 20 }) } },
  })
  const later = (await asked).node!
  await peer.next('finish')
  const id = await peer.bootstrap()
  peer.send({ resolve: { promiseId: 20, cap: { receiverHosted: id } } })
  expect(await peer.rest()).toEqual(['release 20 x1'])
  await later.$settled()
  await later.ping({ value: 5 })
  expect(server.pings).toEqual([5])
})

test('calls behind an embargo fail with the connection: what they were to follow is lost', async () => {
  const { peer, remote, server } = await clientWorld()
  const asked = remote.later({ slot: 0 })
  const { questionId } = await peer.next('call')
  const node = content(Node_make$Results, { node: CAP })
  peer.send({
    return: { answerId: questionId, results: { content: node, ...caps({ senderPromise: 20 }) } },
  })
  const later = (await asked).node!
  const first = failure(later.ping({ value: 1 }))
  peer.send({
    resolve: {
      promiseId: 20,
      cap: { receiverHosted: await (await drain(peer), peer.bootstrap()) },
    },
  })
  await quiet()
  const second = failure(later.ping({ value: 2 }))
  peer.link.close()
  expect([(await first).kind, (await second).kind]).toEqual(['disconnected', 'disconnected'])
  expect(server.pings).toEqual([])

  async function drain(from: RawPeer) {
    await from.rest()
  }
})

test('a resolution nobody waits for gives back what it carries', async () => {
  const { peer, remote } = await clientWorld()
  peer.send({ resolve: { promiseId: 99, cap: { senderHosted: 3 } } })
  expect(await peer.rest()).toEqual(['release 3 x1'])
  remote[Symbol.dispose]()
  expect(await peer.rest()).toEqual(['release 7 x1'])
})

test('a promise that resolves to an error fails its calls with it', async () => {
  const { peer, remote } = await clientWorld()
  const asked = remote.later({ slot: 0 })
  const { questionId } = await peer.next('call')
  const node = content(Node_make$Results, { node: CAP })
  peer.send({
    return: { answerId: questionId, results: { content: node, ...caps({ senderPromise: 20 }) } },
  })
  const later = (await asked).node!
  peer.send({
    resolve: { promiseId: 20, exception: { reason: 'gone', type: Exception_Type.disconnected } },
  })
  expect(await failure(later.$settled())).toMatchObject({ message: 'gone', kind: 'disconnected' })
  expect(await failure(later.ping({ value: 1 }))).toMatchObject({ message: 'gone' })
})

test.each([[[20]], [[21, 20]], [[21, 22, 20]]])(
  'a promise that becomes itself by way of %j is broken, not endless',
  async (ring) => {
    const { peer, remote } = await clientWorld()
    const asked = remote.later({ slot: 0 })
    const { questionId } = await peer.next('call')
    const node = content(Node_make$Results, { node: CAP })
    peer.send({
      return: { answerId: questionId, results: { content: node, ...caps({ senderPromise: 20 }) } },
    })
    const later = (await asked).node!
    let from = 20
    for (const to of ring) {
      peer.send({ resolve: { promiseId: from, cap: { senderPromise: to } } })
      from = to
    }
    await quiet()
    // A last step that comes after the release begins a promise of its own.
    if (ring.length > 1) return
    expect((await failure(later.ping({ value: 1 }))).code).toBe('PROMISE_RING')
    expect(peer.isEnded).toBe(false)
  },
)

test('a chain of a hundred thousand promises is walked without a stack as deep', async () => {
  const { peer, remote } = await clientWorld()
  const asked = remote.later({ slot: 0 })
  const { questionId } = await peer.next('call')
  const node = content(Node_make$Results, { node: CAP })
  peer.send({
    return: { answerId: questionId, results: { content: node, ...caps({ senderPromise: 20 }) } },
  })
  const later = (await asked).node!
  // Or the collector gives it back, in a line of its own.
  remote[Symbol.dispose]()
  const last = rounds(60_000)
  for (let id = 20; id < last; id++) {
    peer.send({ resolve: { promiseId: id, cap: { senderPromise: id + 1 } } })
    if (id % 10_000 === 0) await quiet(2)
  }
  await quiet()
  peer.inbox.length = 0
  void later.ping({ value: 1 })
  expect((await peer.next('call')).target.importedCap).toBe(last)
  later[Symbol.dispose]()
  expect(await peer.rest()).toEqual([`release ${last} x1`])
})

test('a message the peer does not know gives back what it carried', async () => {
  const { peer, server, census } = world()
  peer.call(1, await peer.bootstrap(), 'later')
  await peer.next('return')
  server.slot(0).resolve(TestNode.serve(census).node)
  const resolve = await peer.next('resolve')
  expect(peer.connection.stats.exports).toBe(3)
  peer.send({ unimplemented: { resolve } })
  await quiet()
  expect(peer.connection.stats.exports).toBe(2)
})

test('messages of level 3 and unknown ones are sent back as unimplemented', async () => {
  const { peer } = world()
  peer.send(
    { provide: { questionId: 1, target: { importedCap: 0 } } },
    { accept: { questionId: 2 } },
    { join: { questionId: 3, target: { importedCap: 0 } } },
    { obsoleteSave: 'x' },
  )
  const first = await peer.next('unimplemented')
  expect([first.$which, first.provide?.questionId]).toEqual(['provide', 1])
  expect((await peer.next('unimplemented')).accept?.questionId).toBe(2)
  expect((await peer.next('unimplemented')).join?.questionId).toBe(3)
  expect((await peer.next('unimplemented')).$which).toBe('obsoleteSave')
  peer.call(9, await peer.bootstrap(), 'ping', {}, { sendResultsTo: { thirdParty: 'x' } })
  expect((await peer.next('unimplemented')).call?.questionId).toBe(9)
  expect(peer.isEnded).toBe(false)
})

// ---- breaking rules

test.each<[string, string, (peer: RawPeer, target: number) => void]>([
  ['a call on an export that is not there', 'export 99', (peer) => peer.call(1, 99, 'ping')],
  [
    'a call on an answer that is not there',
    'question 99',
    (peer) => peer.call(1, { promisedAnswer: { questionId: 99 } }, 'ping'),
  ],
  [
    'a question id in use',
    'question 1 is in use',
    (peer, target) => {
      peer.call(1, target, 'never')
      peer.call(1, target, 'never')
    },
  ],
  [
    'a bootstrap under an id in use',
    'question 1 is in use',
    (peer, target) => {
      peer.call(1, target, 'never')
      peer.send({ bootstrap: { questionId: 1 } })
    },
  ],
  ['a finish nobody asked for', 'never asked', (peer) => peer.send({ finish: { questionId: 8 } })],
  [
    'a second finish',
    'never asked',
    (peer, target) => {
      peer.call(1, target, 'ping')
      peer.send({ finish: { questionId: 1 } }, { finish: { questionId: 1 } })
    },
  ],
  ['a return nobody waits for', 'not open', (peer) => peer.send({ return: { answerId: 8 } })],
  [
    'a release below zero',
    'which it has not',
    (peer, target) => peer.send({ release: { id: target, referenceCount: 2 } }),
  ],
  [
    'a disembargo that was not asked for',
    'not under embargo',
    (peer) =>
      peer.send({ disembargo: { target: { importedCap: 0 }, context: { receiverLoopback: 3 } } }),
  ],
  [
    'a disembargo for what does not lead back',
    'does not lead back',
    (peer, target) =>
      peer.send({
        disembargo: { target: { importedCap: target }, context: { senderLoopback: 3 } },
      }),
  ],
  [
    'an argument of ours that is not there',
    'export 66',
    (peer, target) =>
      peer.call(1, target, 'give', { content: withCap, ...caps({ receiverHosted: 66 }) }),
  ],
  [
    'a path of more steps than a message can have',
    'pipeline path',
    (peer, target) => {
      peer.call(1, target, 'never')
      const transform = Array.from({ length: 65 }, () => ({ noop: null }))
      peer.call(2, { promisedAnswer: { questionId: 1, transform } }, 'ping')
    },
  ],
  [
    'a table of a million capabilities',
    'capabilities',
    (peer, target) =>
      peer.call(1, target, 'ping', { capTable: Array.from({ length: 70_000 }, () => ({})) }),
  ],
  [
    'an unimplemented call',
    'level 1 needs',
    (peer) => peer.send({ unimplemented: { call: { questionId: 1 } } }),
  ],
])('%s ends the connection with the reason', async (_, reason, break_) => {
  const { peer, census, server } = world()
  break_(peer, await peer.bootstrap())
  expect(await peer.aborted()).toContain(reason)
  expect(await peer.connection.closed).toMatchObject({
    message: expect.stringContaining(reason) as string,
  })
  await quiet()
  expect(peer.connection.stats).toEqual(NO_ENTRIES)
  expect([census.alive, server.isDisposed]).toEqual([0, true])
})

test('a message that breaks a rule in its middle leaves no reference behind', async () => {
  const { peer, census } = world()
  const target = await peer.bootstrap()
  peer.call(1, target, 'make')
  const made = (await peer.next('return')).results!.capTable.at(0)!.senderHosted!
  const table = caps({ receiverHosted: made }, { senderHosted: 4 }, { receiverHosted: 12_345 })
  peer.call(2, target, 'give', { content: withCap, ...table })
  expect(await peer.aborted()).toContain('export 12345')
  await quiet()
  expect(census.alive).toBe(0)
})

test('bytes that are no message end the connection, with the reason', async () => {
  const { peer, census } = world()
  await peer.bootstrap()
  peer.link.send([new Uint8Array(64).fill(0xff)])
  expect(await peer.aborted()).toContain('Malformed message')
  await quiet()
  expect(census.alive).toBe(0)
})

test('an abort fails what is open with its reason, and is not answered', async () => {
  const { peer, remote, census } = await clientWorld()
  const asked = failure(remote.ping({ value: 1 }))
  await peer.next('call')
  peer.send({ abort: { reason: 'enough', type: Exception_Type.failed } })
  expect(await asked).toMatchObject({
    kind: 'disconnected',
    message: expect.stringContaining('enough') as string,
  })
  expect(await peer.rest()).toEqual([])
  expect(await failure(remote.ping({ value: 2 }))).toMatchObject({ kind: 'disconnected' })
  expect(census.alive).toBe(0)
})

test('a stream that ends in the middle of a message says so', async () => {
  const { peer } = world()
  peer.link.send([new Uint8Array(5)])
  await quiet()
  peer.link.close()
  expect((await peer.connection.closed)?.message).toContain('in the middle of a message')
})

test('a handler may throw anything, and its caller gets a sentence', async () => {
  const thrown: unknown[] = [
    Object.create(null),
    Symbol('s'),
    null,
    {
      toString: () => {
        throw new Error('no')
      },
    },
    Object.assign(new Error('x'), { message: 5 }),
    new Error('long '.repeat(20_000_000)),
  ]
  for (const value of thrown) {
    const node = serve(Node, {
      ping: () => {
        throw value
      },
    } as never)
    const peer = new RawPeer({ bootstrap: node })
    peer.call(1, await peer.bootstrap(), 'ping')
    const { exception } = await peer.next('return')
    expect(exception!.reason.length).toBeLessThanOrEqual(1 << 14)
    expect(exception!.type).toBe(Exception_Type.failed)
  }
})

test('results that cannot be encoded are an error of the call, and what they held is let go', async () => {
  const census = new Census()
  const node = serve(Node, {
    deep: () => ({ nodes: [TestNode.serve(census).node], any: 5 }),
  } as never)
  const peer = new RawPeer({ bootstrap: node })
  peer.call(1, await peer.bootstrap(), 'deep')
  expect((await peer.next('return')).exception?.reason).toContain('Cannot encode')
  await quiet()
  expect(census.alive).toBe(0)
})

test('what may be known of an error is decided by whoever made the connection', async () => {
  const { node } = TestNode.serve()
  const expose = () => {
    throw new Error('exposing fails')
  }
  const peer = new RawPeer({ bootstrap: node, expose })
  peer.call(1, await peer.bootstrap(), 'unknown')
  expect((await peer.next('return')).exception?.reason).toBe('The call failed')
})

test('a place in results that is a promise stays in order when it settles late', async () => {
  const { peer, server, census } = world()
  peer.call(1, await peer.bootstrap(), 'later')
  const onResult = { promisedAnswer: { questionId: 1, transform: [{ getPointerField: 0 }] } }
  peer.call(2, onResult, 'ping', ping(1))
  const promise = (await peer.next('return')).results!.capTable.at(0)!.senderPromise!
  peer.call(3, promise, 'ping', ping(2))
  peer.call(4, onResult, 'ping', ping(3))
  await quiet()
  const made = TestNode.serve(census)
  server.slot(0).resolve(made.node)
  await quiet()
  expect(made.server.pings).toEqual([1, 2, 3])
})

test('an answer that is a promise for a promise for an object is told its end only', async () => {
  const { peer, server, census } = world()
  peer.call(1, await peer.bootstrap(), 'later')
  const id = (await peer.next('return')).results!.capTable.at(0)!.senderPromise!
  const inner = new Slot<Node>()
  server.slot(0).resolve(promised(Node, inner.promise))
  expect(await peer.rest()).toEqual([])
  inner.resolve(TestNode.serve(census).node)
  expect(await peer.rest()).toEqual([`resolve ${id} cap`])
})
