// Cells in processes of their own: one for whoever is to be apart, pid0, and one for all others.
//
// Invariants
//  - Cells are started in a host that is fit; where there is none it is launched. One that is not fit
//    any more ends by itself when its healthy cells have; see fence.ts.
//  - This process reads and rewrites programs; the engine sees them only there.
//  - Nothing is left behind: closing ends every host, whatever its threads do.

import { WwError } from '../../base/index.ts'
import type { Log } from '../../base/index.ts'
import type { CellHost, CellHostOptions, Place } from '../cell-host.ts'
import { requirePages, whenStarted } from '../cell.ts'
import type { Cell, CellOptions } from '../cell.ts'
import { Files } from '../files.ts'
import { HostedCell, notStarted } from '../hosted-cell.ts'
import { DEFAULT_CELL_LIMITS, POOL_LIMITS } from '../limits.ts'
import type { PoolLimits } from '../limits.ts'
import { Malformed } from '../malformed.ts'
import { notLoaded } from '../program.ts'
import type { Program, RewrittenCode } from '../program.ts'
import { orAborted, Programs } from '../programs.ts'
import type { LoadOptions } from '../programs.ts'
import { StartQueue } from '../start-queue.ts'
import { FarBody } from './far-body.ts'
import { Fence } from './fence.ts'
import { launchHost } from './launch.ts'
import type { HostProcess } from './launch.ts'
import { FENCE_LIMITS } from './limits.ts'

/** Whoever is apart is alone there: no threads wait for others. Who may start is decided here. */
const ALL_AT_ONCE = { maxStarting: Infinity }
const ALONE = { ...ALL_AT_ONCE, minIdle: 0, maxIdle: 0 }

export class ProcessHost implements CellHost {
  readonly #programs: Programs
  readonly #starts: StartQueue
  readonly #apart: Site
  readonly #shared: Site
  #ahead: NodeJS.Timeout | undefined
  #isClosed = false

  constructor({ log, cacheDirectory, pool }: CellHostOptions) {
    this.#programs = new Programs({ log, cacheDirectory, isCompiled: false })
    const { maxStarting, maxQueued, startMs } = { ...POOL_LIMITS, ...pool }
    this.#starts = new StartQueue(maxStarting, maxQueued, startMs)
    this.#apart = new Site({ ...pool, ...ALONE }, log)
    this.#shared = new Site({ ...pool, ...ALL_AT_ONCE }, log)
  }

  /** The processes that are there. */
  get pids(): readonly number[] {
    return [...this.#apart.pids, ...this.#shared.pids]
  }

  get rewritten(): number {
    return this.#programs.rewritten
  }

  prepare(place?: Place): void {
    this.#programs.prepare()
    this.#site(place).fence().prepare()
  }

  async load(
    bytes: Uint8Array,
    name: string,
    { apart = false, ...options }: LoadOptions & Place = {},
  ): Promise<Program> {
    const program = await this.#programs.load(bytes, name, options)
    const known = this.#site({ apart }).fence().know(codeOf(program))
    try {
      await orAborted(known, options.signal)
      return program
    } catch (thrown) {
      if (!(thrown instanceof Malformed)) throw thrown
      throw notLoaded(name, thrown.code, thrown.message, thrown)
    }
  }

  async start(options: CellOptions & Place): Promise<Cell> {
    const { name, program, args, env, terminals = {}, root, signal, starter = this } = options
    signal?.throwIfAborted()
    if (this.#isClosed) throw closed()
    const limits = { ...DEFAULT_CELL_LIMITS, ...options.limits }
    requirePages(name, program, limits)
    const leave = await this.#starts.enter(starter)
    try {
      const fence = this.#site(options).fence()
      const number = await this.#known(fence, program, name, signal)
      const spec = { program: number, name, args, env, terminals, limits }
      const body = new FarBody(fence, spec, new Files(root, options.log).answer)
      return await whenStarted(new HostedCell({ name, limits, log: options.log }, body), signal)
    } finally {
      leave()
      if (options.apart) this.#prepareShared()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#ahead)
    this.#starts.close(closed())
    await Promise.all([this.#apart.close(), this.#shared.close()])
    await this.#programs[Symbol.asyncDispose]()
  }

  async #known(
    fence: Fence,
    program: Program,
    name: string,
    signal: AbortSignal | undefined,
  ): Promise<number> {
    try {
      return await orAborted(fence.know(codeOf(program)), signal)
    } catch (thrown) {
      if (!(thrown instanceof Malformed)) throw thrown
      throw notStarted(name, thrown.message)
    }
  }

  #site({ apart = false }: Place = {}): Site {
    if (this.#isClosed) throw closed()
    return apart ? this.#apart : this.#shared
  }

  /** For what pid0 may start. */
  #prepareShared(): void {
    if (this.#isClosed || this.#ahead) return
    this.#ahead = setTimeout(() => this.#shared.fence().prepare(), FENCE_LIMITS.aheadMs).unref()
  }
}

/** Where cells of one kind are: one host at a time that is fit, and those that are not yet gone. */
class Site {
  readonly #pool: Partial<PoolLimits>
  readonly #log: Log
  readonly #hosts = new Map<Fence, HostProcess>()
  #fence: Fence | undefined

  constructor(pool: Partial<PoolLimits>, log: Log) {
    this.#pool = pool
    this.#log = log
  }

  get pids(): readonly number[] {
    return [...this.#hosts.values()].flatMap(({ pid }) => pid ?? [])
  }

  /** One that is fit. */
  fence(): Fence {
    if (this.#fence?.isFit) return this.#fence
    const host = launchHost(
      {
        receive: (bytes) => fence.receive(bytes),
        lose: (cause) => {
          this.#hosts.delete(fence)
          fence.lose(cause)
        },
      },
      this.#log,
    )
    const fence = new Fence(host, this.#pool, this.#log)
    this.#hosts.set(fence, host)
    this.#fence = fence
    return fence
  }

  async close(): Promise<void> {
    const hosts = [...this.#hosts]
    for (const [fence, host] of hosts) {
      fence.end('was ended with its node')
      host.keepAlive(true)
    }
    await Promise.all(hosts.map(async ([, { gone }]) => await gone))
  }
}

function codeOf({ name, code }: Program): RewrittenCode {
  if (code.kind === 'rewritten') return code
  throw notStarted(name, 'its program was loaded for cells in threads of this process')
}

function closed(): WwError {
  return new WwError('disconnected', 'POOL_CLOSED', 'Cannot start a cell: the node is ending')
}
