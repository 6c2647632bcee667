import { expect, test } from 'vitest'

import { DEFAULT_CELL_LIMITS } from '../../src/cell/index.ts'
import { cellsAsJson, cellsAsText } from '../../src/cli/cell-table.ts'
import type { CellSeen } from '../../src/host/index.ts'

const NOW = 1_000_000_000
const usage = {
  memoryBytes: 0,
  fuel: 0,
  wallMs: 0,
  outputBytes: 0,
  handles: 0,
  references: 0,
  calls: 0,
  callBytes: 0,
  children: 0,
  descendants: 0,
  totalMemoryBytes: 0,
  tableEntries: 0,
  programs: 0,
  programBytes: 0,
}
const cell = (id: number, parent: number, more: Partial<CellSeen> = {}): CellSeen => ({
  id,
  name: `cell ${id}`,
  parent,
  state: 'running',
  sinceMs: NOW,
  lifetime: 'parent',
  usage,
  limits: DEFAULT_CELL_LIMITS,
  grants: [],
  moreGrants: 0,
  ...more,
})

test('children stand below their parents, with amounts as people read them', () => {
  const cells = [
    cell(1, 0, {
      name: 'pid0',
      lifetime: 'detached',
      sinceMs: NOW - 90_061_000,
      usage: { ...usage, memoryBytes: 4 << 20, fuel: 1_234_567_890, outputBytes: 1_536, calls: 2 },
    }),
    cell(2, 1, { grants: ['log', 'db'], moreGrants: 3, sinceMs: NOW - 61_000 }),
    cell(3, 1, { lifetime: 'held', state: 'starting', sinceMs: NOW + 5 }),
    cell(4, 2, { limits: { ...DEFAULT_CELL_LIMITS, fuel: 5e6, outputBytes: 10_240 } }),
    cell(9, 7, { lifetime: 'detached' }),
  ]
  expect(cellsAsText(cells, NOW)).toBe(
    [
      'ID  CELL        STATE               AGE      MEMORY   FUEL    OUTPUT  CALLS  GRANTS',
      ' 1  pid0        running            1d1h  4MiB/64MiB  1.23G   1.50KiB      2  -',
      ' 2    cell 2    running            1m1s    0B/64MiB      0        0B      0  log db and 3 more',
      ' 4      cell 4  running              0s    0B/64MiB   0/5M  0B/10KiB      0  -',
      ' 3    cell 3    starting, held       0s    0B/64MiB      0        0B      0  -',
      ' 9  cell 9      running, detached    0s    0B/64MiB      0        0B      0  -',
      '',
    ].join('\n'),
  )
})

test('names are text of guests: none drives the terminal or begins a line', () => {
  const text = cellsAsText([cell(1, 0, { name: 'a\n\u001b[2Jb', grants: ['\u202ec'] })], NOW)
  expect(text).toContain(String.raw`a \u001b[2Jb`)
  expect(text).toContain(String.raw`\u202ec`)
  expect(text.split('\n')).toHaveLength(3)
})

test('as JSON everything is there, on one line; no limit is null', () => {
  const text = cellsAsJson([cell(1, 0)])
  expect(text.endsWith('\n')).toBe(true)
  const [seen] = JSON.parse(text) as { limits: Record<string, unknown>; usage: unknown }[]
  expect(seen!.limits['fuel']).toBeNull()
  expect(seen!.limits['memoryBytes']).toBe(64 << 20)
  expect(seen!.usage).toEqual(usage)
})
