// The tests of cells are written once and run in both ways of having cells. By default these are
// threads; a test file in a folder `process/` imports `in-process.ts` first, and then the tests.

export type Isolation = 'thread' | 'process'

const CHOSEN = Symbol.for('isolation of the cells of this test file')
const chosen = globalThis as { [CHOSEN]?: Isolation }

export function choose(isolation: Isolation): void {
  chosen[CHOSEN] = isolation
}

/** Undefined when the file leaves it at what is usual. */
export const chosenIsolation = (): Isolation | undefined => chosen[CHOSEN]

export const isolation = (): Isolation => chosen[CHOSEN] ?? 'thread'
