// The host's ends of a cell's pipes. None of them ever blocks the host's thread: what cannot be done
// now is queued and done in a later turn, which the cell's doorbell brings.

import { concatBytes, EMPTY_BYTES, WwError } from '../base/index.ts'
import type { ByteLink, ByteReader, ByteSink, ByteWriter } from '../base/index.ts'
import { CELL_LIMITS } from './limits.ts'

/** Where bytes of a cell lie until they are taken: a ring, or what stands here for one of another process. */
export interface PipeSource {
  readonly capacity: number
  /** Bytes that can be had now. */
  readonly readable: number
  readonly writerClosed: boolean
  readonly readerClosed: boolean
  /** Moves up to `length` bytes to `target` at `at`; returns how many, 0 when there are none. */
  read(target: Uint8Array, at: number, length: number): number
  close(): void
}

/** Where bytes for a cell go. */
export interface PipeTarget {
  readonly readerClosed: boolean
  /** Takes up to `length` bytes of `source` from `at` on; returns how many. For the rest there will be a turn. */
  write(source: Uint8Array, at: number, length: number): number
  close(): void
}

/** Something to go on with whenever the cell may have moved bytes. */
export interface HostEnd {
  /** @param maxBytes of the data stream it may bring, by default all there are */
  turn(maxBytes?: number): void
}

interface PendingRead {
  readonly maxBytes: number
  readonly resolve: (bytes: Uint8Array) => void
}

export interface OutputOptions {
  /** In all; may be Infinity. */
  readonly bytes: number
  /** May be Infinity. */
  readonly bytesPerSecond: number
  /** Somebody wants to take more than is allowed in all. */
  readonly exceeded: () => void
  /** There was nothing to be had at that moment; now there is. */
  readonly more: () => void
}

/** Counts what a cell's pipes bring: ends the cell when it is too much, lets it wait when it is too fast. */
export class OutputMeter {
  readonly #limits: OutputOptions
  #bytes = 0
  /** Bytes that may be taken now, as of `#filledMs`. */
  #saved: number
  #filledMs = performance.now()
  #timer: NodeJS.Timeout | undefined
  #isPaced: boolean

  constructor(limits: OutputOptions) {
    this.#limits = limits
    this.#isPaced = limits.bytesPerSecond !== Infinity
    this.#saved = this.#mostSaved
  }

  /** Taken so far. */
  get bytes(): number {
    return this.#bytes
  }

  /** Whether what cannot be had now can be had later. */
  get isPaced(): boolean {
    return this.#isPaced
  }

