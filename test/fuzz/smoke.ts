import { expect } from 'vitest'

import { Random } from '../help/random.ts'
import { isWhole, rounds } from '../help/rounds.ts'
import { readCorpus } from './corpus.ts'
import { fuzz } from './fuzzer.ts'
import type { Fuzzer } from './fuzzer.ts'

/**
 * Expects that no stored input and no new one breaks a promise; they are the same every time.
 *
 * @param runs of new inputs
 * @param mustReach what they are to come by, so that a fuzzer that has lost its way is noticed
 */
export async function smoke(
  fuzzer: Fuzzer,
  runs: number,
  mustReach: readonly string[],
): Promise<void> {
  const rejections: unknown[] = []
  const listener = (reason: unknown) => rejections.push(reason)
  process.on('unhandledRejection', listener)
  const stored = readCorpus(fuzzer.name)
  expect(stored.length).toBeGreaterThan(10)
  const corpus = stored.slice(0, rounds(stored.length))
  const random = new Random(1)
  try {
    const isOver = (run: number) => run >= corpus.length + rounds(runs)
    const { features } = await fuzz({ fuzzer, random, corpus, isOver })
    const missed = mustReach.filter((feature) => !features.has(feature))
    if (isWhole) expect(missed).toEqual([])
    await new Promise((resolve) => setImmediate(resolve))
    expect(rejections).toEqual([])
  } finally {
    process.off('unhandledRejection', listener)
  }
}
