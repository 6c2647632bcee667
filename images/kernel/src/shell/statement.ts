import { list, placeOf, readAll } from '../glia/index.ts'
import type { Form, Value } from '../glia/index.ts'
import { wordOf } from './word.ts'

/**
 * What was typed, as forms to evaluate one after another. A line that begins with a bare word is a
 * call without its parentheses: `echo hello` means `(echo hello)`.
 *
 * @throws {ReadError}
 */
export function readStatements(text: string): readonly Value[] {
  const forms = readAll(text)
  const statements: Value[] = []
  for (let at = 0; at < forms.length;) {
    const first = forms[at]!
    let end = at + 1
    if (wordOf(first.value) !== undefined) {
      while (end < forms.length && follows(text, forms[end - 1]!, forms[end]!)) end += 1
      statements.push(list(forms.slice(at, end).map((form) => form.value)))
    } else {
      statements.push(first.value)
    }
    at = end
  }
  return statements
}

function follows(text: string, form: Form, next: Form): boolean {
  return placeOf(text, form.end).line === placeOf(text, next.start).line
}
