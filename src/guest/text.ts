// UTF-8 for guests, as the WHATWG Encoding Standard says; the engine brings none. Other encodings
// are refused. In Node the built-in classes do the same, and the tests hold ours against them.

import { native } from './native.ts'

export interface TextDecoderOptions {
  readonly fatal?: boolean
  readonly ignoreBOM?: boolean
}

const REPLACEMENT = 0xfffd

/** The UTF-8 of `text`; a lone surrogate has none and becomes the replacement character. */
export function bytesOfText(text: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(text)
}

/** The text whose UTF-8 `bytes` are; what is none becomes replacement characters. */
export function textOfBytes(bytes: Uint8Array): string {
  return native?.decode(bytes) ?? decoder.decode(bytes)
}

/** Strings have methods of ECMAScript 2024 in our engine; Node 20 types do not know it. */
const wellFormed = (text: string) => text as string & { toWellFormed(): string }

export class GuestTextEncoder {
  readonly encoding = 'utf-8'

  get [Symbol.toStringTag](): string {
    return 'TextEncoder'
  }

  encode(text: string = ''): Uint8Array<ArrayBuffer> {
    if (native) {
      const bytes = native.encode(text) ?? native.encode(wellFormed(text).toWellFormed())
      if (bytes) return bytes
    }
    // No UTF-16 unit takes more than three bytes.
    const bytes = new Uint8Array(text.length * 3)
    const { written } = this.encodeInto(text, bytes)
    return bytes.slice(0, written)
  }

  encodeInto(text: string, into: Uint8Array): { read: number; written: number } {
    const whole = native?.encodeInto(text, into)
    if (whole !== undefined) return { read: text.length, written: whole }
    const end = into.length
    let read = 0
    let written = 0
    while (read < text.length) {
      const unit = text.charCodeAt(read)
      if (unit < 0x80) {
        if (written === end) break
        into[written++] = unit
        read += 1
        continue
      }
      // A lone surrogate has no UTF-8; it becomes the replacement character.
      const point = text.codePointAt(read)!
      const scalar = point >= 0xd800 && point <= 0xdfff ? REPLACEMENT : point
      const length = scalar < 0x800 ? 2 : scalar < 0x10000 ? 3 : 4
      if (end - written < length) break
      if (length === 2) {
        into[written++] = 0xc0 | (scalar >> 6)
      } else if (length === 3) {
        into[written++] = 0xe0 | (scalar >> 12)
        into[written++] = 0x80 | ((scalar >> 6) & 0x3f)
      } else {
        into[written++] = 0xf0 | (scalar >> 18)
        into[written++] = 0x80 | ((scalar >> 12) & 0x3f)
        into[written++] = 0x80 | ((scalar >> 6) & 0x3f)
      }
      into[written++] = 0x80 | (scalar & 0x3f)
      read += point > 0xffff ? 2 : 1
    }
    return { read, written }
  }
}

/** What the standard lets UTF-8 be called. */
const LABELS = [
  ...['utf-8', 'utf8', 'unicode-1-1-utf-8', 'unicode11utf8', 'unicode20utf8', 'x-unicode20utf8'],
]

// `String.fromCharCode` gets its units as arguments, and the engine's stack holds only so many.
const UNITS_PER_CALL = 4096

export class GuestTextDecoder {
  readonly encoding = 'utf-8'
  readonly fatal: boolean
  readonly ignoreBOM: boolean

  // What the standard's decoder keeps between bytes: the character so far, how many bytes it still
  // needs, and the range the next byte must lie in.
  #point = 0
  #needed = 0
  #lower = 0x80
  #upper = 0xbf
  #bomPassed = false
  #streaming = false

  constructor(label: string = 'utf-8', options: TextDecoderOptions = {}) {
    const name = String(label)
      .replaceAll(/^[\t\n\f\r ]+|[\t\n\f\r ]+$/g, '')
      .toLowerCase()
    if (!LABELS.includes(name)) {
      throw new RangeError(`A cell decodes only utf-8, not "${label}"`)
    }
    this.fatal = Boolean(options.fatal)
    this.ignoreBOM = Boolean(options.ignoreBOM)
  }

  decode(input?: ArrayBuffer | ArrayBufferView, options?: { readonly stream?: boolean }): string {
    const bytes = bytesOf(input)
    if (!this.#streaming && options?.stream !== true) {
      const whole = native?.decode(bytes)
      if (whole !== undefined) {
        return this.ignoreBOM || whole.charCodeAt(0) !== 0xfeff ? whole : whole.slice(1)
      }
    }
    if (!this.#streaming) {
      this.#reset()
      this.#bomPassed = false
    }
    this.#streaming = options?.stream === true
    let text = ''
    let units: number[] = []
    const emit = (point: number) => {
      if (!this.#bomPassed) {
        this.#bomPassed = true
        if (point === 0xfeff && !this.ignoreBOM) return
      }
      if (point > 0xffff) units.push(0xd7c0 + (point >> 10), 0xdc00 | (point & 0x3ff))
      else units.push(point)
      if (units.length >= UNITS_PER_CALL) {
        text += String.fromCharCode(...units)
        units = []
      }
    }
    const malformed = () => {
      this.#reset()
      if (this.fatal) {
        this.#streaming = false
        throw new TypeError('The encoded data was not valid for encoding utf-8')
      }
      emit(REPLACEMENT)
    }
    for (let at = 0; at < bytes.length; at += 1) {
      const byte = bytes[at]!
      if (this.#needed > 0) {
        if (byte < this.#lower || byte > this.#upper) {
          // The byte that does not fit is looked at again as a first byte.
          malformed()
          at -= 1
          continue
        }
        this.#lower = 0x80
        this.#upper = 0xbf
        this.#point = (this.#point << 6) | (byte & 0x3f)
        this.#needed -= 1
        if (this.#needed === 0) emit(this.#point)
      } else if (byte < 0x80) {
        emit(byte)
      } else if (byte >= 0xc2 && byte <= 0xdf) {
        this.#needed = 1
        this.#point = byte & 0x1f
      } else if (byte >= 0xe0 && byte <= 0xef) {
        if (byte === 0xe0) this.#lower = 0xa0 // shorter forms exist
        if (byte === 0xed) this.#upper = 0x9f // surrogates
        this.#needed = 2
        this.#point = byte & 0x0f
      } else if (byte >= 0xf0 && byte <= 0xf4) {
        if (byte === 0xf0) this.#lower = 0x90 // shorter forms exist
        if (byte === 0xf4) this.#upper = 0x8f // beyond U+10FFFF
        this.#needed = 3
        this.#point = byte & 0x07
      } else {
        malformed()
      }
    }
    if (!this.#streaming && this.#needed > 0) malformed()
    return text + String.fromCharCode(...units)
  }

  get [Symbol.toStringTag](): string {
    return 'TextDecoder'
  }

  #reset(): void {
    this.#point = 0
    this.#needed = 0
    this.#lower = 0x80
    this.#upper = 0xbf
  }
}

function bytesOf(input: ArrayBuffer | ArrayBufferView | undefined): Uint8Array {
  if (input === undefined) return new Uint8Array(0)
  if (input instanceof Uint8Array) return input
  if (ArrayBuffer.isView(input)) {
    return new Uint8Array(input.buffer, input.byteOffset, input.byteLength)
  }
  if (input instanceof ArrayBuffer) return new Uint8Array(input)
  throw new TypeError('A TextDecoder decodes an ArrayBuffer or a view of one')
}

const encoder = new GuestTextEncoder()
const decoder = new GuestTextDecoder('utf-8', { ignoreBOM: true })
