import { expect, test, vi } from 'vitest'

import { CELL_LIMITS } from '../../src/cell/limits.ts'
import { TimedDoorbell, Timesheet } from '../../src/cell/world/timesheet.ts'

const { callsAtOnce, fuelSlice, hostCallUnits, unitsPerMs } = CELL_LIMITS

/** A timesheet whose clock is the test's. */
function timesheet() {
  let nowMs = 0
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => nowMs)
  const bell = new TimedDoorbell(new Int32Array(new SharedArrayBuffer(8)), 0)
  const paid: number[] = []
  const sheet = new Timesheet(bell, (units) => void paid.push(units))
  return {
    sheet,
    bell,
    paid,
    pass: (ms: number) => void (nowMs += ms),
    calls(count: number, ms: number) {
      for (let call = 0; call < count; call++) {
        sheet.call()
        nowMs += ms
      }
    },
    [Symbol.dispose]: () => clock.mockRestore(),
  }
}

test('what takes no longer than its price is paid for by its price', () => {
  using work = timesheet()
  for (let slice = 0; slice < 10; slice++) {
    work.sheet.refuel(fuelSlice)
    work.pass(fuelSlice / unitsPerMs)
  }
  work.calls(10 * callsAtOnce, 0)
  expect(new Set(work.paid)).toEqual(new Set([fuelSlice, callsAtOnce * hostCallUnits]))
})

test('what takes longer is paid for by its time', () => {
  using work = timesheet()
  work.sheet.refuel(fuelSlice)
  work.pass(260)
  work.sheet.refuel(fuelSlice)
  work.sheet.refuel(fuelSlice)
  expect(work.paid.reduce((sum, units) => sum + units)).toBe(260 * unitsPerMs + fuelSlice)
})

test('a call that takes long is noticed within some, and then each is', () => {
  using work = timesheet()
  work.calls(callsAtOnce, 30)
  expect(work.paid).toHaveLength(1)
  work.calls(5, 30)
  expect(work.paid).toHaveLength(6)
  for (const units of work.paid.slice(1)) expect(units).toBeGreaterThanOrEqual(30 * unitsPerMs)
})

test('time that a cell waits is not charged', () => {
  using work = timesheet()
  work.sheet.refuel(fuelSlice)
  vi.spyOn(Atomics, 'wait').mockImplementationOnce(() => {
    work.pass(5_000)
    return 'timed-out'
  })
  work.bell.wait(0, 5_000)
  work.sheet.refuel(fuelSlice)
  expect(work.paid).toEqual([fuelSlice, fuelSlice])
})

test('what was paid and not used counts for one refuel, not for ever', () => {
  using work = timesheet()
  for (let slice = 0; slice < 100; slice++) work.sheet.refuel(fuelSlice)
  work.pass(100)
  work.sheet.refuel(0)
  expect(work.paid.at(-1)).toBe(100 * unitsPerMs - fuelSlice)
})
