import { expect, test } from 'vitest'

import { CELL_LIMITS } from '../../src/cell/limits.ts'
import { Pump, Served } from '../../src/cell/pump.ts'

/** Time goes by while somebody works, and only then. */
let nowMs = 0
const clock = () => nowMs

/** Keeps this thread busy. */
function work(ms: number): void {
  nowMs += ms
}

/** A cell that used far more than its allowance, some of it already counted. */
function greedy(usedMs = 0): Served {
  const served = new Served(nowMs)
  served.savedMs = -1e6
  served.usedMs = usedMs
  return served
}

test('a cell within its allowance is served at once, whoever else waits', async () => {
  const pump = new Pump(clock)
  const order: string[] = []
  const others = [greedy(), greedy(), greedy()].map((served) =>
    pump.serve(served, () => void order.push('greedy')),
  )
  void pump.serve(new Served(nowMs), () => void order.push('modest'))
  // The first of those that waited found nobody before it.
  expect(order).toEqual(['greedy', 'modest'])
  await Promise.all(others)
  expect(order).toEqual(['greedy', 'modest', 'greedy', 'greedy'])
})

test('a cell that keeps the thread busy is beyond its allowance, and moves little at a time', async () => {
  const pump = new Pump(clock)
  const served = new Served(nowMs)
  const moved: number[] = []
  const turn = (maxBytes: number) => {
    moved.push(maxBytes)
    work(3 * CELL_LIMITS.savedHostMs)
  }
  await pump.serve(served, turn)
  await pump.serve(served, turn)
  expect(moved).toEqual([CELL_LIMITS.ringBytes, CELL_LIMITS.sliceBytes])
})

test('those beyond their allowance have the thread for equal times, not equally often', async () => {
  const pump = new Pump(clock)
  const turns = { quick: 0, slow: 0 }
  const serve = async (name: 'quick' | 'slow', ms: number) => {
    const served = greedy()
    while (turns.slow < 4) {
      await pump.serve(served, () => {
        turns[name]++
        work(ms)
      })
    }
  }
  await Promise.all([serve('quick', 1), serve('slow', 10)])
  expect(turns.quick).toBeGreaterThan(turns.slow * 3)
})

test('what a cell sets off behind its bytes is its own work too', async () => {
  const pump = new Pump(clock)
  const served = new Served(nowMs)
  await pump.serve(served, () => queueMicrotask(() => work(2 * CELL_LIMITS.savedHostMs)))
  expect(served.savedMs).toBeLessThan(0)
})
