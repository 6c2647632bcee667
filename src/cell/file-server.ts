import type { AnswerFiles } from './files.ts'
import type { FileAnswer, FileQuestion, Mailbox } from './mailbox.ts'
import type { Doorbell } from './ring.ts'

/** Brings a cell's questions about its files to whoever answers them, one at a time, and the answers back. */
export class FileServer {
  readonly #mailbox: Mailbox
  readonly #cellBell: Doorbell
  readonly #answer: AnswerFiles
  readonly #ask: () => void
  #answered: FileAnswer | undefined

  /** @param ask for a turn, which comes later */
  constructor(mailbox: Mailbox, cellBell: Doorbell, answer: AnswerFiles, ask: () => void) {
    this.#mailbox = mailbox
    this.#cellBell = cellBell
    this.#answer = answer
    this.#ask = ask
  }

  /** Gives the answer that is due, or begins with the question that is there. Never throws. */
  turn(): void {
    if (this.#answered !== undefined) {
      this.#mailbox.answer(this.#answered)
      this.#answered = undefined
      this.#cellBell.ring()
    }
    const question = this.#mailbox.takeQuestion()
    if (question) void this.#serve(question)
  }

  async #serve(question: FileQuestion): Promise<void> {
    this.#answered = await this.#answer(question)
    this.#ask()
  }
}
