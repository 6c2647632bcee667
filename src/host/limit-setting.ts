// Limits of cells as people write them: `memory=64MiB`, `wall=10s`, `fuel=none`.

import { LIMIT_KEYS, LIMIT_RULES } from '../cell/index.ts'
import type { CellLimits, LimitRule } from '../cell/index.ts'
import type { Source, SourcedConfig } from './config.ts'

type Scale = Readonly<Record<string, number>>

const BYTES: Scale = { B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40 }
const TIMES: Scale = { ms: 1, s: 1_000, min: 60_000, h: 3_600_000 }
const COUNTS: Scale = { '': 1, k: 1e3, M: 1e6, G: 1e9, T: 1e12 }

interface Unit {
  readonly scale: Scale
  readonly example: string
}

const UNITS: Readonly<Record<LimitRule['unit'], Unit>> = {
  bytes: { scale: BYTES, example: '64MiB' },
  'bytes/s': { scale: BYTES, example: '1MiB' },
  ms: { scale: TIMES, example: '10s' },
  units: { scale: COUNTS, example: '500M' },
  'units/s': { scale: COUNTS, example: '100M' },
  count: { scale: COUNTS, example: '100' },
  'count/s': { scale: COUNTS, example: '100' },
}

const NAMES = LIMIT_KEYS.map((key) => LIMIT_RULES[key].name).join(', ')

/** The word for no limit. */
const NONE = 'none'

/** Limits that somebody named, or what the setting must be. */
export type LimitsRead = { readonly value: Partial<CellLimits> } | { readonly must: string }

/**
 * Reads what a flag (a list of `name=value`), a variable (the same with commas) or a file (an object)
 * says.
 */
export function limitsFromSetting(raw: unknown): LimitsRead {
  const pairs = pairsOf(raw)
  if (!pairs) return { must: 'name=value such as memory=64MiB' }
  const value: { -readonly [K in keyof CellLimits]?: number } = {}
  for (const [name, text] of pairs) {
    const key = LIMIT_KEYS.find((one) => LIMIT_RULES[one].name === name)
    if (!key) return { must: `name=value with a name of ${NAMES}` }
    const amount = amountOf(text, LIMIT_RULES[key])
    if (amount === undefined) return { must: sentence(LIMIT_RULES[key]) }
    value[key] = amount
  }
  return { value }
}

function pairsOf(raw: unknown): readonly (readonly [string, unknown])[] | undefined {
  if (typeof raw === 'object' && raw !== null && !Array.isArray(raw)) return Object.entries(raw)
  const texts: unknown = typeof raw === 'string' ? raw.split(',') : raw
  if (!Array.isArray(texts) || texts.length === 0) return undefined
  const pairs = texts.map((text: unknown) =>
    typeof text === 'string' ? /^([^=]+)=(.+)$/.exec(text.trim()) : null,
  )
  if (pairs.some((pair) => pair === null)) return undefined
  return pairs.map((pair) => [pair![1]!, pair![2]!] as const)
}

function amountOf(raw: unknown, { unit, most }: LimitRule): number | undefined {
  if (raw === NONE) return most === Infinity || unit === 'ms' ? Infinity : undefined
  const [, digits = '', suffix = ''] = /^(\d+(?:\.\d+)?)\s*([A-Za-z]*)$/.exec(String(raw)) ?? []
  const { scale } = UNITS[unit]
  const factor = suffix === '' ? 1 : scale[suffix]
  if (digits === '' || factor === undefined) return undefined
  const amount = Math.floor(Number(digits) * factor)
  return amount >= 1 && amount <= Math.min(most, Number.MAX_SAFE_INTEGER) ? amount : undefined
}

function sentence(rule: LimitRule): string {
  const { name, unit, most } = rule
  const { scale, example } = UNITS[unit]
  const suffixes = Object.keys(scale).filter((suffix) => suffix !== '')
  const plain = suffixes.length < Object.keys(scale).length ? '' : ` (${suffixes[0]})`
  const upTo =
    most === Infinity || unit === 'ms' ? ` or ${NONE}` : `, at most ${amountText(most, rule)}`
  return `${name}=N, a number from 1 with ${suffixes.join(', ')} or nothing${plain} behind it, such as ${example}${upTo}`
}

/** In the largest unit in which it is a whole number: `64MiB`, `none`. */
function amountText(amount: number, { unit }: Pick<LimitRule, 'unit'>): string {
  if (amount === Infinity) return NONE
  const { scale } = UNITS[unit]
  const fitting = Object.entries(scale).filter(([, factor]) => amount % factor === 0)
  const [suffix, factor] = fitting.at(-1) ?? ['', 1]
  return `${amount / factor}${suffix}`
}

/** Every limit as it was settled, for people. */
export function limitRows({
  cellLimits,
}: SourcedConfig): readonly { name: string; value: string; source: Source }[] {
  return LIMIT_KEYS.map((key) => {
    const { value, source } = cellLimits[key]
    return { name: LIMIT_RULES[key].name, value: amountText(value, LIMIT_RULES[key]), source }
  })
}

/** For the help of a command line: every limit, what it is for, and what it is by default. */
export function limitsHelp(): string {
  const rows = LIMIT_KEYS.map((key) => LIMIT_RULES[key])
  const width = Math.max(...rows.map(({ name }) => name.length))
  return rows
    .map(
      (rule) => `  ${rule.name.padEnd(width)}  ${rule.what} (${amountText(rule.standard, rule)})`,
    )
    .join('\n')
}
