// A node's worth of cells in a process of its own: some that do what they are asked, then forty that
// mean harm beside them. Prints what was seen, as JSON. What it does to the machine, no test suffers.
//
//   node --expose-gc crowd.js MS SLACK ISOLATION
//
// how long they are left together, the MiB that the engine may keep of code that ran, and where cells are.

import '../../../src/base/polyfill.ts'
import { spawn as spawnProcess } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

import { silentLog, Watch } from '../../../src/base/index.ts'
import type { Log } from '../../../src/base/index.ts'
import { graft } from '../../../src/caps/index.ts'
import { DEFAULT_CELL_LIMITS, Family } from '../../../src/cell/index.ts'
import type { Cell, CellExit, Program } from '../../../src/cell/index.ts'
import { keyFromSecret, peerIdText } from '../../../src/identity/index.ts'
import { FIRST_EPOCH, serveMembrane } from '../../../src/membrane/index.ts'
import { multiaddrText, startSwarm } from '../../../src/net/index.ts'
import { Connection } from '../../../src/rpc/index.ts'
import { openHost } from '../../help/host.ts'
import { choose } from '../../help/isolation.ts'
import type { Isolation } from '../../help/isolation.ts'
import { socketLink } from '../../help/socket-link.ts'
import { sleep, treeOf } from './cells.ts'
import { VILLAINS } from './crowd-modules.ts'
import type { Villain } from './crowd-modules.ts'
import type { PeerSeen } from './crowd-peer.ts'
import { HOSTILE } from './hostile-modules.ts'
import { copier } from './wat.ts'

const AT_ONCE = 40
const GOOD = 4
const CALL_BYTES = 64
/** Between two calls to one cell. */
const PAUSE_MS = 3
/** What is left of threads, files and handles goes within so long, or is still there. */
const SETTLE_MS = 60_000
const MIB = 1 << 20

/** How calls went for a while, ms. */
export interface Pace {
  readonly calls: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** The longest the event loop did not turn. */
  readonly pauseMs: number
}

export interface CrowdSeen {
  readonly quiet: Pace
  /** While forty cells that mean harm run. */
  readonly crowded: Pace
  /** While they are started and ended. */
  readonly changing: Pace
  /** The first answers that were not the ones that were due. */
  readonly wrong: readonly string[]
  readonly peer: PeerSeen
  /** What ended each cell that meant harm, and what should have. */
  readonly ends: readonly CellEnd[]
  readonly errors: readonly string[]
  readonly before: Held
  readonly after: Held
}

export interface CellEnd {
  readonly name: string
  readonly end: string
  readonly due: string
}

/** What the process has open. */
export interface Held {
  readonly threads: number
  readonly files: number
  readonly handles: readonly string[]
  /** Of this thread's heap and of what lies outside it, after a collection. */
  readonly memoryMiB: number
}

const runMs = Number(process.argv[2])
const slackMiB = Number(process.argv[3])
const errors: string[] = []
const log: Log = { ...silentLog, error: (message) => void errors.push(message) }
choose(process.argv[4] as Isolation)
const host = openHost({ log })
const key = keyFromSecret(crypto.getRandomValues(new Uint8Array(32)))
const swarm = await startSwarm({ secret: key.secret, listen: ['/ip4/127.0.0.1/tcp/0'], log })
const family = new Family('crowd', DEFAULT_CELL_LIMITS)
const powers = {
  key,
  log,
  host,
  swarm,
  terminal: undefined,
  expose: (error: Error) => error,
  family,
}
const epochs = new Watch(FIRST_EPOCH)
const membrane = serveMembrane({ epochs, build: (boundary) => graft(powers, boundary) })
const root = treeOf({ '/a': new Uint8Array(100_000), '/b/c': 'small' })

/** A cell that is called again and again, and answers with what it is sent. */
class Caller {
  readonly latenciesMs: number[] = []
  wrong: string | undefined
  readonly #cell: Cell
  readonly #done: Promise<void>
  #isOver = false
  #received = new Uint8Array(0)
  #heard = () => {}

