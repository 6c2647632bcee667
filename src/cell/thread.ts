import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads'
import type { MessagePort } from 'node:worker_threads'

import { Foreman } from './foreman.ts'
import type { Hand } from './foreman.ts'
import type { CellMessage, CellStart, ThreadMessage } from './protocol.ts'
import { allocateCell, HostSide } from './shared-cell.ts'

// Whatever needs threads: one starts them all.
const foreman = new Foreman()

/** Whoever a thread belongs to. */
export interface ThreadListener {
  /** Its code is loaded: a cell would start at once. */
  up?(): void
  hear(message: CellMessage): void
  /** It broke down outside the guest's code, and will end. */
  fail(thrown: unknown): void
  /** It is gone. Nothing follows. */
  end(): void
}

/**
 * A thread for one cell, ready before anybody knows which.
 *
 * Invariants
 *  - It begins one cell, once, and ends with it. A thread that ran foreign code never runs anything
 *    else: what a guest may have left behind in it, no other guest meets.
 *  - Until it begins, it has seen nothing of any cell, and does not keep the process alive.
 *  - What it said is heard before that it broke down or is gone, which comes another way.
 */
export class CellThread {
  /** The host's ends of what it shares with its cell. */
  readonly shared: HostSide
  readonly #port: MessagePort
  readonly #hand: Hand
  readonly #gone: Promise<void>
  #listener: ThreadListener
  #hasBegun = false
  #isUp = false

  constructor(listener: ThreadListener = NOBODY) {
    this.#listener = listener
    const buffer = allocateCell()
    this.shared = new HostSide(buffer)
    const { port1, port2 } = new MessageChannel()
    this.#port = port1
    port1.on('message', (message: ThreadMessage) => this.#hear(message))
    port1.unref()
    let resolveGone = () => {}
    this.#gone = new Promise((resolve) => (resolveGone = resolve))
    this.#hand = foreman.start(buffer, port2, {
      fail: (thrown) => {
        this.#hearAll()
        this.#listener.fail(thrown)
      },
      gone: () => {
        this.#hearAll()
        port1.close()
        this.#listener.end()
        resolveGone()
      },
    })
  }

  /** Its code is loaded. */
  get isUp(): boolean {
    return this.#isUp
  }

  get hasBegun(): boolean {
    return this.#hasBegun
  }

  /** Runs a cell; as soon as the thread is up, if it is not yet. From now on it belongs to `listener`. */
  begin(start: CellStart, listener: ThreadListener): void {
    if (this.#hasBegun) throw new Error('A thread runs one cell, and this one had its own')
    this.#hasBegun = true
    this.#listener = listener
    this.#hand.keep(true)
    this.#port.postMessage(start)
    this.shared.cellBell.ring()
  }

  /** Resolves when it is gone, if V8 can end it; its owner hears of it either way. */
  async terminate(): Promise<void> {
    this.#hand.keep(true)
    this.#hand.terminate()
    await this.#gone
  }

  /** Lets the process end without it. */
  abandon(): void {
    this.#hand.keep(false)
  }

  #hear(message: ThreadMessage): void {
    if (message.kind !== 'up') return this.#listener.hear(message)
    this.#isUp = true
    this.#listener.up?.()
  }

  #hearAll(): void {
    for (;;) {
      const left = receiveMessageOnPort(this.#port)
      if (!left) return
      this.#hear(left.message as ThreadMessage)
    }
  }
}

const NOBODY: ThreadListener = { hear() {}, fail() {}, end() {} }
