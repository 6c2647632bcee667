import { errorFromUnknown } from './error.ts'

/**
 * A value that changes, and whoever wants to know. Listeners hear each change once, in order of
 * registration, synchronously; a listener added during a change hears the next one.
 *
 * Invariants
 *  - Every listener hears the changes in the same order, also when one of them causes the next.
 *  - Who stopped listening hears nothing more, not even of the change under way.
 *  - A listener that throws does not keep the others from hearing; `set` throws its error at the end.
 */
export class Watch<T> {
  #value: T
  #listeners: readonly ((value: T) => void)[] = []
  /** Changes still to be told, while one is being told. */
  #changes: T[] | undefined

  constructor(value: T) {
    this.#value = value
  }

  get value(): T {
    return this.#value
  }

  set(value: T): void {
    this.#value = value
    if (this.#changes) {
      this.#changes.push(value)
      return
    }
    const changes = [value]
    this.#changes = changes
    const errors: unknown[] = []
    for (const change of changes) this.#tell(change, errors)
    this.#changes = undefined
    if (errors.length > 0) throw errorFromUnknown(errors[0])
  }

  #tell(value: T, errors: unknown[]): void {
    for (const listener of this.#listeners) {
      if (!this.#listeners.includes(listener)) continue
      try {
        listener(value)
      } catch (thrown) {
        errors.push(thrown)
      }
    }
  }

  /** @returns what stops the listening; twice is once */
  listen(listener: (value: T) => void): () => void {
    const own = (value: T) => listener(value)
    this.#listeners = [...this.#listeners, own]
    return () => {
      this.#listeners = this.#listeners.filter((other) => other !== own)
    }
  }
}
