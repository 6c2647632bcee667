import { WwError } from '../base/index.ts'

// Short strings are the common case and a TextDecoder call costs more than they do; an engine
// without a native one (a guest's) gains even more.
const SHORT_BYTES = 48

// Texts up to this long are given room for the worst case rather than measured.
const LONG_UNITS = 4096

const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
const encoder = new TextEncoder()

/** UTF-8 to string; what is not UTF-8 becomes U+FFFD. */
export function decodeText(bytes: Uint8Array, start: number, end: number): string {
  if (end - start <= SHORT_BYTES) {
    let text = ''
    for (let at = start; ; at++) {
      if (at === end) return text
      const byte = bytes[at]!
      if (byte > 0x7f) break
      text += String.fromCharCode(byte)
    }
  }
  return decoder.decode(bytes.subarray(start, end))
}

/** Room that `text` needs as UTF-8: exact for a long one, an upper bound for a short one. */
export function maxEncodedBytes(text: string): number {
  if (text.length <= LONG_UNITS) return text.length * 3
  let bytes = text.length
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code <= 0x7f) continue
    // Two bytes below U+0800; three above; four for a pair of surrogates, which is two units.
    bytes += code <= 0x7ff ? 1 : 2
    if (isPair(code, text.charCodeAt(at + 1))) at++
  }
  return bytes
}

function isPair(code: number, next: number): boolean {
  return (code & 0xfc00) === 0xd800 && (next & 0xfc00) === 0xdc00
}

/**
 * Writes `text` as UTF-8 at `at`; a lone surrogate becomes U+FFFD.
 * `bytes` has room for {@link maxEncodedBytes}. @returns bytes written
 */
export function encodeText(text: string, bytes: Uint8Array, at: number): number {
  let done = 0
  if (text.length <= SHORT_BYTES) {
    for (; done < text.length; done++) {
      const code = text.charCodeAt(done)
      if (code > 0x7f) break
      bytes[at + done] = code
    }
    if (done === text.length) return done
  }
  const rest = done === 0 ? text : text.slice(done)
  const { written } = encoder.encodeInto(rest, bytes.subarray(at + done))
  return done + written
}

/** A reader met bytes that are no Cap'n Proto message. Ends the connection they came over. */
export function badMessage(found: string): WwError {
  return new WwError('failed', 'BAD_MESSAGE', `Malformed message: ${found}`)
}

/** A program put a value into a message that its field cannot hold. */
export function badValue(wanted: string, value: unknown): WwError {
  const shown = typeof value === 'string' ? JSON.stringify(value.slice(0, 40)) : String(value)
  return new WwError('failed', 'BAD_VALUE', `Cannot encode ${shown}: expected ${wanted}`)
}
