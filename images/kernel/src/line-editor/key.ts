/**
 * One thing a person did at the keyboard. `press` names what is no text: `enter`, `left`, `ctrl-a`,
 * `alt-b`, `ctrl-left`, …; sequences nobody knows are dropped.
 */
export type Key =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'paste'; readonly text: string }
  | { readonly kind: 'press'; readonly name: string }

/** The rest of a longer paste is dropped. */
export const MAX_PASTE_BYTES = 64 << 10

/** No sequence a terminal sends is longer; the rest is text again. */
const MAX_SEQUENCE_LENGTH = 32

const ESCAPE = 0x1b
const PASTE_END = [0x1b, 0x5b, 0x32, 0x30, 0x31, 0x7e] // ESC [ 201 ~

const FINALS: ReadonlyMap<string, string> = new Map([
  ['A', 'up'],
  ['B', 'down'],
  ['C', 'right'],
  ['D', 'left'],
  ['F', 'end'],
  ['H', 'home'],
  ['Z', 'shift-tab'],
])

const NUMBERED: ReadonlyMap<string, string> = new Map([
  ['1', 'home'],
  ['3', 'delete'],
  ['4', 'end'],
  ['7', 'home'],
  ['8', 'end'],
])

/**
 * Turns the bytes of a raw terminal into keys.
 *
 * Invariants
 *  - Bytes may be cut anywhere: what is not whole waits for the next call.
 *  - A lone Escape waits too, and makes `alt-` of the next key; so no clock is needed.
 *  - Every byte is part of at most one key, in order.
 */
export class KeyDecoder {
  #mode: 'text' | 'escape' | 'sequence' | 'function' | 'paste' = 'text'
  #pending: number[] = [] // of a character or a sequence that is not whole
  #missing = 0 // bytes the character in `#pending` still needs
  #pasted: number[] = []
  #pasteEnd = 0 // how much of PASTE_END the last bytes match

  feed(bytes: Uint8Array): readonly Key[] {
    const keys: Key[] = []
    for (const byte of bytes) {
      const key = this.#byte(byte)
      if (key) keys.push(key)
    }
    return keys
  }

  #byte(byte: number): Key | undefined {
    switch (this.#mode) {
      case 'text':
        return this.#text(byte)
      case 'escape':
        return this.#afterEscape(byte)
      case 'sequence':
        return this.#sequence(byte)
      case 'function': // ESC O, as the keypad and some arrows send
        this.#mode = 'text'
        return press(FINALS.get(String.fromCharCode(byte)))
      case 'paste':
        return this.#paste(byte)
    }
  }

  #text(byte: number): Key | undefined {
    if (this.#missing > 0 && (byte & 0xc0) === 0x80) {
      this.#pending.push(byte)
      this.#missing -= 1
      return this.#missing === 0 ? this.#character() : undefined
    }
    this.#pending = []
    this.#missing = 0
    if (byte === ESCAPE) {
      this.#mode = 'escape'
      return undefined
    }
    if (byte < 0x20 || byte === 0x7f) return press(controlName(byte))
    this.#pending.push(byte)
    this.#missing = byte >= 0xf0 ? 3 : byte >= 0xe0 ? 2 : byte >= 0xc0 ? 1 : 0
    return this.#missing === 0 ? this.#character() : undefined
  }

  #character(): Key {
    const text = new TextDecoder().decode(Uint8Array.from(this.#pending))
    this.#pending = []
    return { kind: 'text', text }
  }

  #afterEscape(byte: number): Key | undefined {
    if (byte === ESCAPE) return undefined // twice is once
    if (byte === 0x5b) {
      this.#mode = 'sequence'
      return undefined
    }
    this.#mode = byte === 0x4f ? 'function' : 'text'
    if (this.#mode === 'function') return undefined
    if (byte < 0x20 || byte === 0x7f) return press(`alt-${controlName(byte)}`)
    return byte < 0x80 ? press(`alt-${String.fromCharCode(byte).toLowerCase()}`) : undefined
  }

  #sequence(byte: number): Key | undefined {
    const isFinal = byte >= 0x40 && byte <= 0x7e
    if (!isFinal && this.#pending.length < MAX_SEQUENCE_LENGTH) {
      this.#pending.push(byte)
      return undefined
    }
    const [number = '', modifiers = ''] = String.fromCharCode(...this.#pending).split(';')
    const final = String.fromCharCode(byte)
    this.#pending = []
    this.#mode = 'text'
    if (final === '~' && number === '200') {
      this.#mode = 'paste'
      return undefined
    }
    const name = final === '~' ? NUMBERED.get(number) : FINALS.get(final)
    return press(name && modifierPrefix(modifiers) + name)
  }

  #paste(byte: number): Key | undefined {
    this.#pasteEnd =
      byte === PASTE_END[this.#pasteEnd] ? this.#pasteEnd + 1 : Number(byte === ESCAPE)
    if (this.#pasted.length < MAX_PASTE_BYTES + PASTE_END.length) this.#pasted.push(byte)
    if (this.#pasteEnd < PASTE_END.length) return undefined
    const bytes = Uint8Array.from(this.#pasted.slice(0, -PASTE_END.length))
    this.#pasted = []
    this.#pasteEnd = 0
    this.#mode = 'text'
    return { kind: 'paste', text: new TextDecoder().decode(bytes) }
  }
}

function press(name: string | undefined): Key | undefined {
  return name === undefined ? undefined : { kind: 'press', name }
}

function controlName(byte: number): string {
  switch (byte) {
    case 0x08:
    case 0x7f:
      return 'backspace'
    case 0x09:
      return 'tab'
    case 0x0a:
    case 0x0d:
      return 'enter'
    default:
      return `ctrl-${String.fromCharCode(byte | 0x60)}`
  }
}

// xterm: one more than a bit set of shift 1, alt 2, ctrl 4.
function modifierPrefix(text: string): string {
  const bits = text === '' ? 0 : Number.parseInt(text, 10) - 1
  return (bits & 4 ? 'ctrl-' : '') + (bits & 2 ? 'alt-' : '')
}
