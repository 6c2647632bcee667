import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import {
  bool,
  explain,
  float,
  int,
  keyword,
  list,
  map,
  MAX_DEPTH,
  NIL,
  print,
  readAll,
  ReadError,
  readOne,
  scan,
  set,
  string,
  symbol,
  vector,
} from '../../images/kernel/src/glia/index.ts'
import type { Value } from '../../images/kernel/src/glia/index.ts'

function texts(source: string): string[] {
  const { tokens, error } = scan(source)
  if (error) throw error
  return tokens.map((token) => source.slice(token.start, token.end))
}

function failure(source: string): ReadError {
  try {
    readAll(source)
  } catch (thrown) {
    if (thrown instanceof ReadError) return thrown
  }
  throw new Error(`${source} reads without an error`)
}

describe('scan() cuts text into tokens', () => {
  test.each([
    ['a symbol', 'hello', ['hello']],
    ['parentheses', '()', ['(', ')']],
    ['a string', '"hello world"', ['"hello world"']],
    ['a string with an escaped quote', String.raw`"a\"b"`, [String.raw`"a\"b"`]],
    ['a comment', '; all of it', []],
    ['a comment, then code', '; first\n(x)', ['(', 'x', ')']],
    ['nested lists', '(a (b c))', ['(', 'a', '(', 'b', 'c', ')', ')']],
    ['tabs, returns and newlines', '(a\tb\r\nc)', ['(', 'a', 'b', 'c', ')']],
    ['nothing', '', []],
    ['only whitespace', ' \t\n ', []],
    ['commas as whitespace', '[1, 2,3]', ['[', '1', '2', '3', ']']],
    ['brackets', '[a]', ['[', 'a', ']']],
    ['braces', '{a b}', ['{', 'a', 'b', '}']],
    ['a set', '#{a}', ['#{', 'a', '}']],
    ['a hash inside an atom', 'a#b', ['a#b']],
    ['a quote, and one inside an atom', "'a don't", ["'", 'a', "don't"]],
  ])('%s', (_, source, expected) => {
    expect(texts(source)).toEqual(expected)
  })

  test('a string that does not end, an escape that does not end, and a stray # are errors', () => {
    expect(scan('"abc').error?.message).toBe('unterminated string')
    expect(scan('"abc\\').error?.message).toBe('unterminated string escape')
    expect(scan('#x').error?.message).toBe('unexpected character after #')
  })

  test('tokens before an error come along', () => {
    expect(scan('(cd "/e').tokens).toHaveLength(2)
  })
})

describe('readOne() makes values', () => {
  test.each<[string, Value]>([
    ['hello', symbol('hello')],
    ['"hi"', string('hi')],
    ['nil', NIL],
    ['true', bool(true)],
    ['false', bool(false)],
    [':port', keyword('port')],
    [':listen-port', keyword('listen-port')],
    [':', keyword('')],
    ['42', int(42n)],
    ['+42', int(42n)],
    ['-7', int(-7n)],
    ['0', int(0n)],
    ['9223372036854775807', int(9223372036854775807n)],
    ['-9223372036854775808', int(-9223372036854775808n)],
    ['3.5', float(3.5)],
    ['-2.5', float(-2.5)],
    ['1e10', float(1e10)],
    ['2.5e-3', float(0.0025)],
    ['.5', float(0.5)],
    ['1.', float(1)],
    ['-inf', float(-Infinity)],
    ['inf', symbol('inf')],
    ['nan', symbol('nan')],
    ['-', symbol('-')],
    ['.', symbol('.')],
    ['1a', symbol('1a')],
    ['session::host', symbol('session::host')],
    ['()', list([])],
    ['(a 1)', list([symbol('a'), int(1n)])],
    ['(a (b))', list([symbol('a'), list([symbol('b')])])],
    ['[1 2]', vector([int(1n), int(2n)])],
    ['[]', vector([])],
    ['[1, 2]', vector([int(1n), int(2n)])],
    [
      '{:a 1 :b 2}',
      map([
        [keyword('a'), int(1n)],
        [keyword('b'), int(2n)],
      ]),
    ],
    [
      '{:a 1 :a 2}',
      map([
        [keyword('a'), int(1n)],
        [keyword('a'), int(2n)],
      ]),
    ],
    ['{}', map([])],
    ['#{1 2}', set([int(1n), int(2n)])],
    ['#{}', set([])],
    ["'x", list([symbol('quote'), symbol('x')])],
    ['(a "b" :c nil 1.5)', list([symbol('a'), string('b'), keyword('c'), NIL, float(1.5)])],
    ['{:peers ["/ip4/1.2.3.4"]}', map([[keyword('peers'), vector([string('/ip4/1.2.3.4')])]])],
    [
      '{:port 2025 ; the default\n :images ["a" "b"]}',
      map([
        [keyword('port'), int(2025n)],
        [keyword('images'), vector([string('a'), string('b')])],
      ]),
    ],
  ])('%s', (source, value) => {
    expect(readOne(source)).toEqual(value)
  })

  test('escapes in strings become characters; an unknown escape keeps its backslash', () => {
    expect(readOne(String.raw`"\n\t\r\\\"\d\u{1b}\u{zz}\u"`)).toEqual(
      string('\n\t\r\\"\\d\x1b\\u{zz}\\u'),
    )
  })

  test('a string may span lines', () => {
    expect(readOne('"a\nb"')).toEqual(string('a\nb'))
  })

  test('an empty text and a second form are errors', () => {
    expect(() => readOne(' ; nothing')).toThrow('empty input')
    expect(() => readOne('a b')).toThrow('unexpected tokens after expression')
  })
})

