// Calls over a Unix socket, client and server in a process each: ours beside capnweb, beside messages
// without calls, and beside the C++ reference if it is there (scripts/build-interop.mjs).
//
// Processes start when they are first needed and stay for all rounds: what an engine has compiled in one
// serves the next, so that the median is of engines that know the work. (The client in C++, which has
// nothing to compile, is a new one each time.)

import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

import { Scope } from '../../../src/base/index.ts'
import { cppPeer, listenCpp, relayCpp, runCpp, startVat } from '../../interop/vats.ts'
import type { Listening } from '../../interop/vats.ts'
import type { Bench } from '../bench.ts'
import { MEASURED_MS, WINDOW } from './contender.ts'
import type { Load } from './contender.ts'

const CPP_TIMEOUT_MS = 10_000
const CHILD = fileURLToPath(new URL('child.js', import.meta.url))

/** Owns all of them. */
export const processes = new Scope()

/** Makes it when it is first asked for, and keeps it. */
function lasting<T extends AsyncDisposable>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return () => (made ??= make().then((one) => processes.own(one)))
}

/** A server of ours or of a library for JavaScript. */
const vat = (...args: string[]) => startVat(process.execPath, [CHILD, 'serve', ...args])

/** A process that makes calls. */
class Caller implements AsyncDisposable {
  readonly #child: ChildProcess

  constructor(kind: string, { address }: Listening) {
    this.#child = fork(CHILD, ['call', kind, address])
  }

  /** Calls per second. */
  async measure(load: Load): Promise<number> {
    this.#child.send(load)
    const [perSecond] = (await once(this.#child, 'message')) as [number]
    return perSecond
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#child, 'exit')
    this.#child.disconnect()
    await ended
  }
}

/** Who takes part: calls per second under a load. */
type Measure = (load: Load) => Promise<number>

function calling(kind: string, server: () => Promise<Listening>): Measure {
  const caller = lasting(async () => new Caller(kind, await server()))
  return async (load) => await (await caller()).measure(load)
}

function callingCpp(server: () => Promise<Listening>): Measure {
  return async ({ window, bytes }) => {
    const { address } = await server()
    const args = ['bench', address, window, MEASURED_MS, bytes].map(String)
    const [perThousandSeconds] = await runCpp(args, CPP_TIMEOUT_MS)
    return Number(perThousandSeconds) / 1000
  }
}

interface Rival {
  readonly name: string
  readonly measure: Measure
}

const ourVat = lasting(() => vat('ours'))
const cppVat = lasting(() => listenCpp('unix'))
const web = lasting(() => vat('capnweb'))
const bare = lasting(() => vat('bare'))
const ourRelay = lasting(async () => await vat('ours', (await ourVat()).address))
const cppRelay = lasting(async () => await relayCpp('unix', (await cppVat()).address))

const ours = calling('ours', ourVat)
const oursRelayed = calling('ours', ourRelay)
const CAPNWEB = { name: 'capnweb, lines of JSON', measure: calling('capnweb', web) }
const BARE = { name: 'bare Node, no calls', measure: calling('bare', bare) }
const CPP = { name: 'C++ 0.9', measure: callingCpp(cppVat) }
const CPP_RELAYED = { name: 'C++ 0.9', measure: callingCpp(cppRelay) }

function beside(rival: Rival, name: string, load: Load, measureOurs = ours): Bench {
  const isRate = load.window > 1
  const told = (perSecond: number) => (isRate ? perSecond / 1000 : 1e6 / perSecond)
  return {
    name: `${name}, Unix socket`,
    unit: isRate ? 'thousand/s' : 'µs',
    async run() {
      const mine = told(await measureOurs(load))
      return { ours: mine, rival: told(await rival.measure(load)), rivalName: rival.name }
    },
  }
}

const CALL: Load = { window: 1, bytes: 0 }
const MANY: Load = { window: WINDOW, bytes: 0 }
const echoOf = (bytes: number): Load => ({ window: 1, bytes })

const besideCpp: Bench[] = cppPeer.path
  ? [
      beside(CPP, 'call, one at a time', CALL),
      beside(CPP, `calls, ${WINDOW} under way`, MANY),
      beside(CPP_RELAYED, `calls through a relay, ${WINDOW} under way`, MANY, oursRelayed),
      beside(CPP, 'echo of 1 KiB', echoOf(1 << 10)),
      beside(CPP, 'echo of 64 KiB', echoOf(64 << 10)),
      beside(CPP, 'echo of 8 MiB', echoOf(8 << 20)),
    ]
  : []

export const overSockets: Bench[] = [
  beside(CAPNWEB, 'call, one at a time', CALL),
  beside(CAPNWEB, `calls, ${WINDOW} under way`, MANY),
  beside(CAPNWEB, 'echo of 64 KiB', echoOf(64 << 10)),
  beside(BARE, 'call, one at a time', CALL),
  beside(BARE, 'echo of 64 KiB', echoOf(64 << 10)),
  beside(BARE, 'echo of 8 MiB', echoOf(8 << 20)),
  ...besideCpp,
]
