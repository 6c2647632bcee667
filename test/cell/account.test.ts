import { expect, test } from 'vitest'

import { WwError } from '../../src/base/index.ts'
import { Account } from '../../src/cell/account.ts'
import { DEFAULT_CELL_LIMITS } from '../../src/cell/index.ts'
import type { CellLimits } from '../../src/cell/index.ts'
import { Random } from '../help/random.ts'

const MIB = 1 << 20

const account = (limits: Partial<CellLimits> = {}, nowMs = () => 0) =>
  new Account({ ...DEFAULT_CELL_LIMITS, ...limits }, nowMs)

const of = (bytes: number) => () => bytes

const NOTHING = {
  children: 0,
  descendants: 0,
  memoryBytes: 0,
  fuel: 0,
  fuelSpent: 0,
  fuelPerSecond: 0,
  programs: 0,
  programBytes: 0,
}

test('a child has the smaller of what its parent has and what is asked, for every limit', () => {
  const parent = account({ wallMs: 500, files: 10 })
  const child = parent.open({ files: 99, handles: 3, outputBytes: 7 }, of(0))
  expect(child.limits).toEqual({
    ...DEFAULT_CELL_LIMITS,
    wallMs: 500,
    files: 10,
    handles: 3,
    outputBytes: 7,
  })
  expect(child.open({ handles: 4 }, of(0)).limits.handles).toBe(3)
})

test.each<[string, Partial<CellLimits>, string]>([
  ['CHILDREN_LIMIT', { children: 2 }, '2 children are alive, its limit is 2'],
  ['DESCENDANTS_LIMIT', { descendants: 2 }, '2 cells below it are alive, its limit is 2'],
  [
    'MEMORY_LIMIT',
    { totalMemoryBytes: 2.5 * MIB },
    'the cells below it may grow to 2.00 MiB, this one to 1.00 MiB more; its limit is 2.50 MiB',
  ],
  ['SPAWN_RATE_LIMIT', { spawnsPerSecond: 2 }, 'its limit is 2 per second'],
])('one child too many is refused as overload, with figures: %s', (code, limits, figures) => {
  const parent = account(limits)
  parent.open({}, of(MIB))
  parent.open({}, of(MIB))
  const before = parent.usage
  let thrown: unknown
  try {
    parent.open({}, of(MIB))
  } catch (error) {
    thrown = error
  }
  expect(thrown).toBeInstanceOf(WwError)
  expect(thrown).toMatchObject({
    kind: 'overloaded',
    code,
    message: `Cannot start a cell: ${figures}`,
  })
  expect(parent.usage).toEqual(before)
})

test('a limit of a grand-parent holds for grand-children, and a refusal takes nothing from anybody', () => {
  const top = account({ descendants: 3 })
  const middle = top.open({}, of(0))
  middle.open({}, of(0))
  const low = middle.open({}, of(0))
  expect(() => low.open({}, of(0))).toThrow('3 cells below it are alive')
  expect(low.usage).toEqual(NOTHING)
  expect(middle.usage).toMatchObject({ children: 2, descendants: 2 })
  expect(top.usage).toMatchObject({ children: 1, descendants: 3 })
})

test('fuel is divided: all below one cell get no more than it has, and what is not used comes back', () => {
  const top = account({ fuel: 100 })
  const one = top.open({ fuel: 60 }, of(0))
  const two = top.open({}, of(0))
  expect(two.limits.fuel).toBe(40)
  expect(() => top.open({}, of(0))).toThrow(
    'the cells below it have or have used 100 units of fuel, its limit is 100',
  )
  // What a grand-parent has given away is gone for its grand-children too.
  expect(() => one.open({}, of(0))).toThrow('units of fuel')
  one.close(10)
  expect(top.usage).toMatchObject({ fuel: 40, fuelSpent: 10 })
  expect(top.open({}, of(0)).limits.fuel).toBe(50)
})

test('fuel per second is divided too', () => {
  const top = account({ fuelPerSecond: 100 })
  const one = top.open({ fuelPerSecond: 70 }, of(0))
  expect(top.open({}, of(0)).limits.fuelPerSecond).toBe(30)
  expect(() => top.open({}, of(0))).toThrow('have 100 units of fuel per second, its limit is 100')
  one.close(0)
  expect(top.open({}, of(0)).limits.fuelPerSecond).toBe(70)
})

