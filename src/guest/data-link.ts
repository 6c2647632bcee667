import { WwError } from '../base/index.ts'
import type { ByteLink, ByteSink } from '../base/index.ts'
import { InputPort, MAX_READ_BYTES } from './input.ts'
import type { Loop, Source } from './loop.ts'
import { OutputQueue } from './output.ts'
import type { Pollable, Wasi } from './wasi.ts'

/** Above this many unsent bytes `send` asks the caller to stop. Four rounds of what a ring holds. */
export const HIGH_WATER_BYTES = 262_144

/**
 * The data stream between this guest and its host, as the link an RPC connection runs on.
 * Opening it takes the stream, which a cell has only once.
 */
export function openDataLink(wasi: Pick<Wasi, 'dataStream'>, loop: Loop): DataLink {
  const link = new DataLink(wasi, loop)
  loop.add(link)
  return link
}

/** As a source of the loop it is the way in; the way out is `output`. */
export class DataLink implements ByteLink, Source {
  readonly output: OutputQueue
  /** Set while somebody wants what comes, by whatever changes that. */
  wanted: Pollable | undefined

  readonly #port: InputPort
  #sink: ByteSink | undefined
  #isPaused = false
  #isFull = false
  #isClosing = false
  #isOver = false

  constructor(wasi: Pick<Wasi, 'dataStream'>, loop: Pick<Loop, 'add' | 'beforeWait'>) {
    const { input, output } = wasi.dataStream()
    this.#port = new InputPort(() => input)
    this.output = new OutputQueue(
      loop,
      () => output,
      () => this.#sent(),
    )
  }

  open(sink: ByteSink): void {
    this.#sink = sink
    this.#look()
  }

  send(chunks: readonly Uint8Array[]): boolean {
    if (this.#isClosing) return true
    for (const chunk of chunks) this.output.push(chunk)
    this.#isFull = this.output.pending > HIGH_WATER_BYTES
    return !this.#isFull
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
    if (this.output.pending === 0) this.output.close()
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
    if (!this.#sink || this.#isPaused) return
    let error: WwError | undefined
    try {
      const bytes = this.#port.read(MAX_READ_BYTES)
      if (bytes.length > 0) this.#sink.chunk(bytes)
    } catch (thrown) {
      error = linkBroken(thrown)
    }
    if (this.#port.isEnded) this.#end(error)
  }

  #sent(): void {
    if (this.output.isClosed && !this.#isClosing) {
      this.#end(this.output.isFailed ? linkBroken(undefined) : undefined)
      return
    }
    if (this.#isClosing && this.output.pending === 0) this.output.close()
    if (this.#isFull && this.output.pending <= HIGH_WATER_BYTES / 2) {
      this.#isFull = false
      this.#sink?.drained()
    }
  }

  #look(): void {
    const isWanted = this.#sink && !this.#isPaused && !this.#isOver
    this.wanted = isWanted ? this.#port.pollable : undefined
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
