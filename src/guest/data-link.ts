import { WwError } from '../base/index.ts'
import type { ByteLink, ByteSink } from '../base/index.ts'
import { InputPort, MAX_READ_BYTES } from './input.ts'
import type { Source } from './loop.ts'
import { OutputQueue } from './output.ts'
import type { OutputLoop } from './output.ts'
import type { Pollable, Wasi } from './wasi.ts'

/** Above this many unsent bytes `send` asks the caller to stop. Four rounds of what a ring holds. */
export const HIGH_WATER_BYTES = 262_144

/**
 * The data stream between a guest and its host, as the link an RPC connection runs on. Making it takes
 * the stream, which a cell has only once. As a source of the loop it is the way in; the way out is
 * `output`.
 */
export class DataLink implements ByteLink, Source {
  readonly output: OutputQueue

  readonly #loop: OutputLoop
  /** In what the loop wants; it stands there while somebody wants what comes. */
  readonly #bit: number
  readonly #port: InputPort
  #sink: ByteSink | undefined
  #isPaused = false
  #isFull = false
  #isClosing = false
  #isOver = false

  constructor(wasi: Pick<Wasi, 'dataStream'>, loop: OutputLoop) {
    const { input, output } = wasi.dataStream()
    this.#loop = loop
    this.#bit = loop.add(this)
    this.#port = new InputPort(() => input)
    this.output = new OutputQueue(
      loop,
      () => output,
      () => this.#gone(),
    )
  }

  get pollable(): Pollable {
    return this.#port.pollable
  }

  open(sink: ByteSink): void {
    this.#sink = sink
    this.#look()
  }

  send(chunks: readonly Uint8Array[]): boolean {
    if (this.#isClosing) return true
    const { output } = this
    for (let at = 0; at < chunks.length; at += 1) output.push(chunks[at]!)
    if (output.pending <= HIGH_WATER_BYTES) return true
    output.onProgress ??= () => this.#sent()
    this.#isFull = true
    return false
  }

  pause(): void {
    this.#isPaused = true
    this.#look()
  }

  resume(): void {
    this.#isPaused = false
    this.#look()
  }

  close(): void {
    this.#isClosing = true
    this.output.onProgress ??= () => this.#sent()
    this.#sent()
  }

  abort(_reason: WwError): void {
    this.#isClosing = true
    this.#isOver = true
    this.#sink = undefined
    this.#look()
    this.output.close()
    this.#port.close()
  }

  ready(): void {
    const sink = this.#sink
    if (sink === undefined || this.#isPaused) return
    let error: WwError | undefined
    try {
      const bytes = this.#port.read(MAX_READ_BYTES)
      if (bytes !== undefined) {
        sink.chunk(bytes)
        return
      }
    } catch (thrown) {
      error = linkBroken(thrown)
    }
    if (this.#port.isEnded) this.#end(error)
  }

  #sent(): void {
    const { output } = this
    if (this.#isFull && output.pending <= HIGH_WATER_BYTES / 2) {
      this.#isFull = false
      this.#sink?.drained()
    }
    if (this.#isClosing) {
      if (output.pending === 0) output.close()
    } else if (!this.#isFull) output.onProgress = undefined
  }

  #gone(): void {
    if (!this.#isClosing) this.#end(this.output.isFailed ? linkBroken(undefined) : undefined)
  }

  #look(): void {
    const isWanted = this.#sink && !this.#isPaused && !this.#isOver
    if (isWanted) this.#loop.wanted |= this.#bit
    else this.#loop.wanted &= ~this.#bit
  }

  #end(error: WwError | undefined): void {
    const sink = this.#sink
    this.#isOver = true
    this.#sink = undefined
    this.#look()
    sink?.ended(error)
  }
}

function linkBroken(cause: unknown): WwError {
  return new WwError('disconnected', 'LINK_BROKEN', 'The stream to the host broke', { cause })
}
