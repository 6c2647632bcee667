// Fuzzing by command; the smoke runs are fuzz.test.ts, and cell/fence-reports.test.ts.
//
//   node dist/test/fuzz/main.js NAME [--seconds 60] [--seed 1] [--keep]
//   node dist/test/fuzz/main.js NAME --replay FILE
//
// NAME is frames, messages, machine, sessions or reports. A failing input is made small, written beside the
// other failures in the folder `fuzz-failures`, and told with how to run it again. `--keep` adds
// what reached something new to the corpus, test/fuzz/corpus/NAME.

import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { inspect, parseArgs } from 'node:util'

import { reports } from '../cell/help/reports.ts'
import { Random } from '../help/random.ts'
import { corpusFolder, PURE_FUZZERS, readCorpus } from './corpus.ts'
import { Failure, fuzz, minimized } from './fuzzer.ts'

const FUZZERS = [...PURE_FUZZERS, reports]
const MINIMIZING_RUNS = 4000

const say = (line: string): void => void process.stdout.write(`${line}\n`)
const complain = (line: string): void => void process.stderr.write(`${line}\n`)

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    keep: { type: 'boolean', default: false },
    replay: { type: 'string' },
  },
})

const fuzzer = FUZZERS.find(({ name }) => name === positionals[0])
if (!fuzzer) throw new Error(`Name one of ${FUZZERS.map(({ name }) => name).join(', ')}`)

process.on('unhandledRejection', (reason) => {
  complain(`An unhandled rejection: ${inspect(reason)}`)
  process.exit(1)
})

if (values.replay !== undefined) {
  const features = await fuzzer.run(readFileSync(values.replay), (text) => say(text))
  say([...features].toSorted().join('\n'))
} else {
  const until = performance.now() + Number(values.seconds) * 1000
  const corpus = readCorpus(fuzzer.name)
  const isOver = () => performance.now() >= until
  try {
    const random = new Random(Number(values.seed))
    const { runs, features, pool } = await fuzz({ fuzzer, random, corpus, isOver })
    for (const [feature, count] of [...features].toSorted(([one], [other]) =>
      one < other ? -1 : 1,
    )) {
      say(`${String(count).padStart(9)} ${feature}`)
    }
    say(`${runs} inputs reached ${features.size} things; ${pool.length} were first`)
    if (values.keep) for (const input of pool) save(corpusFolder(fuzzer.name), input)
  } catch (thrown) {
    if (!(thrown instanceof Failure)) throw thrown
    complain(inspect(thrown.cause))
    const small = await minimized(fuzzer, thrown, MINIMIZING_RUNS)
    const file = save('fuzz-failures', small)
    complain(`Again: node dist/test/fuzz/main.js ${fuzzer.name} --replay ${file}`)
    process.exitCode = 1
  }
}

function save(folder: string, input: Uint8Array): string {
  mkdirSync(folder, { recursive: true })
  const hash = createHash('sha256').update(input).digest('hex').slice(0, 12)
  const file = join(folder, `${fuzzer!.name}-${hash}`)
  writeFileSync(file, input)
  return file
}
