/**
 * What a caller can do about a failure; the four kinds of Cap'n Proto's `Exception.Type`, in wire order.
 *
 * - `failed`: the request cannot work; do not repeat it unchanged.
 * - `overloaded`: the same request may work later.
 * - `disconnected`: the thing asked is gone; obtain a new one and start over.
 * - `unimplemented`: nobody there knows this method.
 */
export type ErrorKind = 'failed' | 'overloaded' | 'disconnected' | 'unimplemented'

export const ERROR_KINDS: readonly ErrorKind[] = [
  'failed',
  'overloaded',
  'disconnected',
  'unimplemented',
]

/**
 * The one error class of ww. `kind` is for callers that decide, `code` for programs that match
 * (SCREAMING_SNAKE, stable), `message` for people: one sentence, upper case first, no full stop.
 */
export class WwError extends Error {
  override readonly name = 'WwError'
  readonly kind: ErrorKind
  readonly code: string

  constructor(kind: ErrorKind, code: string, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.kind = kind
    this.code = code
  }
}

/** Whatever was thrown, as an error. Keeps errors as they are. Never throws. */
export function errorFromUnknown(thrown: unknown): Error {
  if (thrown instanceof Error) return thrown
  try {
    return new Error(String(thrown))
  } catch {
    // An object without a prototype, or one whose toString throws.
    return new Error(`A value of type ${typeof thrown} was thrown`)
  }
}

/** The one sentence of an error, for a log line or another error's facts. Never throws. */
export function messageOf(thrown: unknown): string {
  try {
    return String(errorFromUnknown(thrown).message)
  } catch {
    return 'An error without a readable message'
  }
}
