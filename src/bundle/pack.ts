// Packs the memory of a snapshot, which is pointers, zeros, and structures that differ in a field or two;
// `scripts/engine/glue.wat` unpacks it when a cell starts. Ours, because a program's bytes must not depend
// on the version of a compressor.
//
// The format is LZ4's in spirit: sequences of some plain bytes and a piece that stood before. A token
// leads each: bits 6 and 7 say in how many bytes the piece's distance follows, none meaning the distance
// of the last one, which is what packs structures; bits 4 and 5 how many plain bytes there are; the rest
// how long the piece is, beyond two. What does not fit a field goes on behind it, in bytes that add up to
// the first that is not 255: a token, more of the first field, plain bytes, a distance, more of the second.
// The last sequence has no piece.

/** The shortest piece that the format can say, and that is looked for at a new distance. */
const MIN_PIECE_BYTES = 2
const MIN_NEW_BYTES = 3
/** What the fields of a token hold; the last value says that more follows. */
const MAX_PLAIN = 3
const MAX_LENGTH = 15
/** So many bytes of the end are plain: who unpacks may read a word where the last distance stands. */
const END_BYTES = 4
const MAX_DISTANCE = (1 << 24) - 1
const HASH_BITS = 17
/** Earlier places with the same bytes that are looked at: more packs better, and slower. */
const MAX_LOOKS = 32
/** A piece of that length is taken whole, without looking into it. */
const LONG_BYTES = 256
/** What a sequence takes to unpack, as if it were bytes. */
const SEQUENCE_COST = 1.5

export function pack(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(bytes.length + Math.ceil(bytes.length / 255) + 16)
  let written = 0
  const putMore = (value: number, most: number) => {
    if (value < most) return
    let left = value - most
    for (; left >= 255; left -= 255) out[written++] = 255
    out[written++] = left
  }
  let from = 0
  let last = 0
  const putSequence = ({ at, length, distance }: Piece) => {
    const plain = at - from
    const more = Math.max(0, length - MIN_PIECE_BYTES)
    const count = distance === last ? 0 : bytesFor(distance)
    out[written++] = (count << 6) | (Math.min(plain, MAX_PLAIN) << 4) | Math.min(more, MAX_LENGTH)
    putMore(plain, MAX_PLAIN)
    out.set(bytes.subarray(from, at), written)
    written += plain
    for (let n = 0; n < count; n += 1) out[written++] = (distance >> (8 * n)) & 255
    putMore(more, MAX_LENGTH)
    from = at + length
    last = distance
  }
  for (const piece of cheapestPieces(bytes)) putSequence(piece)
  putSequence({ at: bytes.length, length: 0, distance: last })
  return out.subarray(0, written)
}

interface Piece {
  readonly at: number
  readonly length: number
  readonly distance: number
}

/**
 * Goes through all places in order, and from each as far as one step leads: a plain byte, or a piece.
 * Of the ways to a place two are gone on from, the cheapest, and the cheapest with another distance.
 */
