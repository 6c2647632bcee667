import type { Outcome } from '../line-editor/index.ts'
import type { ChildInput, Screen } from '../shell/index.ts'
import { concatBytes } from '../text/bytes.ts'

/** Longer inputs are given up. */
export const MAX_LINE_BYTES = 64 << 10

const CONTINUATION = '… '
const NEWLINE = 0x0a

export interface PlainPort {
  /** Empty at the end. */
  read(): Promise<Uint8Array>
  out(data: string | Uint8Array): Promise<void>
  err(data: string | Uint8Array): Promise<void>
}

/**
 * A terminal that edits lines itself, under a host that has no `Tty` to give: a prompt, and lines
 * as they come. Children find their input at its end.
 */
export class PlainTerminal implements Screen {
  readonly #port: PlainPort
  readonly #isComplete: (text: string) => boolean
  #bytes: Uint8Array = new Uint8Array(0)
  #ended = false

  constructor(port: PlainPort, isComplete: (text: string) => boolean) {
    this.#port = port
    this.#isComplete = isComplete
  }

  async readInput(prompt: string): Promise<Outcome> {
    let text = ''
    let ask = prompt
    do {
      await this.#port.out(ask)
      const line = await this.#line()
      if (line === undefined) return text === '' ? { kind: 'end' } : { kind: 'text', text }
      text += text === '' ? line : `\n${line}`
      if (text.length > MAX_LINE_BYTES) return { kind: 'cancelled' }
      ask = CONTINUATION
    } while (!this.#isComplete(text))
    return { kind: 'text', text }
  }

  async run(act: (signal: AbortSignal) => Promise<void>): Promise<boolean> {
    await act(new AbortController().signal)
    return false
  }

  async out(data: string | Uint8Array): Promise<void> {
    await this.#port.out(data)
  }

  async err(data: string | Uint8Array): Promise<void> {
    await this.#port.err(data)
  }

  connectInput(input: ChildInput): () => void {
    input.closeStdin().catch(() => {}) // it may have ended by now
    return () => {}
  }

  async #line(): Promise<string | undefined> {
    for (;;) {
      const newline = this.#bytes.indexOf(NEWLINE)
      if (newline !== -1) {
        const line = this.#bytes.subarray(0, newline)
        this.#bytes = this.#bytes.slice(newline + 1)
        return new TextDecoder().decode(line)
      }
      if (this.#ended || this.#bytes.length > MAX_LINE_BYTES) {
        const rest = this.#bytes
        this.#bytes = new Uint8Array(0)
        return rest.length === 0 ? undefined : new TextDecoder().decode(rest)
      }
      const more = await this.#port.read()
      this.#ended = more.length === 0
      this.#bytes = concatBytes([this.#bytes, more])
    }
  }
}
