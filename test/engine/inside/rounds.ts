// `test/help/rounds.ts` as a cell has it. For properties of `fast-check` too.

/** Of so many rounds in Node, one in a cell. */
const DIVISOR = 10

export const isWhole = false

export function rounds(count: number): number {
  return Math.ceil(count / DIVISOR)
}
