import type { Key } from '../line-editor/index.ts'
import { clusters, displayWidth } from '../text/width.ts'

/** What a child may leave unread before further lines are refused. */
export const MAX_UNREAD_BYTES = 256 << 10

export interface CookedInputOptions {
  echo(text: string): void
  writeStdin(bytes: Uint8Array): Promise<void>
  closeStdin(): Promise<void>
}

/**
 * What a terminal does for a program that reads lines, since a raw one does not: shows what is
 * typed, lets the line be corrected, and hands it over with Enter. Ctrl-D hands over what is there;
 * of an empty line it makes the end of input.
 */
export class CookedInput {
  readonly #options: CookedInputOptions
  #line = ''
  #unread = 0
  #closed = false
  #writing: Promise<void> = Promise.resolve()

  constructor(options: CookedInputOptions) {
    this.#options = options
  }

  key(key: Key): void {
    if (this.#closed) return
    if (key.kind === 'text') this.#type(key.text)
    else if (key.kind === 'paste') this.#paste(key.text)
    else this.#press(key.name)
  }

  end(): void {
    if (this.#closed) return
    this.#closed = true
    this.#then(async () => await this.#options.closeStdin())
  }

  #press(name: string): void {
    switch (name) {
      case 'enter':
        this.#options.echo('\r\n')
        this.#send(`${this.#line}\n`)
        break
      case 'tab':
        this.#type('\t')
        break
      case 'backspace':
        this.#erase(1)
        break
      case 'ctrl-u':
        this.#erase(Infinity)
        break
      case 'ctrl-d':
        if (this.#line === '') this.end()
        else this.#send(this.#line)
        break
      default:
        break // a key without a meaning here
    }
  }

  #paste(text: string): void {
    const lines = text.replaceAll(/\r\n?/g, '\n').split('\n')
    for (const [index, line] of lines.entries()) {
      if (index > 0) this.#press('enter')
      this.#type(line)
    }
  }

  #type(text: string): void {
    this.#line += text
    this.#options.echo(text)
  }

  #erase(count: number): void {
    const characters = clusters(this.#line)
    const kept = characters.slice(0, Math.max(0, characters.length - count)).join('')
    const width = displayWidth(this.#line.slice(kept.length))
    this.#options.echo('\b \b'.repeat(width))
    this.#line = kept
  }

  #send(text: string): void {
    this.#line = ''
    const bytes = new TextEncoder().encode(text)
    if (this.#unread + bytes.length > MAX_UNREAD_BYTES) {
      this.#options.echo('\x07')
      return
    }
    this.#unread += bytes.length
    this.#then(async () => {
      await this.#options.writeStdin(bytes)
      this.#unread -= bytes.length
    })
  }

  // A child that has closed its stdin, or has ended, wants no more of it.
  #then(act: () => Promise<void>): void {
    this.#writing = this.#writing.then(act).catch(() => {
      this.#closed = true
    })
  }
}
