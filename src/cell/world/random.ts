/** Most bytes `crypto.getRandomValues` gives at once. */
const RANDOM_CHUNK = 65_536

/** Fills `target`, which is not shared memory, with unpredictable bytes. */
export function fillRandom(target: Uint8Array): void {
  for (let at = 0; at < target.length; at += RANDOM_CHUNK) {
    crypto.getRandomValues(target.subarray(at, at + RANDOM_CHUNK) as Uint8Array<ArrayBuffer>)
  }
}

export function randomU64(): bigint {
  return crypto.getRandomValues(new BigUint64Array(1))[0]!
}
