// Boils a source map (ECMA-426) down to what a stack trace of a guest needs: for the guest's own
// modules, which line of the source a place in the script comes from. A few bytes a line, where the
// map is as long as the script.

/** What `src/guest/places.ts` looks places up in; its shape is described there. */
export interface SourcePlaces {
  readonly sources: readonly string[]
  readonly segments: readonly number[]
}

export interface SourceMap {
  readonly sources: readonly string[]
  readonly mappings: string
}

const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

/** @param isOwn whether a source, as the map names it, belongs to the guest */
export function placesFromSourceMap(
  map: SourceMap,
  isOwn: (source: string) => boolean,
): SourcePlaces {
  const sources: string[] = []
  const indexes = map.sources.map((source) => (isOwn(source) ? sources.push(source) - 1 : -1))
  const segments: number[] = []
  let source = 0
  let sourceLine = 0
  let lastLine = 0
  let last = ''
  map.mappings.split(';').forEach((line, lineIndex) => {
    let column = 0
    for (const segment of line === '' ? [] : line.split(',')) {
      const [columnStep = 0, sourceStep = 0, lineStep = 0] = decodeVlq(segment)
      column += columnStep
      source += sourceStep
      sourceLine += lineStep
      const index = indexes[source] ?? -1
      const place = index < 0 ? '' : `${index}:${sourceLine}`
      if (place === last) continue
      last = place
      segments.push(lineIndex + 1 - lastLine, column + 1, index, index < 0 ? 0 : sourceLine + 1)
      lastLine = lineIndex + 1
    }
  })
  return { sources, segments }
}

/** The numbers of one segment: base64 digits of five bits, the lowest first, then the sign. */
function decodeVlq(text: string): number[] {
  const numbers: number[] = []
  let value = 0
  let shift = 0
  for (const character of text) {
    const digit = BASE64.indexOf(character)
    value += (digit & 31) << shift
    shift += 5
    if (digit >= 32) continue
    numbers.push(value & 1 ? -(value >> 1) : value >> 1)
    value = 0
    shift = 0
  }
  return numbers
}
