import { WwError } from '../base/index.ts'

// Names and words are short, and calling a decoder takes as long as reading a dozen letters: some
// 0.2 µs in Node, forty thousand instructions in a guest. Letter by letter is slower from here on.
const SHORT_BYTES = 16
const SHORT_UNITS = 12

const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
const encoder = new TextEncoder()

/**
 * UTF-8 to string; what is not UTF-8 becomes U+FFFD.
 * @param start of a word: what is read with it, up to the end of the last one, is left out again
 */
export function decodeText(bytes: Uint8Array, start: number, end: number): string {
  const length = end - start
  if (length > SHORT_BYTES) return decoder.decode(bytes.subarray(start, end))
  let text = ''
  for (let at = start; at < end; at += 8) {
    const a = bytes[at]!
    const b = bytes[at + 1]!
    const c = bytes[at + 2]!
    const d = bytes[at + 3]!
    const e = bytes[at + 4]!
    const f = bytes[at + 5]!
    const g = bytes[at + 6]!
    const h = bytes[at + 7]!
    if ((a | b | c | d | e | f | g | h) > 0x7f) return decoder.decode(bytes.subarray(start, end))
    text += String.fromCharCode(a, b, c, d, e, f, g, h)
  }
  return length & 7 ? text.slice(0, length) : text
}

/** The UTF-8 of `text`; a lone surrogate becomes U+FFFD. */
export function bytesOf(text: string): Uint8Array {
  return encoder.encode(text)
}

/**
 * Writes `text` as UTF-8 at `at`, where there is room for three bytes a unit. @returns bytes written
 */
export function encodeText(text: string, bytes: Uint8Array, at: number): number {
  const { length } = text
  let done = 0
  if (length <= SHORT_UNITS) {
    for (; done < length; done++) {
      const code = text.charCodeAt(done)
      if (code > 0x7f) break
      bytes[at + done] = code
    }
    if (done === length) return done
  }
  return encoder.encodeInto(text, bytes.subarray(at)).written
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
