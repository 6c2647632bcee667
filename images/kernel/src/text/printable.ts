/**
 * Whether a terminal shows this code point, and only shows it. Not so: control characters, lone
 * surrogates, and marks that turn the direction of a line.
 */
export function isPrintable(code: number): boolean {
  if (code < 0x20 || (code >= 0x7f && code <= 0x9f)) return false
  if (code >= 0xd800 && code <= 0xdfff) return false
  return !(code >= 0x202a && code <= 0x202e) && !(code >= 0x2066 && code <= 0x2069)
}
