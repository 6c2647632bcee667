import { WwError } from '../base/index.ts'

interface Waiting {
  readonly resolve: () => void
  readonly reject: (reason: WwError) => void
}

/**
 * Who may start a cell now. Starts go on side by side up to a number; beyond it they wait, and those
 * who ask take turns, however much each asks for.
 *
 * Invariants
 *  - A place that becomes free goes to whoever waits; only when nobody waits it is free.
 *  - Whoever starts cells without end has `maxQueued` of them waiting and is refused more: it slows
 *    down nobody but itself.
 */
export class StartQueue {
  readonly #maxStarting: number
  readonly #maxQueued: number
  /** By who asked; who was served goes to the end. */
  readonly #waiting = new Map<object, Waiting[]>()
  readonly #maxMs: number
  #starting = 0

  constructor(maxStarting: number, maxQueued: number, maxMs: number) {
    this.#maxStarting = maxStarting
    this.#maxQueued = maxQueued
    this.#maxMs = maxMs
  }

  /** Cells being started. */
  get starting(): number {
    return this.#starting
  }

  /**
   * Resolves when there is a place, which is the caller's until it calls what it got, or `maxMs`.
   * @throws {WwError} START_BUSY (overloaded), or the reason of `close`
   */
  async enter(who: object): Promise<() => void> {
    if (this.#starting < this.#maxStarting) this.#starting++
    else await this.#wait(who)
    let isOver = false
    const leave = () => {
      if (isOver) return
      isOver = true
      clearTimeout(timer)
      this.#leave()
    }
    // Code of a guest may run before it has started, and never end.
    const timer = setTimeout(leave, this.#maxMs).unref()
    return leave
  }

  async #wait(who: object): Promise<void> {
    const queue = this.#waiting.get(who) ?? []
    if (queue.length >= this.#maxQueued) {
      const sentence = `Cannot start a cell now: ${queue.length} others wait to be started; try again later`
      throw new WwError('overloaded', 'START_BUSY', sentence)
    }
    this.#waiting.set(who, queue)
    await new Promise<void>((resolve, reject) => queue.push({ resolve, reject }))
  }

  /** Refuses those who wait. */
  close(reason: WwError): void {
    for (const queue of this.#waiting.values()) for (const { reject } of queue) reject(reason)
    this.#waiting.clear()
  }

  #leave(): void {
    const [first] = this.#waiting
    if (!first) {
      this.#starting--
      return
    }
    const [who, queue] = first
    const next = queue.shift()!
    this.#waiting.delete(who)
    if (queue.length > 0) this.#waiting.set(who, queue)
    next.resolve()
  }
}
