import { clusters, displayWidth } from '../text/width.ts'

/**
 * Text that is no form. `incomplete` text may still become one when more is typed; `wrong` text
 * cannot. `offset` is where the trouble is, in UTF-16 units.
 */
export class ReadError extends Error {
  override readonly name = 'ReadError'
  readonly offset: number
  readonly fault: 'wrong' | 'incomplete'

  constructor(message: string, offset: number, fault: 'wrong' | 'incomplete' = 'wrong') {
    super(message)
    this.offset = offset
    this.fault = fault
  }
}

/** Line and column of an offset, both counted from 1; the column counts characters. */
export function placeOf(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset)
  const lineStart = before.lastIndexOf('\n') + 1
  return { line: before.split('\n').length, column: clusters(before.slice(lineStart)).length + 1 }
}

/** The error with its place, the line it happened in, and a caret under the character. */
export function explain(text: string, error: ReadError): string {
  const { line, column } = placeOf(text, error.offset)
  const lineStart = text.lastIndexOf('\n', error.offset - 1) + 1
  const newline = text.indexOf('\n', error.offset)
  const source = text.slice(lineStart, newline === -1 ? text.length : newline).replaceAll('\t', ' ')
  const indent = ' '.repeat(displayWidth(source.slice(0, error.offset - lineStart)))
  return `${error.message} at line ${line}, column ${column}\n  ${source}\n  ${indent}^`
}
