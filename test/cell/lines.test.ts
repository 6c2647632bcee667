import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, isAbsolute, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'

import { silentLog } from '../../src/base/index.ts'
import { Cursor } from '../../src/cell/cursor.ts'
import { loadProgram, spawnCell } from '../../src/cell/index.ts'
import { causeOf } from '../../src/cell/module/backtrace.ts'
import { CodeMap } from '../../src/cell/module/code-map.ts'
import { customSections, linesOf } from '../../src/cell/module/debug-section.ts'
import { readLineTable } from '../../src/cell/module/dwarf-line.ts'
import type { DebugSections } from '../../src/cell/module/dwarf-line.ts'
import { encodeLines, Lines } from '../../src/cell/module/line-section.ts'
import { rewriteModule } from '../../src/cell/module/rewrite.ts'
import { cTools, rustComponents, rustTools } from '../help/toolchains.ts'
import { hasDwarfDump, rowsByLlvm } from './help/dwarf-dump.ts'

const FIXTURES = fileURLToPath(new URL('../../../test/cell/fixture/lines/', import.meta.url))
const scratch = mkdtempSync(join(tmpdir(), 'ww-lines-'))
afterAll(() => rmSync(scratch, { recursive: true }))

const SDK = process.env['WASI_SDK_PATH']
const CLANG = SDK
  ? [join(SDK, 'bin/clang')]
  : ['clang', 'clang-19', 'clang-22', 'clang-16', 'clang-14']

/** The program as a compiler makes it of a fixture, with lines. */
function compiled(command: string, source: string, ...options: string[]): string {
  const out = join(scratch, `${basename(source)}${options.join('')}.wasm`)
  // Where the compiler works is where names of files begin.
  const { stderr, status } = spawnSync(command, [...options, source, '-o', out], { cwd: FIXTURES })
  expect([status, stderr.toString()]).toEqual([0, ''])
  return out
}

const clang = (...options: string[]) => {
  const found = CLANG.find((name) => {
    const args = ['--target=wasm32-wasi', '-print-file-name=libc.a']
    return isAbsolute(spawnSync(name, args, { encoding: 'utf8' }).stdout?.trim() ?? '')
  })!
  return compiled(found, 'average.c', '--target=wasm32-wasi', '-g', ...options)
}
const rustc = (...options: string[]) => {
  const target = options.some((each) => each.startsWith('--target'))
    ? []
    : ['--target=wasm32-wasip1']
  return compiled('rustc', 'average.rs', ...target, '-g', ...options)
}

/** Why the program trapped. */
async function causeIn(path: string, keepNames: boolean): Promise<string> {
  const program = await loadProgram(readFileSync(path), 'x', { keepNames })
  await using cell = await spawnCell({ program, name: 'x', args: ['x'], env: [], log: silentLog })
  const exit = await cell.exited
  expect(exit.kind).toBe('trapped')
  return exit.kind === 'trapped' ? exit.message : ''
}

test.skipIf(!cTools.isHere).each([
  ['-gdwarf-4', '-O0'],
  ['-gdwarf-5', '-O0'],
  ['-gdwarf-4', '-O2'],
  ['-gdwarf-5', '-O2'],
])(
  `a trap of a program in C says in which line it was, and who called it: %s %s${cTools.missing}`,
  async (version, level) => {
    const cause = await causeIn(clang(version, level), true)
    const expected = [
      /^divide by zero in average \(average\.c:5:14\), /,
      /, called by up_to \(average\.c:13:10\), /,
      /, called by (?:main|__main_argc_argv) \(average\.c:18:10\), /,
    ]
    for (const part of expected) expect(cause).toMatch(part)
  },
)

test.skipIf(!cTools.isHere)(`who did not ask for lines gets none${cTools.missing}`, async () => {
  expect(await causeIn(clang(), false)).toMatch(/^divide by zero in function \d+$/)
})

