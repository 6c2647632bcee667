// LZ4's block format (lz4_Block_format.md), written: what stands in a snapshot is pointers and zeros,
// and packs to a third. `scripts/engine/glue.wat` reads it when a cell starts. Ours, because a program's
// bytes must not depend on the version of a compressor.

const MIN_MATCH_BYTES = 4
/** The format's: a match ends, and another begins, only so far before the end. */
const LAST_LITERALS_BYTES = 5
const LAST_MATCH_BYTES = 12
const MAX_DISTANCE = 65_535
const HASH_BITS = 16
/** Earlier places with the same four bytes that are looked at: more packs better, and slower. */
const MAX_LOOKS = 256

export function pack(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(bytes.length + Math.ceil(bytes.length / 255) + 16)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const newest = new Int32Array(1 << HASH_BITS).fill(-1)
  const older = new Int32Array(bytes.length)
  let written = 0
  let literalsFrom = 0
  let known = 0

  const hash = (at: number) =>
    Math.imul(view.getUint32(at, true), 2_654_435_761) >>> (32 - HASH_BITS)
  const learn = (until: number) => {
    for (; known < until && known + MIN_MATCH_BYTES <= bytes.length; known += 1) {
      const key = hash(known)
      older[known] = newest[key]!
      newest[key] = known
    }
  }
  const putLength = (length: number) => {
    let left = length - 15
    for (; left >= 255; left -= 255) out[written++] = 255
    out[written++] = left
  }
  const putSequence = (literalsEnd: number, distance: number, length: number) => {
    const literals = literalsEnd - literalsFrom
    const more = length - MIN_MATCH_BYTES
    const isLast = length === 0
    out[written++] = (Math.min(literals, 15) << 4) | (isLast ? 0 : Math.min(more, 15))
    if (literals >= 15) putLength(literals)
    out.set(bytes.subarray(literalsFrom, literalsEnd), written)
    written += literals
    if (isLast) return
    out[written++] = distance & 255
    out[written++] = distance >> 8
    if (more >= 15) putLength(more)
    literalsFrom = literalsEnd + length
  }

  const matchesEnd = bytes.length - LAST_LITERALS_BYTES
  for (let at = 0; at <= bytes.length - LAST_MATCH_BYTES;) {
    learn(at)
    let best = 0
    let from = 0
    let candidate = newest[hash(at)]!
    for (let look = 0; look < MAX_LOOKS && candidate >= 0; look += 1) {
      if (at - candidate > MAX_DISTANCE) break
      if (bytes[candidate + best] === bytes[at + best]) {
        let length = 0
        while (at + length < matchesEnd && bytes[candidate + length] === bytes[at + length])
          length += 1
        if (length > best) {
          best = length
          from = candidate
        }
      }
      candidate = older[candidate]!
    }
    if (best < MIN_MATCH_BYTES) {
      at += 1
      continue
    }
    putSequence(at, at - from, best)
    at += best
  }
  putSequence(bytes.length, 0, 0)
  return out.subarray(0, written)
}
