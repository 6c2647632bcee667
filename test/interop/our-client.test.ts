// Our vat as the client: of C++, of C++ through a relay of ours, of ours through a relay of C++, of
// pycapnp, and of ours.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { Scope } from '../../src/base/index.ts'
import type { Connection, ConnectionStats } from '../../src/rpc/index.ts'
import { scenarios, Stage } from './scenarios.ts'
import {
  BEYOND_CPP_RELAY,
  pycapnp,
  listenPycapnp,
  cppPeer,
  listenCpp,
  listenOurs,
  relayCpp,
  relayOurs,
  Session,
} from './vats.ts'
import type { Foreign, Listening, OurListening } from './vats.ts'

const NOTHING = { questions: 0, answers: 0, exports: 0, imports: 0, embargoes: 0 }

function sumOf(stats: ConnectionStats): number {
  return Object.values(stats).reduce((sum: number, count: number) => sum + count, 0)
}

/** @returns where to dial, and the connections of ours in between */
type Setup = (scope: Scope) => Promise<Listening & Partial<OurListening>>

interface Vats {
  readonly start: Setup
  readonly needs?: Foreign
  /** Whether a scenario can be played there. Default: all. */
  readonly plays?: (scenario: string) => boolean
}

/** What peer.py serves is enough for these. It knows one kind of exception only. */
const PYCAPNP_PLAYS = [
  /^a call returns|^bootstrapping again|^a thousand calls|^40 MB|unknown|inherited|absent argument/,
  /^a capability of|calls back|given as an argument|its own/,
  /^a hundred pipelined|not there yet can be|late answer|when its call is over|is held stays/,
  /one by one|are dropped leave/,
]

const setups: [string, Vats][] = [
  ['C++', { start: async (scope) => scope.own(await listenCpp('unix')), needs: cppPeer }],
  ['C++ over TCP', { start: async (scope) => scope.own(await listenCpp('tcp')), needs: cppPeer }],
  [
    'C++ through ours',
    {
      start: async (scope) => {
        const { address } = scope.own(await listenCpp('unix'))
        return scope.own(await relayOurs('unix', address))
      },
      needs: cppPeer,
    },
  ],
  [
    'itself through C++',
    {
      start: async (scope) => {
        const { address } = scope.own(await listenOurs('unix'))
        return scope.own(await relayCpp('unix', address))
      },
      needs: cppPeer,
      plays: (name) => !BEYOND_CPP_RELAY.some((pattern) => pattern.test(name)),
    },
  ],
  [
    'pycapnp',
    {
      start: async (scope) => scope.own(await listenPycapnp()),
      needs: pycapnp,
      plays: (name) => PYCAPNP_PLAYS.some((pattern) => pattern.test(name)),
    },
  ],
  ['itself', { start: async (scope) => scope.own(await listenOurs('unix')) }],
  [
    'itself through itself',
    {
      start: async (scope) => {
        const { address } = scope.own(await listenOurs('tcp'))
        return scope.own(await relayOurs('tcp', address))
      },
    },
  ],
]

describe.each(setups)('ours calls %s', (_, { start, needs, plays = () => true }) => {
  const isHere = !needs || needs.path !== undefined
  const scope = new Scope()
  let server: Listening & Partial<OurListening>

  beforeAll(async () => {
    if (isHere) server = await start(scope)
  })
  afterAll(async () => await scope[Symbol.asyncDispose]())

  const expected = Object.entries(scenarios).filter(([name]) => plays(name))
  test.skipIf(!isHere).each(expected)(`%s ${needs?.missing ?? ''}`.trimEnd(), async (_, play) => {
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
    // The same on the other side; a relay keeps what its upstream gave it at first.
    const { connections = [] } = server
    const holdsLittle = ({ stats }: Connection) => stats.imports <= 1 && sumOf(stats) <= 1
    await expect.poll(() => connections.every(holdsLittle)).toBe(true)
  })
})
