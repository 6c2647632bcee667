/** A table whose ids we choose: small integers, used again as soon as they are free. */
export class IdTable<Entry> {
  readonly #entries: (Entry | undefined)[] = []
  readonly #free: number[] = []

  get size(): number {
    return this.#entries.length - this.#free.length
  }

  at(id: number): Entry | undefined {
    return this.#entries[id]
  }

  /** Enters what `make` makes for an id. */
  add<Made extends Entry>(make: (id: number) => Made): Made {
    const id = this.#free.pop() ?? this.#entries.length
    return (this.#entries[id] = make(id))
  }

  /** Takes out the entry at `id`, if it is still there: what tells of its end may end all. */
  delete(id: number): void {
    if (this.#entries[id] === undefined) return
    this.#entries[id] = undefined
    this.#free.push(id)
  }

  /** Takes every entry out. */
  clear(): Entry[] {
    this.#free.length = 0
    return this.#entries.splice(0).filter((entry) => entry !== undefined)
  }
}
