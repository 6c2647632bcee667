// wasi:clocks and wasi:random: the two senses a guest has besides its streams.

import { CELL_LIMITS } from '../limits.ts'
import { MONOTONIC_RESOLUTION_NS, monotonicNs, WALL_RESOLUTION_NS, wallNs } from '../world/clock.ts'
import { fillRandom, randomU64 } from '../world/random.ts'
import { trap } from '../world/stop.ts'
import { deadlineAfterNs } from '../world/waiter.ts'
import { unsigned } from './canon.ts'
import type { Canon, Interfaces } from './canon.ts'
import { timer } from './io.ts'

export const NS_PER_S = 1_000_000_000n

/** Puts a `datetime`. */
export function putTime({ memory }: Canon, at: number, ns: bigint): void {
  memory.setU64(at, ns / NS_PER_S)
  memory.setU32(at + 8, Number(ns % NS_PER_S))
}

const randomBytes = (_guest: unknown, canon: Canon) => (length: bigint, out: number) => {
  const most = CELL_LIMITS.randomBytes
  if (unsigned(length) > BigInt(most)) trap(`it asked for more than ${most} random bytes at once`)
  const bytes = new Uint8Array(Number(length))
  fillRandom(bytes)
  canon.putBytes(out, bytes)
}

export const CLOCKS_AND_RANDOM: Interfaces = {
  'wasi:clocks/monotonic-clock': {
    now: () => monotonicNs,
    resolution: () => () => MONOTONIC_RESOLUTION_NS,
    'subscribe-instant':
      ({ handles }) =>
      (instant: bigint) =>
        handles.add(timer(deadlineAfterNs(unsigned(instant) - monotonicNs()))),
    'subscribe-duration':
      ({ handles }) =>
      (duration: bigint) =>
        handles.add(timer(deadlineAfterNs(unsigned(duration)))),
  },
  'wasi:clocks/wall-clock': {
    now: (_guest, canon) => (out: number) => putTime(canon, out, wallNs()),
    resolution: (_guest, canon) => (out: number) => putTime(canon, out, WALL_RESOLUTION_NS),
  },
  // Everywhere is Greenwich: where a node stands is nobody's affair.
  'wasi:clocks/timezone': {
    display: (_guest, canon) => (_seconds: bigint, _nanoseconds: number, out: number) => {
      canon.memory.setU32(out, 0)
      canon.putText(out + 4, 'UTC')
      canon.memory.setU8(out + 12, 0)
    },
    'utc-offset': () => () => 0,
  },

  'wasi:random/random': {
    'get-random-bytes': randomBytes,
    'get-random-u64': () => randomU64,
  },
  'wasi:random/insecure': {
    'get-insecure-random-bytes': randomBytes,
    'get-insecure-random-u64': () => randomU64,
  },
  'wasi:random/insecure-seed': {
    'insecure-seed': (_guest, canon) => (out: number) => {
      canon.memory.setU64(out, randomU64())
      canon.memory.setU64(out + 8, randomU64())
    },
  },
}
