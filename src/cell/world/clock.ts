const NS_PER_US = 1_000n
const NS_PER_MS = 1_000_000n

/** Resolution of the guest's clocks, ns. Finer clocks and shared memory make side channels. */
export const MONOTONIC_RESOLUTION_NS = NS_PER_US
export const WALL_RESOLUTION_NS = NS_PER_MS

/** Nanoseconds since some moment, in whole microseconds. */
export function monotonicNs(): bigint {
  return BigInt(Math.floor(performance.now() * 1_000)) * NS_PER_US
}

/** Nanoseconds since 1970, in whole milliseconds. */
export function wallNs(): bigint {
  return BigInt(Date.now()) * NS_PER_MS
}
