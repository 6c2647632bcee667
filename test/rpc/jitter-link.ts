import { concatBytes } from '../../src/base/index.ts'
import type { ByteLink, ByteSink } from '../../src/base/index.ts'
import type { Random } from '../help/random.ts'

/**
 * A link whose bytes arrive when `step` is called, in random cuts, and whose sender is told to wait
 * now and then.
 */
export class JitterLink {
  readonly ends: [ByteLink, ByteLink]
  readonly #left: End
  readonly #right: End

  constructor(random: Random) {
    this.#left = new End(random, () => this.#right)
    this.#right = new End(random, () => this.#left)
    this.ends = [this.#left, this.#right]
  }

  get isBusy(): boolean {
    return this.#left.isBusy || this.#right.isBusy
  }

  /** Lets some bytes arrive at one of the ends. */
  step(random: Random): void {
    const busy = [this.#left, this.#right].filter((end) => end.isBusy)
    if (busy.length > 0) random.pick(busy).deliver()
  }
}

class End implements ByteLink {
  readonly #random: Random
  readonly #peer: () => End
  #sink: ByteSink | undefined
  #inbox: Uint8Array = new Uint8Array()
  #isPeerClosed = false
  #isClosed = false
  #isPaused = false
  #isPeerWaiting = false

  constructor(random: Random, peer: () => End) {
    this.#random = random
    this.#peer = peer
  }

  get isBusy(): boolean {
    if (this.#isPaused || !this.#sink) return false
    return this.#inbox.length > 0 || this.#isPeerClosed
  }

  open(sink: ByteSink): void {
    this.#sink = sink
  }
  send(chunks: readonly Uint8Array[]): boolean {
    const peer = this.#peer()
    if (this.#isClosed) return true
    peer.#inbox = concatBytes([peer.#inbox, ...chunks])
    if (this.#random.chance(0.9)) return true
    peer.#isPeerWaiting = true
    return false
  }
  pause(): void {
    this.#isPaused = true
  }
  resume(): void {
    this.#isPaused = false
  }
  close(): void {
    this.#isClosed = true
    this.#peer().#isPeerClosed = true
  }
  abort(): void {
    this.#peer().#inbox = new Uint8Array()
    this.close()
  }

  deliver(): void {
    if (this.#inbox.length > 0) {
      const few = this.#random.chance(0.5) ? 24 : 2000
      const chunk = this.#inbox.slice(0, 1 + this.#random.below(few))
      this.#inbox = this.#inbox.slice(chunk.length)
      this.#sink?.chunk(chunk)
    } else {
      const sink = this.#sink
      this.#sink = undefined
      sink?.ended()
    }
    if (!this.#isPeerWaiting || this.#inbox.length > 0) return
    this.#isPeerWaiting = false
    this.#peer().#sink?.drained()
  }
}
