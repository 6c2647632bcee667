// Runs the benches and prints one line each: what we take, what the rival takes, and the ratio.
//
//   npm run bench             all rooms
//   npm run bench -- rpc      these rooms only
//
// Each bench runs ROUNDS times, all benches in turn, so that a busy moment of the machine falls on
// one round of many; the median counts. Whether more is better follows from the unit.

import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import '../../src/base/polyfill.ts'
import type { Bench } from './bench.ts'

const ROUNDS = 5
const RATES = /\/s$/

const here = fileURLToPath(new URL('.', import.meta.url))
const wanted = process.argv.slice(2)

interface Figures {
  readonly room: string
  readonly bench: Bench
  readonly ours: number[]
  readonly rival: number[]
  rivalName: string
}

const ends: (() => Promise<void>)[] = []

async function benchesOf(room: string): Promise<Figures[]> {
  const { benches, end } = (await import(`./${room}/index.js`)) as {
    benches: Bench[]
    end?: () => Promise<void>
  }
  if (end) ends.push(end)
  return benches.map((bench) => ({ room, bench, ours: [], rival: [], rivalName: '' }))
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[sorted.length >> 1] ?? NaN
}

const rooms = readdirSync(here, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && (wanted.length === 0 || wanted.includes(entry.name)))
  .map((entry) => entry.name)
  .toSorted()
const unknown = wanted.filter((name) => !rooms.includes(name))
if (unknown.length > 0 || rooms.length === 0) {
  process.stderr.write(`bench: there are no benches for ${unknown.join(', ') || 'any room'}\n`)
  process.exit(2)
}

const all: Figures[] = []
for (const room of rooms) all.push(...(await benchesOf(room)))
for (let round = 0; round < ROUNDS; round++) {
  for (const figures of all) {
    const { ours, rival, rivalName } = await figures.bench.run()
    figures.ours.push(ours)
    figures.rival.push(rival)
    figures.rivalName = rivalName
  }
}

const rows = all.map(({ room, bench: { name, unit }, ours, rival, rivalName }) => {
  const [mine, theirs] = [median(ours), median(rival)]
  const better = RATES.test(unit) ? mine / theirs : theirs / mine
  return [
    room,
    name,
    `${plain(mine)} ${unit}`,
    `${plain(theirs)} ${unit}`,
    `${better.toFixed(2)}x`,
    rivalName,
  ]
})

/** Three digits, never an exponent. */
function plain(value: number): string {
  return value >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)))
}

const head = ['room', 'bench', 'ours', 'rival', 'better by', 'rival is']
const widths = head.map((title, at) =>
  Math.max(title.length, ...rows.map((row) => row[at]!.length)),
)
for (const row of [head, ...rows]) {
  console.log(
    row
      .map((cell, at) => cell.padEnd(widths[at]!))
      .join('  ')
      .trimEnd(),
  )
}
for (const end of ends) await end()
process.exit(0)
