import { expect, test } from 'vitest'

import { Executor } from '../../src/capnp/system.ts'
import { linkCell } from '../../src/caps/index.ts'
import { DEFAULT_CELL_LIMITS, Family } from '../../src/cell/index.ts'
import type { Cell, CellLimits, LimitName } from '../../src/cell/index.ts'
import { Connection, loopback, serve } from '../../src/rpc/index.ts'
import type { Client } from '../../src/rpc/index.ts'

const nothing = { runBytes: () => ({}), spawn: () => ({}), load: () => ({}) }

/** A cell whose guest is a connection of the test's, and what the node has for it. */
function guest(asked: Partial<CellLimits>, offers?: Client, bootstrap?: Client) {
  const limits = { ...DEFAULT_CELL_LIMITS, ...asked }
  const family = new Family('greedy', limits)
  const [near, far] = loopback()
  const exceeded: [LimitName, string][] = []
  const cell = {
    name: 'greedy',
    data: near,
    limits,
    exceed: (limit: LimitName, message: string) => void exceeded.push([limit, message]),
  } as Cell
  const node = linkCell(cell, family.root, bootstrap ? { bootstrap } : {})
  return { node, member: family.root, exceeded, inside: new Connection(far, { bootstrap: offers }) }
}

const never = () => new Promise<never>(() => {})

test('a call to a cell that takes longer than it may fails with figures, and the cell is told', async () => {
  let told: AbortSignal | undefined
  const slow = serve(Executor, {
    ...nothing,
    async echo({ message }, { signal }) {
      if (message === 'quick') return { response: 'quick' }
      told = signal
      return await never()
    },
  })
  const { node } = guest({ callMs: 100 }, slow)
  using offered = node.bootstrap(Executor)
  expect((await offered.echo({ message: 'quick' })).response).toBe('quick')
  await expect(offered.echo({ message: 'slow' })).rejects.toMatchObject({
    kind: 'overloaded',
    code: 'CALL_LIMIT',
    message: 'Cell greedy did not answer a call within 100 ms, its limit',
  })
  await expect.poll(() => told?.aborted).toBe(true)
  expect((await offered.echo({ message: 'quick' })).response).toBe('quick')
})

test('a cell with too many calls under way is ended for it', async () => {
  const echo = ({ message }: { message: string }) => (message === '' ? never() : {})
  const bootstrap = serve(Executor, { ...nothing, echo })
  const { inside, exceeded, member } = guest({ calls: 5 }, undefined, bootstrap)
  const held = inside.bootstrap(Executor)
  await held.echo({ message: 'the bootstrap is over' })
  const calls = Array.from({ length: 5 }, () => held.echo({ message: '' }))
  const failing = Promise.allSettled(calls)
  await expect.poll(() => member.traffic().calls).toBe(5)
  held.echo({ message: '' }).catch(() => {})
  await expect
    .poll(() => exceeded)
    .toEqual([['calls', 'made more than 5 calls at once, its limit']])
  for (const { status } of await failing) expect(status).toBe('rejected')
})

test('a cell that gives out too many capabilities is ended for it', async () => {
  const taken: Client[] = []
  const bootstrap = serve(Executor, {
    ...nothing,
    echo: () => ({}),
    spawn({ grants }) {
      for (const { cap } of grants) taken.push(cap!.$dup())
      return {}
    },
  })
  const { inside, exceeded } = guest({ references: 4 }, undefined, bootstrap)
  const held = inside.bootstrap(Executor)
  const give = () => ({ name: 'x', cap: serve(Executor, { ...nothing, echo: () => ({}) }) })
  await held.spawn({ grants: Array.from({ length: 4 }, give) })
  expect(exceeded).toEqual([])
  await expect(held.spawn({ grants: [give()] })).rejects.toThrow('more than 4 capabilities')
  expect(exceeded).toEqual([['references', 'gave out more than 4 capabilities, its limit']])
})

test('what the calls of a cell hold is limited: more fails as overload, and what runs goes on', async () => {
  let finish = () => {}
  const bootstrap = serve(Executor, {
    ...nothing,
    echo: ({ message }) =>
      message === 'last'
        ? { response: 'last' }
        : new Promise((resolve) => {
            finish = () => resolve({ response: 'done' })
          }),
  })
  const { inside, exceeded, member } = guest({ callBytes: 2 << 20 }, undefined, bootstrap)
  const held = inside.bootstrap(Executor)
  await held.echo({ message: 'last' })
  const large = held.echo({ message: 'x'.repeat(2 << 20) })
  await expect.poll(() => member.traffic().callBytes).toBeGreaterThan(2 << 20)
  await expect(held.echo({ message: 'x' })).rejects.toMatchObject({
    kind: 'overloaded',
    code: 'TOO_MUCH_HELD',
    message: 'Calls of this peer hold 2 MiB: wait for some to end',
  })
  finish()
  expect((await large).response).toBe('done')
  expect((await held.echo({ message: 'last' })).response).toBe('last')
  expect(exceeded).toEqual([])
  expect(member.traffic()).toMatchObject({ callBytes: 0 })
})