  constructor(cell: Cell) {
    this.#cell = cell
    cell.data.open({
      chunk: (chunk) => {
        this.#received = Buffer.concat([this.#received, chunk])
        this.#heard()
      },
      drained() {},
      ended: (error) => {
        if (!this.#isOver) this.wrong ??= `ended: ${error?.message}`
        this.#heard()
      },
    })
    this.#done = this.#call()
  }

  async end(): Promise<void> {
    this.#isOver = true
    await this.#done
    await this.#cell.kill()
  }

  async #call(): Promise<void> {
    for (let n = 0; !this.#isOver && this.wrong === undefined; n++) {
      const question = new Uint8Array(CALL_BYTES).fill(n)
      new DataView(question.buffer).setUint32(0, n)
      const beganMs = performance.now()
      this.#cell.data.send([question.slice()])
      while (this.#received.length < CALL_BYTES && this.wrong === undefined) {
        await new Promise<void>((resolve) => (this.#heard = resolve))
      }
      this.latenciesMs.push(performance.now() - beganMs)
      if (Buffer.compare(this.#received, question) !== 0) {
        this.wrong ??= `call ${n} was answered with ${Buffer.from(this.#received).toString('hex')}`
      }
      this.#received = new Uint8Array(0)
      await sleep(PAUSE_MS)
    }
  }
}

async function startCaller(): Promise<Caller> {
  const program = await host.load(copier(4, 4), 'echo')
  return new Caller(await host.start({ program, name: 'good', args: [], env: [], log }))
}

/** Measures while `act` goes on. */
async function paceOf(callers: readonly Caller[], act: () => Promise<void>): Promise<Pace> {
  const from = callers.map(({ latenciesMs }) => latenciesMs.length)
  const delay = monitorEventLoopDelay({ resolution: 5 })
  delay.enable()
  await act()
  delay.disable()
  const all = callers
    .flatMap(({ latenciesMs }, i) => latenciesMs.slice(from[i]))
    .sort((a, b) => a - b)
  const at = (part: number) => all[Math.floor(all.length * part)] ?? NaN
  return { calls: all.length, p50Ms: at(0.5), p99Ms: at(0.99), pauseMs: delay.max / 1e6 }
}

interface Started {
  readonly name: string
  readonly due: string
  readonly cell: Cell
}

interface Kind extends Omit<Villain, 'program'> {
  readonly name: string
  readonly program: Program
}

async function startVillain({ name, program, ends, limits, isRead }: Kind): Promise<Started> {
  const cell = await host.start({
    program,
    name,
    args: [],
    env: [],
    root,
    log,
    starter: {},
    ...(limits ? { limits } : {}),
  })
  new Connection(cell.data, { bootstrap: membrane.$dup() })
  if (isRead) for (const reader of [cell.stdout, cell.stderr]) void readOn(reader)
  return { name, due: ends, cell }
}

async function readOn(reader: Cell['stdout']): Promise<void> {
  while ((await reader.read(65_536)).length > 0);
}

function heldNow(): Held {
  globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  return {
    threads: readdirSync('/proc/self/task').length,
    files: readdirSync('/proc/self/fd').length,
    handles: process
      .getActiveResourcesInfo()
      .filter((name) => !/Timeout|Immediate/.test(name))
      .sort(),
    memoryMiB: (heapUsed + external) / MIB,
  }
}

const server = createServer((socket) => {
  new Connection(socketLink(socket), { bootstrap: membrane.$dup() })
}).listen(0, '127.0.0.1')
await once(server, 'listening')
const peer = spawnProcess(
  process.execPath,
  [
    fileURLToPath(new URL('./crowd-peer.js', import.meta.url)),
    String((server.address() as AddressInfo).port),
    `${multiaddrText(swarm.addrs()[0]!)}/p2p/${peerIdText(swarm.peerId)}`,
  ],
  { stdio: ['pipe', 'pipe', 'inherit'] },
)
const told = createInterface(peer.stdout)[Symbol.asyncIterator]()
await told.next()

const kinds: Kind[] = []
for (const [name, villain] of [
  ...Object.entries(VILLAINS),
  ...Object.entries(HOSTILE).map(([name, program]) => [name, { program, ends: 'killed' }] as const),
] as const) {
  // Loaded before anything is measured: the tools that make these programs keep this thread busy.
  kinds.push({ ...villain, name, program: await host.load(villain.program(), name) })
}
const before = heldNow()
const ends: CellEnd[] = []

async function endAll(started: readonly Started[]): Promise<void> {
  await Promise.all(
    started.map(async ({ name, due, cell }) => {
      // Those that have a limit come to it by themselves.
      if (due === 'killed') await cell.kill()
      ends.push({ name, end: describe(await cell.exited), due })
    }),
  )
  // The root, which is nobody's cell here, stays.
  while (family.members.length > 1) {
    await Promise.all(family.members.map(async ({ cell }) => await cell?.kill()))
    await sleep(5)
  }
}

function describe(exit: CellExit): string {
  return exit.kind === 'limited' ? exit.limit : exit.kind
}

const callers = await Promise.all(Array.from({ length: GOOD }, startCaller))
// What is compiled, kept ready or in use after one round is there for good.
await sleep(500)
const quiet = await paceOf(callers, () => sleep(runMs))
const wave = async (from: number) => {
  const started: Started[] = []
  const changes: Pace[] = []
  changes.push(
    await paceOf(callers, async () => {
      for (let i = 0; i < AT_ONCE; i++) {
        started.push(await startVillain(kinds[(from + i) % kinds.length]!))
      }
    }),
  )
  const pace = await paceOf(callers, () => sleep(runMs))
  changes.push(await paceOf(callers, () => endAll(started)))
  return { pace, changes }
}
const first = await wave(0)
const second = await wave(AT_ONCE)
peer.stdin.end()
const peerSeen = JSON.parse(String((await told.next()).value)) as PeerSeen
await once(peer, 'close')
await Promise.all(callers.map((caller) => caller.end()))
await host[Symbol.asyncDispose]()
const deadlineMs = performance.now() + SETTLE_MS
let after = heldNow()
while (performance.now() < deadlineMs && exceeds(after, before)) {
  await sleep(100)
  after = heldNow()
}
const seen: CrowdSeen = {
  quiet,
  crowded: worst([first.pace, second.pace]),
  changing: worst([...first.changes, ...second.changes]),
  wrong: callers.flatMap(({ wrong }) => wrong ?? []),
  peer: peerSeen,
  ends,
  errors,
  before,
  after,
}
process.stdout.write(JSON.stringify(seen))
process.exit(0)

function exceeds(held: Held, before: Held): boolean {
  return (
    held.threads > before.threads ||
    held.files > before.files ||
    held.handles.length > before.handles.length ||
    held.memoryMiB > before.memoryMiB + slackMiB
  )
}

/** Of each figure the worst. */
function worst(paces: readonly Pace[]): Pace {
  return {
    calls: paces.reduce((sum, { calls }) => sum + calls, 0),
    p50Ms: Math.max(...paces.map(({ p50Ms }) => p50Ms)),
    p99Ms: Math.max(...paces.map(({ p99Ms }) => p99Ms)),
    pauseMs: Math.max(...paces.map(({ pauseMs }) => pauseMs)),
  }
}
