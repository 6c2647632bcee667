/** The names a misspelt one may have meant: at most three, all equally near, or none. */
export function nearest(wanted: string, names: Iterable<string>): readonly string[] {
  let limit = wanted.length < 6 ? 1 : 2
  let found: string[] = []
  for (const name of new Set(names)) {
    const distance = editDistance(wanted, name, limit)
    if (distance > limit) continue
    if (distance < limit) found = []
    limit = distance
    found.push(name)
  }
  return found.toSorted().slice(0, 3)
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
