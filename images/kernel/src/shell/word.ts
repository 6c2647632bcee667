import type { Value } from '../glia/index.ts'

/**
 * The word a call begins with, if this is one. `true` and `false` count: where a command is meant
 * they are the programs of that name.
 */
export function wordOf(value: Value): string | undefined {
  if (value.kind === 'bool') return String(value.value)
  return value.kind === 'symbol' ? value.name : undefined
}
