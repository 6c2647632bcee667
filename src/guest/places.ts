// From places in the bundled script to places in the guest's source, for stack traces. The bundler
// makes the table (bundle/places.ts), of the guest's own modules only.

import { decodeVlq } from '../base/index.ts'

/**
 * Where in the source the script's code comes from. `segments` are four numbers each, in order of
 * their place in the script; each holds from there to the next. They stand as in source maps
 * (ECMA-426, base64 VLQ), for a table is long.
 */
export interface SourcePlaces {
  readonly sources: readonly string[]
  /**
   * Script line, as the difference to the segment before; script column, alike within a line, else
   * from 0; 1 and the index in `sources`, or 0 for code that is not the guest's; source line, as the
   * difference to the segment before. Lines and columns count from 1.
   */
  readonly segments: string
}

const SEGMENT_NUMBERS = 4

let load: () => SourcePlaces = () => ({ sources: [], segments: '' })

/** @param table is asked when there is a place to look up */
export function bindPlaces(table: () => SourcePlaces): void {
  load = table
}

/** How the engine writes a place in the script it was built from. */
const SCRIPT_PLACE = /script\.js:(\d+):(\d+)/

/** The frames of a stack that lie in the guest's own source, with their places there; or all. */
export function guestFrames(frames: readonly string[]): readonly string[] {
  const { sources, segments } = load()
  const numbers = decodeVlq(segments)
  const own = frames.flatMap((frame) => {
    const [script, line, column] = SCRIPT_PLACE.exec(frame) ?? []
    const place =
      script === undefined ? undefined : findPlace(sources, numbers, Number(line), Number(column))
    return script === undefined || place === undefined
      ? []
      : [frame.replace(script, place).replace(/<anonymous> \((.*)\)/, '$1')]
  })
  return own.length > 0 ? own : frames
}

function findPlace(
  sources: readonly string[],
  numbers: readonly number[],
  line: number,
  column: number,
): string | undefined {
  let found: string | undefined
  let segmentLine = 0
  let segmentColumn = 0
  let sourceLine = 0
  // The engine counts columns from 1, but those of the first line from 0.
  const reached = line === 1 ? column + 1 : column
  for (let at = 0; at < numbers.length; at += SEGMENT_NUMBERS) {
    const lineStep = numbers[at]!
    segmentLine += lineStep
    segmentColumn = numbers[at + 1]! + (lineStep === 0 ? segmentColumn : 0)
    if (segmentLine > line || (segmentLine === line && segmentColumn > reached)) break
    const source = sources[numbers[at + 2]! - 1]
    sourceLine += numbers[at + 3]!
    found = source === undefined ? undefined : `${source}:${sourceLine}`
  }
  return found
}
