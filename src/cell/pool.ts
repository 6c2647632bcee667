// Threads that are up before a cell needs them. A cell that finds one starts in a few milliseconds
// instead of some forty.
//
// Invariants
//  - A thread is lent to one cell. It comes back only if it never began one; what began belongs to
//    its cell and is not seen here again.
//  - At most `maxIdle` threads wait, and never more than were wanted: the target doubles when a cell
//    found none waiting, and falls by what nobody needed in a whole `idleMs`, down to `minIdle`.
//  - Until the first cell nothing is kept ready but what `prepare` asked for.
//  - Threads are started one at a time, and not while a cell is being started, unless that goes on
//    for `refillPatienceMs`.
//  - At most `maxStarting` cells are being started at a time; see `start-queue.ts` for the others.
//  - Closing ends every thread that waits; nothing is lent after it.

import { messageOf, WwError } from '../base/index.ts'
import type { Log } from '../base/index.ts'
import { POOL_LIMITS } from './limits.ts'
import type { PoolLimits } from './limits.ts'
import { StartQueue } from './start-queue.ts'
import { CellThread } from './thread.ts'

export interface ThreadPoolOptions {
  readonly log: Log
  /** What differs from the defaults. */
  readonly limits?: Partial<PoolLimits>
}

export class ThreadPool implements AsyncDisposable {
  readonly #log: Log
  readonly #limits: PoolLimits
  /** Oldest first; up, except perhaps the one that is coming. */
  readonly #waiting = new Set<CellThread>()
  readonly #ending = new Set<Promise<void>>()
  #coming: CellThread | undefined
  #target = 0
  readonly #starts: StartQueue
  /** The fewest that waited at any time since the last look. */
  #spare = 0
  /** Threads that ended before they were up, since one was. */
  #failures = 0
  #wantedSinceMs: number | undefined
  #refill: NodeJS.Timeout | undefined
  #look: NodeJS.Timeout | undefined
  #isClosed = false

  constructor({ log, limits }: ThreadPoolOptions) {
    this.#log = log
    this.#limits = { ...POOL_LIMITS, ...limits }
    const { maxStarting, maxQueued, startMs } = this.#limits
    this.#starts = new StartQueue(maxStarting, maxQueued, startMs)
  }

  /** Threads that are up and wait. */
  get idle(): number {
    let idle = 0
    for (const thread of this.#waiting) if (thread.isUp) idle++
    return idle
  }

  /** Starts a thread for a cell that is about to come. */
  prepare(): void {
    if (!this.#isClosed && this.#waiting.size === 0) this.#start()
  }

  /**
   * Lends a thread to a cell: one that waits, or a new one.
   *
   * @param use begins a cell on it and returns when that has started, or failed to
   * @param who starts it: of several that start many, each has its turn
   * @throws {WwError} POOL_CLOSED, START_BUSY (overloaded)
   */
  async lend<T>(use: (thread: CellThread) => Promise<T>, who: object = this): Promise<T> {
    if (this.#isClosed) throw closed()
    const leave = await this.#starts.enter(who)
    try {
      const thread = this.#take()
      try {
        return await use(thread)
      } finally {
        if (!thread.hasBegun) this.#takeBack(thread)
      }
    } finally {
      leave()
      this.#refillSoon()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    this.#starts.close(closed())
    clearTimeout(this.#refill)
    clearTimeout(this.#look)
    for (const thread of this.#waiting) this.#end(thread)
    await Promise.all(this.#ending)
  }

  #take(): CellThread {
    let found: CellThread | undefined
    for (const thread of this.#waiting) {
      found ??= thread
      if (!thread.isUp) continue
      found = thread
      break
    }
    const { minIdle, maxIdle } = this.#limits
    const isMissed = this.#target > 0 && !found?.isUp
    this.#target = Math.min(maxIdle, Math.max(minIdle, this.#target * (isMissed ? 2 : 1)))
    if (!found) return this.#make()
    this.#waiting.delete(found)
    if (this.#coming === found) this.#coming = undefined
    this.#spare = Math.min(this.#spare, this.#waiting.size)
    return found
  }

  /** It never began: it is as good as new. */
  #takeBack(thread: CellThread): void {
    const isWanted = thread.isUp && this.#waiting.size < this.#limits.maxIdle
    if (isWanted && !this.#isClosed) this.#waiting.add(thread)
    else this.#end(thread)
  }

  #refillSoon(): void {
    if (this.#isClosed || this.#refill || this.#coming) return
    if (this.#waiting.size >= this.#target) return
    if (this.#failures >= this.#limits.maxFailures) return
    this.#wantedSinceMs ??= performance.now()
    this.#refill = setTimeout(() => {
      this.#refill = undefined
      const waitedMs = performance.now() - (this.#wantedSinceMs ?? 0)
      if (this.#starts.starting > 0 && waitedMs < this.#limits.refillPatienceMs)
        return this.#refillSoon()
      this.#wantedSinceMs = undefined
      this.#start()
    }, this.#limits.refillDelayMs).unref()
  }

  #start(): void {
    this.#coming = this.#make()
    this.#waiting.add(this.#coming)
  }

  #make(): CellThread {
    const thread = new CellThread({
      up: () => this.#arrived(thread),
      hear() {},
      fail: (thrown) => this.#log.warn('idle cell thread failed', { cause: messageOf(thrown) }),
      end: () => this.#lose(thread),
    })
    return thread
  }

  #arrived(thread: CellThread): void {
    this.#failures = 0
    if (this.#coming === thread) this.#coming = undefined
    this.#lookSoon()
    this.#refillSoon()
  }

  /** A thread ended that nobody had told to: the next takes its place, unless none comes up. */
  #lose(thread: CellThread): void {
    if (!this.#waiting.delete(thread)) return
    if (this.#coming === thread) this.#coming = undefined
    if (!thread.isUp && ++this.#failures === this.#limits.maxFailures) {
      this.#log.error('cell threads end before they are up; none is kept ready', {
        failures: this.#failures,
      })
    }
    this.#refillSoon()
  }

  #lookSoon(): void {
    if (this.#isClosed || this.#look) return
    this.#spare = this.#waiting.size
    this.#look = setTimeout(() => {
      this.#look = undefined
      this.#target = Math.max(this.#limits.minIdle, this.#target - this.#spare)
      for (const thread of this.#waiting) {
        if (this.#waiting.size <= this.#target) break
        if (thread !== this.#coming) this.#end(thread)
      }
      if (this.#waiting.size > this.#limits.minIdle) this.#lookSoon()
    }, this.#limits.idleMs).unref()
  }

  #end(thread: CellThread): void {
    this.#waiting.delete(thread)
    const ending = thread.terminate().then(() => void this.#ending.delete(ending))
    this.#ending.add(ending)
  }
}

function closed(): WwError {
  return new WwError('disconnected', 'POOL_CLOSED', 'Cannot start a cell: the node is ending')
}