function cheapestPieces(bytes: Uint8Array): Piece[] {
  const size = bytes.length
  const end = size - END_BYTES
  // Of both ways to each place: what it costs, the length of the piece that ends there or 0, the last
  // distance, how many plain bytes end there, and which way it goes on from.
  const costs = new Float64Array(2 * (size + 1)).fill(Infinity)
  const lengths = new Int32Array(costs.length)
  const distances = new Int32Array(costs.length)
  const plains = new Int32Array(costs.length)
  const origins = new Int32Array(costs.length)
  costs[0] = 0
  const set = (way: number, cost: number, length: number, distance: number, origin: number) => {
    costs[way] = cost
    lengths[way] = length
    distances[way] = distance
    plains[way] = length === 0 ? plains[origin]! + 1 : 0
    origins[way] = origin
  }
  const reach = (to: number, cost: number, length: number, distance: number, origin: number) => {
    const best = 2 * to
    const other = best + 1
    const isOther = distance !== distances[best]
    if (cost < costs[best]!) {
      if (isOther) {
        set(other, costs[best]!, lengths[best]!, distances[best]!, origins[best]!)
      }
      set(best, cost, length, distance, origin)
    } else if (isOther && cost < costs[other]!) set(other, cost, length, distance, origin)
  }
  const addPlain = (at: number, way: number) => {
    const plain = plains[way]!
    const more = moreBytes(plain + 1, MAX_PLAIN) - moreBytes(plain, MAX_PLAIN)
    reach(at + 1, costs[way]! + 1 + more, 0, distances[way]!, way)
  }
  /** Pieces of `shortest` to `longest` bytes, or only that one if it is long. */
  const addPieces = (
    at: number,
    way: number,
    shortest: number,
    longest: number,
    distance: number,
  ) => {
    const count = distance === distances[way] ? 0 : bytesFor(distance)
    const cost = costs[way]! + SEQUENCE_COST + count
    for (let n = longest >= LONG_BYTES ? longest : shortest; n <= longest; n += 1) {
      reach(at + n, cost + moreBytes(n - MIN_PIECE_BYTES, MAX_LENGTH), n, distance, way)
    }
  }
  const matching = (at: number, distance: number) => {
    let length = 0
    while (at + length < end && bytes[at + length - distance] === bytes[at + length]) length += 1
    return length
  }
  /** Pieces at the distance of the last. @returns the length of the longest */
  const addAgain = (at: number, way: number) => {
    const distance = distances[way]!
    const length = distance > 0 ? matching(at, distance) : 0
    addPieces(at, way, MIN_PIECE_BYTES, length, distance)
    return length
  }

  const earlier = new Places(bytes)
  for (let at = 0; at < size; at += 1) {
    const best = 2 * at
    const other = best + 1
    const hasOther = costs[other]! < Infinity
    addPlain(at, best)
    if (hasOther) addPlain(at, other)
    if (at + MIN_NEW_BYTES > end) continue
    let longest = Math.max(addAgain(at, best), hasOther ? addAgain(at, other) : 0)
    longest = Math.max(longest, MIN_NEW_BYTES - 1)
    let place = earlier.learn(at)
    for (let look = 0; look < MAX_LOOKS && place >= 0 && longest < LONG_BYTES; look += 1) {
      const distance = at - place
      if (distance > MAX_DISTANCE) break
      if (bytes[place + longest] === bytes[at + longest]) {
        const length = matching(at, distance)
        addPieces(at, best, longest + 1, length, distance)
        longest = Math.max(longest, length)
      }
      place = earlier.before(place)
    }
    if (longest < LONG_BYTES) continue
    for (const to = at + longest - 1; at < to;) {
      at += 1
      if (at + MIN_NEW_BYTES <= end) earlier.learn(at)
    }
  }

  const pieces: Piece[] = []
  for (let way = 2 * size; way > 1; way = origins[way]!) {
    const length = lengths[way]!
    if (length > 0) pieces.push({ at: (way >> 1) - length, length, distance: distances[way]! })
  }
  return pieces.reverse()
}

/** Where the same bytes stood before. */
class Places {
  readonly #bytes: Uint8Array
  readonly #newest = new Int32Array(1 << HASH_BITS).fill(-1)
  readonly #older: Int32Array

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#older = new Int32Array(bytes.length)
  }

  /** @returns the last place before this one, or -1 */
  learn(at: number): number {
    const bytes = this.#bytes
    const word = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16)
    const key = Math.imul(word, 2_654_435_761) >>> (32 - HASH_BITS)
    const before = this.#newest[key]!
    this.#newest[key] = at
    this.#older[at] = before
    return before
  }

  before(at: number): number {
    return this.#older[at]!
  }
}

function bytesFor(distance: number): number {
  return distance < 1 << 8 ? 1 : distance < 1 << 16 ? 2 : 3
}

function moreBytes(value: number, most: number): number {
  return value < most ? 0 : 1 + Math.floor((value - most) / 255)
}
