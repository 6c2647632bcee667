// One end of a link in a process of its own, which loads what it needs for that and nothing else.
//
//   child serve ours [ADDRESS]       says where it listens, and ends when its input does; with an address
//                                    it stands between its callers and a server
//   child serve capnweb|bare
//   child call ours|capnweb|bare ADDRESS    measures a Load whenever it is told to
//
// A caller has one connection for all loads, but for bare sockets.

import { once } from 'node:events'
import { join } from 'node:path'

import '../../../src/base/polyfill.ts'
import { temporaryFolder } from '../../help/ww.ts'
import { listenOurs, relayOurs, Session } from '../../interop/vats.ts'
import { MEASURED_MS } from './contender.ts'
import type { Contender, Load } from './contender.ts'

/** Before each measurement, on either side. After the second nothing is left to be compiled. */
const WARM_UP_MS = 1000

interface Vat extends AsyncDisposable {
  readonly address: string
}

async function listenAt(listen: (path: string) => Promise<void>): Promise<Vat> {
  const folder = await temporaryFolder()
  const address = join(folder.path, 'vat')
  await listen(address)
  return { address, [Symbol.asyncDispose]: async () => await folder[Symbol.asyncDispose]() }
}

async function serve(kind: string, upstream: string | undefined): Promise<Vat> {
  if (kind === 'capnweb') return await listenAt((await import('./capnweb.ts')).listenWeb)
  if (kind === 'bare') return await listenAt((await import('./bare.ts')).listenBare)
  return await (upstream ? relayOurs('unix', upstream) : listenOurs('unix'))
}

async function dial(kind: string, address: string, bytes: number): Promise<Contender> {
  if (kind === 'capnweb') return await (await import('./capnweb.ts')).webOverSocket(address)
  if (kind === 'bare') return await (await import('./bare.ts')).bareOverSocket(address, bytes)
  const { peer } = await Session.dial(address)
  return {
    ping: () => peer.ping({ value: 1 }),
    echo: async (data) => (await peer.echo({ data })).data,
    close: () => {},
  }
}

/** @returns how many calls there were */
async function callFor(
  milliseconds: number,
  window: number,
  call: () => PromiseLike<unknown>,
): Promise<number> {
  const end = performance.now() + milliseconds
  let calls = 0
  const lane = async () => {
    while (performance.now() < end) {
      await call()
      calls++
    }
  }
  await Promise.all(Array.from({ length: window }, lane))
  return calls
}

/** Calls per second. */
async function measure({ ping, echo }: Contender, { window, bytes }: Load): Promise<number> {
  const data = new Uint8Array(bytes)
  const call = bytes === 0 ? ping : () => echo!(data)
  await callFor(WARM_UP_MS, window, call)
  const started = performance.now()
  const calls = await callFor(MEASURED_MS, window, call)
  return (calls * 1000) / (performance.now() - started)
}

function answerLoads(kind: string, address: string): void {
  let lasting: Promise<Contender> | undefined
  process.on('message', ({ window, bytes }: Load) => {
    const isBare = kind === 'bare'
    const dialed = isBare ? dial(kind, address, bytes) : (lasting ??= dial(kind, address, bytes))
    void dialed.then(async (contender) => {
      const perSecond = await measure(contender, { window, bytes })
      if (isBare) contender.close()
      process.send!(perSecond)
    })
  })
}

const [role, kind = '', address] = process.argv.slice(2)
if (role === 'call') {
  answerLoads(kind, address!)
  await once(process, 'disconnect')
} else {
  await using vat = await serve(kind, address)
  console.log(`listening ${vat.address}`)
  await once(process.stdin.resume(), 'end')
}
process.exit(0)
