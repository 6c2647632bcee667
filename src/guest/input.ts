import { EMPTY_BYTES, WwError } from '../base/index.ts'
import type { Source } from './loop.ts'
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
   * What is there now, at most `maxBytes`; empty when nothing is, or at the end (see `isEnded`).
   * @throws {WwError} PIPE_FAILED
   */
  read(maxBytes: number): Uint8Array {
    if (this.isEnded) return EMPTY_BYTES
    this.#stream ??= this.#open()
    try {
      return this.#stream.read(maxBytes < MAX_READ_BYTES ? maxBytes : MAX_READ_BYTES)
    } catch (thrown) {
      this.close()
      if (isStreamClosed(thrown)) return EMPTY_BYTES
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
  readonly maxBytes: number
  resolve: (bytes: Uint8Array) => void
  reject: (error: unknown) => void
}

/** How the promise that was made last is settled: a function for each would cost more than it. */
const kept: Pick<ReadRequest, 'resolve' | 'reject'> = { resolve() {}, reject() {} }
const keep = (resolve: (bytes: Uint8Array) => void, reject: (error: unknown) => void): void => {
  kept.resolve = resolve
  kept.reject = reject
}

/** Standard input as promises: reads are answered in the order they were made. */
export class Input implements Source {
  /** Set while somebody reads, by whatever changes that. */
  wanted: Pollable | undefined

  readonly #port: InputPort
  readonly #requests: ReadRequest[] = []

  constructor(open: () => InputStream) {
    this.#port = new InputPort(open)
  }

  read(maxBytes: number = MAX_READ_BYTES, signal?: AbortSignal): Promise<Uint8Array> {
    const promise = new Promise<Uint8Array>(keep)
    const request = { maxBytes, resolve: kept.resolve, reject: kept.reject }
    if (signal?.aborted) request.reject(signal.reason)
    else if (maxBytes <= 0 || (this.#port.isEnded && this.#requests.length === 0)) {
      request.resolve(EMPTY_BYTES)
    } else this.#ask(signal === undefined ? request : this.#unless(signal, request))
    return promise
  }

  ready(): void {
    const request = this.#requests[0]
    if (!request) return
    let bytes: Uint8Array = EMPTY_BYTES
    try {
      bytes = this.#port.read(request.maxBytes)
    } catch (thrown) {
      this.#requests.shift()
      request.reject(thrown)
    }
    if (bytes.length > 0) {
      this.#requests.shift()
      request.resolve(bytes)
    } else if (this.#port.isEnded) {
      for (const waiting of this.#requests.splice(0)) waiting.resolve(EMPTY_BYTES)
    }
    this.#look()
  }

  /** The same request, given up when `signal` is aborted. */
  #unless(signal: AbortSignal, { maxBytes, resolve, reject }: ReadRequest): ReadRequest {
    const abort = () => {
      this.#requests.splice(this.#requests.indexOf(request), 1)
      this.#look()
      reject(signal.reason)
    }
    const request: ReadRequest = {
      maxBytes,
      resolve(bytes) {
        signal.removeEventListener('abort', abort)
        resolve(bytes)
      },
      reject(error) {
        signal.removeEventListener('abort', abort)
        reject(error)
      },
    }
    signal.addEventListener('abort', abort, { once: true })
    return request
  }

  #ask(request: ReadRequest): void {
    this.#requests.push(request)
    this.wanted ??= this.#port.pollable
  }

  #look(): void {
    if (this.#requests.length === 0) this.wanted = undefined
  }
}
