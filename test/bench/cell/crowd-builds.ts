// Builds side by side among forty hostile cells, in turns, each with what else the machine did: on a
// machine with others at work only such figures can be compared.
//
//   node dist/test/bench/cell/crowd-builds.js ROUNDS thread|process DIST…

import { join, resolve } from 'node:path'

import type { Pace } from '../../cell/help/crowd.ts'
import type { Isolation } from '../../help/isolation.ts'
import { runCrowd } from './crowd-run.ts'
import { loadText } from './load.ts'

const [rounds, isolation, ...builds] = process.argv.slice(2)

const paceText = ({ p50Ms, p99Ms, pauseMs }: Pace) =>
  `${p50Ms.toFixed(2)} / ${p99Ms.toFixed(1)} / ${pauseMs.toFixed(0)}`

process.stdout.write(
  'p50 / p99 of calls / longest pause, ms: quiet, among forty, while they change\n',
)
for (let round = 0; round < Number(rounds); round++) {
  for (const build of builds) {
    const file = join(resolve(build), 'test/cell/help/crowd.js')
    const { seen, load } = await runCrowd(isolation as Isolation, file)
    const paces = [seen.quiet, seen.crowded, seen.changing].map(paceText).join('   ')
    process.stdout.write(`${build}   ${paces}   (${loadText(load)})\n`)
  }
}