  /** How many of `count` more bytes may be passed on now. */
  take(count: number): number {
    const paced = this.#isPaced ? Math.min(count, this.#earned()) : count
    const allowed = Math.min(paced, this.#limits.bytes - this.#bytes)
    this.#bytes += allowed
    this.#saved -= allowed
    if (allowed < paced) this.#limits.exceeded()
    else if (allowed < count) this.#wait()
    return allowed
  }

  /** From now on everything can be had at once. */
  stopPacing(): void {
    this.#isPaced = false
    clearTimeout(this.#timer)
  }

  get #mostSaved(): number {
    return Math.max(1, (this.#limits.bytesPerSecond * CELL_LIMITS.savedMs) / MS_PER_SECOND)
  }

  #earned(): number {
    const nowMs = performance.now()
    const earned = ((nowMs - this.#filledMs) * this.#limits.bytesPerSecond) / MS_PER_SECOND
    this.#filledMs = nowMs
    this.#saved = Math.min(this.#mostSaved, this.#saved + earned)
    return Math.floor(this.#saved)
  }

  /** Wakes the readers when there is something worth it: a hundredth of a second's, one byte at least. */
  #wait(): void {
    if (this.#timer) return
    const { bytesPerSecond, more } = this.#limits
    const oneByteMs = MS_PER_SECOND / bytesPerSecond
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined
        more()
      },
      Math.max(PACE_MS, oneByteMs),
    )
  }
}

const MS_PER_SECOND = 1_000
const PACE_MS = 10

/** A cell's stdout or stderr. What nobody reads stays in the ring and stops the guest when it is full. */
export class PipeReader implements ByteReader, HostEnd {
  readonly #ring: PipeSource
  readonly #meter: OutputMeter
  readonly #ask: () => void
  #pending: PendingRead[] = []

  /** @param ask for a turn, which comes later */
  constructor(ring: PipeSource, meter: OutputMeter, ask: () => void) {
    this.#ring = ring
    this.#meter = meter
    this.#ask = ask
  }

  read(maxBytes: number): Promise<Uint8Array> {
    return new Promise((resolve) => {
      this.#pending.push({ maxBytes, resolve })
      this.#ask()
    })
  }

  close(): void {
    this.#ring.close()
    this.turn()
  }

  turn(): void {
    for (let next = this.#pending[0]; next; next = this.#pending[0]) {
      // Before the count: what was written before the end was closed is seen.
      const isClosed = this.#ring.writerClosed || this.#ring.readerClosed
      const readable = this.#ring.readerClosed ? 0 : this.#ring.readable
      const count = this.#meter.take(Math.min(readable, Math.max(0, next.maxBytes)))
      // What may not be had yet is still to come, unless none ever may.
      const isLast = isClosed && (readable === 0 || !this.#meter.isPaced)
      if (count === 0 && next.maxBytes > 0 && !isLast) return
      const bytes = count === 0 ? EMPTY_BYTES : new Uint8Array(count)
      this.#ring.read(bytes, 0, count)
      this.#pending.shift()
      next.resolve(bytes)
    }
  }
}

interface PendingWrite {
  rest: Uint8Array
  readonly resolve: () => void
  readonly reject: (reason: WwError) => void
}

/** A cell's stdin. */
export class PipeWriter implements ByteWriter, HostEnd {
  readonly #ring: PipeTarget
  readonly #name: string
  #pending: PendingWrite[] = []
  #closed = false

  /** @param name of the pipe, for errors */
  constructor(ring: PipeTarget, name: string) {
    this.#ring = ring
    this.#name = name
  }

  write(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#closed) {
        reject(pipeClosed(this.#name, 'it was closed'))
        return
      }
      this.#pending.push({ rest: bytes, resolve, reject })
      this.turn()
    })
  }

  close(): void {
    this.#closed = true
    this.turn()
  }

  turn(): void {
    for (let next = this.#pending[0]; next; next = this.#pending[0]) {
      if (this.#ring.readerClosed) {
        this.#pending.shift()
        next.reject(pipeClosed(this.#name, 'the cell does not read it any more'))
        continue
      }
      next.rest = next.rest.subarray(this.#ring.write(next.rest, 0, next.rest.length))
      if (next.rest.length > 0) return
      this.#pending.shift()
      next.resolve()
    }
    if (this.#closed) this.#ring.close()
  }
}

function pipeClosed(name: string, why: string): WwError {
  return new WwError('failed', 'PIPE_CLOSED', `Cannot write to ${name}: ${why}`)
}

/** A cell's data stream. */
export class DataLink implements ByteLink, HostEnd {
  readonly #incoming: PipeSource
  readonly #outgoing: PipeTarget
  readonly #queue: Uint8Array[] = []
  #sink: ByteSink | undefined
  #paused = false
  #closed = false
  #ended = false
  #reason: WwError | undefined
  readonly #ask: () => void

  /** @param ask for a turn, which comes later: a sink is not called back while it calls us */
  constructor(incoming: PipeSource, outgoing: PipeTarget, ask: () => void) {
    this.#incoming = incoming
    this.#outgoing = outgoing
    this.#ask = ask
  }

  open(sink: ByteSink): void {
    if (this.#sink) throw new WwError('failed', 'LINK_OPEN', 'Cannot open a data stream twice')
    this.#sink = sink
    this.#ask()
  }

  send(chunks: readonly Uint8Array[]): boolean {
    if (this.#closed) return true
    // Small messages in many pieces: one copy here is cheaper than many wake-ups there.
    const bytes = concatBytes(chunks)
    if (bytes.length > 0) this.#queue.push(bytes)
    return this.#flush()
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    this.#ask()
  }

  close(): void {
    this.#closed = true
    this.#flush()
  }

  abort(reason: WwError): void {
    this.#queue.length = 0
    this.#closed = true
    this.#outgoing.close()
    this.#incoming.close()
    this.fail(reason)
    this.#ask()
  }

  /** Gives the reason why the stream ends without the guest having closed it. The first one stays. */
  fail(reason: WwError): void {
    this.#reason ??= reason
  }

  turn(maxBytes: number = this.#incoming.capacity): void {
    const wasFull = this.#queue.length > 0
    if (this.#flush() && wasFull) this.#sink?.drained()
    this.#deliver(maxBytes)
  }

  /** The guest does not read any more: what is sent is dropped. */
  get isUnread(): boolean {
    return this.#outgoing.readerClosed
  }

  /** Bytes lie there that a turn did not bring. */
  get hasMore(): boolean {
    if (!this.#sink || this.#paused || this.#ended) return false
    return this.#incoming.readable > 0 || this.#incoming.writerClosed
  }

  // At most so many: a guest that writes as fast as we read cannot keep us.
  #deliver(maxBytes: number): void {
    for (let left = maxBytes; left > 0;) {
      if (!this.#sink || this.#paused || this.#ended) return
      const isLast = this.#incoming.writerClosed
      const aborted = this.#incoming.readerClosed
      const count = aborted ? 0 : Math.min(this.#incoming.readable, left)
      if (count === 0) {
        if (isLast || aborted) this.#end(this.#sink)
        return
      }
      const chunk = new Uint8Array(count)
      this.#incoming.read(chunk, 0, count)
      left -= count
      this.#sink.chunk(chunk)
    }
  }

  #end(sink: ByteSink): void {
    this.#ended = true
    sink.ended(this.#reason)
  }

  /** @returns whether nothing is left waiting */
  #flush(): boolean {
    for (let next = this.#queue[0]; next; next = this.#queue[0]) {
      // A guest that does not read any more does not get what is on its way.
      if (this.#outgoing.readerClosed) {
        this.#queue.length = 0
        break
      }
      const rest = next.subarray(this.#outgoing.write(next, 0, next.length))
      if (rest.length > 0) {
        this.#queue[0] = rest
        return false
      }
      this.#queue.shift()
    }
    if (this.#closed) this.#outgoing.close()
    return true
  }
}
