import { isPrintable } from '../text/printable.ts'

/** Why a form has no value: one sentence for the person who typed it. */
export class ShellError extends Error {
  override readonly name = 'ShellError'
}

/** Longer messages are cut: they come from outside. */
const MAX_SENTENCE_LENGTH = 500

/** Whatever was thrown, as one line that is safe to show on a terminal. */
export function sentence(thrown: unknown): string {
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  const line = Array.from(message.split('\n', 1)[0]!, (character) =>
    isPrintable(character.codePointAt(0)!) ? character : '?',
  )
  const cut = line.length > MAX_SENTENCE_LENGTH
  return line.slice(0, MAX_SENTENCE_LENGTH).join('') + (cut ? '…' : '')
}
