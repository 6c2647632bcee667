// Where the cells of a node are: in threads of its own process, or in processes of their own.

import type { Log } from '../base/index.ts'
import { spawnCell } from './cell.ts'
import type { Cell, CellOptions } from './cell.ts'
import type { PoolLimits } from './limits.ts'
import { ThreadPool } from './pool.ts'
import type { Program } from './program.ts'
import { Programs } from './programs.ts'
import type { LoadOptions } from './programs.ts'

/** Whose process it is, where there are several. */
export interface Place {
  /** Of its own, beside the one that all others share. */
  readonly apart?: boolean
}

/** Loads programs and starts cells of them. Disposed when its cells have ended; those that have not end with it. */
export interface CellHost extends AsyncDisposable {
  /** How many programs were made from their bytes so far, rather than found. */
  readonly rewritten: number
  /** Gets ready for the first program and the first cell, which are on their way. */
  prepare(place?: Place): void
  /**
   * Checks and compiles a program, unless that is done already.
   *
   * @param bytes not changed; not to be changed by others until the promise settles
   * @param name what errors and logs call it
   * @throws {WwError} as `Programs.load`
   */
  load(bytes: Uint8Array, name: string, options?: LoadOptions & Place): Promise<Program>
  /**
   * Starts a program that was loaded here.
   *
   * @returns when it is instantiated and about to run
   * @throws {WwError} CELL_NOT_STARTED, START_BUSY (overloaded), or the reason of `signal`
   */
  start(options: CellOptions & Place): Promise<Cell>
}

export interface CellHostOptions {
  readonly log: Log
  /** Absolute; rewritten programs are kept there for the next node. Without one they are not. */
  readonly cacheDirectory?: string | undefined
  /** What differs from the defaults. */
  readonly pool?: Partial<PoolLimits>
}

/** Cells in threads of this process. */
export class ThreadHost implements CellHost {
  readonly #programs: Programs
  readonly #threads: ThreadPool

  constructor({ log, cacheDirectory, pool }: CellHostOptions) {
    this.#programs = new Programs({ log, cacheDirectory })
    this.#threads = new ThreadPool({ log, ...(pool ? { limits: pool } : {}) })
  }

  get rewritten(): number {
    return this.#programs.rewritten
  }

  prepare(): void {
    this.#programs.prepare()
    this.#threads.prepare()
  }

  async load(bytes: Uint8Array, name: string, options?: LoadOptions): Promise<Program> {
    return await this.#programs.load(bytes, name, options)
  }

  async start(options: CellOptions): Promise<Cell> {
    return await spawnCell({ ...options, threads: this.#threads })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#threads[Symbol.asyncDispose]()
    await this.#programs[Symbol.asyncDispose]()
  }
}
