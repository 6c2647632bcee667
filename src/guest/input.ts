import { EMPTY_BYTES, WwError } from '../base/index.ts'
import type { GuestInput } from './guest.ts'
import type { Loop, Source } from './loop.ts'
import { isStreamClosed } from './wasi.ts'
import type { InputStream, Pollable } from './wasi.ts'

/** Bytes taken from an input stream per turn, so that one busy stream cannot starve the others. */
export const MAX_READ_BYTES = 65_536

/** An input stream, its one pollable, and how it ended. */
export class InputPort {
  readonly #open: () => InputStream
  #stream: InputStream | undefined
  #pollable: Pollable | undefined
  /** Nothing will ever be read again. Set here only. */
  isEnded = false

  /** @param open makes the stream when somebody first waits for it */
  constructor(open: () => InputStream) {
    this.#open = open
  }

  get pollable(): Pollable {
    this.#stream ??= this.#open()
    this.#pollable ??= this.#stream.subscribe()
    return this.#pollable
  }

  /**
   * What is there now, at most `maxBytes`; undefined when nothing is, or at the end (see `isEnded`).
   * @throws {WwError} PIPE_FAILED
   */
  read(maxBytes: number): Uint8Array | undefined {
    if (this.isEnded) return undefined
    this.#stream ??= this.#open()
    try {
      return this.#stream.read(maxBytes)
    } catch (thrown) {
      this.close()
      if (isStreamClosed(thrown)) return undefined
      throw new WwError('failed', 'PIPE_FAILED', 'Cannot read: the stream broke', { cause: thrown })
    }
  }

  /** Lets the stream go. Twice is once. */
  close(): void {
    this.isEnded = true
    // WASI: a stream may go only after what was subscribed to it.
    this.#pollable?.[Symbol.dispose]()
    this.#pollable = undefined
    this.#stream?.[Symbol.dispose]()
    this.#stream = undefined
  }
}

interface ReadRequest {
  readonly promise: Promise<Uint8Array>
  resolve: (bytes: Uint8Array) => void
  reject: (reason: unknown) => void
  /** {@link MAX_READ_BYTES} unless set. */
  maxBytes?: number
}

/** ES2024. Cheaper than a promise and an object that keeps the functions of it. */
const promises = Promise as unknown as { withResolvers(): ReadRequest }

/** Standard input as promises: reads are answered in the order they were made. */
export class Input implements Source, GuestInput {
  readonly #loop: Pick<Loop, 'wanted'>
  /** In what the loop wants; it stands there while somebody reads. */
  readonly #bit: number
  readonly #port: InputPort
  readonly #requests: ReadRequest[] = []

  constructor(loop: Pick<Loop, 'add' | 'wanted'>, open: () => InputStream) {
    this.#loop = loop
    this.#bit = loop.add(this)
    this.#port = new InputPort(open)
  }

  get pollable(): Pollable {
    return this.#port.pollable
  }

  read(
    maxBytes: number = MAX_READ_BYTES,
    options?: { readonly signal?: AbortSignal },
  ): Promise<Uint8Array> {
    const request = promises.withResolvers()
    const { promise } = request
    const signal = options?.signal
    if (signal?.aborted) request.reject(signal.reason)
    else if (maxBytes <= 0 || (this.#port.isEnded && this.#requests.length === 0)) {
      request.resolve(EMPTY_BYTES)
    } else {
      if (maxBytes < MAX_READ_BYTES) request.maxBytes = maxBytes
      if (signal !== undefined) this.#giveUpWith(signal, request)
      this.#requests.push(request)
      this.#loop.wanted |= this.#bit
    }
    return promise
  }

  ready(): void {
    const requests = this.#requests
    const request = requests[0]
    if (request === undefined) return
    let bytes: Uint8Array | undefined
    try {
      bytes = this.#port.read(request.maxBytes ?? MAX_READ_BYTES)
    } catch (thrown) {
      requests.shift()
      request.reject(thrown)
    }
    if (bytes !== undefined) {
      requests.shift()
      request.resolve(bytes)
    } else if (this.#port.isEnded) {
      for (const waiting of requests.splice(0)) waiting.resolve(EMPTY_BYTES)
    }
    if (requests.length === 0) this.#loop.wanted &= ~this.#bit
  }

  #giveUpWith(signal: AbortSignal, request: ReadRequest): void {
    const { resolve, reject } = request
    const abort = () => {
      this.#requests.splice(this.#requests.indexOf(request), 1)
      if (this.#requests.length === 0) this.#loop.wanted &= ~this.#bit
      reject(signal.reason)
    }
    const settle =
      <T>(how: (value: T) => void) =>
      (value: T) => {
        signal.removeEventListener('abort', abort)
        how(value)
      }
    request.resolve = settle(resolve)
    request.reject = settle(reject)
    signal.addEventListener('abort', abort, { once: true })
  }
}
