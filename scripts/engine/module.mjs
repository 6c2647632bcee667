// The sections of a WebAssembly module, as far as linking needs them.

export class Reader {
  constructor(bytes, at = 0, end = bytes.length) {
    this.bytes = bytes
    this.at = at
    this.end = end
  }
  u8() {
    return this.bytes[this.at++]
  }
  unsigned() {
    let value = 0
    for (let scale = 1; ; scale *= 128) {
      const byte = this.u8()
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value
    }
  }
  /** Steps over a LEB128 of either sign. */
  skipLeb() {
    while (this.u8() >= 0x80);
  }
  take(length) {
    this.at += length
    return this.bytes.subarray(this.at - length, this.at)
  }
  text() {
    return Buffer.from(this.take(this.unsigned())).toString('utf8')
  }
  list(each) {
    return Array.from({ length: this.unsigned() }, each)
  }
}

export function unsigned(value) {
  const bytes = []
  do {
    bytes.push(value > 127 ? (value % 128) + 128 : value)
    value = Math.floor(value / 128)
  } while (value > 0)
  return bytes
}

/** A LEB128 with a sign, of a number that has none. */
export function positive(value) {
  const bytes = unsigned(value)
  // The highest bit of the last byte would be the sign.
  const last = bytes.at(-1)
  return last < 64 ? bytes : [...bytes.slice(0, -1), last + 128, 0]
}

/** Numbers, buffers and lists of them, one after the other. */
export function bytesOf(parts) {
  const flat = []
  const walk = (part) => {
    if (typeof part === 'number') flat.push(Uint8Array.of(part))
    else if (part instanceof Uint8Array) flat.push(part)
    else part.forEach(walk)
  }
  walk(parts)
  return Buffer.concat(flat)
}

export const vector = (items) => [unsigned(items.length), ...items]
export const text = (value) => {
  const bytes = Buffer.from(value)
  return [unsigned(bytes.length), bytes]
}

export function parse(bytes) {
  const parsed = {
    /** Each as its bytes, in a string, to be compared. */
    types: [],
    imports: [],
    globalImports: [],
    functions: [],
    globals: [],
    exports: [],
    elements: [],
    elementsFrom: 1,
    pages: 0,
    data: Buffer.of(0),
  }
  const reader = new Reader(bytes, 8)
  const functionTypes = []
  while (reader.at < bytes.length) {
    const id = reader.u8()
    const length = reader.unsigned()
    const end = reader.at + length
    const section = new Reader(bytes, reader.at, end)
    reader.at = end
    const raw = (from) => Buffer.from(bytes.subarray(from, section.at))
    if (id === 1) {
      parsed.types = section.list(() => {
        const from = section.at
        if (section.u8() !== 0x60) throw new Error('Cannot link: a type that is no function')
        section.list(() => section.u8())
        section.list(() => section.u8())
        return raw(from).toString('latin1')
      })
    } else if (id === 2) {
      section.list(() => {
        const from = section.text()
        const name = section.text()
        const kind = section.u8()
        if (kind === 0) parsed.imports.push({ from, name, type: section.unsigned() })
        else if (kind === 3) {
          section.take(2)
          parsed.globalImports.push({ from, name })
        } else if (kind === 2) {
          const flags = section.u8()
          section.unsigned()
          if (flags & 1) section.unsigned()
        } else throw new Error(`Cannot link: ${from}.${name} is of kind ${kind}`)
      })
    } else if (id === 3) {
      functionTypes.push(...section.list(() => section.unsigned()))
    } else if (id === 5) {
      if (section.unsigned() !== 1) throw new Error('Cannot link: more than one memory')
      section.u8()
      parsed.pages = section.unsigned()
    } else if (id === 6) {
      parsed.globals = section.list(() => {
        const from = section.at
        section.take(2)
        section.u8()
        section.skipLeb()
        if (section.u8() !== 0x0b) throw new Error('Cannot link: a global that is not a constant')
        return raw(from)
      })
    } else if (id === 7) {
      parsed.exports = section.list(() => ({
        name: section.text(),
        kind: section.u8(),
        index: section.unsigned(),
      }))
    } else if (id === 9) {
      section.list(() => {
        if (section.unsigned() !== 0 || section.u8() !== 0x41) {
          throw new Error('Cannot link: a table filled another way')
        }
        parsed.elementsFrom = section.unsigned()
        section.u8()
        parsed.elements = section.list(() => section.unsigned())
      })
    } else if (id === 10) {
      parsed.functions = section.list((_, at) => ({
        module: parsed,
        type: functionTypes[at],
        code: section.take(section.unsigned()),
      }))
    } else if (id === 11) {
      parsed.data = Buffer.from(section.take(length))
    } else if (id === 8) throw new Error('Cannot link: a module with a start function')
  }
  return parsed
}
