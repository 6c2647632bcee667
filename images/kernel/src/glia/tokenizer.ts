import { ReadError } from './read-error.ts'

/** A piece of source text. `start` and `end` are UTF-16 offsets into it. */
export type Token =
  | {
      readonly kind: 'open'
      readonly bracket: OpenBracket
      readonly start: number
      readonly end: number
    }
  | {
      readonly kind: 'close'
      readonly bracket: CloseBracket
      readonly start: number
      readonly end: number
    }
  | { readonly kind: 'quote'; readonly start: number; readonly end: number }
  | {
      readonly kind: 'string'
      readonly value: string
      readonly start: number
      readonly end: number
    }
  | { readonly kind: 'atom'; readonly text: string; readonly start: number; readonly end: number }

export type OpenBracket = '(' | '[' | '{' | '#{'
export type CloseBracket = ')' | ']' | '}'

/**
 * Cuts text into tokens. Whitespace, commas and comments (`;` to the end of the line) fall away.
 *
 * A string that does not end and a `#` that opens nothing are errors; the tokens before the place
 * come along, because completion works on text that is not finished.
 */
export function scan(text: string): { tokens: readonly Token[]; error: ReadError | undefined } {
  const tokens: Token[] = []
  let at = 0
  while (at < text.length) {
    const start = at
    const character = text[at]!
    if (isBlank(character)) {
      at += 1
    } else if (character === ';') {
      at = endOfLine(text, at)
    } else if (character === '(' || character === '[' || character === '{') {
      at += 1
      tokens.push({ kind: 'open', bracket: character, start, end: at })
    } else if (character === ')' || character === ']' || character === '}') {
      at += 1
      tokens.push({ kind: 'close', bracket: character, start, end: at })
    } else if (character === '#') {
      if (text[at + 1] !== '{') {
        return { tokens, error: new ReadError('unexpected character after #', at) }
      }
      at += 2
      tokens.push({ kind: 'open', bracket: '#{', start, end: at })
    } else if (character === "'") {
      at += 1
      tokens.push({ kind: 'quote', start, end: at })
    } else if (character === '"') {
      const string = scanString(text, at)
      if (string instanceof ReadError) return { tokens, error: string }
      at = string.end
      tokens.push({ kind: 'string', value: string.value, start, end: at })
    } else {
      while (at < text.length && !endsAtom(text[at]!)) at += 1
      tokens.push({ kind: 'atom', text: text.slice(start, at), start, end: at })
    }
  }
  return { tokens, error: undefined }
}

function isBlank(character: string): boolean {
  return ' \t\r\n,'.includes(character)
}

function endsAtom(character: string): boolean {
  return isBlank(character) || '()[]{}";'.includes(character)
}

function endOfLine(text: string, from: number): number {
  const newline = text.indexOf('\n', from)
  return newline === -1 ? text.length : newline
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['n', '\n'],
  ['t', '\t'],
  ['r', '\r'],
  ['\\', '\\'],
  ['"', '"'],
])

// `\u{…}` and `\r` are ours: without them the printer could not write every string. Any other
// character after a backslash keeps the backslash.
function scanString(text: string, start: number): { value: string; end: number } | ReadError {
  let value = ''
  let at = start + 1
  while (at < text.length) {
    const character = text[at]!
    if (character === '"') return { value, end: at + 1 }
    if (character !== '\\') {
      value += character
      at += 1
      continue
    }
    const escaped = text[at + 1]
    if (escaped === undefined) return new ReadError('unterminated string escape', at, 'incomplete')
    const unicode = escaped === 'u' ? scanUnicode(text, at + 2) : undefined
    if (unicode !== undefined) {
      value += String.fromCodePoint(unicode.code)
      at = unicode.end
    } else {
      value += ESCAPES.get(escaped) ?? `\\${escaped}`
      at += 2
    }
  }
  return new ReadError('unterminated string', start, 'incomplete')
}

// `{1f600}` at `start`, or undefined when nothing of that form stands there.
function scanUnicode(text: string, start: number): { code: number; end: number } | undefined {
  const match = /^\{([0-9a-fA-F]{1,6})\}/.exec(text.slice(start, start + 8))
  if (!match) return undefined
  const code = Number.parseInt(match[1]!, 16)
  return code <= 0x10ffff ? { code, end: start + match[0].length } : undefined
}
