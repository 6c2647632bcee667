import { clusters, displayWidth } from '../text/width.ts'
import { History } from './history.ts'
import type { Key } from './key.ts'
import { layout } from './layout.ts'
import type { Layout } from './layout.ts'

/** The most that can be typed into one form, in UTF-16 units. */
export const MAX_INPUT_LENGTH = 64 << 10

const CONTINUATION = '… '
const BELL = '\x07'

export interface LineEditorOptions {
  /** What may stand before the cursor; candidates replace the text from `start` on. */
  complete(before: string): { readonly start: number; readonly candidates: readonly string[] }
  /** False while more must be typed: then Enter begins another line. */
  isComplete(text: string): boolean
}

export interface TerminalSize {
  readonly columns: number
  readonly rows: number
}

/** How editing ended: a text to work on, a text thrown away, or the wish to leave. */
export type Outcome =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'end' }

/**
 * Edits one input of one or more lines on a terminal: keys go in, what to draw comes out. Knows
 * neither bytes nor time.
 *
 * Invariants
 *  - `#cursor` stands between two clusters of `#text`.
 *  - Only `render` and `finish` draw, so many keys may cost one drawing.
 *  - `#drawn` is what the terminal shows: the rows of the last drawing, the terminal's cursor
 *    somewhere in them, and nothing of ours above.
 */
export class LineEditor {
  readonly #options: LineEditorOptions
  readonly #history = new History()
  #prompt = ''
  #text = ''
  #cursor = 0
  #killed = '' // what ctrl-k, ctrl-u or ctrl-w took last
  #search: Search | undefined
  #drawn: { readonly cursorRow: number } | undefined
  #extra = '' // to be written before the next drawing: a bell, a cleared screen
  #listing: readonly string[] = [] // candidates to show above the next drawing
  #tabbed = false // the last key was a tab that could not decide

  constructor(options: LineEditorOptions) {
    this.#options = options
  }

  /** Begins an empty input. Nothing is drawn yet. */
  begin(prompt: string): void {
    this.#prompt = prompt
    this.#set('', 0)
    this.#search = undefined
    this.#drawn = undefined
    this.#extra = ''
    this.#listing = []
    this.#tabbed = false
    this.#history.rewind()
  }

  /** Takes a key in. @returns how the editing ended, if it did; then call {@link finish} */
  key(key: Key): Outcome | undefined {
    const tabbed = this.#tabbed
    this.#tabbed = false
    if (this.#search && this.#searchKey(this.#search, key)) return undefined
    if (key.kind === 'text') this.#insert(key.text)
    else if (key.kind === 'paste') this.#insert(pastedText(key.text))
    else return this.#press(key.name, tabbed)
    return undefined
  }

  /** What brings the terminal from the last drawing to the present state. */
  render(size: TerminalSize): string {
    let drawing = ''
    if (this.#listing.length > 0) {
      drawing += this.#leave(size) + inColumns(this.#listing, columnsOf(size))
      this.#listing = []
    }
    drawing += this.#extra
    this.#extra = ''
    return drawing + this.#draw(this.#layout(size), size)
  }

  /** What leaves the input standing complete, the cursor on a fresh line below. */
  finish(size: TerminalSize, mark = ''): string {
    this.#search = undefined
    this.#cursor = this.#text.length
    const drawing = this.#draw(this.#layout(size), size)
    this.#drawn = undefined
    return `${drawing}${mark}\r\n`
  }

  #press(name: string, tabbed: boolean): Outcome | undefined {
    switch (name) {
      case 'enter':
        return this.#enter()
      case 'alt-enter':
        this.#insert('\n')
        break
      case 'tab':
        this.#complete(tabbed)
        break
      case 'ctrl-c':
        return { kind: 'cancelled' }
      case 'ctrl-d':
        if (this.#text === '') return { kind: 'end' }
        this.#delete(this.#cursor, this.#right())
        break
      case 'delete':
        this.#delete(this.#cursor, this.#right())
        break
      case 'backspace':
        this.#delete(this.#left(), this.#cursor)
        break
      case 'left':
      case 'ctrl-b':
        this.#cursor = this.#left()
        break
      case 'right':
      case 'ctrl-f':
        this.#cursor = this.#right()
        break
      case 'ctrl-left':
      case 'alt-left':
      case 'alt-b':
        this.#cursor = this.#wordLeft()
        break
      case 'ctrl-right':
      case 'alt-right':
      case 'alt-f':
        this.#cursor = this.#wordRight()
        break
      case 'home':
      case 'ctrl-a':
        this.#cursor = this.#lineStart()
        break
      case 'end':
      case 'ctrl-e':
        this.#cursor = this.#lineEnd()
        break
      case 'up':
      case 'ctrl-p':
        this.#up()
        break
      case 'down':
      case 'ctrl-n':
        this.#down()
        break
      case 'ctrl-k':
        this.#kill(this.#cursor, this.#lineEnd())
        break
      case 'ctrl-u':
        this.#kill(this.#lineStart(), this.#cursor)
        break
      case 'ctrl-w':
      case 'alt-backspace':
        this.#kill(this.#wordLeft(), this.#cursor)
        break
      case 'alt-d':
        this.#kill(this.#cursor, this.#wordRight())
        break
      case 'ctrl-y':
        this.#insert(this.#killed)
        break
      case 'ctrl-l':
        this.#extra += '\x1b[H\x1b[2J'
        this.#drawn = undefined
        break
      case 'ctrl-r':
        this.#search = { query: '', index: undefined, text: this.#text, cursor: this.#cursor }
        break
      default:
        break // a key without a meaning here
    }
    return undefined
  }

  #enter(): Outcome | undefined {
    if (!this.#options.isComplete(this.#text)) {
      this.#insert('\n')
      return undefined
    }
    this.#history.add(this.#text)
    return { kind: 'text', text: this.#text }
  }

  // Text

  #set(text: string, cursor = text.length): void {
    this.#text = text
    this.#cursor = cursor
  }

