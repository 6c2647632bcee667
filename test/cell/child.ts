// Loads programs with a cache directory, in the order of its seed, and prints how many it rewrote and
// whatever its log was told.
//
//   node child.js DIRECTORY SEED COUNT

import { silentLog } from '../../src/base/index.ts'
import { Programs } from '../../src/cell/index.ts'
import { program } from './help/programs.ts'

const [cacheDirectory, seed, count] = process.argv.slice(2)
const numbers = Array.from({ length: Number(count) }, (_, i) => i)
let state = Number(seed)
for (let i = numbers.length - 1; i > 0; i--) {
  state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
  const j = state % (i + 1)
  ;[numbers[i], numbers[j]] = [numbers[j]!, numbers[i]!]
}

const told: string[] = []
const log = { ...silentLog, warn: (event: string) => void told.push(event) }
await using programs = new Programs({ log, cacheDirectory })
for (const number of numbers) await programs.load(program(number), `program ${number}`)
process.stdout.write(JSON.stringify({ rewritten: programs.rewritten, told }))
