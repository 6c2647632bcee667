/// <reference lib="es2024.sharedmemory" />
// A byte pipe between two threads: a ring in shared memory with one reader and one writer, and the
// doorbells by which each side tells the other that something changed.
//
// Invariants
//  - `head` and `tail` count all bytes ever read and written, modulo 2^32. Only the reader moves
//    `head`, only the writer moves `tail`, and 0 <= tail - head <= capacity (modulo 2^32).
//  - The writer copies bytes before it moves `tail`; the reader copies them out before it moves
//    `head`. So neither ever sees a byte the other is still touching.
//  - A writer sets its closed flag after its last byte: whoever reads the flag first and then finds
//    the ring empty has seen everything.
//  - After a change that the other side may wait for, its doorbell is rung: always after bytes were
//    written or an end was closed, and once half of the ring is free if the writer had found it full.
//  - Nothing here waits. Whoever waits reads the doorbell's count, looks, and then waits for that
//    count to change; a ring in between makes the wait return at once.

const HEAD = 0
const TAIL = 1
const WRITER_CLOSED = 2
const READER_CLOSED = 3
const SPACE_WANTED = 4
const CONTROL_WORDS = 8
const CONTROL_BYTES = CONTROL_WORDS * Int32Array.BYTES_PER_ELEMENT

// Below this a loop is faster than `set`, which makes a view.
const SHORT_COPY = 64

const COUNT = 0
const SLEEPING = 1

/**
 * Two words of shared memory by which one thread is told that something changed.
 *
 * To wake a thread takes a lock that all threads of the process share, so it is done only when one
 * sleeps: whoever is about to sleep says so first, and then looks at the count once more; whoever
 * rings counts first, and then looks whether anybody sleeps. So one of them sees the other.
 */
export class Doorbell {
  readonly #words: Int32Array
  readonly #count: number
  readonly #sleeping: number

  /** @param index of the first of its words */
  constructor(words: Int32Array, index: number) {
    this.#words = words
    this.#count = index + COUNT
    this.#sleeping = index + SLEEPING
  }

