// What takes more than a client and a server: ends of connections, and capabilities that travel from
// one vat to another through ours.

import { setTimeout } from 'node:timers/promises'

import { afterAll, describe, expect, test } from 'vitest'

import { Scope } from '../../src/base/index.ts'
import { promised, serve } from '../../src/rpc/index.ts'
import { Counter, Gate } from './interop.gen.ts'
import { CounterServer, Tally } from './our-peer.ts'
import { cppPeer, listenCpp, listenOurs, relayOurs, Session } from './vats.ts'
import type { Listening } from './vats.ts'

const { path: program, missing } = cppPeer
const servers: [string, (transport: 'unix') => Promise<Listening>][] = [
  ['C++', listenCpp],
  ['ours', listenOurs],
]

async function kindOf(call: PromiseLike<unknown>): Promise<unknown> {
  return await call.then(
    () => 'no failure',
    (thrown: { kind?: unknown }) => thrown.kind,
  )
}

describe.each(servers)('with %s', (name, listen) => {
  const isHere = program !== undefined || name === 'ours'
  const scope = new Scope()
  afterAll(async () => await scope[Symbol.asyncDispose]())
  const whenHere = (title: string, run: () => Promise<void>) =>
    test.skipIf(!isHere)(`${title}${isHere ? '' : ` ${missing}`}`, run)
  const started = async () => scope.own(await listen('unix'))
  const dial = async ({ address }: Listening) => scope.own(await Session.dial(address))

  whenHere('calls fail as disconnected when the server is gone', async () => {
    const session = await dial(await started())
    const counter = session.peer.make({ start: 0n }).counter
    const calls = [kindOf(session.peer.never({})), kindOf(session.peer.quit())]
    expect(await Promise.all(calls)).toEqual(['disconnected', 'disconnected'])
    expect(await kindOf(counter.add({ amount: 1n }))).toBe('disconnected')
    expect(await kindOf(session.peer.ping({ value: 1 }))).toBe('disconnected')
  })

  whenHere('behind a relay calls fail as disconnected too', async () => {
    const { address } = await started()
    const session = await dial(scope.own(await relayOurs('unix', address)))
    const counter = session.peer.make({ start: 0n }).counter
    const calls = [kindOf(session.peer.never({})), kindOf(session.peer.quit())]
    expect(await Promise.all(calls)).toEqual(['disconnected', 'disconnected'])
    expect(await kindOf(counter.add({ amount: 1n }))).toBe('disconnected')
  })

  whenHere('one server calls an object of another through us', async () => {
    const [one, two] = [await dial(await started()), await dial(await started())]
    using made = two.peer.make({ start: 10n })
    const { counter } = await made
    const { totals } = await one.peer.callBack({ counter, amounts: [1n, 2n] })
    expect([...totals]).toEqual([11n, 13n])
  })

  whenHere('what goes around through two servers comes back as itself', async () => {
    const [one, two] = [await dial(await started()), await dial(await started())]
    const tally = new Tally()
    using mine = serve(Counter, new CounterServer(tally, 0n))
    {
      using through = one.peer.give({ counter: mine })
      using counter = through.counter
      using again = two.peer.give({ counter })
      const back = (await again).counter!
      await back.$settled()
      expect(back.$hook.target).toBe(mine.$hook.target)
    }
    mine[Symbol.dispose]()
    await expect.poll(() => tally.objects).toBe(0)
  })

  test.skipIf(!isHere)(
    'a promise of one server becomes an object of another, in order',
    async () => {
      const [one, two] = [await dial(await started()), await dial(await started())]
      using made = two.peer.make({ start: 0n })
      const theirs = (await made).counter!
      let open = () => {}
      const opened = new Promise<void>((resolve) => (open = resolve))
      using gate = serve(Gate, { wait: async () => await opened })
      using promise = one.peer.promise({ gates: [gate], outcome: { give: theirs } })
      using counter = promise.counter
      // Both we and the second server call through the promise, and go on when it is settled.
      await two.peer.hold({ counter })
      const calls: Promise<unknown>[] = []
      for (let index = 0; index < 30; index++) {
        calls.push(Promise.resolve(counter.add({ amount: BigInt(index) })))
        if (index === 10) open()
        if (index % 3 === 0) await setTimeout(1)
      }
      await Promise.all(calls)
      const own = [...(await theirs.log()).amounts]
      expect(own).toEqual(calls.map((_, index) => BigInt(index)))
      const { totals } = await two.peer.callBack({ amounts: [100n, 101n] })
      expect(totals.length).toBe(2)
      expect([...(await theirs.log()).amounts].slice(-2)).toEqual([100n, 101n])
      await two.peer.drop()
    },
  )

  test.skipIf(!isHere)(
    'a promise between two servers breaks when one of them is gone',
    async () => {
      const [one, two] = [await dial(await started()), await dial(await started())]
      using gate = serve(Gate, { wait: async () => await new Promise<void>(() => {}) })
      using promise = one.peer.promise({ gates: [gate], outcome: { make: 0n } })
      const { counter } = await promise
      const call = kindOf(two.peer.callBack({ counter, amounts: [1n] }))
      await two.peer.ping({ value: 1 })
      one.cut()
      expect(await call).toBe('disconnected')
    },
  )

  whenHere('giving up a call gives up what it waits for elsewhere', async () => {
    const [one, two] = [await dial(await started()), await dial(await started())]
    const giveUp = new AbortController()
    const later = promised(Counter, new Promise<Counter>(() => {}))
    using counter = later
    const call = kindOf(one.peer.never({ witness: counter }, { signal: giveUp.signal }))
    const other = kindOf(two.peer.never({ witness: counter }, { signal: giveUp.signal }))
    await Promise.all([one.peer.stats(), two.peer.stats()])
    giveUp.abort()
    expect(await Promise.all([call, other])).toEqual(['failed', 'failed'])
    const canceled = async (session: Session) => (await session.peer.stats()).canceled
    await expect.poll(async () => await canceled(one)).toBe(1)
    await expect.poll(async () => await canceled(two)).toBe(1)
  })
})
