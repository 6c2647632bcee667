// From the wish for a cell to the first answer of its guest: ours on a thread that waits, ours on a
// new one, and what others take for the same. All of them have compiled the program before.

import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Worker } from 'node:worker_threads'

import { createPlugin } from '@extism/extism'

import { silentLog, Watch } from '../../../src/base/index.ts'
import { Membrane } from '../../../src/capnp/stem.ts'
import { Executor } from '../../../src/capnp/system.ts'
import type { Program } from '../../../src/capnp/system.ts'
import { graft } from '../../../src/caps/index.ts'
import {
  DEFAULT_CELL_LIMITS,
  Family,
  loadProgram,
  ProcessHost,
  Programs,
  spawnCell,
  ThreadHost,
  ThreadPool,
} from '../../../src/cell/index.ts'
import type { Cell, CellHost } from '../../../src/cell/index.ts'
import { keyFromSecret } from '../../../src/identity/index.ts'
import { FIRST_EPOCH, serveMembrane } from '../../../src/membrane/index.ts'
import { Connection, loopback } from '../../../src/rpc/index.ts'
import { answerer } from '../../cell/help/answerer.ts'
import { copier, wat } from '../../cell/help/wat.ts'
import type { Bench } from '../bench.ts'
import { guestBytes } from './guest.ts'
import { inTurns } from './turns.ts'

const TURNS = 7
/** Between two starts, so that threads that wait have come up, as they do on a node that is not busy. */
const PAUSE_MS = 150

const echo = copier(4, 4)
const answering = answerer()

/** A guest of others: it starts, and that is its answer. */
const nothing = wat('(module (memory (export "memory") 1) (func (export "_start")))')
const plugin = wat(
  '(module (memory (export "memory") 1) (func (export "answer") (result i32) (i32.const 0)))',
)

const program = await loadProgram(echo, 'echo')
const threads = new ThreadPool({ log: silentLog })
const cell = { program, name: 'bench', args: [], env: [], log: silentLog }

async function pooledMs(): Promise<number> {
  threads.prepare()
  await pause()
  return await firstEchoMs(async () => await spawnCell({ ...cell, threads }))
}

async function coldMs(): Promise<number> {
  await pause()
  return await firstEchoMs(async () => await spawnCell(cell))
}

async function firstEchoMs(start: () => Promise<Cell>): Promise<number> {
  const begin = performance.now()
  await using started = await start()
  await new Promise<void>((resolve) => {
    started.data.open({ chunk: () => resolve(), drained() {}, ended() {} })
    started.data.send([new Uint8Array(1)])
  })
  return performance.now() - begin
}

const NODE_WASI = `const { parentPort, workerData } = require('node:worker_threads')
const { WASI } = require('node:wasi')
const wasi = new WASI({ version: 'preview1', returnOnExit: true })
wasi.start(new WebAssembly.Instance(workerData, wasi.getImportObject()))
parentPort.postMessage(0)`

async function nodeWasiMs(): Promise<number> {
  const workerData = await WebAssembly.compile(nothing as Uint8Array<ArrayBuffer>)
  await pause()
  const begin = performance.now()
  const worker = new Worker(NODE_WASI, { eval: true, workerData, execArgv: ['--no-warnings'] })
  await new Promise((resolve) => worker.once('message', resolve))
  const ms = performance.now() - begin
  await worker.terminate()
  return ms
}

async function extismMs(runInWorker: boolean): Promise<number> {
  const module = await WebAssembly.compile(plugin as Uint8Array<ArrayBuffer>)
  await pause()
  const begin = performance.now()
  const made = await createPlugin(module, { useWasi: true, runInWorker })
  await made.call('answer')
  const ms = performance.now() - begin
  await made.close()
  return ms
}

