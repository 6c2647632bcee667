// What a message says, by https://capnproto.org/encoding.html and nothing else: the reader that ours
// is compared with. It is slow and simple, and makes one text of all that can be reached.

export class Malformed extends Error {}

export interface ReferenceLimits {
  /** Words that may be pointed to, each time they are; what has no size counts one per element. */
  readonly budgetWords: number
  readonly maxDepth: number
  /** Capabilities that there are. */
  readonly caps: number
}

const ELEMENT_BITS = [0, 1, 8, 16, 32, 64, 64] as const

/** @throws {Malformed} */
export function meaningOf(segments: readonly Uint8Array[], limits: ReferenceLimits): string {
  const views = segments.map((bytes) => new DataView(bytes.buffer, bytes.byteOffset, bytes.length))
  let budget = limits.budgetWords

  const wordsIn = (segment: number): number => {
    const view = views[segment]
    if (!view) throw new Malformed('no such segment')
    return view.byteLength >> 3
  }
  const word = (segment: number, at: number): bigint => {
    if (at < 0 || at >= wordsIn(segment)) throw new Malformed('outside the segment')
    return views[segment]!.getBigUint64(at * 8, true)
  }
  const charge = (words: number): void => {
    budget -= words
    if (budget < 0) throw new Malformed('too much reading')
  }
  const bits = (value: bigint, from: number, count: number): number =>
    Number((value >> BigInt(from)) & ((1n << BigInt(count)) - 1n))
  const offsetOf = (pointer: bigint): number => Number(BigInt.asIntN(30, pointer >> 2n))
  const hex = (segment: number, from: number, bytes: number): string =>
    [...segments[segment]!.subarray(from, from + bytes)].join('.')
  const inside = (segment: number, at: number, words: number): void => {
    if (at < 0 || at + words > wordsIn(segment)) throw new Malformed('outside the segment')
  }

  const read = (segment: number, at: number, depth: number): string => {
    const pointer = word(segment, at)
    if (pointer === 0n) return 'null'
    if (bits(pointer, 0, 2) !== 2)
      return target(pointer, segment, at + 1 + offsetOf(pointer), depth)
    const padSegment = bits(pointer, 32, 32)
    const pad = bits(pointer, 3, 29)
    const landing = word(padSegment, pad)
    if (bits(pointer, 2, 1) === 0) {
      if (bits(landing, 0, 2) === 2) throw new Malformed('far to far')
      return target(landing, padSegment, pad + 1 + offsetOf(landing), depth)
    }
    const tag = word(padSegment, pad + 1)
    if (bits(landing, 0, 3) !== 2) throw new Malformed('a pad that is not far')
    if (bits(tag, 0, 2) === 2) throw new Malformed('a tag that is far')
    if (bits(tag, 0, 2) < 2 && offsetOf(tag) !== 0) throw new Malformed('a tag with an offset')
    const contentSegment = bits(landing, 32, 32)
    wordsIn(contentSegment)
    return target(tag, contentSegment, bits(landing, 3, 29), depth)
  }

  const target = (pointer: bigint, segment: number, at: number, depth: number): string => {
    const kind = bits(pointer, 0, 2)
    if (kind === 3) {
      if (bits(pointer, 2, 30) !== 0) throw new Malformed('an unknown pointer')
      const index = bits(pointer, 32, 32)
      return index < limits.caps ? `cap ${index}` : 'null'
    }
    // A landing pad may be null as any pointer may, but then it is a struct of no size.
    if (depth <= 0) throw new Malformed('too deep')
    if (kind === 0) {
      const [data, pointers] = [bits(pointer, 32, 16), bits(pointer, 48, 16)]
      inside(segment, at, data + pointers)
      charge(Math.max(data + pointers, 1))
      return struct(segment, at, data, pointers, depth - 1)
    }
    const size = bits(pointer, 32, 3)
    const count = bits(pointer, 35, 29)
    if (size === 7) {
      inside(segment, at, count + 1)
      const tag = word(segment, at)
      if (bits(tag, 0, 2) !== 0) throw new Malformed('a list tag that is no struct')
      const elements = bits(tag, 2, 30)
      const [data, pointers] = [bits(tag, 32, 16), bits(tag, 48, 16)]
      if (elements * (data + pointers) > count) throw new Malformed('more elements than words')
      charge(count + 1)
      if (data + pointers === 0) charge(elements)
      const parts: string[] = []
      for (let index = 0; index < elements; index++) {
        const from = at + 1 + index * (data + pointers)
        parts.push(struct(segment, from, data, pointers, depth - 1))
      }
      return `[${parts.join()}]`
    }
    const words = Math.ceil((count * ELEMENT_BITS[size]!) / 64)
    inside(segment, at, words)
    charge(words === 0 ? Math.max(count, 1) : words)
    if (size !== 6) {
      const bytes = Math.ceil((count * ELEMENT_BITS[size]!) / 8)
      return `list ${size} of ${count}: ${hex(segment, at * 8, bytes)}`
    }
    const parts: string[] = []
    for (let index = 0; index < count; index++) parts.push(read(segment, at + index, depth - 1))
    return `pointers [${parts.join()}]`
  }

  const struct = (
    segment: number,
    at: number,
    data: number,
    pointers: number,
    depth: number,
  ): string => {
    const parts = [hex(segment, at * 8, data * 8)]
    for (let index = 0; index < pointers; index++)
      parts.push(read(segment, at + data + index, depth))
    return `{${parts.join(' ')}}`
  }

  return read(0, 0, limits.maxDepth)
}
