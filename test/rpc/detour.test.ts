// A promise of the peer that becomes something of ours which leads back to the peer: calls on their
// way go round once more, and those made later must not be faster.

import { expect, test } from 'vitest'

import {
  Node,
  Node_give$Params,
  Node_make$Results,
  Node_ping$Params,
} from '../fixture/calls.gen.ts'
import { quiet, TestNode } from './help.ts'
import { CAP, capContent, caps, content, RawPeer } from './raw-peer.ts'

const oneCap = content(Node_make$Results, { node: CAP })
const pingParams = (value: number) => ({ content: content(Node_ping$Params, { value }) })

/** We hold the peer's export 7, and a call on its result is on its way to the peer. */
async function onItsWay() {
  const { node } = TestNode.serve()
  const peer = new RawPeer({ bootstrap: node })
  const remote = peer.connection.bootstrap(Node)
  const { questionId } = await peer.next('bootstrap')
  const bootstrap = { content: capContent(), ...caps({ senderHosted: 7 }) }
  peer.send({ return: { answerId: questionId, results: bootstrap } })
  await peer.next('finish')
  const asked = remote.make({ name: 1 })
  const place = asked.node
  const { questionId: answerId } = await peer.next('call')
  void place.ping({ value: 1 }).then(undefined, () => {})
  await peer.next('call')
  const home = await peer.bootstrap()
  return { peer, remote, place, asked, answerId, home }
}

type World = Awaited<ReturnType<typeof onItsWay>>

/** The peer's disembargo is back only after its first call has come by here. */
async function expectOrder({ peer, remote, place }: World, target: object) {
  await quiet()
  void place.ping({ value: 2 }).then(undefined, () => {})
  const disembargo = await peer.next('disembargo')
  const received = await peer.rest()
  expect(received.filter((line) => line.startsWith('call'))).toEqual([])
  peer.call(500, target, 'ping', pingParams(1))
  const receiverLoopback = disembargo.context.senderLoopback!
  peer.send({ disembargo: { target, context: { receiverLoopback } } })
  for (const value of [1, 2]) {
    const call = await peer.next('call')
    expect(call.target.importedCap).toBe(7)
    expect(call.params.content.asStruct(Node_ping$Params).value).toBe(value)
  }
  // Until here somebody holds what the peer has given us.
  remote[Symbol.dispose]()
}

test('by a return that names a place in an answer of ours', async () => {
  const world = await onItsWay()
  const { peer, answerId, home } = world
  const gift = { content: content(Node_give$Params, { node: CAP }), ...caps({ senderHosted: 7 }) }
  peer.call(40, home, 'give', gift)
  await peer.next('return')
  const receiverAnswer = { questionId: 40, transform: [{ getPointerField: 0 }] }
  const results = { content: oneCap, ...caps({ receiverAnswer }) }
  peer.send({ return: { answerId, results } })
  await expectOrder(world, { promisedAnswer: receiverAnswer })
})

test('by a return that takes the results of a call to us', async () => {
  const world = await onItsWay()
  const { peer, answerId, home } = world
  const gift = { content: content(Node_give$Params, { node: CAP }), ...caps({ senderHosted: 7 }) }
  peer.call(40, home, 'give', gift, { sendResultsTo: { yourself: null } })
  await peer.next('return')
  peer.send({ return: { answerId, takeFromOtherQuestion: 40 } })
  const receiverAnswer = { questionId: 40, transform: [{ getPointerField: 0 }] }
  await expectOrder(world, { promisedAnswer: receiverAnswer })
})

test('by a resolution that names an export of ours', async () => {
  const world = await onItsWay()
  const { peer, answerId, home, asked } = world
  // Our promise of the peer's own object: what it was settled to is known here.
  const gift = { content: content(Node_give$Params, { node: CAP }), ...caps({ senderPromise: 50 }) }
  peer.call(40, home, 'give', gift)
  const ours = (await peer.next('return')).results!.capTable.at(0)!.senderPromise!
  peer.send({ resolve: { promiseId: 50, cap: { senderHosted: 7 } } })
  await peer.rest()
  peer.send({ return: { answerId, results: { content: oneCap, ...caps({ senderPromise: 51 }) } } })
  await asked
  await peer.rest()
  peer.send({ resolve: { promiseId: 51, cap: { receiverHosted: ours } } })
  await expectOrder(world, { importedCap: ours })
})
