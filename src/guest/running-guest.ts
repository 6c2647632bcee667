import { WwError } from '../base/index.ts'
import { Client, Connection } from '../rpc/index.ts'
import type { InterfaceType } from '../rpc/index.ts'
import { openDataLink } from './data-link.ts'
import { WasiFiles } from './files.ts'
import type { Files } from './files.ts'
import type { Guest, GuestInput, GuestOutput } from './guest.ts'
import { Input } from './input.ts'
import type { Loop } from './loop.ts'
import { OfferHook } from './offer.ts'
import { OutputQueue } from './output.ts'
import type { Timers } from './timers.ts'
import type { OutputStream, Pollable, Wasi } from './wasi.ts'

/** Unread output a guest may hold in its own memory before `write` waits for the reader. */
const MAX_PENDING_OUTPUT_BYTES = 1_048_576

/** A cell's view of itself, over WASI. Owns the standard streams and the connection to the host. */
export class RunningGuest implements Guest {
  readonly args: readonly string[]
  readonly env: ReadonlyMap<string, string>
  readonly stdin: GuestInput
  readonly stdout: StandardOutput
  readonly stderr: StandardOutput
  readonly files: Files
  readonly closed: Promise<void>

  readonly #wasi: Wasi
  readonly #loop: Loop
  readonly #timers: Timers
  readonly #offer = new OfferHook()
  #connection: Connection | undefined
  #link: { readonly output: OutputQueue } | undefined
  #reportClosed: () => void = () => {}

  constructor(wasi: Wasi, loop: Loop, timers: Timers) {
    this.#wasi = wasi
    this.#loop = loop
    this.#timers = timers
    this.args = [...wasi.args()]
    this.env = new Map(wasi.env())
    this.files = new WasiFiles(wasi)
    const input = new Input(() => wasi.stdin())
    this.stdin = { read: (maxBytes, options) => input.read(maxBytes, options?.signal) }
    this.stdout = new StandardOutput(wasi, loop, 'stdout', () => wasi.stdout())
    this.stderr = new StandardOutput(wasi, loop, 'stderr', () => wasi.stderr())
    loop.add(input)
    this.closed = new Promise((resolve) => {
      this.#reportClosed = resolve
    })
  }

  bootstrap<C extends Client>(type: InterfaceType<C>): C {
    return this.#connect().bootstrap(type)
  }

  offer(capability: Client): void {
    const offered = capability.$hook.addRef()
    capability[Symbol.dispose]()
    if (this.#offer.isMade) {
      offered.release()
      throw new WwError('failed', 'OFFER_TWICE', 'Cannot offer a second capability: a cell has one')
    }
    this.#offer.make(offered)
    this.#connect()
  }

  async sleep(ms: number, { signal }: { readonly signal?: AbortSignal } = {}): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      signal?.throwIfAborted()
      const abort = () => {
        this.#timers.stop(timer)
        reject(signal?.reason)
      }
      const timer = this.#timers.start(() => {
        signal?.removeEventListener('abort', abort)
        resolve()
      }, ms)
      signal?.addEventListener('abort', abort, { once: true })
    })
  }

  now(): number {
    return this.#wasi.wallMs()
  }

  random(length: number): Uint8Array {
    const bytes = new Uint8Array(length)
    this.#wasi.fillRandom(bytes)
    return bytes
  }

  /**
   * The guest is about to block; true when that had consequences. Unless it waits for calls it made
   * (it may be fetching what it will offer), whoever waits for its offer might wait for ever.
   */
  aboutToBlock(): boolean {
    const connection = this.#connection ?? this.#connect()
    if (!this.#offer.isAwaited || connection.stats.questions > 0) return false
    this.#offer.breakWaiting(
      new WwError('failed', 'NO_BOOTSTRAP', 'no bootstrap capability: this guest offers none'),
    )
    return true
  }

  /** Writes out everything, letting nothing else happen. */
  flushOutputs(): void {
    const poll = (pollables: readonly Pollable[]) => void this.#wasi.poll(pollables)
    this.stdout.queue.flushBlocking(poll)
    this.stderr.queue.flushBlocking(poll)
    this.#link?.output.flushBlocking(poll)
  }

  #connect(): Connection {
    if (this.#connection) return this.#connection
    const link = openDataLink(this.#wasi, this.#loop)
    const connection = new Connection(link, { bootstrap: new Client(this.#offer.addRef()) })
    this.#link = link
    this.#connection = connection
    void connection.closed.then(() => this.#reportClosed())
    return connection
  }
}

/** Stdout or stderr, for `guest` and for `console` alike. */
export class StandardOutput implements GuestOutput {
  readonly queue: OutputQueue
  readonly #wasi: Pick<Wasi, 'poll'>
  readonly #name: string
  readonly #encoder = new TextEncoder()
  #flushing: { resolve(): void; reject(reason: WwError): void }[] = []

  constructor(wasi: Pick<Wasi, 'poll'>, loop: Loop, name: string, open: () => OutputStream) {
    this.#wasi = wasi
    this.#name = name
    this.queue = new OutputQueue(loop, open, () => this.#settleFlushes())
  }

  write(data: string | Uint8Array): void {
    // A copy of bytes, because they leave later and are still the caller's.
    this.queue.push(typeof data === 'string' ? this.#encoder.encode(data) : new Uint8Array(data))
    if (this.queue.pending > MAX_PENDING_OUTPUT_BYTES) {
      this.queue.flushBlocking(
        (pollables) => void this.#wasi.poll(pollables),
        MAX_PENDING_OUTPUT_BYTES,
      )
    }
  }

  async flush(): Promise<void> {
    if (this.queue.isClosed) throw this.#readerGone()
    if (this.queue.pending === 0) return
    await new Promise<void>((resolve, reject) => {
      this.#flushing.push({ resolve, reject })
    })
  }

  #settleFlushes(): void {
    if (this.#flushing.length === 0 || this.queue.pending > 0) return
    const settled = this.#flushing
    this.#flushing = []
    for (const waiting of settled) {
      if (this.queue.isClosed) waiting.reject(this.#readerGone())
      else waiting.resolve()
    }
  }

  #readerGone(): WwError {
    return new WwError(
      'disconnected',
      'PIPE_CLOSED',
      `Cannot write to ${this.#name}: nobody reads it any more`,
    )
  }
}
