import { KeyDecoder, LineEditor } from '../line-editor/index.ts'
import type { Key, LineEditorOptions, Outcome, TerminalSize } from '../line-editor/index.ts'
import type { ChildInput, Screen } from '../shell/index.ts'
import { CookedInput } from './cooked-input.ts'

/** Keys typed ahead of the prompt; more are dropped. */
export const MAX_KEYS_AHEAD = 4096

const BRACKETED_PASTE_ON = '\x1b[?2004h'
const BRACKETED_PASTE_OFF = '\x1b[?2004l'

/** A raw terminal: bytes, and its size. */
export interface TerminalPort {
  /** Empty at the end. */
  read(): Promise<Uint8Array>
  write(data: string | Uint8Array): void
  /** Resolves when more may be written. */
  flush(): Promise<void>
  size(): Promise<TerminalSize>
}

/**
 * The terminal a person sits at: reads inputs with the line editor, and stands between the keyboard
 * and what runs.
 *
 * Invariants
 *  - Somebody always reads the keyboard, so Ctrl-C is seen whatever runs.
 *  - A key goes to one of three: the running child, the editor, or the queue that waits for the
 *    next prompt. What was typed before a child started stays in the queue.
 *  - Everything shown goes through one stream, so that it stands in the order it was written.
 */
export class Terminal implements Screen {
  readonly #port: TerminalPort
  readonly #editor: LineEditor
  readonly #keys: Key[] = []
  #ended = false
  #wake: (() => void) | undefined
  #running: AbortController | undefined
  #child: CookedInput | undefined
  #atLineStart = true

  constructor(port: TerminalPort, options: LineEditorOptions) {
    this.#port = port
    this.#editor = new LineEditor(options)
    void this.#readKeyboard()
  }

  /** Lets a person type one input. */
  async readInput(prompt: string): Promise<Outcome> {
    if (!this.#atLineStart) this.#write('\r\n') // output that did not end its last line stays readable
    this.#editor.begin(prompt)
    this.#port.write(BRACKETED_PASTE_ON + this.#editor.render(await this.#port.size()))
    const outcome = await this.#edit()
    const marks = { text: '', cancelled: '^C', end: '' }
    const last = this.#editor.finish(await this.#port.size(), marks[outcome.kind])
    this.#port.write(last + BRACKETED_PASTE_OFF)
    this.#atLineStart = true
    return outcome
  }

  /** Runs something that Ctrl-C, or the end of input, aborts. @returns whether it was */
  async run(act: (signal: AbortSignal) => Promise<void>): Promise<boolean> {
    const running = new AbortController()
    this.#running = running
    if (this.#ended) running.abort()
    try {
      await act(running.signal)
    } finally {
      this.#running = undefined
      await this.#port.flush()
    }
    return running.signal.aborted
  }

  async out(data: string | Uint8Array): Promise<void> {
    this.#write(data)
    await this.#port.flush()
  }

  async err(data: string | Uint8Array): Promise<void> {
    await this.out(data)
  }

  connectInput(input: ChildInput): () => void {
    const child = new CookedInput({
      echo: (text) => this.#write(text),
      writeStdin: (bytes) => input.writeStdin(bytes),
      closeStdin: () => input.closeStdin(),
    })
    this.#child = child
    return () => {
      if (this.#child === child) this.#child = undefined
    }
  }

  async #edit(): Promise<Outcome> {
    for (;;) {
      while (this.#keys.length === 0 && !this.#ended) await this.#somethingTyped()
      if (this.#keys.length === 0) return { kind: 'end' }
      for (let key = this.#keys.shift(); key; key = this.#keys.shift()) {
        const outcome = this.#editor.key(key)
        if (outcome) return outcome
      }
      this.#port.write(this.#editor.render(await this.#port.size()))
    }
  }

  #somethingTyped(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve
    })
  }

  async #readKeyboard(): Promise<void> {
    const decoder = new KeyDecoder()
    for (;;) {
      // A keyboard that cannot be read any more has ended.
      const bytes = await this.#port.read().catch(() => new Uint8Array(0))
      if (bytes.length === 0) break
      for (const key of decoder.feed(bytes)) this.#typed(key)
      this.#wake?.()
    }
    this.#ended = true
    this.#child?.end()
    this.#running?.abort()
    this.#wake?.()
  }

  #typed(key: Key): void {
    if (this.#running && key.kind === 'press' && key.name === 'ctrl-c') {
      this.#write('^C\r\n')
      this.#keys.length = 0
      this.#running.abort()
    } else if (this.#running && this.#child) {
      this.#child.key(key)
    } else if (this.#keys.length < MAX_KEYS_AHEAD) {
      this.#keys.push(key)
    }
  }

  #write(data: string | Uint8Array): void {
    if (data.length === 0) return
    const last = data[data.length - 1]
    this.#atLineStart = last === '\n' || last === 0x0a
    this.#port.write(data)
  }
}
