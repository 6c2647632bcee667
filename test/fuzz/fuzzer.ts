// The loop all fuzzers share: inputs are bytes, what they reach is named by features, and an input
// that reaches something new is kept to be changed further.

import type { Random } from '../help/random.ts'

export interface Fuzzer {
  readonly name: string
  /** Inputs are made no longer than this. */
  readonly maxBytes: number
  /** What fresh inputs are made from, besides random bytes. */
  readonly seeds?: () => readonly Uint8Array[]
  /**
   * Does what the input says.
   * @param line is told what happens, for whoever wants to understand a failure
   * @returns what it reached. @throws when a promise was broken
   */
  run(
    input: Uint8Array,
    line?: (text: string) => void,
  ): Iterable<string> | Promise<Iterable<string>>
}

export class Failure extends Error {
  readonly input: Uint8Array

  constructor(input: Uint8Array, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause })
    this.input = input
  }
}

export interface Statistics {
  runs: number
  /** How many inputs reached each feature. */
  readonly features: Map<string, number>
  /** Inputs that reached something first. */
  readonly pool: Uint8Array[]
}

export interface FuzzOptions {
  readonly fuzzer: Fuzzer
  readonly random: Random
  readonly corpus: readonly Uint8Array[]
  /** Asked before each run. */
  readonly isOver: (runs: number) => boolean
}

/** @throws {Failure} */
export async function fuzz({ fuzzer, random, corpus, isOver }: FuzzOptions): Promise<Statistics> {
  const statistics: Statistics = { runs: 0, features: new Map(), pool: [] }
  const given = [...corpus, ...(fuzzer.seeds?.() ?? [])]
  for (let next = 0; next < given.length || !isOver(statistics.runs); next++) {
    const input = given[next] ?? invent(fuzzer, statistics.pool, random)
    await runOne(fuzzer, input, statistics)
  }
  return statistics
}

async function runOne(fuzzer: Fuzzer, input: Uint8Array, statistics: Statistics): Promise<void> {
  statistics.runs++
  let isNew = false
  try {
    for (const feature of await fuzzer.run(input.slice())) {
      const count = statistics.features.get(feature) ?? 0
      isNew ||= count === 0
      statistics.features.set(feature, count + 1)
    }
  } catch (thrown) {
    throw new Failure(input, thrown)
  }
  if (isNew) statistics.pool.push(input)
}

function invent(fuzzer: Fuzzer, pool: readonly Uint8Array[], random: Random): Uint8Array {
  const isFresh = pool.length === 0 || random.chance(0.15)
  let input = isFresh ? random.bytes(random.below(fuzzer.maxBytes)) : random.pick(pool)
  if (isFresh) return input
  for (let change = random.below(6); change >= 0; change--) input = changed(input, pool, random)
  return input.slice(0, fuzzer.maxBytes)
}

function changed(input: Uint8Array, pool: readonly Uint8Array[], random: Random): Uint8Array {
  const at = random.below(input.length + 1)
  const end = Math.min(input.length, at + 1 + random.below(16))
  const join = (...parts: Uint8Array[]) => Uint8Array.from(parts.flatMap((part) => [...part]))
  switch (random.below(6)) {
    case 0: // a few bytes are others
      return join(input.subarray(0, at), random.bytes(end - at), input.subarray(end))
    case 1: // one bit
      return input.map((byte, index) => (index === at ? byte ^ (1 << random.below(8)) : byte))
    case 2:
      return join(input.subarray(0, at), input.subarray(end))
    case 3:
      return join(input.subarray(0, at), random.bytes(1 + random.below(24)), input.subarray(at))
    case 4: // twice
      return join(input.subarray(0, end), input.subarray(at))
    default: {
      const other = random.pick(pool)
      return join(input.subarray(0, at), other.subarray(random.below(other.length + 1)))
    }
  }
}

/** A smaller input that fails in the same way, found within `maxRuns` attempts. */
export async function minimized(
  fuzzer: Fuzzer,
  failure: Failure,
  maxRuns: number,
): Promise<Uint8Array> {
  let { input } = failure
  let left = maxRuns
  const fails = async (candidate: Uint8Array) => {
    left--
    try {
      await fuzzer.run(candidate.slice())
      return false
    } catch (thrown) {
      return wayOf(thrown) === wayOf(failure)
    }
  }
  for (let size = input.length >> 1; size > 0 && left > 0; size >>= 1) {
    for (let at = 0; at < input.length && left > 0;) {
      const shorter = new Uint8Array([...input.subarray(0, at), ...input.subarray(at + size)])
      if (await fails(shorter)) input = shorter
      else at += size
    }
  }
  for (let at = 0; at < input.length && left > 0; at++) {
    const simpler = input.map((byte, index) => (index === at ? 0 : byte))
    if (input[at] !== 0 && (await fails(simpler))) input = simpler
  }
  return input
}

/** What went wrong, without the numbers that change from input to input. */
function wayOf(thrown: unknown): string {
  return (thrown instanceof Error ? thrown.message : String(thrown))
    .replaceAll(/\d+/g, '#')
    .slice(0, 40)
}
