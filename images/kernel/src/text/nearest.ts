/** The names a misspelt one may have meant: at most three, nearest first, none when all are far. */
export function nearest(wanted: string, names: Iterable<string>): readonly string[] {
  const limit = wanted.length < 4 ? 1 : wanted.length < 8 ? 2 : 3
  return [...new Set(names)]
    .map((name) => ({ name, distance: editDistance(wanted, name, limit) }))
    .filter(({ distance }) => distance <= limit)
    .toSorted((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1))
    .slice(0, 3)
    .map(({ name }) => name)
}

/** ` (did you mean x or y?)`, or nothing: the tail of an error about an unknown name. */
export function didYouMean(wanted: string, names: Iterable<string>): string {
  const near = nearest(wanted, names)
  return near.length === 0 ? '' : ` (did you mean ${near.join(' or ')}?)`
}

// Insertions, deletions, replacements and swaps of neighbours; above `limit` any larger number.
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1
  let older: number[] = []
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i += 1) {
    const current = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1]
      let best = Math.min(previous[j]! + 1, current[j - 1]! + 1, previous[j - 1]! + (same ? 0 : 1))
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        best = Math.min(best, older[j - 2]! + 1)
      }
      current.push(best)
    }
    older = previous
    previous = current
  }
  return previous[b.length]!
}
