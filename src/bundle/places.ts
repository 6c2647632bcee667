// Boils a source map (ECMA-426) down to what a stack trace of a guest needs: for the guest's own
// modules, which line of the source a place in the script comes from. A few bytes a line, where the
// map is as long as the script.

import { decodeVlq, encodeVlq } from '../base/index.ts'

/** What `src/guest/places.ts` looks places up in; its shape is described there. */
export interface SourcePlaces {
  readonly sources: readonly string[]
  readonly segments: string
}

export interface SourceMap {
  readonly sources: readonly string[]
  readonly mappings: string
}

/** @param isOwn whether a source, as the map names it, belongs to the guest */
export function placesFromSourceMap(
  map: SourceMap,
  isOwn: (source: string) => boolean,
): SourcePlaces {
  const sources: string[] = []
  const indexes = map.sources.map((source) => (isOwn(source) ? sources.push(source) - 1 : -1))
  let segments = ''
  let source = 0
  let sourceLine = 0
  /** As of the segment before. */
  const told = { line: 0, column: 0, sourceLine: 0 }
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
      const next = {
        line: lineIndex + 1,
        column: column + 1,
        sourceLine: index < 0 ? told.sourceLine : sourceLine + 1,
      }
      segments += encodeVlq(
        next.line - told.line,
        next.column - (next.line === told.line ? told.column : 0),
        index + 1,
        next.sourceLine - told.sourceLine,
      )
      Object.assign(told, next)
    }
  })
  return { sources, segments }
}
