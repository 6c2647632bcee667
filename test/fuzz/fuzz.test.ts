// The smoke run: the stored inputs and some new ones, the same every time. What they must reach is
// named, so that a fuzzer that has lost its way is noticed. The long run is by command: main.ts.

import { expect, test } from 'vitest'

import { Random } from '../help/random.ts'
import { isWhole, rounds } from '../help/rounds.ts'
import { FUZZERS, readCorpus } from './corpus.ts'
import { fuzz, minimized, Failure } from './fuzzer.ts'
import type { Fuzzer } from './fuzzer.ts'

/** New inputs besides the stored ones. */
const RUNS: Readonly<Record<string, number>> = {
  frames: 400,
  messages: 300,
  machine: 40,
  sessions: 400,
  reports: 300,
}

const MUST_REACH: Readonly<Record<string, readonly string[]>> = {
  frames: [
    ...['whole', 'cut off', 'too many segments', 'too many words', '5 segments', '9 messages'],
    ...['0 placed', '3 placed'],
  ],
  messages: [
    'well formed',
    'malformed',
    'copied with 2 capabilities',
    'Message: read',
    'Lists: read',
    'Message: Malformed message: a far pointer leads to a far pointer',
    'Message: Malformed message: a double-far tag has an offset',
    'Lists: Malformed message: a list has more elements than words',
    'Message: Malformed message: it is nested too deeply',
    'Message: Malformed message: it asks for more reading than its limit allows',
  ],
  machine: [
    ...['importedCap', 'promisedAnswer'].map((target) => `read disembargo ${target}`),
    'read disembargo back',
    'returned a disembargo',
    ...['vat', 'answer'].map((target) => `sent disembargo along ${target}`),
    'three vats',
    ...['ping', 'give', 'later', 'use', 'pour'].map((method) => `executed ${method} of the other`),
    'a stream call took its time',
    'a stream call failed',
    'a stream was held back',
    'sent return takeFromOtherQuestion',
    'read return resultsSentElsewhere',
    'read return canceled finished',
    'read return results finished',
    'early finish keeping',
    'early finish releasing',
    'read finish of open true',
    'read finish of returned false',
    'read resolve receiverHosted',
    'read resolve senderHosted',
    'read resolve exception',
    'read resolve crossing',
    'sent resolve receiverHosted',
    'sent resolve receiverAnswer',
    'sent resolve senderPromise',
    'sent resolve senderHosted',
    'sent resolve exception',
    'read cap receiverAnswer',
    'read call promisedAnswer ping at place',
    'forwarded give keeping results',
    'settled a promise true',
    'settled a promise with an error',
    ...['provide', 'accept', 'join', 'call', 'disembargo'].map((kind) => `sent ${kind} of level 3`),
    ...[/export \d+ does not exist/, /which is not open/, /in use already/, /never asked/].map(
      (rule) => `broke a rule: ${rule.source}`,
    ),
    ...[/does not keep any/, /not an open promise/, /not under embargo/, /which it has not/].map(
      (rule) => `broke a rule: ${rule.source}`,
    ),
    'quiet end',
  ],
  sessions: ['no abort', 'ended by the peer', 'said abort', 'said unimplemented', 'said call'],
  reports: [
    ...['up', 'compiled', 'refused', 'notStarted', 'bytes', 'end', 'closed', 'credit'].map(
      (kind) => `read ${kind}`,
    ),
    ...['question', 'gauges', 'ending', 'ended', 'started'].map((kind) => `read ${kind}`),
    'breach: it sent a message of # bytes, more than #',
    'breach: it sent a message of unknown kind #',
    'breach: it spoke of pipe #, which does not lead from a cell',
    'breach: it spoke of pipe #, which does not lead to a cell',
    'breach: it sent a message that is not JSON',
    'breach: it sent text that is not UTF-#',
    'breach: it said that a cell uses what nothing can use',
    'breach: it said of a cell that it ended, but not how',
    'breach: it said of a cell that it ended in a way that there is not',
    'breach: it refused a program for no reason',
    'breach: it said # bytes where there is nothing to say',
    'lives, its cell trapped, its program not compiled',
    'lives, its cell trapped, its program compiled',
    'lives, its cell exited, its program not compiled',
    'ended, its cell exited, its program not compiled',
    'ended, its cell trapped, its program not compiled',
  ],
}

test.each(FUZZERS.map((fuzzer) => [fuzzer.name, fuzzer] as const))(
  'nothing the fuzzer of %s tries breaks a promise, and it reaches what it is for',
  async (name, fuzzer) => {
    const rejections: unknown[] = []
    const listener = (reason: unknown) => rejections.push(reason)
    process.on('unhandledRejection', listener)
    const stored = readCorpus(name)
    expect(stored.length).toBeGreaterThan(10)
    const corpus = stored.slice(0, rounds(stored.length))
    const random = new Random(1)
    try {
      const isOver = (runs: number) => runs >= corpus.length + rounds(RUNS[name]!)
      const { features } = await fuzz({ fuzzer, random, corpus, isOver })
      const missed = MUST_REACH[name]!.filter((feature) => !features.has(feature))
      if (isWhole) expect(missed).toEqual([])
      await new Promise((resolve) => setImmediate(resolve))
      expect(rejections).toEqual([])
    } finally {
      process.off('unhandledRejection', listener)
    }
  },
  60_000,
)

test('an input that fails is found, and made small', async () => {
  // Fails when it meets 7 after 3, whatever lies around.
  const picky: Fuzzer = {
    name: 'picky',
    maxBytes: 100,
    run(input) {
      const three = input.indexOf(3)
      if (three >= 0 && input.includes(7, three)) throw new Error(`7 after 3 at ${three}`)
      return three < 0 ? [] : ['met 3']
    },
  }
  const search = fuzz({
    fuzzer: picky,
    random: new Random(4),
    corpus: [],
    isOver: (runs) => runs === 5000,
  })
  const failure = await search.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(failure).toBeInstanceOf(Failure)
  const small = await minimized(picky, failure as Failure, 1000)
  expect([...small]).toEqual([3, 7])
})
