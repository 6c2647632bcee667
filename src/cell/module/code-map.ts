/**
 * Where code of the original stands in what is written of it: pieces that were copied, with something
 * put in between.
 */
export class CodeMap {
  /** By piece, rising: where it stood, and where it stands. */
  readonly #from: number[] = []
  readonly #to: number[] = []
  /** The first piece of the function that is being written. */
  #open = 0

  /** A piece from `from` on was copied; of a function that is not in its place yet, to `to` within it. */
  copied(from: number, to: number): void {
    this.#from.push(from)
    this.#to.push(to)
  }

  /** The function whose pieces came last begins at `at`. */
  placed(at: number): void {
    for (; this.#open < this.#to.length; this.#open++) this.#to[this.#open]! += at
  }

  /** Where an instruction of the original stands now; undefined for what is ahead of all code. */
  find(original: number): number | undefined {
    const piece = lastAtMost(this.#from, original)
    return piece < 0 ? undefined : this.#to[piece]! + original - this.#from[piece]!
  }
}

/** The index of the last number that is not above `most`, of numbers that rise; -1 if all are. */
export function lastAtMost(numbers: ArrayLike<number>, most: number): number {
  let [low, high] = [0, numbers.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (numbers[middle]! <= most) low = middle + 1
    else high = middle
  }
  return low - 1
}
