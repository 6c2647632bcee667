// Calls over a Unix socket, client and server in a process each: ours beside capnweb, and beside the C++
// reference if it is there (scripts/build-interop.mjs).

import { fileURLToPath } from 'node:url'

import { Scope } from '../../../src/base/index.ts'
import type { Peer } from '../../interop/interop.gen.ts'
import { cppPeer, listenCpp, relayCpp, runCpp, Session, startVat } from '../../interop/vats.ts'
import type { Listening } from '../../interop/vats.ts'
import type { Bench } from '../bench.ts'
import { webOverSocket } from './capnweb.ts'
import { WINDOW } from './contender.ts'

const MEASURED_MS = 300
const CPP_TIMEOUT_MS = 10_000
/** Long enough for both ends of ours to be compiled. */
const WARM_UP_MS = 500
const CHILD = fileURLToPath(new URL('child.js', import.meta.url))

interface Load {
  readonly window: number
  /** Of an echo; 0 is a ping. */
  readonly bytes: number
}

/** Calls per second. */
async function measureOurs({ address }: Listening, { window, bytes }: Load): Promise<number> {
  await using session = await Session.dial(address)
  const call = callOn(session.peer, bytes)
  await callFor(WARM_UP_MS, window, call)
  const started = performance.now()
  const calls = await callFor(MEASURED_MS, window, call)
  return (calls * 1000) / (performance.now() - started)
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

function callOn(peer: Peer, bytes: number): () => PromiseLike<unknown> {
  if (bytes === 0) return () => peer.ping({ value: 1 })
  const data = new Uint8Array(bytes)
  return async () => (await peer.echo({ data })).data
}

async function measureCpp({ address }: Listening, { window, bytes }: Load): Promise<number> {
  const args = ['bench', address, window, MEASURED_MS, bytes].map(String)
  const [perThousandSeconds] = await runCpp(args, CPP_TIMEOUT_MS)
  return Number(perThousandSeconds) / 1000
}

async function startChild(scope: Scope, ...args: string[]): Promise<Listening> {
  return scope.own(await startVat(process.execPath, [CHILD, ...args]))
}

/** Calls per second. */
async function measureWeb({ address }: Listening, { window, bytes }: Load): Promise<number> {
  const contender = await webOverSocket(address)
  const data = new Uint8Array(bytes)
  const call = bytes === 0 ? contender.ping : () => contender.echo!(data)
  await callFor(WARM_UP_MS, window, call)
  const started = performance.now()
  const calls = await callFor(MEASURED_MS, window, call)
  const took = performance.now() - started
  contender.close()
  return (calls * 1000) / took
}

async function measure(load: Load, isRelayed: boolean): Promise<{ ours: number; cpp: number }> {
  await using scope = new Scope()
  let mine = await startChild(scope, 'ours')
  let theirs = scope.own(await listenCpp('unix'))
  if (isRelayed) {
    mine = await startChild(scope, 'ours', mine.address)
    theirs = scope.own(await relayCpp('unix', theirs.address))
  }
  return { ours: await measureOurs(mine, load), cpp: await measureCpp(theirs, load) }
}

function sequential(name: string, bytes: number): Bench {
  return {
    name: `${name}, Unix socket`,
    unit: 'µs',
    async run() {
      const { ours, cpp } = await measure({ window: 1, bytes }, false)
      return { ours: 1e6 / ours, rival: 1e6 / cpp, rivalName: 'C++ 0.9' }
    },
  }
}

function windowed(name: string, isRelayed: boolean): Bench {
  return {
    name: `${name}, Unix socket`,
    unit: 'thousand/s',
    async run() {
      const { ours, cpp } = await measure({ window: WINDOW, bytes: 0 }, isRelayed)
      return { ours: ours / 1000, rival: cpp / 1000, rivalName: 'C++ 0.9' }
    },
  }
}

/** @param isRate whether calls per second are told, or the time of one */
function besideWeb(name: string, load: Load): Bench {
  const isRate = load.window > 1
  return {
    name: `${name}, Unix socket`,
    unit: isRate ? 'thousand/s' : 'µs',
    async run() {
      await using scope = new Scope()
      const ours = await measureOurs(await startChild(scope, 'ours'), load)
      const rival = await measureWeb(await startChild(scope, 'capnweb'), load)
      const told = (perSecond: number) => (isRate ? perSecond / 1000 : 1e6 / perSecond)
      return { ours: told(ours), rival: told(rival), rivalName: 'capnweb, lines of JSON' }
    },
  }
}

const besideCpp: Bench[] = cppPeer.path
  ? [
      sequential('call, one at a time', 0),
      windowed(`calls, ${WINDOW} under way`, false),
      windowed(`calls through a relay, ${WINDOW} under way`, true),
      sequential('echo of 1 KiB', 1 << 10),
      sequential('echo of 64 KiB', 64 << 10),
      sequential('echo of 8 MiB', 8 << 20),
    ]
  : []

export const overSockets: Bench[] = [
  besideWeb('call, one at a time', { window: 1, bytes: 0 }),
  besideWeb(`calls, ${WINDOW} under way`, { window: WINDOW, bytes: 0 }),
  besideWeb('echo of 64 KiB', { window: 1, bytes: 64 << 10 }),
  ...besideCpp,
]
