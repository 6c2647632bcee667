// Our vat as the client: of the C++ server, of C++ through a relay of ours, of ours through a relay
// of C++, and of ours.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { Scope } from '../../src/base/index.ts'
import { scenarios, Stage } from './scenarios.ts'
import { cppPeer, listenCpp, listenOurs, relayCpp, relayOurs, Session } from './vats.ts'
import type { Listening, OurListening } from './vats.ts'

const NOTHING = { questions: 0, answers: 0, exports: 0, imports: 0, embargoes: 0 }

const { program, missing } = cppPeer

/** @returns where to dial, and the connections of ours in between */
type Setup = (scope: Scope) => Promise<Listening & Partial<OurListening>>

const setups: [string, Setup][] = [
  ['C++', async (scope) => scope.own(await listenCpp('unix'))],
  ['C++ over TCP', async (scope) => scope.own(await listenCpp('tcp'))],
  ['itself', async (scope) => scope.own(await listenOurs('unix'))],
  [
    'C++ through ours',
    async (scope) => {
      const { address } = scope.own(await listenCpp('unix'))
      return scope.own(await relayOurs('unix', address))
    },
  ],
  [
    'itself through C++',
    async (scope) => {
      const { address } = scope.own(await listenOurs('unix'))
      return scope.own(await relayCpp('unix', address))
    },
  ],
]

describe.skipIf(!program).each(setups)(`ours calls %s ${missing}`, (_, start) => {
  const scope = new Scope()
  let server: Listening & Partial<OurListening>

  beforeAll(async () => {
    server = await start(scope)
  })
  afterAll(async () => await scope[Symbol.asyncDispose]())

  test.each(Object.entries(scenarios))('%s', async (_, play) => {
    await using session = await Session.dial(server.address)
    await using others = new Scope()
    const dial = async () => others.own(await Session.dial(server.address))
    const stage = new Stage(session, dial)
    try {
      await play(stage)
    } finally {
      stage[Symbol.dispose]()
    }
    await expect.poll(async () => await stage.objects()).toBe(0)
    await expect.poll(() => stage.tally.objects).toBe(0)
    stage.peer[Symbol.dispose]()
    await expect.poll(() => session.connection.stats).toEqual(NOTHING)
  })
})
