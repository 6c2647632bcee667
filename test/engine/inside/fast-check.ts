// `fast-check` with fewer runs: the engine of a cell is some thirty times slower than Node's.

import * as fc from 'fast-check'

import { rounds } from './rounds.ts'

const DEFAULT_RUNS = 100

const assert = (property: never, parameters: fc.Parameters<unknown> = {}): unknown => {
  const numRuns = rounds(parameters.numRuns ?? DEFAULT_RUNS)
  return fc.assert(property, { ...parameters, numRuns })
}

/** Any text: the table of graphemes alone takes ten seconds to make. */
const string = (constraints: fc.StringConstraints = {}) =>
  fc.string(constraints.unit === 'grapheme' ? { ...constraints, unit: 'binary' } : constraints)

// oxlint-disable-next-line import/no-default-export -- as the module it stands for
export default { ...fc, assert, string }
