import type { WwError } from './error.ts'

/**
 * Who receives the bytes of a {@link ByteLink}. None of these may throw, and none is called from
 * inside a call to the link: what `send` or `resume` brings about is told in a later turn.
 */
export interface ByteSink {
  /** Bytes in order. `chunk` is lent for the call; afterwards the link may write to it again. */
  chunk(chunk: Uint8Array): void
  /**
   * Where the next chunk would best lie, when it matters: one at the front of this is not copied. Any
   * other is welcome too. Holds until that chunk.
   */
  room?(): Uint8Array | undefined
  /** The link takes bytes again after `send` returned false. */
  drained(): void
  /** Said once, last: the peer closed (no error) or the link broke (with the reason). */
  ended(error?: WwError): void
}

/**
 * A two-way byte channel: a cell's data stream, a libp2p stream, a loopback pair.
 * Bytes arrive whole and in order but cut anywhere; framing is the user's affair.
 */
export interface ByteLink {
  /**
   * Memory of this size that may hold anything, for bytes that come: where a platform has such, and it
   * takes less time than zeros.
   */
  readonly allocate?: ((bytes: number) => Uint8Array) | undefined
  /** Begins delivery to `sink`. Called exactly once; bytes that came earlier are kept until then. */
  open(sink: ByteSink): void
  /**
   * Sends the chunks in order and takes ownership of them. Never throws and never blocks. A chunk may
   * lie in a buffer with others, so the buffer is not to be transferred.
   * @returns false when the caller should stop until `drained`; the bytes are still taken
   */
  send(chunks: readonly Uint8Array[]): boolean
  /** Stops delivery (back-pressure reaches the peer) until `resume`. A few chunks may still come. */
  pause(): void
  resume(): void
  /** Sends what is queued, then ends our side. Twice is once. */
  close(): void
  /**
   * Ends both sides now; the queue is dropped. Twice is once. The peer's `ended` hears of it even
   * while it is paused; our own is not called any more.
   */
  abort(reason: WwError): void
}

/** Bytes pulled from somewhere: a cell's stdout. */
export interface ByteReader {
  /**
   * Waits for at least one byte and returns 1..`maxBytes` of them, or an empty array at the end,
   * then and on every later call. `maxBytes` 0 returns at once. Calls are answered in order.
   */
  read(maxBytes: number): Promise<Uint8Array>
  /** Nobody will read on: reads end, and the writer's next write fails. Twice is once. */
  close(): void
}

/** Bytes pushed somewhere: a cell's stdin. */
export interface ByteWriter {
  /**
   * Resolves when all bytes are accepted by the pipe (the reader may not have seen them yet).
   * @throws {WwError} code PIPE_CLOSED after `close` or when the reader is gone
   */
  write(bytes: Uint8Array): Promise<void>
  /** End of file for the reader, after what was written. Twice is once. */
  close(): void
}
