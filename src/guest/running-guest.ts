import { WwError } from '../base/index.ts'
import { Client, Connection } from '../rpc/index.ts'
import type { InterfaceType } from '../rpc/index.ts'
import { DataLink } from './data-link.ts'
import { WasiFiles } from './files.ts'
import type { Files } from './files.ts'
import type { Guest, GuestInput, GuestOutput } from './guest.ts'
import { Input } from './input.ts'
import type { Loop } from './loop.ts'
import { OfferHook } from './offer.ts'
import { OutputQueue } from './output.ts'
import type { OutputLoop } from './output.ts'
import type { Timers } from './timers.ts'
import type { OutputStream, Wasi } from './wasi.ts'

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
  readonly #offer = new OfferHook(() => this.#watch())
  #connection: Connection | undefined
  #link: DataLink | undefined
  #reportClosed: () => void = () => {}

  constructor(wasi: Wasi, loop: Loop, timers: Timers) {
    this.#wasi = wasi
    this.#loop = loop
    this.#timers = timers
    this.args = [...wasi.args()]
    this.env = new Map(wasi.env())
    this.files = new WasiFiles(wasi)
    this.stdin = new Input(loop, () => wasi.stdin())
    this.stdout = new StandardOutput(wasi, loop, 'stdout', () => wasi.stdout())
    this.stderr = new StandardOutput(wasi, loop, 'stderr', () => wasi.stderr())
    this.closed = new Promise((resolve) => {
      this.#reportClosed = resolve
    })
    this.#watch()
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

  /** Writes out everything, letting nothing else happen. */
  flushOutputs(): void {
    this.stdout.flushBlocking()
    this.stderr.flushBlocking()
    this.#link?.output.flushBlocking((pollable) => this.#wasi.waitFor(pollable))
  }

  /** Before the guest blocks there is something to look at: whether it is connected, and who waits for its offer. */
  #watch(): void {
    this.#loop.beforeBlock = () => this.#aboutToBlock()
  }

  /**
   * The guest is about to block; true when that had consequences. Unless it waits for calls it made
   * (it may be fetching what it will offer), whoever waits for its offer might wait for ever.
   */
  #aboutToBlock(): boolean {
    const { stats } = this.#connect()
    if (this.#offer.isAwaited && stats.questions > 0) return false
    this.#loop.beforeBlock = undefined
    if (!this.#offer.isAwaited) return false
    this.#offer.breakWaiting(
      new WwError('failed', 'NO_BOOTSTRAP', 'no bootstrap capability: this guest offers none'),
    )
    return true
  }

  #connect(): Connection {
    if (this.#connection) return this.#connection
    const link = new DataLink(this.#wasi, this.#loop)
    const connection = new Connection(link, { bootstrap: new Client(this.#offer.addRef()) })
    this.#link = link
    this.#connection = connection
    void connection.closed.then(() => this.#reportClosed())
    return connection
  }
}

/** Stdout or stderr, for `guest` and for `console` alike. */
export class StandardOutput implements GuestOutput {
  readonly #queue: OutputQueue
  readonly #wasi: Pick<Wasi, 'waitFor'>
  readonly #name: string
  readonly #encoder = new TextEncoder()
  #flushing: { resolve(): void; reject(reason: WwError): void }[] = []

  constructor(
    wasi: Pick<Wasi, 'waitFor'>,
    loop: OutputLoop,
    name: string,
    open: () => OutputStream,
  ) {
    this.#wasi = wasi
    this.#name = name
    this.#queue = new OutputQueue(loop, open)
  }

  write(data: string | Uint8Array): void {
    const queue = this.#queue
    if (typeof data === 'string') queue.push(this.#encoder.encode(data))
    else queue.push(data, true)
    if (queue.pending > MAX_PENDING_OUTPUT_BYTES) this.flushBlocking(MAX_PENDING_OUTPUT_BYTES)
  }

  async flush(): Promise<void> {
    if (this.#queue.isClosed) throw this.#readerGone()
    if (this.#queue.pending === 0) return
    await new Promise<void>((resolve, reject) => {
      this.#flushing.push({ resolve, reject })
      this.#queue.onProgress ??= () => this.#settleFlushes()
    })
  }

  /** Waits, letting nothing else happen, until fewer bytes than `below` are left, or the reader is gone. */
  flushBlocking(below?: number): void {
    this.#queue.flushBlocking((pollable) => this.#wasi.waitFor(pollable), below)
  }

  #settleFlushes(): void {
    if (this.#queue.pending > 0) return
    this.#queue.onProgress = undefined
    for (const waiting of this.#flushing.splice(0)) {
      if (this.#queue.isClosed) waiting.reject(this.#readerGone())
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
