import { expect, test } from 'vitest'

import { LIMIT_KEYS } from '../../src/cell/index.ts'
import { limitRows, limitsHelp, resolveConfig } from '../../src/host/index.ts'
import type { ConfigSources } from '../../src/host/index.ts'
import { limitsFromSetting } from '../../src/host/limit-setting.ts'

const MIB = 1 << 20

test.each<[unknown, object]>([
  [['memory=64MiB'], { memoryBytes: 64 * MIB }],
  ['memory=1.5MiB, children=8', { memoryBytes: 1.5 * MIB, children: 8 }],
  [
    { memory: 4096, wall: '2min', call: '1.5s' },
    { memoryBytes: 4096, wallMs: 120_000, callMs: 1_500 },
  ],
  [['fuel=2G', 'fuel-rate=100k'], { fuel: 2e9, fuelPerSecond: 100_000 }],
  [
    ['fuel=none', 'wall=none', 'call=none', 'output=none'],
    {
      fuel: Infinity,
      wallMs: Infinity,
      callMs: Infinity,
      outputBytes: Infinity,
    },
  ],
  [
    ['output-rate=1KiB', 'spawn-rate=5', 'tmp=1MiB', 'tmp-entries=9'],
    {
      outputBytesPerSecond: 1_024,
      spawnsPerSecond: 5,
      tmpBytes: MIB,
      tmpEntries: 9,
    },
  ],
])('%j is understood', (raw, value) => {
  expect(limitsFromSetting(raw)).toEqual({ value })
})

test.each<[unknown, string]>([
  [['memory'], 'name=value such as memory=64MiB'],
  ['', 'name=value such as memory=64MiB'],
  [7, 'name=value such as memory=64MiB'],
  [['colour=blue'], 'name=value with a name of memory, total-memory, table-entries, stack, fuel'],
  [
    ['memory=lots'],
    'memory=N, a number from 1 with B, KiB, MiB, GiB, TiB or nothing (B) behind it, such as 64MiB, at most 1GiB',
  ],
  [['memory=2GiB'], 'at most 1GiB'],
  [['memory=none'], 'at most 1GiB'],
  [['memory=0'], 'memory=N, a number from 1'],
  [['fuel=0'], 'fuel=N, a number from 1 with k, M, G, T or nothing behind it'],
  [['memory=-1'], 'memory=N'],
  [
    ['wall=10'.concat('days')],
    'wall=N, a number from 1 with ms, s, min, h or nothing (ms) behind it, such as 10s or none',
  ],
  [{ children: null }, 'children=N'],
])('%j is refused: it must be %s', (raw, must) => {
  expect((limitsFromSetting(raw) as { must: string }).must).toContain(must)
})

const sources = (more: Partial<ConfigSources>): ConfigSources => ({
  mounts: [],
  flags: {},
  env: {},
  cwd: '/there',
  home: '/home/ada',
  kernelImage: '/ww',
  ...more,
})

test('each limit is as the strongest says who names it', () => {
  const path = '/home/ada/.ww/config.json'
  const content = { limit: { memory: '1MiB', children: 1, files: 1 } }
  const config = resolveConfig(
    sources({
      flags: { limit: ['memory=3MiB'] },
      env: { WW_LIMIT: 'memory=2MiB,children=2' },
      file: { path, content },
    }),
  )
  const rows = Object.fromEntries(limitRows(config).map(({ name, ...row }) => [name, row]))
  expect(rows['memory']).toEqual({ value: '3MiB', source: { kind: 'flag', name: '--limit' } })
  expect(rows['children']).toEqual({
    value: '2',
    source: { kind: 'environment', name: 'WW_LIMIT' },
  })
  expect(rows['files']).toEqual({ value: '1', source: { kind: 'file', name: path } })
  expect(rows['fuel']).toEqual({ value: 'none', source: { kind: 'default' } })
})

test('a wrong limit is refused by name, even where a stronger source overrides it', () => {
  const call = () =>
    resolveConfig(sources({ flags: { limit: ['fuel=1'] }, env: { WW_LIMIT: 'fuel=much' } }))
  expect(call).toThrow(/^WW_LIMIT must be fuel=N, .* not "fuel=much"$/)
})

test('the help names every limit', () => {
  expect(limitsHelp().split('\n')).toHaveLength(LIMIT_KEYS.length)
  expect(limitsHelp()).toContain('  memory         memory of one cell (64MiB)\n')
})
