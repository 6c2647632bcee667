// From places in the bundled script to places in the guest's source, for stack traces. The bundler
// makes the table (bundle/places.ts), of the guest's own modules only.

/**
 * Where in the source the script's code comes from. `segments` is flat, four numbers each, in order
 * of their place in the script; each holds from there to the next.
 */
export interface SourcePlaces {
  readonly sources: readonly string[]
  /**
   * Script line (from 1, as the difference to the segment before), script column (from 1), index
   * in `sources` or -1 for code that is not the guest's, source line (from 1).
   */
  readonly segments: readonly number[]
}

const SEGMENT_NUMBERS = 4

let load: () => SourcePlaces = () => ({ sources: [], segments: [] })

/** @param table is asked when there is a place to look up */
export function bindPlaces(table: () => SourcePlaces): void {
  load = table
}

/** How the engine writes a place in the script it was built from. */
const SCRIPT_PLACE = /script\.js:(\d+):(\d+)/

/** The frames of a stack that lie in the guest's own source, with their places there; or all. */
export function guestFrames(frames: readonly string[]): readonly string[] {
  const own = frames.flatMap((frame) => {
    const [script, line, column] = SCRIPT_PLACE.exec(frame) ?? []
    const place = script === undefined ? undefined : findPlace(Number(line), Number(column))
    return script === undefined || place === undefined
      ? []
      : [frame.replace(script, place).replace(/<anonymous> \((.*)\)/, '$1')]
  })
  return own.length > 0 ? own : frames
}

function findPlace(line: number, column: number): string | undefined {
  const { sources, segments } = load()
  let found: string | undefined
  let segmentLine = 0
  // The engine counts columns from 1, but those of the first line from 0.
  const reached = line === 1 ? column + 1 : column
  for (let at = 0; at < segments.length; at += SEGMENT_NUMBERS) {
    segmentLine += segments[at]!
    if (segmentLine > line || (segmentLine === line && segments[at + 1]! > reached)) break
    const source = sources[segments[at + 2]!]
    found = source === undefined ? undefined : `${source}:${segments[at + 3]!}`
  }
  return found
}
