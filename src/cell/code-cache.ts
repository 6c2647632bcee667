import { CELL_LIMITS } from './limits.ts'
import type { Program } from './program.ts'

type Code = Program['code']

/**
 * Compiled code by what it was made of, for the next cell of the same program: cells that run one
 * compiled module also share what the engine learns while it runs.
 *
 * Invariants
 *  - What is held stays within `cachedPrograms` and `cachedProgramBytes`; the least recently used
 *    goes first.
 *  - Code that somebody still uses is found even when it is held no more: there are never two
 *    copies of it. It is let go with its last user.
 */
export class CodeCache {
  readonly #held = new Map<string, { readonly code: Code; readonly size: number }>()
  readonly #used = new Map<string, WeakRef<Code>>()
  readonly #gone = new FinalizationRegistry<string>((key) => {
    // By now the key may stand for other code.
    if (this.#used.get(key)?.deref() === undefined) this.#used.delete(key)
  })
  #bytes = 0

  get(key: string): Code | undefined {
    const held = this.#held.get(key)
    if (!held) return this.#used.get(key)?.deref()
    this.#held.delete(key)
    this.#held.set(key, held)
    return held.code
  }

  /** @param size of the program, in bytes */
  set(key: string, code: Code, size: number): void {
    this.#drop(key)
    this.#held.set(key, { code, size })
    this.#bytes += size
    this.#used.set(key, new WeakRef(code))
    this.#gone.register(code, key)
    const { cachedPrograms, cachedProgramBytes } = CELL_LIMITS
    for (const oldest of this.#held.keys()) {
      if (this.#held.size <= cachedPrograms && this.#bytes <= cachedProgramBytes) return
      this.#drop(oldest)
    }
  }

  /** How many are held, and their bytes together. */
  get held(): { readonly count: number; readonly bytes: number } {
    return { count: this.#held.size, bytes: this.#bytes }
  }

  #drop(key: string): void {
    this.#bytes -= this.#held.get(key)?.size ?? 0
    this.#held.delete(key)
  }
}
