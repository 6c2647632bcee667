import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { isComplete } from '../../images/kernel/src/interactive.ts'
import { History } from '../../images/kernel/src/line-editor/history.ts'
import {
  KeyDecoder,
  LineEditor,
  MAX_HISTORY_LINES,
  MAX_INPUT_LENGTH,
  MAX_PASTE_BYTES,
} from '../../images/kernel/src/line-editor/index.ts'
import type { Key, Outcome } from '../../images/kernel/src/line-editor/index.ts'
import { layout } from '../../images/kernel/src/line-editor/layout.ts'
import { clusters, displayWidth } from '../../images/kernel/src/text/width.ts'
import { Screen } from './screen.ts'

const WORDS = ['host', 'help', 'hello', 'executor']

/** An editor at a screen. */
class Desk {
  readonly size: { columns: number; rows: number }
  readonly screen: Screen
  readonly #decoder = new KeyDecoder()
  readonly #editor = new LineEditor({
    complete(before) {
      const start = /[^\s("]*$/.exec(before)?.index ?? 0
      return { start, candidates: WORDS.filter((word) => word.startsWith(before.slice(start))) }
    },
    isComplete,
  })

  constructor(columns = 40, rows = 10) {
    this.size = { columns, rows }
    this.screen = new Screen(columns, rows)
    this.begin()
  }

