// The smoke runs of the pure rooms' fuzzers, and the search itself. The long run is by command: main.ts.

import { expect, test } from 'vitest'

import { Random } from '../help/random.ts'
import { PURE_FUZZERS } from './corpus.ts'
import { fuzz, minimized, Failure } from './fuzzer.ts'
import type { Fuzzer } from './fuzzer.ts'
import { smoke } from './smoke.ts'

/** New inputs besides the stored ones. */
const RUNS: Readonly<Record<string, number>> = {
  frames: 400,
  messages: 300,
  machine: 40,
  sessions: 400,
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
}

test.each(PURE_FUZZERS.map((fuzzer) => [fuzzer.name, fuzzer] as const))(
  'nothing the fuzzer of %s tries breaks a promise, and it reaches what it is for',
  (name, fuzzer) => smoke(fuzzer, RUNS[name]!, MUST_REACH[name]!),
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
