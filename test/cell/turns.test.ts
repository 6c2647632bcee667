import { expect, test } from 'vitest'

import { CELL_LIMITS } from '../../src/cell/limits.ts'
import { Turns } from '../../src/cell/turns.ts'
import type { Seat } from '../../src/cell/turns.ts'
import { Random } from '../help/random.ts'
import { sleep, until } from './help/cells.ts'

const TURN_MS = CELL_LIMITS.turnUnits / CELL_LIMITS.unitsPerMs

/** Cells that ask whenever they have no turn, and the order in which they were given turns. */
function crowd(
  places: number,
  count: number,
  progress: (cell: number) => number = () => 0,
  nowMs?: () => number,
) {
  const turns = new Turns({ count: places }, nowMs)
  const granted: number[] = []
  const holding = new Set<number>()
  const seats = Array.from({ length: count }, (_, i) => {
    const grant = () => {
      granted.push(i)
      holding.add(i)
    }
    return turns.join(grant, () => progress(i))
  })
  return { turns, granted, holding, seats }
}

test('no more cells have a turn than there are places, for any order of asking and leaving', () => {
  const random = new Random(7)
  const { seats, holding } = crowd(3, 10, undefined, () => 0)
  for (let step = 0; step < 2_000; step++) {
    const i = random.below(seats.length)
    // Before: a grant may come within the call, to the same seat too.
    holding.delete(i)
    if (random.chance(0.6)) seats[i]!.ask()
    else seats[i]!.leave()
    expect(holding.size).toBeLessThanOrEqual(3)
  }
})

test('cells that ask without end have turns equally', () => {
  const { seats, granted } = crowd(1, 7, undefined, () => 0)
  for (const seat of seats) seat.ask()
  for (let step = 0; step < 700; step++) seats[granted.at(-1)!]!.ask()
  const counts = seats.map((_, i) => granted.filter((each) => each === i).length)
  expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1)
})

test('a cell whose turns are short is next before those that use theirs up, and has no more time than they', () => {
  let nowMs = 0
  const { seats, granted } = crowd(1, 5, undefined, () => nowMs)
  const [short, ...long] = seats
  const timeMs = seats.map(() => 0)
  for (const seat of long) seat.ask()
  short!.ask()
  for (let step = 0; step < 2_000; step++) {
    // Whoever has the turn gives it back after its time, and asks again; one of them rests before.
    const holder = granted.at(-1)!
    const ms = holder === 0 ? 1 : 8
    nowMs += ms
    timeMs[holder]! += ms
    if (holder === 0) short!.leave()
    seats[holder]!.ask()
    const isFewest = timeMs[0]! < Math.min(...timeMs.slice(1))
    if (holder > 0 && isFewest) expect(granted.at(-1)).toBe(0)
  }
  expect(timeMs[0]).toBeGreaterThan(900)
  expect(Math.max(...timeMs.slice(1)) - Math.min(...timeMs.slice(1))).toBeLessThanOrEqual(8)
})

test('a turn that nobody waited for, however long, does not put a cell behind others', () => {
  let nowMs = 0
  const { seats, granted } = crowd(1, 3, undefined, () => nowMs)
  seats[0]!.ask()
  nowMs += 10_000
  // Others come, and use theirs up.
  for (const seat of seats.slice(1)) seat.ask()
  seats[0]!.leave()
  for (let step = 0; step < 4; step++) {
    nowMs += 8
    seats[granted.at(-1)!]!.ask()
  }
  seats[0]!.ask()
  nowMs += 8
  seats[granted.at(-1)!]!.ask()
  expect(granted.at(-1)).toBe(0)
})

test('cells that are new, however many come, do not go before those who wait', () => {
  let nowMs = 0
  const turns = new Turns({ count: 1 }, () => nowMs)
  const order: string[] = []
  let giveBack = () => {}
  const join = (name: string, then: (seat: Seat) => void) => {
    const seat = turns.join(
      () => {
        order.push(name)
        giveBack = () => then(seat)
      },
      () => 0,
    )
    seat.ask()
  }
  for (const name of ['one', 'other']) join(name, (seat) => seat.ask())
  for (let step = 0; step < 90; step++) {
    join('new', (seat) => seat.leave())
    nowMs += TURN_MS
    giveBack()
  }
  expect(order.filter((name) => name !== 'new').length).toBeGreaterThanOrEqual(6)
  // None waits longer than for those who were there when it asked.
  expect(order.lastIndexOf('one')).toBeGreaterThan(45)
})

test('a cell that asks now and then is next; one that comes back does not catch up', () => {
  let nowMs = 0
  const { seats, granted } = crowd(1, 5, undefined, () => (nowMs += 8))
  for (const seat of seats.slice(0, 4)) seat.ask()
  for (let step = 0; step < 100; step++) seats[granted.at(-1)!]!.ask()
  // It had no turn so far: it is next, once.
  seats[4]!.ask()
  seats[granted.at(-1)!]!.ask()
  expect(granted.at(-1)).toBe(4)
  const from = granted.length
  for (let step = 0; step < 10; step++) seats[granted.at(-1)!]!.ask()
  expect(granted.slice(from).filter((each) => each === 4).length).toBeLessThanOrEqual(3)
})

test('a turn in which nothing is computed goes to another after a while', async () => {
  const { seats, granted } = crowd(1, 3)
  for (const seat of seats) seat.ask()
  expect(granted).toEqual([0])
  await until(() => granted.length === 3)
  expect(granted).toEqual([0, 1, 2])
})

test('a cell that computes keeps its turn, however slowly it gets on', async () => {
  let computed = 0
  const { seats, granted } = crowd(1, 3, (cell) => (cell === 0 ? computed++ : 0))
  for (const seat of seats) seat.ask()
  await sleep(5 * CELL_LIMITS.turnMs)
  expect(granted).toEqual([0])
  seats[0]!.leave()
  expect(granted).toEqual([0, 1])
})

test('who leaves is given none, and its place is taken', () => {
  const { seats, granted } = crowd(1, 3, undefined, () => 0)
  for (const seat of seats) seat.ask()
  seats[1]!.leave()
  seats[0]!.leave()
  expect(granted).toEqual([0, 2])
})
