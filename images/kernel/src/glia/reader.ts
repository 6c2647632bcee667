import { print } from './printer.ts'
import { placeOf, ReadError } from './read-error.ts'
import { scan } from './tokenizer.ts'
import type { OpenBracket, Token } from './tokenizer.ts'
import { bool, float, int, keyword, list, map, NIL, set, string, symbol, vector } from './value.ts'
import type { Entry, Value } from './value.ts'

/** How deep brackets and quotes may nest; reading and evaluating recurse once per level. */
export const MAX_DEPTH = 64

/** A form and where it stands in the text: UTF-16 offsets, `end` just behind it. */
export interface Form {
  readonly value: Value
  readonly start: number
  readonly end: number
}

/**
 * Reads all forms of a text; none is fine.
 *
 * @throws {ReadError} with the place, and whether more text could mend it
 */
export function readAll(text: string): readonly Form[] {
  const { tokens, error } = scan(text)
  const reader = new Reader(text, tokens, error)
  const forms: Form[] = []
  while (!reader.atEnd) forms.push(reader.form())
  if (error) throw error
  return forms
}

/** Reads a text that is exactly one form. @throws {ReadError} */
export function readOne(text: string): Value {
  const [first, second] = readAll(text)
  if (!first) throw new ReadError('empty input', 0, 'incomplete')
  if (second) throw new ReadError('unexpected tokens after expression', second.start)
  return first.value
}

const CLOSES = { '(': ')', '[': ']', '{': '}', '#{': '}' } as const
const NAMES = { '(': 'list', '[': 'vector', '{': 'map', '#{': 'set' } as const

class Reader {
  readonly #text: string
  readonly #tokens: readonly Token[]
  // Where the text stopped being tokens: the reason why more are missing.
  readonly #scanError: ReadError | undefined
  #at = 0
  #depth = 0

  constructor(text: string, tokens: readonly Token[], scanError: ReadError | undefined) {
    this.#text = text
    this.#tokens = tokens
    this.#scanError = scanError
  }

  get atEnd(): boolean {
    return this.#at === this.#tokens.length
  }

  form(): Form {
    const token = this.#tokens[this.#at]!
    this.#at += 1
    switch (token.kind) {
      case 'close':
        throw new ReadError(`unexpected ${token.bracket}`, token.start)
      case 'string':
        return { value: string(token.value), start: token.start, end: token.end }
      case 'atom':
        return { value: atom(token.text, token.start), start: token.start, end: token.end }
      case 'quote':
        return this.#deeper(token, () => this.#quoted(token))
      case 'open':
        return this.#deeper(token, () => this.#collection(token, token.bracket))
    }
  }

  #deeper(token: Token, read: () => Form): Form {
    if (this.#depth === MAX_DEPTH) {
      throw new ReadError(`nested deeper than ${MAX_DEPTH} levels`, token.start)
    }
    this.#depth += 1
    const form = read()
    this.#depth -= 1
    return form
  }

  #quoted(quote: Token): Form {
    if (this.atEnd) {
      throw this.#scanError ?? new ReadError('unexpected end of input', quote.start, 'incomplete')
    }
    const { value, end } = this.form()
    return { value: list([symbol('quote'), value]), start: quote.start, end }
  }

  #collection(open: Token, bracket: OpenBracket): Form {
    const items: Form[] = []
    for (;;) {
      const token = this.#tokens[this.#at]
      if (!token) {
        const unclosed = new ReadError(`unclosed ${NAMES[bracket]}`, open.start, 'incomplete')
        throw this.#scanError ?? unclosed
      }
      if (token.kind !== 'close') {
        items.push(this.form())
        continue
      }
      if (token.bracket !== CLOSES[bracket]) {
        const { line, column } = placeOf(this.#text, open.start)
        throw new ReadError(
          `unexpected ${token.bracket} where ${CLOSES[bracket]} must close the ${NAMES[bracket]} of line ${line}, column ${column}`,
          token.start,
        )
      }
      this.#at += 1
      return { value: collected(bracket, items, open.start), start: open.start, end: token.end }
    }
  }
}

function collected(bracket: OpenBracket, forms: readonly Form[], start: number): Value {
  const items = forms.map((form) => form.value)
  switch (bracket) {
    case '(':
      return list(items)
    case '[':
      return vector(items)
    case '{':
      return map(pairs(items, start))
    case '#{':
      refuseDuplicates(forms)
      return set(items)
  }
}

function pairs(items: readonly Value[], start: number): Entry[] {
  if (items.length % 2 !== 0) {
    throw new ReadError('map must have an even number of elements', start)
  }
  const entries: Entry[] = []
  for (let at = 0; at < items.length; at += 2) entries.push([items[at]!, items[at + 1]!])
  return entries
}

function refuseDuplicates(forms: readonly Form[]): void {
  const seen = new Set<string>()
  for (const { value, start } of forms) {
    const text = print(value) // equal values print alike
    if (seen.has(text)) throw new ReadError(`duplicate set element: ${text}`, start)
    seen.add(text)
  }
}

const INTEGER = /^[+-]?\d+$/
const FLOAT = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i
const NAMED_FLOAT = /^[+-](inf|infinity|nan)$/i

function atom(text: string, start: number): Value {
  if (text.startsWith(':')) return keyword(text.slice(1))
  if (text === 'nil') return NIL
  if (text === 'true' || text === 'false') return bool(text === 'true')
  if (INTEGER.test(text)) {
    const value = integer(text)
    if (value === undefined) throw new ReadError(`integer ${text} does not fit 64 bits`, start)
    return int(value)
  }
  if (FLOAT.test(text)) return float(Number(text))
  if (NAMED_FLOAT.test(text)) {
    if (/nan$/i.test(text)) return float(Number.NaN)
    return float(text.startsWith('-') ? -Infinity : Infinity)
  }
  return symbol(text)
}

function integer(text: string): bigint | undefined {
  const digits = text.replace(/^[+-]?0*/, '')
  if (digits.length > 19) return undefined // a longer one never fits, and is not worth computing
  const value = BigInt(digits === '' ? '0' : digits) * (text.startsWith('-') ? -1n : 1n)
  return BigInt.asIntN(64, value) === value ? value : undefined
}