test.skipIf(!rustTools.isHere).each(['-Copt-level=0', '-Copt-level=2'])(
  `a trap of a program in Rust says in which line it was: %s${rustTools.missing}`,
  async (level) => {
    const cause = await causeIn(rustc(level), true)
    expect(cause).toMatch(/ in .*average\S* \(average\.rs:[56]:[89]\), called by /)
    expect(cause).toMatch(/main\S* \(average\.rs:13:16\)/)
  },
)

test.skipIf(!rustComponents.isHere)(
  `a trap of one of a component's modules says in which line it was${rustComponents.missing}`,
  async () => {
    const cause = await causeIn(rustc('--target=wasm32-wasip2', '-Copt-level=1'), true)
    expect(cause).toMatch(/ in .*average\S* \(average\.rs:[56]:[89]\), called by /)
  },
)

const withoutLlvm = hasDwarfDump ? '' : ' (skipped: no llvm-dwarfdump is here)'

test
  .skipIf(!cTools.isHere || !hasDwarfDump)
  .each<[string, () => string]>([
    ['C, DWARF 4', () => clang('-gdwarf-4', '-O1')],
    ['C, DWARF 5', () => clang('-gdwarf-5', '-O1')],
    ...(rustTools.isHere ? [['Rust', () => rustc('-Copt-level=1')] as [string, () => string]] : []),
  ])(`lines are read as LLVM reads them: %s${withoutLlvm}`, (_what, build) => {
  const path = build()
  const { files, rows } = readLineTable(linesOf(customSections(readFileSync(path))))
  const seen = rows.map(({ address, line, column, file, isEnd }) =>
    isEnd ? `${address} end` : `${address} ${line} ${column} ${basename(files[file] ?? '')}`,
  )
  const expected = rowsByLlvm(path)
  expect(expected.length).toBeGreaterThan(50)
  expect(seen).toEqual(expected)
})

test.skipIf(!cTools.isHere)(
  `what can trap is where the rewritten module says it is${cTools.missing}`,
  () => {
    const bytes = new Uint8Array(readFileSync(clang('-O2')))
    const { bytes: rewritten } = rewriteModule(bytes, { keepNames: true })
    const { rows } = readLineTable(linesOf(customSections(bytes)))
    const start = codeStart(bytes)
    // A function begins with its locals, where no code is.
    const code = rows.filter(
      ({ line, address, isEnd }, i) =>
        line > 0 && !isEnd && rows[i - 1]?.isEnd === false && canTrap(bytes[start + address]!),
    )
    const before = code.toSorted((a, b) => a.address - b.address)
    const after = rowsIn(customSections(rewritten).get('__ww_lines')!)
    expect(before.length).toBeGreaterThan(50)
    let found = 0
    for (const { at, line } of after) {
      const next = before[found]
      if (line === next?.line && rewritten[at] === bytes[start + next.address]) found++
    }
    expect(found).toBe(before.length)
  },
)

/** Calls, accesses to memory, divisions and conversions; what steers is written anew. */
const canTrap = (opcode: number) =>
  [0x00, 0x10, 0x11, 0x6d, 0x6e, 0x6f, 0x70, 0x7f, 0x80, 0x81, 0x82, 0xfc].includes(opcode) ||
  (opcode >= 0x28 && opcode <= 0x3e)

function rowsIn(section: Uint8Array): { at: number; line: number }[] {
  const cursor = new Cursor(section, 0, section.length)
  cursor.name()
  cursor.list(() => cursor.name())
  let at = 0
  return Array.from({ length: cursor.u32() }, () => {
    at += cursor.u32()
    const [, line] = [cursor.u32(), cursor.u32(), cursor.u32()]
    return { at, line: line! }
  })
}

/** Where the content of the code section stands. */
function codeStart(bytes: Uint8Array): number {
  const cursor = new Cursor(bytes, 8, bytes.length)
  for (;;) {
    const id = cursor.u8()
    const { at } = cursor.part(cursor.u32())
    if (id === 10) return at
  }
}

