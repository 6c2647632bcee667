import { afterAll, beforeAll, expect, test, vi } from 'vitest'

import { CELL_LIMITS } from '../../src/cell/limits.ts'
import { TurnDesk } from '../../src/cell/turn-desk.ts'
import { Turns } from '../../src/cell/turns.ts'
import { TurnWord } from '../../src/cell/world/share.ts'
import { Random } from '../help/random.ts'

/** Cells with a word each, whose threads are played by hand. */
function cells(places: number, count: number) {
  const desk = new TurnDesk(new Turns({ count: places }))
  const words = new Int32Array(new SharedArrayBuffer(count * Int32Array.BYTES_PER_ELEMENT))
  return Array.from({ length: count }, (_, i) => {
    const word = new TurnWord(words, i)
    const wake = () => (cell.woken += 1)
    const cell = { word, woken: 0, desk: desk.join({ word, wake, progress: () => 0 }) }
    return cell
  })
}

const ask = ({ word, desk }: ReturnType<typeof cells>[number]) => {
  word.ask()
  desk.look()
}

// A turn that lasts too long counts no more: here none does.
beforeAll(() => void vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout'] }))
afterAll(() => void vi.useRealTimers())

test('while nobody else asks a cell rests with its turn and goes on with it', () => {
  const [cell] = cells(1, 2)
  ask(cell!)
  expect(cell!.word.isGranted).toBe(true)
  for (let call = 0; call < 3; call++) {
    expect(cell!.word.rest()).toBe(true)
    cell!.desk.look()
    expect(cell!.word.resume()).toBe(true)
  }
  expect(cell!.woken).toBe(1)
})

test('the turn of a cell that rests goes to who asks, and is missed by who goes on', () => {
  const [resting, asking] = cells(1, 2)
  ask(resting!)
  resting!.word.rest()
  ask(asking!)
  expect([asking!.word.isGranted, asking!.woken]).toEqual([true, 1])
  expect(resting!.word.resume()).toBe(false)
})

test('a cell that has rested with its turn for long, beside others that come and go, has not kept it when one more asks', () => {
  const [resting, other, asking] = cells(2, 3)
  ask(resting!)
  resting!.word.rest()
  vi.advanceTimersByTime(2 * CELL_LIMITS.turnMs)
  ask(other!)
  ask(asking!)
  expect([other, asking].map((cell) => cell!.word.isGranted)).toEqual([true, true])
  expect(resting!.word.resume()).toBe(false)
})

test('where there is a place left, nobody who rests gives way, nor for one that asks again', () => {
  const [first, second] = cells(2, 2)
  ask(first!)
  first!.word.rest()
  ask(second!)
  ask(second!)
  expect([first!.word.resume(), second!.word.isGranted]).toEqual([true, true])
})

test('a cell that computes while others ask gives its turn back when it rests, and so does the next', () => {
  const [first, second, third] = cells(1, 3)
  for (const cell of [first, second, third]) ask(cell!)
  expect([first, second, third].map((cell) => cell!.word.isGranted)).toEqual([true, false, false])
  expect(first!.word.rest()).toBe(false)
  first!.desk.look()
  expect([second, third].map((cell) => cell!.word.isGranted)).toEqual([true, false])
  expect(second!.word.rest()).toBe(false)
  second!.desk.look()
  // Nobody waits behind it.
  expect([third!.word.isGranted, third!.word.rest()]).toEqual([true, true])
})

test('a cell that is gone waits for nothing and leaves its turn', () => {
  const [first, second, third] = cells(1, 3)
  for (const cell of [first, second, third]) ask(cell!)
  second!.desk.leave()
  first!.desk.leave()
  expect([second, third].map((cell) => cell!.word.isGranted)).toEqual([false, true])
})

test('in any order of asking, resting and leaving, no more compute than there are places, and who asks waits only for those', () => {
  const random = new Random(11)
  const crowd = cells(2, 6)
  for (let step = 0; step < 5_000; step++) {
    const cell = crowd[random.below(crowd.length)]!
    const { word } = cell
    if (word.isGranted) {
      if (random.chance(0.5)) word.rest()
      else word.ask()
    } else if (!word.isAsked && !word.resume()) word.ask()
    cell.desk.look()
    const granted = crowd.filter((each) => each.word.isGranted).length
    expect(granted).toBeLessThanOrEqual(2)
    if (crowd.some((each) => each.word.isAsked)) expect(granted).toBe(2)
  }
})
