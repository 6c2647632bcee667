// What leaves for the peer.
//
//   a turn        Call 7, Call 8, Return 3 ─▶ one write
//   … later       Finish 7, Release 4 ─▶            what nobody waits for, with the next write or soon
//   a full link   ─▶ … nobody reads: reading stops too … drained: on both go
//
// Invariants
//  - Messages leave in the order in which they were sent.
//  - The frames of one turn go out in one write, or `flushBytes` at a time; what nobody waits for, Finish
//    and Release, leaves a few turns later at most.
//  - Who does not read what we answer is not read from either: reading stops while a full link has
//    `maxStalledBytes` to send. More than `maxQueuedBytes` end the connection.
//  - After `end` nothing leaves and nothing is kept.

import { soon } from '../base/index.ts'
import type { ByteLink, WwError } from '../base/index.ts'
import { copyPointer, rootReader } from '../wire/index.ts'
import type { Message } from '../wire/index.ts'
import { overloaded } from './error.ts'
import type { RpcLimits } from './limits.ts'
import { Outgoing, UNIMPLEMENTED } from './protocol.ts'
import type { Trace } from './trace.ts'

/** Turns of the microtask queue: a result passes through a few before its user can make the next call. */
const LINGER_TURNS = 8

export class Sender {
  readonly #link: ByteLink
  readonly #limits: RpcLimits
  readonly #trace: Trace | undefined
  readonly #onStalled: (error: WwError) => void
  readonly #out = new Outgoing()
  #isFlushScheduled = false
  /** How much longer what nobody waits for may wait for company. */
  #lingerTurns = 0
  /** Bytes sent since the link said that it is full; undefined while it takes more. */
  #stalledBytes: number | undefined
  #isPaused = false
  #hasEnded = false

  /** @param onStalled hears, once, that the peer has read too little for too long */
  constructor(
    link: ByteLink,
    limits: RpcLimits,
    trace: Trace | undefined,
    onStalled: (error: WwError) => void,
  ) {
    this.#link = link
    this.#limits = limits
    this.#trace = trace
    this.#onStalled = onStalled
  }

  /** Begins a message: one whose body is still to be put behind `at`; or, with an id, one of this size. */
  begin(tag: number, id?: number, dataWords = 1, pointers = 0): Outgoing {
    const message = this.#out.isOpen ? new Outgoing() : this.#out
    return message.begin(tag, id, dataWords, pointers)
  }

  /** @param isUrgent false if nobody waits for it: it may leave with the next message that is */
  send(message: Outgoing, isUrgent = true): void {
    if (this.#hasEnded) {
      message.discard()
      return
    }
    this.#trace?.message('sent', message.segments())
    message.finish()
    if (message !== this.#out) this.#out.push(message.take())
    if (this.#out.length >= this.#limits.flushBytes) this.flush()
    else if (isUrgent && !this.#isFlushScheduled) {
      this.#isFlushScheduled = true
      soon(this.flush)
    } else if (!isUrgent && this.#lingerTurns === 0) {
      this.#lingerTurns = LINGER_TURNS
      soon(this.#linger)
    }
  }

  /** Sends back a message that means nothing to us. */
  sendUnimplemented(received: Message): void {
    const echo = this.begin(UNIMPLEMENTED)
    // What cannot be copied ends the connection, and this message with it.
    copyPointer(echo, echo.at, rootReader(received))
    this.send(echo)
  }

  /** Everything that was sent leaves now. */
  readonly flush = (): void => {
    this.#isFlushScheduled = false
    const bytes = this.#out.length
    if (bytes === 0) return
    if (!this.#link.send(this.#out.take())) this.#stalledBytes ??= 0
    if (this.#stalledBytes === undefined) return
    this.#stalledBytes += bytes
    if (this.#stalledBytes > this.#limits.maxQueuedBytes) soon(() => this.#checkStalled())
    if (this.#isPaused || this.#stalledBytes < this.#limits.maxStalledBytes) return
    this.#isPaused = true
    this.#link.pause()
  }

  // Who got results will often make the next call at once: a write for both is half the work.
  readonly #linger = (): void => {
    if (this.#lingerTurns-- > 0 && this.#out.length > 0) soon(this.#linger)
    else {
      this.#lingerTurns = 0
      this.flush()
    }
  }

  #checkStalled(): void {
    const { maxQueuedBytes } = this.#limits
    if (this.#hasEnded || (this.#stalledBytes ?? 0) <= maxQueuedBytes) return
    const sentence = `The peer does not read: more than ${maxQueuedBytes} bytes wait for it`
    this.#onStalled(overloaded('PEER_STALLED', sentence))
  }

  /** The link takes bytes again. */
  drained(): void {
    this.#stalledBytes = undefined
    if (!this.#isPaused) return
    this.#isPaused = false
    this.#link.resume()
  }

  end(): void {
    this.#hasEnded = true
    this.#out.take()
    // A link that is not read does not notice that its peer is gone.
    this.drained()
  }
}