// ——— bytes nobody vouches for ———

const CORPUS = readdirSync(FIXTURES).filter((name) => name.endsWith('.wasm'))
const sectionsIn = (name: string) =>
  linesOf(customSections(new Uint8Array(readFileSync(join(FIXTURES, name)))))

/** Reads lines, puts them where nothing was inserted, and looks some up. */
function use(sections: DebugSections): void {
  const table = readLineTable(sections)
  expect(table.rows.length).toBeLessThanOrEqual(1 << 19)
  for (const { address, file, line, column } of table.rows) {
    if (line > 0) expect(table.files[file]).toBeTypeOf('string')
    for (const value of [address, file, line, column]) expect(value).toBe(value >>> 0)
  }
  const map = new CodeMap()
  map.copied(0, 0)
  const section = new Uint8Array(encodeLines('ww-00000000', table, map, 0).bytes)
  const lines = new Lines(section.subarray(1 + '__ww_lines'.length))
  for (const { address } of table.rows.slice(0, 20)) lines.find(address)
  expect(lines.find(0xffff_ffff)?.line).not.toBe(0)
}

test('a section that was cut or changed anywhere is read as far as it makes sense', () => {
  expect(CORPUS.length).toBeGreaterThan(2)
  fc.assert(
    fc.property(
      fc.constantFrom(...CORPUS),
      fc.array(fc.record({ at: fc.nat(), byte: fc.integer({ min: 0, max: 255 }) }), {
        maxLength: 6,
      }),
      fc.option(fc.nat()),
      (name, changes, cut) => {
        const { line, ...strings } = sectionsIn(name)
        const changed = new Uint8Array(line)
        // Heads are short and most of what there is to get wrong.
        for (const { at, byte } of changes) {
          changed[at % (at % 2 === 0 ? 200 : changed.length)] = byte
        }
        use({ ...strings, line: changed.subarray(0, (cut ?? changed.length) % (line.length + 1)) })
      },
    ),
    { numRuns: 400, seed: 11 },
  )
})

test('whatever stands in the sections, they are read', () => {
  const bytes = fc.uint8Array({ maxLength: 200 })
  fc.assert(
    fc.property(bytes, bytes, fc.integer({ min: 2, max: 5 }), (body, strings, version) => {
      const head = [...u32(body.length + 2), version, 0]
      use({ line: Uint8Array.from([...head, ...body]), lineStr: strings, str: strings })
    }),
    { numRuns: 1_000, seed: 12 },
  )
})

const u32 = (value: number) => [0, 8, 16, 24].map((shift) => (value >>> shift) & 0xff)

/** A unit of version 5 with these directories and files behind the usual numbers, and a program. */
function unit(entries: number[], program: number[], lineRange = 14): number[] {
  const lengths = [0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1]
  const head = [1, 1, 1, -5 & 0xff, lineRange, 13, ...lengths, ...entries]
  const rest = [5, 0, 4, 0, ...u32(head.length), ...head, ...program]
  return [...u32(rest.length), ...rest]
}
const ascii = (text: string) => Array.from(text, (char) => char.charCodeAt(0))
const setAddress = (address: number) => [0, 5, 2, ...u32(address)]
const END = [0, 1, 1]
/** One directory and two files, in words that stand there. */
const WORDS = [
  ...[1, 1, 8, 1, ...ascii('/home/ada/x\0')],
  ...[2, 1, 8, 2, 11, 2, ...ascii('/home/ada/x/a.c\0'), 0, ...ascii('b.c\0'), 0],
]
const read = (...units: number[][]) =>
  readLineTable({
    line: Uint8Array.from(units.flat()),
    lineStr: new Uint8Array(0),
    str: new Uint8Array(0),
  })

