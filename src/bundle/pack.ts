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
  const { lengths, distances } = cheapestWay(bytes)
  const ends: number[] = []
  for (let at = bytes.length; at > 0; at -= lengths[at] || 1) if (lengths[at]) ends.push(at)
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
  const putSequence = (until: number, length: number, distance: number) => {
    const plain = until - from
    const more = Math.max(0, length - MIN_PIECE_BYTES)
    const count = distance === last ? 0 : bytesFor(distance)
    out[written++] = (count << 6) | (Math.min(plain, MAX_PLAIN) << 4) | Math.min(more, MAX_LENGTH)
    putMore(plain, MAX_PLAIN)
    out.set(bytes.subarray(from, until), written)
    written += plain
    for (let n = 0; n < count; n += 1) out[written++] = (distance >> (8 * n)) & 255
    putMore(more, MAX_LENGTH)
    from = until + length
    last = distance
  }
  for (const end of ends.reverse()) putSequence(end - lengths[end]!, lengths[end]!, distances[end]!)
  putSequence(bytes.length, 0, last)
  return out.subarray(0, written)
}

/** By which steps each place is reached: the length of a piece that ends there, 0 for a plain byte, and the last distance. */
interface Way {
  readonly lengths: Int32Array
  readonly distances: Int32Array
}

/** Goes through all places in order, and from each as far as one step leads; the cheapest step to a place counts. */
function cheapestWay(bytes: Uint8Array): Way {
  const size = bytes.length
  const costs = new Float64Array(size + 1).fill(Infinity)
  const lengths = new Int32Array(size + 1)
  const distances = new Int32Array(size + 1)
  /** How many plain bytes end there. */
  const plains = new Int32Array(size + 1)
  const newest = new Int32Array(1 << HASH_BITS).fill(-1)
  const older = new Int32Array(size)
  const end = size - END_BYTES
  costs[0] = 0

  const reach = (to: number, cost: number, length: number, distance: number, plain: number) => {
    if (cost >= costs[to]!) return
    costs[to] = cost
    lengths[to] = length
    distances[to] = distance
    plains[to] = plain
  }
  const learn = (at: number) => {
    const word = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16)
    const key = Math.imul(word, 2_654_435_761) >>> (32 - HASH_BITS)
    older[at] = newest[key]!
    newest[key] = at
  }
  const matching = (at: number, earlier: number) => {
    let length = 0
    while (at + length < end && bytes[earlier + length] === bytes[at + length]) length += 1
    return length
  }
  /** Pieces of `shortest` to `longest` bytes, or only that one if it is long. */
  const take = (at: number, shortest: number, longest: number, distance: number, bytes: number) => {
    const cost = costs[at]! + SEQUENCE_COST + bytes
    for (let n = longest >= LONG_BYTES ? longest : shortest; n <= longest; n += 1) {
      reach(at + n, cost + moreBytes(n - MIN_PIECE_BYTES, MAX_LENGTH), n, distance, 0)
    }
  }

  for (let at = 0; at < size; at += 1) {
    const cost = costs[at]!
    const plain = plains[at]! + 1
    const more = moreBytes(plain, MAX_PLAIN) - moreBytes(plain - 1, MAX_PLAIN)
    reach(at + 1, cost + 1 + more, 0, distances[at]!, plain)
    if (at + MIN_NEW_BYTES > end) continue
    learn(at)
    const last = distances[at]!
    const again = last > 0 ? matching(at, at - last) : 0
    take(at, MIN_PIECE_BYTES, again, last, 0)
    let best = Math.max(again, MIN_NEW_BYTES - 1)
    let earlier = older[at]!
    for (let look = 0; look < MAX_LOOKS && earlier >= 0 && best < LONG_BYTES; look += 1) {
      const distance = at - earlier
      if (distance > MAX_DISTANCE) break
      if (bytes[earlier + best] === bytes[at + best]) {
        const length = matching(at, earlier)
        if (length > best) {
          take(at, best + 1, length, distance, bytesFor(distance))
          best = length
        }
      }
      earlier = older[earlier]!
    }
    if (best < LONG_BYTES) continue
    for (const to = at + best - 1; at < to;) {
      at += 1
      if (at + MIN_NEW_BYTES <= end) learn(at)
    }
  }
  return { lengths, distances }
}

function bytesFor(distance: number): number {
  return distance < 1 << 8 ? 1 : distance < 1 << 16 ? 2 : 3
}

function moreBytes(value: number, most: number): number {
  return value < most ? 0 : 1 + Math.floor((value - most) / 255)
}
