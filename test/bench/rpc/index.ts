// Calls between two vats of one process, and messages, beside their rivals. Both sides encode and
// decode everything; only the wire is short.

import { Builder, FrameReader, putStruct, rootOf } from '../../../src/wire/index.ts'
import { Kinds } from '../../fixture/kinds.gen.ts'
import type { Bench } from '../bench.ts'
import { esMessage, esOverPipe } from './capnp-es.ts'
import { webOverPipe, webOverPort } from './capnweb.ts'
import { CHAIN, processorTime, sequential, WINDOW, windowed } from './contender.ts'
import type { Contender } from './contender.ts'
import { oursConnected, oursLocal } from './ours.ts'
import { overSockets, processes } from './socket.ts'

const CALLS = 10_000
const KIB = new Uint8Array(1024).fill(7)

interface Rival {
  readonly name: string
  readonly connect: () => Contender
}

const PIPE: Rival = { name: 'capnweb, pipe of strings', connect: webOverPipe }
const PORT: Rival = { name: 'capnweb, MessageChannel', connect: webOverPort }
const ES: Rival = { name: 'capnp-es, pipe of messages', connect: esOverPipe }

type Measure = (calls: number, call: () => PromiseLike<unknown>) => Promise<number>
type Deed = (contender: Contender) => () => PromiseLike<unknown>

function bench(
  name: string,
  unit: string,
  measure: Measure,
  deed: Deed,
  rival: Rival,
  calls = CALLS,
  connect = oursConnected,
): Bench {
  return {
    name,
    unit,
    async run() {
      const ours = await measured(connect)
      return { ours, rival: await measured(rival.connect), rivalName: rival.name }
    },
  }

  async function measured(connected: () => Contender): Promise<number> {
    const contender = connected()
    try {
      return await measure(calls, deed(contender))
    } finally {
      contender.close()
    }
  }
}

const ping: Deed = (contender) => contender.ping
const echo: Deed = (contender) => () => contender.echo!(KIB)
const chain: Deed = (contender) => contender.chain!
const disposedChain: Deed = (contender) => contender.disposedChain!
const churn: Deed = (contender) => contender.churn!

const SMALL = {
  bool: true,
  int32: -5,
  uint64: 77n,
  float64: 0.5,
  text: 'a small message',
  data: KIB.subarray(0, 32),
}

let ourSum = 0
// As a connection has one of each, for all of its messages.
const ourBuilder = new Builder()
const ourReader = new FrameReader((message) => {
  const { text, data, int32, bool, float64, uint64 } = rootOf(message).asStruct(Kinds)
  ourSum += text.length + data.length + int32 + Number(bool) + float64 + Number(uint64)
  return true
})

function ourMessage(): number {
  ourBuilder.open()
  putStruct(ourBuilder, ourBuilder.allocate(1), Kinds, SMALL)
  ourSum = 0
  for (const chunk of ourBuilder.frame()) ourReader.feed(chunk)
  return ourSum
}

function perRun(runs: number, run: () => number): number {
  let sum = 0
  for (let warm = 0; warm < runs; warm++) sum += run()
  const started = performance.now()
  for (let done = 0; done < runs; done++) sum += run()
  if (Number.isNaN(sum)) throw new Error('The messages were read wrongly')
  return ((performance.now() - started) * 1000) / runs
}

const OVER_A_CONNECTION: Rival = { name: 'the same over a connection', connect: oursConnected }

export const benches: Bench[] = [
  ...[PIPE, PORT, ES].flatMap((rival) => [
    bench('call, one at a time', 'µs', sequential, ping, rival),
    bench('processor time of a call', 'µs', processorTime, ping, rival),
    bench(`calls, ${WINDOW} under way`, 'thousand/s', windowed, ping, rival, 4 * CALLS),
  ]),
  bench(`chain of ${CHAIN}, nothing disposed`, 'µs', sequential, chain, PIPE, CALLS / 4),
  bench(`chain of ${CHAIN}, all disposed`, 'µs', sequential, disposedChain, PIPE, CALLS / 4),
  bench('capability got and given back', 'µs', sequential, churn, PIPE),
  bench('echo of 1 KiB', 'µs', sequential, echo, PIPE),
  bench(
    'processor time of a local call',
    'µs',
    processorTime,
    ping,
    OVER_A_CONNECTION,
    8 * CALLS,
    oursLocal,
  ),
  {
    name: 'small message, built and read',
    unit: 'µs',
    run: () =>
      Promise.resolve({
        ours: perRun(20_000, ourMessage),
        rival: perRun(2_000, () => esMessage(SMALL)),
        rivalName: 'capnp-es',
      }),
  },
  ...overSockets,
]

/** Ends what lasts through all rounds. */
export const end = async (): Promise<void> => await processes[Symbol.asyncDispose]()
