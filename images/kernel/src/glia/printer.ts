import { isPrintable } from '../text/printable.ts'
import type { Value } from './value.ts'

/**
 * The text of a value, on one line; reading it gives the same value again. Control characters are
 * escaped, so that what a peer or a file says cannot drive the terminal it is shown on.
 */
export function print(value: Value): string {
  switch (value.kind) {
    case 'nil':
      return 'nil'
    case 'bool':
    case 'int':
      return String(value.value)
    case 'float':
      return printFloat(value.value)
    case 'string':
      return `"${escape(value.value)}"`
    case 'symbol':
      return value.name
    case 'keyword':
      return `:${value.name}`
    case 'list':
      return `(${printAll(value.items)})`
    case 'vector':
      return `[${printAll(value.items)}]`
    case 'map':
      return `{${printAll(value.entries.flat())}}`
    case 'set':
      return `#{${printAll(value.items)}}`
  }
}

function printAll(values: readonly Value[]): string {
  return values.map(print).join(' ')
}

// Always with a mark that keeps it from being read as an integer or a symbol.
function printFloat(value: number): string {
  if (Number.isNaN(value)) return '+nan'
  if (value === Infinity) return '+inf'
  if (value === -Infinity) return '-inf'
  if (Object.is(value, -0)) return '-0.0'
  const text = String(value)
  return /^-?\d+$/.test(text) ? `${text}.0` : text
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['\n', '\\n'],
  ['\t', '\\t'],
  ['\r', '\\r'],
  ['"', '\\"'],
  ['\\', '\\\\'],
])

function escape(text: string): string {
  let escaped = ''
  for (const character of text) {
    const code = character.codePointAt(0)!
    escaped +=
      ESCAPES.get(character) ?? (isPrintable(code) ? character : `\\u{${code.toString(16)}}`)
  }
  return escaped
}
