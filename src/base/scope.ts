import { errorFromUnknown } from './error.ts'

interface Closeable {
  [Symbol.asyncDispose]?(): PromiseLike<void>
  [Symbol.dispose]?(): void
}

/**
 * Owns things that close, and undoes them last in, first out, each exactly once.
 * Stands in for `AsyncDisposableStack`, which Node 20 lacks.
 *
 * Invariants
 *  - A thing handed to a closed scope is closed at once.
 *  - Closing twice waits for the same closing.
 *  - One failing close does not keep the others from closing; the first failure is thrown at the end.
 */
export class Scope implements AsyncDisposable {
  #undo: (() => PromiseLike<void> | void)[] = []
  /** Resolves when everything handed over so far is closed; never rejects. */
  #closing: Promise<void> | undefined
  #failure: { readonly error: Error } | undefined

  /** Takes ownership of `thing` and returns it. */
  own<T extends AsyncDisposable | Disposable>(thing: T): T {
    const closeable = thing as Closeable
    this.defer(() => {
      const undo = closeable[Symbol.asyncDispose] ?? closeable[Symbol.dispose]
      return undo?.call(closeable)
    })
    return thing
  }

  /** Runs `undo` when the scope closes. */
  defer(undo: () => PromiseLike<void> | void): void {
    this.#undo.push(undo)
    if (this.#closing) this.#closing = this.#closing.then(async () => await this.#close())
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#close()
    await this.#closing
    if (this.#failure) throw this.#failure.error
  }

  async #close(): Promise<void> {
    for (let undo = this.#undo.pop(); undo; undo = this.#undo.pop()) {
      try {
        await undo()
      } catch (thrown) {
        this.#failure ??= { error: errorFromUnknown(thrown) }
      }
    }
  }
}
