import { clusters, clusterWidth } from '../../images/kernel/src/text/width.ts'

/**
 * A terminal as small as the line editor needs: text that wraps late, carriage return, newline,
 * backspace, and the five control sequences it uses. Anything else is an error.
 */
export class Screen {
  readonly #columns: number
  readonly #rows: number
  #lines: string[][] = [[]]
  #row = 0
  #column = 0
  #top = 0 // first line that has not scrolled away
  bells = 0

  constructor(columns: number, rows: number) {
    this.#columns = columns
    this.#rows = rows
  }

  write(text: string): void {
    let rest = text
    while (rest !== '') {
      // oxlint-disable-next-line no-control-regex -- control sequences are what this is about
      const sequence = /^\u001b\[(\??\d*)([A-Za-z])/.exec(rest)
      if (sequence) {
        this.#control(sequence[1]!, sequence[2]!)
        rest = rest.slice(sequence[0].length)
        continue
      }
      const cluster = clusters(rest)[0]!
      this.#put(cluster)
      rest = rest.slice(cluster.length)
    }
  }

  /** What is seen, without blanks at the ends of lines and empty lines at the end. */
  get text(): string {
    const lines = this.#lines.slice(this.#top, this.#top + this.#rows)
    return lines
      .map((cells) => lineText(cells).trimEnd())
      .join('\n')
      .replace(/\n+$/, '')
  }

  get cursor(): readonly [row: number, column: number] {
    return [this.#row - this.#top, this.#column]
  }

  #put(cluster: string): void {
    if (cluster === '\r') this.#column = 0
    else if (cluster === '\n') this.#newline()
    else if (cluster === '\b') this.#column = Math.max(0, this.#column - 1)
    else if (cluster === '\x07') this.bells += 1
    else {
      const width = clusterWidth(cluster)
      if (width === 0) throw new Error(`the screen was sent ${JSON.stringify(cluster)}`)
      if (this.#column + width > this.#columns) {
        this.#column = 0
        this.#newline()
      }
      const line = this.#lines[this.#row]!
      while (line.length < this.#column) line.push(' ')
      line[this.#column] = cluster
      if (width === 2) line[this.#column + 1] = ''
      this.#column += width
    }
  }

  #newline(): void {
    this.#row += 1
    if (this.#row === this.#lines.length) this.#lines.push([])
    this.#top = Math.max(this.#top, this.#row - this.#rows + 1)
  }

  #control(parameter: string, final: string): void {
    const count = Number(parameter || '1')
    // A cursor past the last cell hangs at it.
    if (final === 'A') this.#row = Math.max(this.#top, this.#row - count)
    else if (final === 'C') this.#column = Math.min(this.#columns - 1, this.#column + count)
    else if (final === 'J' && parameter === '2') this.#lines.splice(this.#top, this.#rows, [])
    else if (final === 'J') {
      this.#lines.length = this.#row + 1
      this.#lines[this.#row]!.length = Math.min(this.#lines[this.#row]!.length, this.#column)
    } else if (final === 'H') {
      this.#row = this.#top
      this.#column = 0
    } else if (!['h', 'l'].includes(final))
      throw new Error(`the screen was sent ESC[${parameter}${final}`)
  }
}

function lineText(cells: readonly string[]): string {
  return Array.from(cells, (cell) => cell ?? ' ').join('')
}
