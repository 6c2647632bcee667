import { soon } from '../base/index.ts'
import type { ByteLink, ByteSink, WwError } from '../base/index.ts'

/**
 * Two links joined back to back inside one vat. Bytes arrive in a later microtask, never inside
 * `send`, as over a real channel; `send` reports back-pressure while the other side is paused.
 *
 * Invariants
 *  - Each side's sink hears `ended` once, after every byte that was sent before it.
 *  - Whoever was told to wait is told to go on, or that it is over, whatever the other side does.
 */
export function loopback(): [ByteLink, ByteLink] {
  const left: LoopbackEnd = new LoopbackEnd(() => right)
  const right: LoopbackEnd = new LoopbackEnd(() => left)
  return [left, right]
}

class LoopbackEnd implements ByteLink {
  readonly #peerOf: () => LoopbackEnd
  #sink: ByteSink | undefined
  #inbox: Uint8Array[] = []
  #isPaused = false
  #isScheduled = false
  #isClosed = false
  #peerEnd: { readonly error: WwError | undefined } | undefined
  #isPeerWaiting = false

  constructor(peerOf: () => LoopbackEnd) {
    this.#peerOf = peerOf
  }

  open(sink: ByteSink): void {
    this.#sink = sink
    this.#schedule()
  }

  send(chunks: readonly Uint8Array[]): boolean {
    if (this.#isClosed) return true
    return this.#peerOf().#take(chunks)
  }

  #take(chunks: readonly Uint8Array[]): boolean {
    this.#inbox = this.#inbox.length === 0 ? chunks.slice() : this.#inbox.concat(chunks)
    this.#schedule()
    if (this.#isPaused) this.#isPeerWaiting = true
    return !this.#isPaused
  }

  pause(): void {
    this.#isPaused = true
  }

  resume(): void {
    this.#isPaused = false
    this.#schedule()
  }

  close(): void {
    this.#end(undefined)
  }

  abort(reason: WwError): void {
    if (this.#isClosed) return
    this.#inbox = []
    this.#sink = undefined
    const peer = this.#peerOf()
    peer.#inbox = []
    peer.#isPaused = false
    this.#end(reason)
  }

  #end(error: WwError | undefined): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#peerOf().#peerEnd = { error }
    this.#peerOf().#schedule()
  }

  #schedule(): void {
    if (this.#isScheduled || this.#isPaused || !this.#sink) return
    this.#isScheduled = true
    soon(() => this.#deliver())
  }

  #deliver(): void {
    this.#isScheduled = false
    while (!this.#isPaused && this.#inbox.length > 0) {
      const chunks = this.#inbox
      this.#inbox = []
      for (const chunk of chunks) this.#sink?.chunk(chunk)
    }
    if (this.#isPaused) return
    if (this.#isPeerWaiting) {
      this.#isPeerWaiting = false
      this.#peerOf().#sink?.drained()
    }
    if (!this.#peerEnd) return
    const { error } = this.#peerEnd
    const sink = this.#sink
    this.#sink = undefined
    sink?.ended(error)
  }
}