  begin(): void {
    this.#editor.begin('/ ❯ ')
    this.screen.write(this.#editor.render(this.size))
  }

  /** Types, and draws after each key. @returns how the last input ended, if one did */
  type(text: string): Outcome | undefined {
    let last: Outcome | undefined
    for (const key of this.#decoder.feed(new TextEncoder().encode(text))) {
      last = this.#editor.key(key)
      if (last) {
        this.screen.write(this.#editor.finish(this.size))
        this.begin()
      } else this.screen.write(this.#editor.render(this.size))
    }
    return last
  }

  /** What would be entered. */
  get text(): string {
    const outcome = this.type('\r')
    return outcome?.kind === 'text' ? outcome.text : ''
  }
}

const LEFT = '\x1b[D'
const RIGHT = '\x1b[C'
const UP = '\x1b[A'
const DOWN = '\x1b[B'

describe('keys edit the text', () => {
  test.each([
    ['typing', 'abc', 'abc'],
    ['inserting', `ac${LEFT}b`, 'abc'],
    ['backspace', 'abx\x7fc', 'abc'],
    ['delete', `axbc${LEFT}${LEFT}${LEFT}\x1b[3~`, 'abc'],
    ['home and end', 'b\x1b[Ha\x1b[Fc', 'abc'],
    ['application mode home and end', 'b\x1bOHa\x1bOFc', 'abc'],
    ['ctrl-a and ctrl-e', 'b\x01a\x05c', 'abc'],
    ['ctrl-b and ctrl-f', 'ac\x02b\x06d', 'abcd'],
    ['ctrl-k', `abcxyz${LEFT.repeat(3)}\x0b`, 'abc'],
    ['ctrl-u', `xyzabc${LEFT.repeat(3)}\x15`, 'abc'],
    ['ctrl-w', 'abc def\x17', 'abc '],
    ['ctrl-w stops at a bracket', '(abc\x17def)', '(def)'],
    ['ctrl-y brings back what was cut', 'abc def\x17x \x19', 'abc x def'],
    ['ctrl-d deletes where there is text', `axbc${LEFT.repeat(3)}\x04`, 'abc'],
    ['alt-b and alt-f', 'one two\x1bb\x1bbx\x1bfy', 'xoney two'],
    ['ctrl-left and ctrl-right', 'one two\x1b[1;5Dx\x1b[1;5Cy', 'one xtwoy'],
    ['alt-d', 'one two\x01\x1bd', ' two'],
    ['moving past both ends', `${LEFT}a${LEFT}${LEFT}b${RIGHT}${RIGHT}${RIGHT}c`, 'bac'],
    ['wide characters are one step', `日本${LEFT}x`, '日x本'],
    ['a joined picture is one step', '👩‍👩‍👧x\x7f\x7fy', 'y'],
    ['a combining mark goes with its letter', 'e\u0301x\x7f\x7fy', 'y'],
    ['unknown keys do nothing', 'a\x1b[99~\x1b[1;2P\x1bOPb\x00', 'ab'],
    ['a paste is text', '\x1b[200~a\tb\x1b[201~', 'a\tb'],
    ['a paste drives no terminal', '\x1b[200~a\x1b7b\x07\x1b[201~', 'a7b'],
  ])('%s', (_, typed, expected) => {
    expect(new Desk().type(`${typed}\x05\r`)).toEqual({ kind: 'text', text: expected })
  })

  test('Enter hands the text over, ctrl-c throws it away, ctrl-d on nothing leaves', () => {
    const desk = new Desk()
    expect(desk.type('(a)\r')).toEqual({ kind: 'text', text: '(a)' })
    expect(desk.type('(a\x03')).toEqual({ kind: 'cancelled' })
    expect(desk.type('\x04')).toEqual({ kind: 'end' })
  })

  test('bytes cut anywhere make the same keys', () => {
    const bytes = new TextEncoder().encode(
      'é日👩‍👧\x1b[1;5D\x1bb\x1b[200~x\x1b[201\r\x1b[201~\x1bOAz',
    )
    const whole = new KeyDecoder().feed(bytes)
    const decoder = new KeyDecoder()
    const cut: Key[] = []
    for (const byte of bytes) cut.push(...decoder.feed(Uint8Array.of(byte)))
    expect(cut).toEqual(whole)
    expect(whole.filter((key) => key.kind === 'paste')).toEqual([
      { kind: 'paste', text: 'x\x1b[201\r' },
    ])
    const doubled = new TextEncoder().encode('\x1b[200~x\x1b\x1b[201~y')
    expect(new KeyDecoder().feed(doubled)).toEqual([
      { kind: 'paste', text: 'x\x1b' },
      { kind: 'text', text: 'y' },
    ])
  })
})

describe('an unfinished form goes on', () => {
  test('Enter begins a line with a prompt of its own, until the form is whole', () => {
    const desk = new Desk()
    expect(desk.type('(a\r')).toBeUndefined()
    expect(desk.screen.text).toBe('/ ❯ (a\n…')
    expect(desk.type('b)\r')).toEqual({ kind: 'text', text: '(a\nb)' })
  })

  test('what is wrong is handed over at once, to be reported', () => {
    expect(new Desk().type('(a))\r')).toEqual({ kind: 'text', text: '(a))' })
  })

  test('up and down move between its lines before they leave it', () => {
    const desk = new Desk()
    desk.type('older\r')
    desk.type(`(abc\rd${UP}X`)
    expect(desk.screen.text.split('\n').slice(-2)).toEqual(['/ ❯ (Xabc', '… d'])
    expect(desk.type(`${DOWN}${DOWN})\r`)).toEqual({ kind: 'text', text: '(Xabc\nd)' })
  })
})

describe('history', () => {
  test('up brings older lines back, down newer ones and at last what was being typed', () => {
    const desk = new Desk()
    desk.type('one\rtwo\rdraft')
    desk.type(`${UP}${UP}${UP}`)
    expect(desk.screen.text).toMatch(/❯ one$/)
    desk.type(DOWN)
    expect(desk.screen.text).toMatch(/❯ two$/)
    desk.type(DOWN)
    expect(desk.text).toBe('draft')
  })

  test('blank lines and repetitions are not kept', () => {
    const desk = new Desk()
    desk.type('one\rtwo\rtwo\r  \r')
    expect(desk.type(`${UP}${UP}\r`)).toEqual({ kind: 'text', text: 'one' })
  })

  test('ctrl-r finds the newest line with a text, then older ones; ctrl-g returns', () => {
    const desk = new Desk()
    desk.type('echo first\recho second\rother\r')
    desk.type('\x12ec')
    expect(desk.screen.text).toMatch(/search "ec": echo second$/)
    expect(desk.type('\x12\r')).toEqual({ kind: 'text', text: 'echo first' })
    desk.type('mine\x12oth\x07')
    expect(desk.text).toBe('mine')
  })
})

describe('limits', () => {
  test('the end of a paste that is too long is dropped, and what follows is keys again', () => {
    const long = 'x'.repeat(MAX_PASTE_BYTES + 100_000)
    const keys = new KeyDecoder().feed(new TextEncoder().encode(`\x1b[200~${long}\x1b[201~y`))
    expect(keys).toHaveLength(2)
    const [paste, next] = keys
    expect(paste?.kind === 'paste' && paste.text).toBe('x'.repeat(MAX_PASTE_BYTES))
    expect(next).toEqual({ kind: 'text', text: 'y' })
  })

  test('what does not fit the input rings the bell and changes nothing', () => {
    const desk = new Desk(100, 10)
    desk.type(`\x1b[200~${'x'.repeat(MAX_INPUT_LENGTH)}\x1b[201~`)
    desk.type('y')
    expect(desk.screen.bells).toBe(1)
    expect(desk.text).toBe('x'.repeat(MAX_INPUT_LENGTH))
  })

  test('the oldest lines are forgotten first', () => {
    const history = new History()
    for (let line = 0; line <= MAX_HISTORY_LINES; line += 1) history.add(`line ${line}`)
    let oldest: string | undefined
    for (let line = history.older(''); line !== undefined; line = history.older('')) oldest = line
    expect(oldest).toBe('line 1')
  })
})

describe('completion', () => {
  test('one candidate is taken, with the blank behind it', () => {
    expect(new Desk().type('(ex\tx)\r')).toEqual({ kind: 'text', text: '(executor x)' })
  })

  test('several are taken as far as they agree; the second tab lists them', () => {
    const desk = new Desk()
    desk.type('he\t')
    expect(desk.screen.text).toBe('/ ❯ hel')
    desk.type('\t')
    expect(desk.screen.text).toBe('/ ❯ hel\nhelp   hello\n/ ❯ hel')
    expect(desk.screen.cursor).toEqual([2, 7])
  })

  test('none rings the bell', () => {
    const desk = new Desk()
    desk.type('zz\t')
    expect(desk.screen.bells).toBe(1)
  })
})

describe('the screen shows the text, whatever its length', () => {
  test('a line that fills a row exactly leaves the cursor on the next', () => {
    const desk = new Desk(10, 5)
    desk.type('abcdef')
    expect(desk.screen.text).toBe('/ ❯ abcdef')
    expect(desk.screen.cursor).toEqual([1, 0])
    desk.type('g')
    expect(desk.screen.text).toBe('/ ❯ abcdef\ng')
  })

  test('a wide character that does not fit goes to the next row whole', () => {
    const desk = new Desk(10, 5)
    desk.type('abcde日x')
    expect(desk.screen.text).toBe('/ ❯ abcde\n日x')
    expect(desk.screen.cursor).toEqual([1, 3])
  })

  test('editing in the middle of a wrapped line redraws all of it', () => {
    const desk = new Desk(10, 5)
    desk.type(`abcdefghijkl\x01X`)
    expect(desk.screen.text).toBe('/ ❯ Xabcde\nfghijkl')
    expect(desk.screen.cursor).toEqual([0, 5])
    desk.type('\x0b')
    expect(desk.screen.text).toBe('/ ❯ X')
  })

  test('what stood above is never touched', () => {
    const desk = new Desk(10, 5)
    desk.type('one\r')
    desk.type(`abcdefghijkl\x01X\x05\x15`)
    expect(desk.screen.text).toBe('/ ❯ one\n/ ❯')
  })

  test('a text taller than the screen is seen around the cursor', () => {
    const desk = new Desk(10, 3)
    desk.type('a'.repeat(6) + 'b'.repeat(10) + 'c'.repeat(10) + 'd'.repeat(5))
    expect(desk.screen.text).toBe(`${'b'.repeat(10)}\n${'c'.repeat(10)}\nddddd`)
    desk.type('\x01')
    expect(desk.screen.text).toBe(`/ ❯ aaaaaa\n${'b'.repeat(10)}\n${'c'.repeat(10)}`)
  })

  test('ctrl-l clears the screen and keeps the text', () => {
    const desk = new Desk()
    desk.type('one\rtwo\x0c')
    expect(desk.screen.text).toBe('/ ❯ two')
    expect(desk.screen.cursor).toEqual([0, 7])
  })

  test('after any keys the screen shows what drawing everything anew would show', () => {
    const keys = [
      'a',
      'b',
      ' ',
      '日',
      '"',
      LEFT,
      RIGHT,
      UP,
      DOWN,
      '\x7f',
      '\x01',
      '\x05',
      '\x17',
      '\x0b',
      '\r',
      '\t',
    ]
    const typed = fc.array(fc.constantFrom(...keys), { maxLength: 60 })
    fc.assert(
      fc.property(typed, fc.integer({ min: 6, max: 20 }), (sequence, columns) => {
        const desk = new Desk(columns, 200)
        desk.type(sequence.join(''))
        const shown = desk.screen.text
        const [, column] = desk.screen.cursor
        desk.type('\x0c')
        expect(shown.endsWith(desk.screen.text)).toBe(true)
        expect(column).toBe(desk.screen.cursor[1])
      }),
    )
  })
})

describe('width', () => {
  test.each([
    ['abc', 3],
    ['日本', 4],
    ['e\u0301', 1],
    ['👩‍👩‍👧', 2],
    ['👍🏽', 2],
    ['🇩🇪🇫🇷', 4],
    ['❤\ufe0f', 2],
    ['한글', 4],
    ['❯ …', 3],
  ])('%s takes %i cells', (text, cells) => {
    expect(displayWidth(text)).toBe(cells)
  })

  test('clusters lose nothing', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(clusters(text).join('')).toBe(text)
      }),
    )
  })

  test('no row of a layout is wider than the terminal', () => {
    const text = fc.string({ unit: fc.constantFrom('a', '日', '\n', '\t', 'e\u0301', '👩‍👧') })
    fc.assert(
      fc.property(text, fc.integer({ min: 2, max: 12 }), (value, columns) => {
        const { rows, cursor } = layout({
          prompt: '> ',
          continuation: '… ',
          text: value,
          cursor: value.length,
          columns,
        })
        for (const row of rows) expect(displayWidth(row)).toBeLessThanOrEqual(columns)
        expect(cursor.column).toBeLessThan(columns)
      }),
    )
  })
})
