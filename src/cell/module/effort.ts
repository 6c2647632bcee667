// What it takes the engine to compile functions: how many operands there are at once, and work in
// units of `work.ts`, of each function and of all.

import { CELL_LIMITS } from '../limits.ts'
import { Malformed } from '../malformed.ts'
import type { CodeReader } from './code-reader.ts'
import { popsOf, pushesOf } from './stack-effect.ts'
import { FORK_WORK, PARAM_WORK } from './work.ts'

export class Effort {
  readonly #code: CodeReader
  #locals = 0
  /** Operands there are now, and at most were. */
  #height = 0
  #maxHeight = 0
  #work = 0
  /** Of all functions together. */
  #moduleWork = 0
  /** Operands below those of the innermost block. */
  base = 0

  constructor(code: CodeReader) {
    this.#code = code
  }

  begin(locals: number): void {
    this.#locals = locals
    this.#height = 0
    this.#maxHeight = 0
    this.#work = 0
    this.base = 0
  }

  get height(): number {
    return this.#height
  }

  get maxHeight(): number {
    return this.#maxHeight
  }

  add(work: number): void {
    this.#work += work
  }

  /** Code forks: a copy of where everything is. */
  fork(): void {
    this.#work += FORK_WORK * (this.#locals + this.#height)
  }

  handOver(values: number): void {
    this.#work += PARAM_WORK * values
  }

  shift(effect: number): void {
    this.pop(popsOf(effect))
    this.push(pushesOf(effect))
  }

  // Where code is not reached, there may be fewer operands than are taken.
  pop(count: number): void {
    this.#height = Math.max(this.base, this.#height - count)
  }

  push(count: number): void {
    this.#height += count
    if (this.#height <= this.#maxHeight) return
    this.#maxHeight = this.#height
    if (this.#height > CELL_LIMITS.functionOperands) {
      this.#code.tooLarge(`has more than ${CELL_LIMITS.functionOperands} operands at once`)
    }
  }

  /** Only so many are left in the innermost block. */
  leave(count = 0): void {
    this.#height = this.base
    this.push(count)
  }

  /** A block ends that leaves so many; the operands of the one around it begin at `base`. */
  close(base: number, results: number): void {
    this.leave(results)
    this.base = base
  }

  /** Refuses what takes too much. */
  end(): void {
    const { functionWork, moduleWork } = CELL_LIMITS
    if (this.#work > functionWork) {
      this.#code.tooLarge(
        `takes ${this.#work} units of work to compile; at most ${functionWork} are allowed`,
      )
    }
    this.#moduleWork += this.#work
    if (this.#moduleWork > moduleWork) {
      throw new Malformed(
        'PROGRAM_TOO_LARGE',
        `its functions up to ${this.#code.function} take ${this.#moduleWork} units of work to compile; at most ${moduleWork} are allowed`,
      )
    }
  }
}
