import { expect, test } from 'vitest'

import { silentLog, Watch } from '../../src/base/index.ts'
import { DEFAULT_CELL_LIMITS, Family, loadProgram, spawnCell } from '../../src/cell/index.ts'
import { endWithEpoch } from '../../src/host/children.ts'
import { FIRST_EPOCH } from '../../src/membrane/index.ts'
import { SLEEP, wasm } from '../caps/help.ts'

const program = await loadProgram(await wasm(SLEEP), 'sleep')

async function familyOfThree() {
  const family = new Family('pid0', DEFAULT_CELL_LIMITS)
  const cellOf = (name: string) => spawnCell({ program, name, args: [], env: [], log: silentLog })
  const pid0 = await cellOf('pid0')
  family.root.adopt(pid0)
  const add = async (lifetime: 'parent' | 'detached') => {
    const options = { name: lifetime, lifetime, grants: [], limits: {}, memoryBytesOf: () => 0 }
    const member = family.root.open(options)
    member.adopt(await cellOf(lifetime))
  }
  await add('parent')
  await add('detached')
  const epochs = new Watch(FIRST_EPOCH)
  const next = () => epochs.set({ ...FIRST_EPOCH, seq: epochs.value.seq + 1n })
  const names = () => family.members.map(({ name }) => name)
  return { family, epochs, next, names }
}

test('W31 with the policy kill all children end with the epoch, and pid0 does not', async () => {
  const { family, epochs, next, names } = await familyOfThree()
  await using _owned = family
  const stop = endWithEpoch(epochs, family, 'kill')
  epochs.set({ ...FIRST_EPOCH, adoptedBlock: 5n })
  expect(names()).toEqual(['pid0', 'parent', 'detached'])
  next()
  await expect.poll(names).toEqual(['pid0'])
  stop()
})

test('with the policy keep, or once it has been stopped, they go on', async () => {
  const { family, epochs, next, names } = await familyOfThree()
  await using _owned = family
  endWithEpoch(epochs, family, 'keep')
  endWithEpoch(epochs, family, 'kill')()
  next()
  await new Promise((resolve) => setTimeout(resolve, 200))
  expect(names()).toEqual(['pid0', 'parent', 'detached'])
  expect(family.members.every(({ hasEnded }) => !hasEnded)).toBe(true)
})
