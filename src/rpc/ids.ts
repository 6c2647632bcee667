/** A table whose ids we choose: small integers, used again as soon as they are free. */
export class IdTable<Entry> {
  readonly #entries: (Entry | undefined)[] = []
  /** The first `#freeCount` are free: a list that shrinks and grows is made anew each time. */
  readonly #free: number[] = []
  #freeCount = 0

  get size(): number {
    return this.#entries.length - this.#freeCount
  }

  at(id: number): Entry | undefined {
    return this.#entries[id]
  }

  /** Enters what `make` makes for an id. */
  add<Made extends Entry>(make: (id: number) => Made): Made {
    const id = this.#freeCount > 0 ? this.#free[--this.#freeCount]! : this.#entries.length
    return (this.#entries[id] = make(id))
  }

  /** Takes out the entry at `id`, if it is still there: what tells of its end may end all. */
  delete(id: number): void {
    if (this.#entries[id] === undefined) return
    this.#entries[id] = undefined
    this.#free[this.#freeCount++] = id
  }

  /** Takes every entry out. */
  clear(): Entry[] {
    this.#freeCount = 0
    return this.#entries.splice(0).filter((entry) => entry !== undefined)
  }
}