test('starts are earned by the second, saved for one second, and charged all the way up', () => {
  let nowMs = 0
  const top = account({ spawnsPerSecond: 4 }, () => nowMs)
  const child = top.open({}, of(0))
  for (let i = 0; i < 3; i++) child.open({}, of(0)).close(0)
  expect(() => child.open({}, of(0))).toThrow('its limit is 4 per second')
  nowMs += 250
  child.open({}, of(0)).close(0)
  expect(() => top.open({}, of(0))).toThrow('its limit is 4 per second')
  nowMs += 3_600_000
  for (let i = 0; i < 4; i++) top.open({}, of(0)).close(0)
  expect(() => top.open({}, of(0))).toThrow('its limit is 4 per second')
})

test('a program that is held counts for all above, until it is let go, the cell living or not', () => {
  const top = account({ programs: 3, programBytes: 10 })
  const child = top.open({ programs: 2 }, of(0))
  const held = [child, child].map((each) => each.hold({ name: 'x', size: 3 }))
  expect(top.usage).toMatchObject({ programs: 2, programBytes: 6 })
  const refused = (holder: Account, size: number, figures: string) =>
    expect(() => holder.hold({ name: 'x', size })).toThrow(
      expect.objectContaining({
        kind: 'overloaded',
        code: 'PROGRAMS_HELD',
        message: `Cannot keep x of ${size} bytes: ${figures}; let one go`,
      }),
    )
  const limits = (programs: number) => `its limits are programs=${programs} and program-bytes=10`
  refused(child, 1, `2 with 6 bytes are held already, ${limits(2)}`)
  refused(top, 5, `2 with 6 bytes are held already, ${limits(3)}`)
  // What a child was given leaves its parent the rest.
  top.hold({ name: 'x', size: 4 })
  refused(top, 0, `3 with 10 bytes are held already, ${limits(3)}`)
  child.close(0)
  expect(top.usage).toMatchObject({ programs: 3, programBytes: 10 })
  for (const each of [...held, ...held]) each[Symbol.dispose]()
  expect(top.usage).toMatchObject({ programs: 1, programBytes: 4 })
  expect(child.usage).toEqual(NOTHING)
})

test('what is closed twice is given back once', () => {
  const top = account({ fuel: 100 })
  const child = top.open({ fuel: 10 }, of(MIB))
  child.close(4)
  child.close(4)
  expect(top.usage).toEqual({ ...NOTHING, fuelSpent: 4 })
})

test.each([1, 2, 3, 4, 5])(
  'whatever tree of cells there was, afterwards every account is empty (seed %i)',
  (seed) => {
    const random = new Random(seed)
    const below = (limit: number) => random.below(limit)
    const top = account({
      fuel: 1e9,
      fuelPerSecond: 1e6,
      totalMemoryBytes: 64 * MIB,
      descendants: 50,
    })
    const alive: Account[] = []
    const all: Account[] = [top]
    let spent = 0
    const close = () => {
      const [gone] = alive.splice(below(alive.length), 1)
      const used = Math.min(gone!.limits.fuel, below(1_000))
      spent += used
      gone!.close(used)
    }
    let refused = 0
    for (let step = 0; step < 2_000; step++) {
      if (alive.length > 0 && below(3) === 0) close()
      const parent = [top, ...alive][below(alive.length + 1)]!
      try {
        const asked = { fuel: 1 + below(1e8), fuelPerSecond: 1 + below(1e5) }
        const made = parent.open(asked, of(below(8) * MIB))
        alive.push(made)
        all.push(made)
      } catch {
        refused++
      }
      const { descendants, memoryBytes, fuel, fuelSpent, fuelPerSecond } = top.usage
      expect(descendants).toBe(alive.length)
      expect(memoryBytes).toBeLessThanOrEqual(64 * MIB)
      expect(fuel + fuelSpent).toBeLessThanOrEqual(1e9)
      expect(fuelPerSecond).toBeLessThanOrEqual(1e6)
    }
    expect(refused).toBeGreaterThan(0)
    while (alive.length > 0) close()
    for (const { usage } of all) expect({ ...usage, fuelSpent: 0 }).toEqual(NOTHING)
    expect(top.usage.fuelSpent).toBe(spent)
  },
)
