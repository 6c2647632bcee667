/** Older lines are forgotten first. */
export const MAX_HISTORY_LINES = 1000

/**
 * Lines entered before, in memory only. While one walks through it, changes to what is shown are
 * not kept, but the line being typed is: it waits below the newest.
 */
export class History {
  readonly #lines: string[] = []
  #at = 0 // index of the line shown; the length of `#lines` is the one being typed
  #draft = ''

  /** Remembers a line, unless it is blank or the same as the last. Ends the walk. */
  add(line: string): void {
    if (line.trim() !== '' && this.#lines.at(-1) !== line) this.#lines.push(line)
    if (this.#lines.length > MAX_HISTORY_LINES) this.#lines.shift()
    this.rewind()
  }

  rewind(): void {
    this.#at = this.#lines.length
    this.#draft = ''
  }

  /** The line before; `shown` is kept if it is the one being typed. */
  older(shown: string): string | undefined {
    if (this.#at === 0) return undefined
    if (this.#at === this.#lines.length) this.#draft = shown
    this.#at -= 1
    return this.#lines[this.#at]
  }

  newer(): string | undefined {
    if (this.#at === this.#lines.length) return undefined
    this.#at += 1
    return this.#at === this.#lines.length ? this.#draft : this.#lines[this.#at]
  }

  /** The newest line older than `before` that holds `query`. */
  search(query: string, before = this.#lines.length): { line: string; index: number } | undefined {
    for (let index = before - 1; index >= 0; index -= 1) {
      const line = this.#lines[index]!
      if (line.includes(query)) return { line, index }
    }
    return undefined
  }
}
