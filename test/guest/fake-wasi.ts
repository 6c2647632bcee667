// A host for guests, driven by hand: time moves only when a guest sleeps in `poll`, and a stream
// gives and takes what the test says. It checks what a real host would trap on.

import { WasiError } from '../../src/guest/wasi.ts'
import type {
  DataStream,
  Descriptor,
  InputStream,
  OutputStream,
  Pollable,
  Wasi,
} from '../../src/guest/wasi.ts'

class Waitable implements Pollable {
  isDisposed = false
  readonly isReady: () => boolean

  constructor(isReady: () => boolean) {
    this.isReady = isReady
  }

  [Symbol.dispose](): void {
    this.isDisposed = true
  }
}

export class FakeInput implements InputStream {
  readonly chunks: Uint8Array[] = []
  isClosed = false
  isBroken = false
  isDisposed = false
  subscriptions: Waitable[] = []

  give(data: string | Uint8Array): this {
    this.chunks.push(typeof data === 'string' ? new TextEncoder().encode(data) : data)
    return this
  }

  end(): this {
    this.isClosed = true
    return this
  }

  read(length: number): Uint8Array | undefined {
    if (this.isBroken) throw new WasiError('io')
    const chunk = this.chunks.shift()
    if (!chunk) {
      if (this.isClosed) throw new WasiError('closed')
      return undefined
    }
    if (chunk.length > length) this.chunks.unshift(chunk.subarray(length))
    return chunk.subarray(0, length)
  }

  subscribe(): Pollable {
    const waitable = new Waitable(() => this.chunks.length > 0 || this.isClosed || this.isBroken)
    this.subscriptions.push(waitable)
    return waitable
  }

  [Symbol.dispose](): void {
    if (this.subscriptions.some((one) => !one.isDisposed)) throw new Error('trap: live pollables')
    this.isDisposed = true
  }
}

export class FakeOutput implements OutputStream {
  /** What the next calls of `write` take; when used up, as much as anybody wants. */
  permits: number[] = []
  isClosed = false
  isDisposed = false
  readonly writes: Uint8Array[] = []
  subscriptions: Waitable[] = []

  get text(): string {
    return new TextDecoder().decode(Buffer.concat(this.writes))
  }

  write(bytes: Uint8Array): number {
    if (this.isClosed) throw new WasiError('closed')
    const taken = bytes.slice(0, this.permits.shift())
    if (taken.length > 0) this.writes.push(taken)
    return taken.length
  }

  subscribe(): Pollable {
    const waitable = new Waitable(() => true)
    this.subscriptions.push(waitable)
    return waitable
  }

  [Symbol.dispose](): void {
    if (this.subscriptions.some((one) => !one.isDisposed)) throw new Error('trap: live pollables')
    this.isDisposed = true
  }
}

export class FakeHost {
  nowNs = 1e9
  polls = 0
  readonly stdin = new FakeInput()
  readonly stdout = new FakeOutput()
  readonly stderr = new FakeOutput()
  readonly dataIn = new FakeInput()
  readonly dataOut = new FakeOutput()
  args: readonly string[] = []
  env: readonly (readonly [string, string])[] = []
  root: Descriptor | undefined
  connections = 0
  /** Runs when nothing is ready and no timer is set: the world's turn. False: the guest hangs. */
  whenStuck: () => boolean = () => false

  readonly wasi: Wasi = {
    poll: (sources, wanted, dueNs) => {
      const pollables = sources.map((one, at) => (wanted & (1 << at) ? one.pollable : undefined))
      return this.#poll(pollables as (Waitable | undefined)[], dueNs)
    },
    waitFor: (pollable) => void this.#poll([pollable as Waitable], undefined),
    monotonicNs: () => this.nowNs,
    wallMs: () => 1_700_000_000_123,
    fillRandom: (bytes) => void bytes.fill(7),
    args: () => this.args,
    env: () => this.env,
    stdin: () => this.stdin,
    stdout: () => this.stdout,
    stderr: () => this.stderr,
    root: () => this.root,
    dataStream: () => this.#connect(),
  }

  #connect(): DataStream {
    this.connections += 1
    if (this.connections > 1) throw new Error('trap: data streams taken twice')
    return { input: this.dataIn, output: this.dataOut }
  }

  #poll(pollables: readonly (Waitable | undefined)[], dueNs: number | undefined): number {
    this.polls += 1
    const isEmpty = pollables.every((one) => one === undefined)
    if (isEmpty && dueNs === undefined) throw new Error('trap: poll on an empty list')
    if (pollables.some((one) => one?.isDisposed)) throw new Error('trap: a pollable is gone')
    for (;;) {
      const ready = pollables.reduce(
        (bits, one, at) => (one?.isReady() ? bits | (1 << at) : bits),
        0,
      )
      if (ready !== 0 || (dueNs !== undefined && this.nowNs >= dueNs)) return ready
      if (dueNs !== undefined) this.nowNs = dueNs
      else if (!this.whenStuck()) throw new Error('the guest hangs')
    }
  }
}
