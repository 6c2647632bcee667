import type { Cell } from '../cell/index.ts'

/** The cells started by guests. They live until they end, or until the node does. */
export class Children implements AsyncDisposable {
  readonly #cells = new Set<Cell>()
  #isClosed = false

  /** Takes ownership of `cell`. */
  adopt(cell: Cell): void {
    if (this.#isClosed) {
      void cell.kill()
      return
    }
    this.#cells.add(cell)
    void cell.exited.then(() => this.#cells.delete(cell))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    await Promise.all([...this.#cells].map((cell) => cell.kill()))
  }
}
