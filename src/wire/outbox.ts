import { Builder } from './builder.ts'

const NO_CHUNKS: Uint8Array[] = []

/**
 * A builder whose messages, each as its frame, are to leave in order. They lie one behind the other, so that
 * most leave as one chunk.
 */
export class Outbox extends Builder {
  #chunks = NO_CHUNKS
  #chunkBytes = 0
  /** Up to here, what is in the memory is in a chunk, or is not wanted. */
  #cutWords = 0

  /** Bytes that wait to be taken. */
  get length(): number {
    return this.#chunkBytes + (this.start - 1 - this.#cutWords) * 8
  }

  /** What waits, which is no longer ours. */
  take(): Uint8Array[] {
    this.#cut()
    const chunks = this.#chunks
    this.#chunks = NO_CHUNKS
    this.#chunkBytes = 0
    return chunks
  }

  /** Finishes the message: it waits with those before it. */
  finish(): void {
    if (this.putTable()) this.close(false)
    else this.push(this.frame())
  }

  /** Lines up what was built elsewhere. */
  push(chunks: readonly Uint8Array[]): void {
    this.#cut()
    for (const chunk of chunks) this.#add(chunk)
  }

  protected override close(isTaken: boolean): void {
    if (isTaken) {
      this.#cut()
      this.#cutWords = this.words
    }
    super.close(isTaken)
  }

  protected override enter(bytes: Uint8Array, start: number): void {
    this.#cut()
    super.enter(bytes, start)
    this.#cutWords = start - 1
  }

  #cut(): void {
    const end = this.start - 1
    if (end > this.#cutWords) this.#add(this.bytes.subarray(this.#cutWords * 8, end * 8))
    this.#cutWords = end
  }

  #add(chunk: Uint8Array): void {
    // Most often it stays the only one.
    if (this.#chunks === NO_CHUNKS) this.#chunks = [chunk]
    else this.#chunks.push(chunk)
    this.#chunkBytes += chunk.length
  }
}