// wasmtime as its command would run it, but for the start of a process: in one that is up already.
const WASMTIME = `
import sys, time, wasmtime
engine = wasmtime.Engine()
module = wasmtime.Module(engine, bytes.fromhex(sys.argv[1]))
linker = wasmtime.Linker(engine)
linker.define_wasi()
times = []
for _ in range(9):
    begin = time.perf_counter()
    store = wasmtime.Store(engine)
    store.set_wasi(wasmtime.WasiConfig())
    linker.instantiate(store, module).exports(store)["_start"](store)
    times.append((time.perf_counter() - begin) * 1000)
print(sorted(times)[4])`
const python = process.env['WW_BENCH_PYTHON'] ?? 'python3'

async function wasmtimeMs(): Promise<number> {
  const hex = Buffer.from(nothing).toString('hex')
  const { stdout } = await promisify(execFile)(python, ['-c', WASMTIME, hex])
  return Number(stdout)
}

async function hasWasmtime(): Promise<boolean> {
  try {
    await wasmtimeMs()
    return true
  } catch {
    console.error(
      `bench: ${python} has no module wasmtime, so it is left out; pip install wasmtime, or name another with WW_BENCH_PYTHON`,
    )
    return false
  }
}

/** A node's executor, as a guest holds it: behind the membrane, over a connection. */
class Node implements AsyncDisposable {
  readonly #host: CellHost
  readonly #family = new Family('pid0', DEFAULT_CELL_LIMITS)
  readonly #connection: Connection
  readonly #server: Connection

  constructor(minIdle: number, Host: typeof ThreadHost | typeof ProcessHost = ThreadHost) {
    const pool = minIdle === 0 ? { minIdle, maxIdle: 0 } : { minIdle }
    this.#host = new Host({ log: silentLog, pool })
    const key = keyFromSecret(new Uint8Array(32).fill(7))
    const powers = {
      key,
      log: silentLog,
      expose: (error: Error) => error,
      family: this.#family,
      host: this.#host,
      terminal: undefined,
      swarm: { peerId: key.peerId, addrs: () => [], peers: () => [], connect: async () => {} },
    }
    const epochs = new Watch(FIRST_EPOCH)
    const bootstrap = serveMembrane({ epochs, build: (boundary) => graft(powers, boundary) })
    const [near, far] = loopback()
    this.#server = new Connection(far, { bootstrap })
    this.#connection = new Connection(near)
  }

  async load(wasm: Uint8Array): Promise<Program> {
    const { executor } = await this.#connection.bootstrap(Membrane).graft({})
    const { program: loaded } = await executor!.load({ wasm })
    return loaded!
  }

  /** Milliseconds from the call of `spawn` until the child has answered a call on its bootstrap. */
  async firstAnswerMs(loaded: Program): Promise<number> {
    const begin = performance.now()
    const { process: child } = await loaded.spawn({ args: ['child'], env: [], grants: [] })
    const call = child!.bootstrap().cap.$as(Executor).echo({ message: '' })
    // The small guest answers that it was canceled: that is an answer.
    await call.then(
      () => {},
      () => {},
    )
    const ms = performance.now() - begin
    await child!.kill()
    return ms
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#family[Symbol.asyncDispose]()
    this.#connection.close()
    await this.#server.closed
    await this.#host[Symbol.asyncDispose]()
  }
}

async function overRpc(wasm: Uint8Array) {
  await using pooled = new Node(2)
  await using cold = new Node(0)
  const [one, other] = [await pooled.load(wasm), await cold.load(wasm)]
  // The first finds no thread; it also has the engine learn the program, as it does on any node.
  await pooled.firstAnswerMs(one)
  await cold.firstAnswerMs(other)
  const after = (node: Node, loaded: Program) => async () => {
    await pause()
    return await node.firstAnswerMs(loaded)
  }
  return await inTurns(TURNS, after(pooled, one), after(cold, other), 'the same on a new thread')
}

