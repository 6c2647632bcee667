// How often something is tried. Inside a cell, whose engine is some thirty times slower than Node's,
// test/engine puts a module in the place of this one that tries a share of it.

/** Whether everything is tried. */
export const isWhole = true

/** So many of `count` rounds, lengths or seeds. */
export function rounds(count: number): number {
  return count
}
