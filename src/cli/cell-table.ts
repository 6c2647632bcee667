import { plainText } from '../base/index.ts'
import type { CellSeen } from '../host/index.ts'

const HEADINGS = ['ID', 'CELL', 'STATE', 'AGE', 'MEMORY', 'FUEL', 'OUTPUT', 'CALLS', 'GRANTS']
/** Headings of columns that hold numbers. */
const RIGHT = new Set(['ID', 'AGE', 'MEMORY', 'FUEL', 'OUTPUT', 'CALLS'])

/** A table for people: a line per cell, children below their parents. */
export function cellsAsText(cells: readonly CellSeen[], nowMs: number): string {
  const rows = [HEADINGS, ...inTree(cells).map(({ cell, depth }) => rowOf(cell, depth, nowMs))]
  const widths = HEADINGS.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)))
  const line = (row: readonly string[]) =>
    row
      .map((text, i) =>
        RIGHT.has(HEADINGS[i]!) ? text.padStart(widths[i]!) : text.padEnd(widths[i]!),
      )
      .join('  ')
      .trimEnd()
  return `${rows.map(line).join('\n')}\n`
}

/** All that is known, one JSON array on a line. A limit that is none is null. */
export function cellsAsJson(cells: readonly CellSeen[]): string {
  return `${JSON.stringify(cells)}\n`
}

interface Placed {
  readonly cell: CellSeen
  readonly depth: number
}

// A cell whose parent has ended stands by itself.
function inTree(cells: readonly CellSeen[]): readonly Placed[] {
  const children = new Map<number, CellSeen[]>()
  const ids = new Set(cells.map(({ id }) => id))
  for (const cell of cells) {
    const under = ids.has(cell.parent) ? cell.parent : 0
    children.set(under, [...(children.get(under) ?? []), cell])
  }
  const placed: Placed[] = []
  const open = (children.get(0) ?? []).map((cell) => ({ cell, depth: 0 })).reverse()
  for (let next = open.pop(); next; next = open.pop()) {
    placed.push(next)
    const { cell, depth } = next
    const below = (children.get(cell.id) ?? []).map((child) => ({ cell: child, depth: depth + 1 }))
    open.push(...below.reverse())
  }
  return placed
}

function rowOf(cell: CellSeen, depth: number, nowMs: number): readonly string[] {
  const { id, name, state, lifetime, sinceMs, usage, limits, grants, moreGrants } = cell
  const more = moreGrants > 0 ? [`and ${moreGrants} more`] : []
  return [
    String(id),
    `${'  '.repeat(depth)}${oneLine(name)}`,
    lifetime === 'parent' || cell.parent === 0 ? state : `${state}, ${lifetime}`,
    ageText(nowMs - sinceMs),
    ofLimit(usage.memoryBytes, limits.memoryBytes, bytesText),
    ofLimit(usage.fuel, limits.fuel, countText),
    ofLimit(usage.outputBytes, limits.outputBytes, bytesText),
    String(usage.calls),
    [...grants.map(oneLine), ...more].join(' ') || '-',
  ]
}

/** A name is text of a guest. */
function oneLine(text: string): string {
  return plainText(text).replace(/[\n\t]/g, ' ')
}

function ofLimit(used: number, limit: number, text: (amount: number) => string): string {
  return limit === Infinity ? text(used) : `${text(used)}/${text(limit)}`
}

const KIB = 1_024
const BYTE_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
const COUNT_UNITS = ['', 'k', 'M', 'G', 'T', 'P']

const bytesText = (bytes: number) => scaled(bytes, KIB, BYTE_UNITS)
const countText = (count: number) => scaled(count, 1_000, COUNT_UNITS)

/** With three digits: `1.50MiB`, `12.3k`. */
function scaled(amount: number, base: number, units: readonly string[]): string {
  let [rest, unit] = [amount, 0]
  for (; rest >= base && unit < units.length - 1; unit++) rest /= base
  const digits = unit === 0 || Number.isInteger(rest) || rest >= 100 ? 0 : rest >= 10 ? 1 : 2
  return `${rest.toFixed(digits)}${units[unit]}`
}

const SECOND = 1_000
const TIME_UNITS: readonly (readonly [string, number])[] = [
  ['d', 86_400 * SECOND],
  ['h', 3_600 * SECOND],
  ['m', 60 * SECOND],
  ['s', SECOND],
]

/** The two largest units: `2h5m`, `45s`. */
function ageText(ms: number): string {
  const from = TIME_UNITS.findIndex(([, unitMs]) => ms >= unitMs)
  if (from < 0) return '0s'
  let rest = ms
  const parts = TIME_UNITS.slice(from, from + 2).map(([name, unitMs]) => {
    const count = Math.floor(rest / unitMs)
    rest -= count * unitMs
    return count === 0 ? '' : `${count}${name}`
  })
  return parts.join('')
}