describe('readAll() reads many forms', () => {
  test('one, several, none', () => {
    expect(readAll('(a)')).toHaveLength(1)
    expect(readAll('(a) b "c"').map((form) => print(form.value))).toEqual(['(a)', 'b', '"c"'])
    expect(readAll('')).toEqual([])
    expect(readAll(' \n\t ')).toEqual([])
  })

  test('each form knows where it stands', () => {
    const [first, second] = readAll(' (a)\n "b"')
    expect([first?.start, first?.end]).toEqual([1, 4])
    expect([second?.start, second?.end]).toEqual([6, 9])
  })
})

describe('an error says what is wrong, where, and whether more text would help', () => {
  test.each([
    ['(a', 'incomplete', 'unclosed list'],
    ['[a', 'incomplete', 'unclosed vector'],
    ['{a 1', 'incomplete', 'unclosed map'],
    ['#{a', 'incomplete', 'unclosed set'],
    ['(a "b', 'incomplete', 'unterminated string'],
    ['(a "b\\', 'incomplete', 'unterminated string escape'],
    ["(a) '", 'incomplete', 'unexpected end of input'],
    [')', 'wrong', 'unexpected )'],
    [']', 'wrong', 'unexpected ]'],
    ['}', 'wrong', 'unexpected }'],
    ['(a]', 'wrong', 'unexpected ] where ) must close the list of line 1, column 1'],
    [') "abc', 'wrong', 'unexpected )'],
    ['(a #b', 'wrong', 'unexpected character after #'],
    ['{a 1 b}', 'wrong', 'map must have an even number of elements'],
    ['#{1 1}', 'wrong', 'duplicate set element: 1'],
    ['#{(a) (a)}', 'wrong', 'duplicate set element: (a)'],
    ['9223372036854775808', 'wrong', 'integer 9223372036854775808 does not fit 64 bits'],
  ])('%s', (source, fault, message) => {
    const error = failure(source)
    expect([error.fault, error.message]).toEqual([fault, message])
  })

  test('explain() draws a caret under the place', () => {
    const source = '(host id)\n(a "日本" ])'
    expect(explain(source, failure(source))).toBe(
      [
        'unexpected ] where ) must close the list of line 2, column 1 at line 2, column 9',
        '  (a "日本" ])',
        '            ^',
      ].join('\n'),
    )
  })

  test('nesting deeper than the limit is refused, however deep it is', () => {
    expect(readAll('('.repeat(MAX_DEPTH) + ')'.repeat(MAX_DEPTH))).toHaveLength(1)
    expect(readAll('()'.repeat(MAX_DEPTH + 1))).toHaveLength(MAX_DEPTH + 1)
    expect(failure('('.repeat(100_000)).message).toBe('nested deeper than 64 levels')
    expect(failure("'".repeat(100_000)).message).toBe('nested deeper than 64 levels')
  })
})

describe('print()', () => {
  test.each([
    'sym',
    '"str"',
    'nil',
    'true',
    'false',
    '42',
    '1.5',
    '1.0',
    '-0.0',
    '1e+300',
    '+inf',
    '+nan',
    ':key',
    '(a b)',
    '()',
    '[1 2]',
    '{:a 1}',
    '#{1}',
    '(host (connect "a") [1 {:x #{2}}])',
    String.raw`"say \"hi\"\n\\"`,
  ])('%s comes out as it went in', (source) => {
    expect(print(readOne(source))).toBe(source)
  })

  test('leaves nothing in a string that could drive a terminal', () => {
    const printed = print(string('\x1b[2J\x07\x9b\u202e\r'))
    expect(printed).toBe(String.raw`"\u{1b}[2J\u{7}\u{9b}\u{202e}\r"`)
  })

  test('reading what was printed gives the same value, for every value', () => {
    const name = fc
      .stringMatching(/^[a-zA-Z*!?<>=/_.+:-][\w*!?<>=/.+:'#-]{0,8}$/)
      .filter((text) => readsAsSymbol(text))
    const { value } = fc.letrec<{ value: Value }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 4, withCrossShrink: true },
        fc.constant(NIL),
        fc.boolean().map(bool),
        fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(int),
        fc.double().map(float),
        fc.string({ unit: 'binary' }).map(string),
        fc.string({ unit: fc.constantFrom('"', '\\', 'n', 'u', '{', '}', '1', '\n') }).map(string),
        name.map(symbol),
        name.map(keyword),
        fc.array(tie('value'), { maxLength: 4 }).map(list),
        fc.array(tie('value'), { maxLength: 4 }).map(vector),
        fc.array(fc.tuple(tie('value'), tie('value')), { maxLength: 3 }).map(map),
        fc.uniqueArray(tie('value'), { maxLength: 4, selector: print }).map(set),
      ),
    }))
    fc.assert(
      fc.property(value, (original) => {
        expect(readOne(print(original))).toEqual(original)
      }),
    )
  })

  test('reading never fails in another way than by ReadError', () => {
    const unit = fc.constantFrom(
      '(',
      ')',
      '[',
      ']',
      '{',
      '}',
      '#',
      '"',
      '\\',
      "'",
      ' ',
      ';',
      'a',
      '1',
    )
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 40 }), (source) => {
        try {
          readAll(source)
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(ReadError)
        }
      }),
    )
  })
})

function readsAsSymbol(text: string): boolean {
  return !text.startsWith(':') && readOne(text).kind === 'symbol'
}