  /** How often it rang, modulo 2^32. Read it before looking for work. */
  get count(): number {
    return Atomics.load(this.#words, this.#count)
  }

  ring(): void {
    Atomics.add(this.#words, this.#count, 1)
    if (Atomics.load(this.#words, this.#sleeping) === 0) return
    if (Atomics.exchange(this.#words, this.#sleeping, 0) !== 0) {
      Atomics.notify(this.#words, this.#count)
    }
  }

  /** Blocks the thread until the count differs from `seen`, at most `timeoutMs`. For cells only. */
  wait(seen: number, timeoutMs: number): void {
    Atomics.store(this.#words, this.#sleeping, 1)
    Atomics.wait(this.#words, this.#count, seen, timeoutMs)
  }

  /** Resolves when the count differs from `seen`; undefined when it differs already. */
  waitAsync(seen: number): Promise<unknown> | undefined {
    Atomics.store(this.#words, this.#sleeping, 1)
    const waiting = Atomics.waitAsync(this.#words, this.#count, seen)
    return waiting.async ? waiting.value : undefined
  }
}

/** Where a ring lies in shared memory. Each thread makes its own end of it. */
export interface RingPlace {
  readonly buffer: SharedArrayBuffer
  /** A multiple of 4. */
  readonly offset: number
  /** A power of two. */
  readonly capacity: number
}

/** Bytes of shared memory a ring takes. */
export function ringSize(capacity: number): number {
  return CONTROL_BYTES + capacity
}

/** Sets both counters of an unused ring, so that a test can begin just below 2^32. */
export function startRingAt(place: RingPlace, count: number): void {
  const control = new Int32Array(place.buffer, place.offset, CONTROL_WORDS)
  control[HEAD] = count
  control[TAIL] = count
}

class RingEnd {
  protected readonly control: Int32Array
  protected readonly data: Uint8Array
  protected readonly peer: Doorbell
  readonly capacity: number

  constructor({ buffer, offset, capacity }: RingPlace, peer: Doorbell) {
    this.control = new Int32Array(buffer, offset, CONTROL_WORDS)
    this.data = new Uint8Array(buffer, offset + CONTROL_BYTES, capacity)
    this.peer = peer
    this.capacity = capacity
  }

  protected get used(): number {
    const used = (Atomics.load(this.control, TAIL) - Atomics.load(this.control, HEAD)) >>> 0
    // The other thread is trusted, but a wrong count must not become a read outside the ring.
    return Math.min(used, this.capacity)
  }

  /** The writer has closed: what lies in the ring is all there will be. */
  get writerClosed(): boolean {
    return Atomics.load(this.control, WRITER_CLOSED) !== 0
  }

  /** The reader has closed: nobody will see what is written. */
  get readerClosed(): boolean {
    return Atomics.load(this.control, READER_CLOSED) !== 0
  }

  protected closeEnd(flag: typeof WRITER_CLOSED | typeof READER_CLOSED): void {
    if (Atomics.exchange(this.control, flag, 1) === 0) this.peer.ring()
  }
}

export class RingReader extends RingEnd {
  get readable(): number {
    return this.used
  }

  /** The writer has closed and everything is read. */
  get ended(): boolean {
    return this.writerClosed && this.used === 0
  }

  /** Moves up to `length` bytes to `target` at `at`; returns how many, 0 when there are none. */
  read(target: Uint8Array, at: number, length: number): number {
    const count = Math.min(this.used, length)
    if (count <= 0) return 0
    const head = Atomics.load(this.control, HEAD)
    const from = head & (this.capacity - 1)
    if (count <= SHORT_COPY) {
      for (let i = 0; i < count; i++) target[at + i] = this.data[(from + i) & (this.capacity - 1)]!
    } else {
      const first = Math.min(count, this.capacity - from)
      target.set(this.data.subarray(from, from + first), at)
      if (first < count) target.set(this.data.subarray(0, count - first), at + first)
    }
    Atomics.store(this.control, HEAD, (head + count) | 0)
    // Not for every few bytes: a writer that is woken for half a ring is woken less often.
    if (this.used <= this.capacity >> 1 && Atomics.exchange(this.control, SPACE_WANTED, 0) !== 0) {
      this.peer.ring()
    }
    return count
  }

  /** Tells the writer that nobody reads any more. Twice is once. */
  close(): void {
    this.closeEnd(READER_CLOSED)
  }

  /** Closes the other end, whose thread is gone. */
  closeForWriter(): void {
    this.closeEnd(WRITER_CLOSED)
  }
}

export class RingWriter extends RingEnd {
  /** Free bytes. When there are none the reader will ring once half of the ring is free. */
  get writable(): number {
    const free = this.capacity - this.used
    return free > 0 ? free : this.#wantSpace()
  }

  /**
   * Moves up to `length` bytes from `source` at `at` into the ring; returns how many. When that is
   * less than `length` the reader will ring once half of the ring is free.
   */
  write(source: Uint8Array, at: number, length: number): number {
    let written = 0
    while (written < length) {
      const free = this.writable
      if (free === 0) break
      written += this.#copy(source, at + written, Math.min(free, length - written))
    }
    if (written > 0) this.peer.ring()
    return written
  }

  /** Tells the reader that no more will come. Twice is once. */
  close(): void {
    this.closeEnd(WRITER_CLOSED)
  }

  /** Closes the other end, whose thread is gone. */
  closeForReader(): void {
    this.closeEnd(READER_CLOSED)
  }

  // The wish is noted before the last look: a reader that makes space later sees it.
  #wantSpace(): number {
    Atomics.store(this.control, SPACE_WANTED, 1)
    return this.capacity - this.used
  }

  #copy(source: Uint8Array, at: number, count: number): number {
    const tail = Atomics.load(this.control, TAIL)
    const to = tail & (this.capacity - 1)
    if (count <= SHORT_COPY) {
      for (let i = 0; i < count; i++) this.data[(to + i) & (this.capacity - 1)] = source[at + i]!
    } else {
      const first = Math.min(count, this.capacity - to)
      this.data.set(source.subarray(at, at + first), to)
      if (first < count) this.data.set(source.subarray(at + first, at + count), 0)
    }
    Atomics.store(this.control, TAIL, (tail + count) | 0)
    return count
  }
}
