const PAGE_BYTES = 64 << 10
const SMALLEST_PAGE_BYTES = 256

/**
 * The bytes of a file in memory.
 *
 * Invariants
 *  - What was never written is zero and takes no memory: a page is missing, or shorter than a page.
 *  - Everything behind `size` is zero, so that a file that shrinks and grows shows nothing old.
 *  - It takes at most twice the bytes that were written, and a page.
 */
export class PagedBytes {
  #pages: (Uint8Array | undefined)[] = []
  #size = 0

  get size(): number {
    return this.#size
  }

  /** Moves up to `length` bytes from `offset` on to `target` at `at`; fewer only at the end. */
  read(offset: number, target: Uint8Array, at: number, length: number): number {
    const count = Math.max(0, Math.min(length, this.#size - offset))
    for (let done = 0; done < count;) {
      const { page, from, span } = this.#span(offset + done, count - done)
      const bytes = this.#pages[page]?.subarray(from, from + span) ?? new Uint8Array(0)
      target.set(bytes, at + done)
      target.fill(0, at + done + bytes.length, at + done + span)
      done += span
    }
    return count
  }

  /** Puts `length` bytes of `source` at `offset`, and grows as far as that takes. */
  write(offset: number, source: Uint8Array, at: number, length: number): void {
    for (let done = 0; done < length;) {
      const { page, from, span } = this.#span(offset + done, length - done)
      this.#page(page, from + span).set(source.subarray(at + done, at + done + span), from)
      done += span
    }
    this.#size = Math.max(this.#size, offset + length)
  }

  resize(size: number): void {
    if (size < this.#size) {
      const last = Math.floor(size / PAGE_BYTES)
      this.#pages.length = Math.min(this.#pages.length, last + 1)
      this.#pages[last]?.fill(0, size % PAGE_BYTES)
    }
    this.#size = size
  }

  /** The part of `length` bytes from `offset` on that lies in one page. */
  #span(offset: number, length: number): { page: number; from: number; span: number } {
    const from = offset % PAGE_BYTES
    return { page: (offset - from) / PAGE_BYTES, from, span: Math.min(length, PAGE_BYTES - from) }
  }

  /** The page, with room for `bytes`. */
  #page(index: number, bytes: number): Uint8Array {
    const page = this.#pages[index]
    if (page && page.length >= bytes) return page
    let capacity = Math.max(page?.length ?? 0, SMALLEST_PAGE_BYTES)
    while (capacity < bytes) capacity *= 2
    const grown = new Uint8Array(capacity)
    if (page) grown.set(page)
    this.#pages[index] = grown
    return grown
  }
}