test('every instruction of a line program does what the standard says', () => {
  const program = [
    ...setAddress(16),
    ...[3, 9, 5, 7, 1], // ten lines on is line 10; column 7; a row
    ...[2, 8, 3, 0x7e, 4, 0, 1], // eight bytes on, two lines back, the first file; a row
    13 + 14 * 2 + 6, // two bytes and one line on; a row
    ...[8, 9, 0x00, 0x01, 1], // as far as opcode 255 goes, and 256 bytes; a row
    ...[6, 7, 10, 11, 12, 5, 0, 2, 4, 9], // what changes nothing here
    ...[2, 1, ...END],
    ...[...setAddress(0), 1, ...END, ...setAddress(0xffff_ffff), 1, ...END],
    ...[1, ...END],
  ]
  const { files, rows } = read(unit(WORDS, program))
  expect(files).toEqual(['a.c', 'b.c'])
  expect(rows).toEqual([
    { address: 16, file: 1, line: 10, column: 7, isEnd: false },
    { address: 24, file: 0, line: 8, column: 7, isEnd: false },
    { address: 26, file: 0, line: 9, column: 7, isEnd: false },
    { address: 26 + 17 + 256, file: 0, line: 9, column: 7, isEnd: false },
    { address: 26 + 17 + 256 + 1, file: 0, line: 9, column: 7, isEnd: true },
  ])
})

test('a unit that is wrong leaves the others as they are', () => {
  const good = unit(WORDS, [...setAddress(16), 1, ...END])
  const wrong = [
    unit(WORDS, [...setAddress(16), 13], 0), // a special opcode, and no range of lines
    unit(WORDS, [...setAddress(16), 0, 9]), // longer than what is there
    unit([1, 1, 0x55, 1], []), // a form nobody knows
    unit([0, 0xff, 0xff, 0xff, 0xff, 0x0f], []), // four billion directories without a byte
    [...u32(4), 7, 0, 0, 0],
  ]
  for (const each of wrong) {
    const { rows } = read(good, each, good)
    expect(rows.filter(({ isEnd }) => !isEnd)).toHaveLength(2)
  }
})

test('paths that are named again and again are read so often and no more', () => {
  // Each takes four bytes here, and four thousand there.
  const count = 100_000
  const files = [1, 1, 0x1f, ...[0xa0, 0x8d, 0x06], ...Array.from({ length: 4 * count }, () => 0)]
  const line = Uint8Array.from(unit([1, 1, 8, 1, 0, ...files], [...setAddress(16), 1, ...END]))
  const lineStr = new Uint8Array(5_000).fill(0x61).fill(0, 4_000)
  const { files: read, rows } = readLineTable({ line, lineStr, str: lineStr })
  expect([read.length, rows.length]).toEqual([0, 0])
})

// ——— what is said ———

test('names of a guest cannot break a line, drive a terminal or fill one', () => {
  const thrown = new Error('unreachable')
  const at = (name: string) =>
    `    at ww-0123abcd.${name} (wasm://wasm/ww-0123abcd-99887766:wasm-function[3]:0x1f)`
  thrown.stack = [
    'Error: unreachable',
    at('f(int, char const*)'),
    at('a\x1b[2Jb'),
    at('x'.repeat(500)),
  ].join('\n')
  const place = { file: 'src/\x07main.c', line: 7, column: 0 }
  expect(
    causeOf(thrown, (tag, offset) =>
      tag === 'ww-0123abcd' && offset === 0x1f ? place : undefined,
    ),
  ).toBe(
    `unreachable in f(int, char const*) (src/\uFFFDmain.c:7), called by a\uFFFD[2Jb (src/\uFFFDmain.c:7), called by …${'x'.repeat(119)} (src/\uFFFDmain.c:7)`,
  )
  expect(causeOf(thrown)).toMatch(
    /^unreachable in function 3 \(f\(int, char const\*\)\), called by /,
  )
})
