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
  #isEnded = false

  /** @param open makes the stream when somebody first waits for it */
  constructor(open: () => InputStream) {
    this.#open = open
  }

  get isEnded(): boolean {
    return this.#isEnded
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
    if (this.#isEnded) return EMPTY_BYTES
    this.#stream ??= this.#open()
    try {
      return this.#stream.read(Math.min(maxBytes, MAX_READ_BYTES))
    } catch (thrown) {
      this.close()
      if (isStreamClosed(thrown)) return EMPTY_BYTES
      throw new WwError('failed', 'PIPE_FAILED', 'Cannot read: the stream broke', { cause: thrown })
    }
  }

  /** Lets the stream go. Twice is once. */
  close(): void {
    this.#isEnded = true
    // WASI: a stream may go only after what was subscribed to it.
    this.#pollable?.[Symbol.dispose]()
    this.#pollable = undefined
    this.#stream?.[Symbol.dispose]()
    this.#stream = undefined
  }
}

interface ReadRequest {
  readonly maxBytes: number
  resolve(bytes: Uint8Array): void
  reject(error: unknown): void
}

/** Standard input as promises: reads are answered in the order they were made. */
export class Input implements Source {
  readonly #port: InputPort
  readonly #requests: ReadRequest[] = []

  constructor(open: () => InputStream) {
    this.#port = new InputPort(open)
  }

  read(maxBytes: number = MAX_READ_BYTES, signal?: AbortSignal): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted()
      if (maxBytes <= 0 || (this.#port.isEnded && this.#requests.length === 0)) {
        resolve(EMPTY_BYTES)
        return
      }
      if (signal === undefined) {
        this.#requests.push({ maxBytes, resolve, reject })
        return
      }
      const abort = () => {
        this.#requests.splice(this.#requests.indexOf(request), 1)
        reject(signal.reason)
      }
      const request: ReadRequest = {
        maxBytes,
        resolve: (bytes) => {
          signal.removeEventListener('abort', abort)
          resolve(bytes)
        },
        reject: (error) => {
          signal.removeEventListener('abort', abort)
          reject(error)
        },
      }
      signal.addEventListener('abort', abort, { once: true })
      this.#requests.push(request)
    })
  }

  wanted(): Pollable | undefined {
    return this.#requests.length > 0 ? this.#port.pollable : undefined
  }

  ready(): void {
    const request = this.#requests[0]
    if (!request) return
    try {
      const bytes = this.#port.read(request.maxBytes)
      if (bytes.length > 0) {
        this.#requests.shift()
        request.resolve(bytes)
      } else if (this.#port.isEnded) {
        for (const waiting of this.#requests.splice(0)) waiting.resolve(EMPTY_BYTES)
      }
    } catch (thrown) {
      this.#requests.shift()
      request.reject(thrown)
    }
  }
}