  #insert(text: string): void {
    if (this.#text.length + text.length > MAX_INPUT_LENGTH) {
      this.#extra += BELL
      return
    }
    const before = this.#text.slice(0, this.#cursor) + text
    this.#set(before + this.#text.slice(this.#cursor), before.length)
  }

  #delete(start: number, end: number): void {
    this.#set(this.#text.slice(0, start) + this.#text.slice(end), start)
  }

  #kill(start: number, end: number): void {
    if (start !== end) this.#killed = this.#text.slice(start, end)
    this.#delete(start, end)
  }

  // Places

  #left(): number {
    return this.#cursor - (clusters(this.#text.slice(0, this.#cursor)).at(-1)?.length ?? 0)
  }

  #right(): number {
    return this.#cursor + (clusters(this.#text.slice(this.#cursor))[0]?.length ?? 0)
  }

  #wordLeft(): number {
    const before = this.#text.slice(0, this.#cursor)
    return before.replace(/[^\s()[\]{}"',;]*[\s()[\]{}"',;]*$/, '').length
  }

  #wordRight(): number {
    const match = /^[\s()[\]{}"',;]*[^\s()[\]{}"',;]*/.exec(this.#text.slice(this.#cursor))
    return this.#cursor + (match?.[0].length ?? 0)
  }

  #lineStart(): number {
    return this.#text.slice(0, this.#cursor).lastIndexOf('\n') + 1
  }

  #lineEnd(): number {
    const newline = this.#text.indexOf('\n', this.#cursor)
    return newline === -1 ? this.#text.length : newline
  }

  // Between the lines of an input, and beyond them through the lines of before

  #up(): void {
    const start = this.#lineStart()
    if (start > 0) {
      this.#toLine(this.#text.slice(0, start - 1).lastIndexOf('\n') + 1)
      return
    }
    const older = this.#history.older(this.#text)
    if (older !== undefined) this.#set(older)
  }

  #down(): void {
    const end = this.#lineEnd()
    if (end < this.#text.length) {
      this.#toLine(end + 1)
      return
    }
    const newer = this.#history.newer()
    if (newer !== undefined) this.#set(newer)
  }

  // Moves to the line at `target`, as many characters into it as the cursor is into its own.
  #toLine(target: number): void {
    const steps = clusters(this.#text.slice(this.#lineStart(), this.#cursor)).length
    const newline = this.#text.indexOf('\n', target)
    const line = this.#text.slice(target, newline === -1 ? undefined : newline)
    this.#cursor = target + clusters(line).slice(0, steps).join('').length
  }

  // Completion

  #complete(tabbed: boolean): void {
    const before = this.#text.slice(0, this.#cursor)
    const { start, candidates } = this.#options.complete(before)
    const typed = before.slice(start)
    const [only] = candidates
    if (only === undefined) {
      this.#extra += BELL
    } else if (candidates.length === 1) {
      const inString = this.#text[start - 1] === '"'
      const tail = only.endsWith('/') || inString ? '' : ' '
      this.#replace(start, only + tail)
    } else {
      const common = commonPrefix(candidates)
      if (common.length > typed.length) this.#replace(start, common)
      else if (tabbed) this.#listing = candidates
      else this.#extra += BELL
      this.#tabbed = true
    }
  }

  #replace(start: number, text: string): void {
    this.#delete(start, this.#cursor)
    this.#insert(text)
  }

  // Searching backwards: the found line is shown in place of the text

  #searchKey(search: Search, key: Key): boolean {
    if (key.kind === 'text') this.#find(search, search.query + key.text)
    else if (key.kind === 'press' && key.name === 'backspace') {
      this.#find(search, clusters(search.query).slice(0, -1).join(''))
    } else if (key.kind === 'press' && key.name === 'ctrl-r') {
      this.#find(search, search.query, search.index)
    } else if (key.kind === 'press' && (key.name === 'ctrl-g' || key.name === 'ctrl-c')) {
      this.#set(search.text, search.cursor)
      this.#search = undefined
    } else {
      this.#search = undefined // the key means what it always means, for the line found
      return false
    }
    return true
  }

  #find(search: Search, query: string, before?: number): void {
    const found = query === '' ? undefined : this.#history.search(query, before)
    if (!found && query !== '') this.#extra += BELL
    this.#search = { ...search, query, index: found?.index ?? before }
    if (found) this.#set(found.line)
  }

  // Drawing

  #layout(size: TerminalSize): Layout {
    return layout({
      prompt: this.#search ? `search "${this.#search.query}": ` : this.#prompt,
      continuation: CONTINUATION,
      text: this.#text,
      cursor: this.#cursor,
      columns: columnsOf(size),
    })
  }

  #draw({ rows, cursor }: Layout, size: TerminalSize): string {
    // An input taller than the terminal is seen through a window around the cursor.
    const height = Math.min(rows.length, size.rows > 0 ? size.rows : DEFAULT_SIZE.rows)
    const top = Math.max(0, Math.min(cursor.row - height + 1, rows.length - height))
    const visible = rows.slice(top, top + height)
    const cursorRow = cursor.row - top
    const up = height - 1 - cursorRow
    const drawing =
      `${moveUp(this.#drawn?.cursorRow ?? 0)}\r\x1b[J${visible.join('\r\n')}` +
      `${moveUp(up)}\r${cursor.column > 0 ? `\x1b[${cursor.column}C` : ''}`
    this.#drawn = { cursorRow }
    return drawing
  }

  // Moves below what is drawn, which stays.
  #leave(size: TerminalSize): string {
    const cursor = this.#cursor
    const drawing = this.finish(size)
    this.#cursor = cursor
    return drawing
  }
}

