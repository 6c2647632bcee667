/**
 * A value that changes, and whoever wants to know. Listeners hear each change once, in order of
 * registration, synchronously; a listener added during a change hears the next one.
 */
export class Watch<T> {
  #value: T
  #listeners: readonly ((value: T) => void)[] = []

  constructor(value: T) {
    this.#value = value
  }

  get value(): T {
    return this.#value
  }

  set(value: T): void {
    this.#value = value
    for (const listener of this.#listeners) listener(value)
  }

  /** @returns what stops the listening; twice is once */
  listen(listener: (value: T) => void): () => void {
    this.#listeners = [...this.#listeners, listener]
    return () => {
      this.#listeners = this.#listeners.filter((other) => other !== listener)
    }
  }
}
