// How much room text takes on a terminal. A table small enough to read: right for the scripts and
// pictographs people type, and off by a cell at worst for the rest.

type Range = readonly [first: number, last: number]

// Drawn over the character before: combining marks, joiners, variation selectors, skin tones.
const ZERO_WIDTH: readonly Range[] = [
  [0x0300, 0x036f],
  [0x0483, 0x0489],
  [0x0591, 0x05bd],
  [0x0610, 0x061a],
  [0x064b, 0x065f],
  [0x06d6, 0x06dc],
  [0x0900, 0x0902],
  [0x093c, 0x093c],
  [0x0941, 0x0948],
  [0x094d, 0x094d],
  [0x0e31, 0x0e31],
  [0x0e34, 0x0e3a],
  [0x0e47, 0x0e4e],
  [0x1ab0, 0x1aff],
  [0x1dc0, 0x1dff],
  [0x200b, 0x200f],
  [0x20d0, 0x20ff],
  [0xfe00, 0xfe0f],
  [0xfe20, 0xfe2f],
  [0xfeff, 0xfeff],
  [0x1f3fb, 0x1f3ff],
  [0xe0100, 0xe01ef],
]

// Two cells wide: East Asian wide and full-width forms, emoji.
const WIDE: readonly Range[] = [
  [0x1100, 0x115f],
  [0x231a, 0x231b],
  [0x23e9, 0x23ec],
  [0x25fd, 0x25fe],
  [0x2614, 0x2615],
  [0x2648, 0x2653],
  [0x26aa, 0x26ab],
  [0x26bd, 0x26be],
  [0x26c4, 0x26c5],
  [0x26d4, 0x26d4],
  [0x26ea, 0x26ea],
  [0x26f2, 0x26f5],
  [0x26fa, 0x26fd],
  [0x2705, 0x2705],
  [0x270a, 0x270b],
  [0x2728, 0x2728],
  [0x274c, 0x274e],
  [0x2753, 0x2757],
  [0x2795, 0x2797],
  [0x27b0, 0x27bf],
  [0x2b1b, 0x2b1c],
  [0x2b50, 0x2b55],
  [0x2e80, 0x303e],
  [0x3041, 0x33ff],
  [0x3400, 0x4dbf],
  [0x4e00, 0x9fff],
  [0xa000, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x1f004, 0x1f004],
  [0x1f0cf, 0x1f0cf],
  [0x1f18e, 0x1f18e],
  [0x1f191, 0x1f19a],
  [0x1f200, 0x1f320],
  [0x1f32d, 0x1f335],
  [0x1f337, 0x1f37c],
  [0x1f37e, 0x1f393],
  [0x1f3a0, 0x1f3ca],
  [0x1f3cf, 0x1f3d3],
  [0x1f3e0, 0x1f3f0],
  [0x1f3f4, 0x1f3f4],
  [0x1f3f8, 0x1f3fa],
  [0x1f400, 0x1f43e],
  [0x1f440, 0x1f440],
  [0x1f442, 0x1f4fc],
  [0x1f4ff, 0x1f53d],
  [0x1f54b, 0x1f54e],
  [0x1f550, 0x1f567],
  [0x1f57a, 0x1f57a],
  [0x1f595, 0x1f596],
  [0x1f5a4, 0x1f5a4],
  [0x1f5fb, 0x1f64f],
  [0x1f680, 0x1f6c5],
  [0x1f6cc, 0x1f6cc],
  [0x1f6d0, 0x1f6d2],
  [0x1f6d5, 0x1f6d7],
  [0x1f6dc, 0x1f6df],
  [0x1f6eb, 0x1f6ec],
  [0x1f6f4, 0x1f6fc],
  [0x1f7e0, 0x1f7eb],
  [0x1f90c, 0x1f9ff],
  [0x1fa70, 0x1faff],
  [0x20000, 0x3fffd],
]

const ZERO_WIDTH_JOINER = 0x200d
const EMOJI_PRESENTATION = 0xfe0f

/**
 * Cuts text into what a reader sees as characters: a code point with the marks drawn over it, emoji
 * joined into one picture, the two letters of a flag. Cursors move by these.
 */
export function clusters(text: string): readonly string[] {
  const found: string[] = []
  let joining = false // the code point before was a joiner
  let flagHalf = false // the last cluster is one regional letter, open for a second
  for (const character of text) {
    const code = character.codePointAt(0)!
    const regional = code >= 0x1f1e6 && code <= 0x1f1ff
    const continues = joining || isIn(ZERO_WIDTH, code) || (regional && flagHalf)
    if (continues && found.length > 0 && found.at(-1) !== '\n') {
      found[found.length - 1] += character
      flagHalf = false
    } else {
      found.push(character)
      flagHalf = regional
    }
    joining = code === ZERO_WIDTH_JOINER
  }
  return found
}

/** Cells a cluster takes: 0, 1 or 2. Control characters take none. */
export function clusterWidth(cluster: string): number {
  const code = cluster.codePointAt(0) ?? 0
  if (code < 0x20 || (code >= 0x7f && code < 0xa0)) return 0
  if (code < 0x300) return 1
  if (isIn(ZERO_WIDTH, code)) return 0
  if (isIn(WIDE, code) || (code >= 0x1f1e6 && code <= 0x1f1ff && cluster.length === 4)) return 2
  return cluster.length > 1 && cluster.includes(String.fromCodePoint(EMOJI_PRESENTATION)) ? 2 : 1
}

/** Cells a text takes on one row that is wide enough. */
export function displayWidth(text: string): number {
  return clusters(text).reduce((sum, cluster) => sum + clusterWidth(cluster), 0)
}

function isIn(ranges: readonly Range[], code: number): boolean {
  let low = 0
  let high = ranges.length - 1
  while (low <= high) {
    const middle = (low + high) >> 1
    const [first, last] = ranges[middle]!
    if (code < first) high = middle - 1
    else if (code > last) low = middle + 1
    else return true
  }
  return false
}