/** The same from a process that has nothing but cells. */
async function overFence(wasm: Uint8Array) {
  await using near = new Node(2)
  await using far = new Node(2, ProcessHost)
  const [one, other] = [await near.load(wasm), await far.load(wasm)]
  await near.firstAnswerMs(one)
  await far.firstAnswerMs(other)
  const after = (node: Node, loaded: Program) => async () => {
    await pause()
    return await node.firstAnswerMs(loaded)
  }
  return await inTurns(TURNS, after(far, other), after(near, one), 'in a thread of this process')
}

async function pause(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
}

const pooledAgainst = (rivalName: string, rival: () => Promise<number>): Bench => ({
  name: 'cell start to first answer, thread waits',
  unit: 'ms',
  run: async () => await inTurns(TURNS, pooledMs, rival, rivalName),
})

/** Milliseconds from the bytes of a guest in TypeScript to its program. */
class Loading implements AsyncDisposable {
  readonly #programs = new Programs({ log: silentLog })
  #guests = 0

  prepare(): void {
    this.#programs.prepare()
  }

  /** Of one that was never seen. */
  async ms(): Promise<number> {
    const bytes = new Uint8Array(await guestBytes())
    // The last bytes of its data, which nobody unpacks here.
    new DataView(bytes.buffer).setUint32(bytes.length - 4, ++this.#guests)
    await pause()
    const begin = performance.now()
    await this.#programs.load(bytes, 'guest')
    return performance.now() - begin
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#programs[Symbol.asyncDispose]()
  }
}

async function firstGuestMs(): Promise<number> {
  await using loading = new Loading()
  loading.prepare()
  return await loading.ms()
}

const IDLE_BENCH = fileURLToPath(new URL('./child.js', import.meta.url))

/** Measured in a process of its own: nothing else may come or go meanwhile. */
async function residentMiB(kind: 'cell' | 'worker', count: number): Promise<number> {
  const { stdout } = await promisify(execFile)(process.execPath, [IDLE_BENCH, kind, String(count)])
  return Number(stdout)
}

/** How many cells wait at once at most; 500 take half a minute a round. */
const MOST_CELLS = Number(process.env['WW_BENCH_CELLS'] ?? 50)

export const startBenches: Bench[] = [
  pooledAgainst('new Worker + node:wasi', nodeWasiMs),
  pooledAgainst('Extism, in a worker', async () => await extismMs(true)),
  pooledAgainst('Extism, on this thread', async () => await extismMs(false)),
  ...((await hasWasmtime()) ? [pooledAgainst('wasmtime, no thread, no limits', wasmtimeMs)] : []),
  {
    name: 'cell start to first answer, new thread',
    unit: 'ms',
    run: async () => await inTurns(TURNS, coldMs, nodeWasiMs, 'new Worker + node:wasi'),
  },
  {
    name: 'a new guest in TypeScript, from bytes to program',
    unit: 'ms',
    run: async () => {
      await using loading = new Loading()
      await loading.ms()
      return await inTurns(TURNS, () => loading.ms(), firstGuestMs, 'the first of its node')
    },
  },
  {
    name: 'Program.spawn to first RPC answer, small guest',
    unit: 'ms',
    run: async () => await overRpc(answering),
  },
  {
    name: 'Program.spawn to first RPC answer, TypeScript',
    unit: 'ms',
    run: async () => await overRpc(await guestBytes()),
  },
  {
    name: 'Program.spawn to first RPC answer, small guest in its own process',
    unit: 'ms',
    run: async () => await overFence(answering),
  },
  {
    name: 'Program.spawn to first RPC answer, TypeScript in its own process',
    unit: 'ms',
    run: async () => await overFence(await guestBytes()),
  },
  ...[1, 10, MOST_CELLS].map((count): Bench => ({
    name: `resident per idle cell, ${count} at once`,
    unit: 'MiB',
    run: async () => ({
      ours: await residentMiB('cell', count),
      rival: await residentMiB('worker', count),
      rivalName: 'bare Worker',
    }),
  })),
]