interface Search {
  readonly query: string
  /** Where the found line stands in the history. */
  readonly index: number | undefined
  /** What to return to. */
  readonly text: string
  readonly cursor: number
}

/** Where the terminal does not tell. */
const DEFAULT_SIZE: TerminalSize = { columns: 80, rows: 24 }

function columnsOf(size: TerminalSize): number {
  return size.columns > 0 ? size.columns : DEFAULT_SIZE.columns
}

function moveUp(rows: number): string {
  return rows > 0 ? `\x1b[${rows}A` : ''
}

// Line ends of any system become ours; what a paste must not do to the terminal falls away.
function pastedText(text: string): string {
  const lines = text.replaceAll(/\r\n?/g, '\n')
  return Array.from(lines)
    .filter((character) => character === '\n' || character === '\t' || isText(character))
    .join('')
}

function isText(character: string): boolean {
  const code = character.codePointAt(0)!
  return code >= 0x20 && (code < 0x7f || code > 0x9f)
}

function commonPrefix(texts: readonly string[]): string {
  const [first = '', ...rest] = texts
  let length = first.length
  for (const text of rest) {
    while (!text.startsWith(first.slice(0, length))) length -= 1
  }
  return first.slice(0, length)
}

function inColumns(words: readonly string[], columns: number): string {
  const width = Math.max(...words.map(displayWidth)) + 2
  const perRow = Math.max(1, Math.floor(columns / width))
  let text = ''
  for (let at = 0; at < words.length; at += perRow) {
    const row = words.slice(at, at + perRow)
    const padded = row.map((word) => word + ' '.repeat(width - displayWidth(word)))
    text += `${padded.join('').trimEnd()}\r\n`
  }
  return text
}
