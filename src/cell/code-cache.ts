import { CELL_LIMITS } from './limits.ts'
import type { Program } from './program.ts'

type Code = Program['code']
/** What is kept of a program. */
type Parts = Pick<Program, 'code' | 'data'>

/**
 * Programs by what they were made of, for the next cell of the same program, and their code, for the
 * next program of the same code: cells that run one compiled module also share what the engine learns
 * while it runs.
 *
 * Invariants
 *  - The programs held stay within `cachedPrograms` and `cachedProgramBytes`; the least recently
 *    used goes first.
 *  - Code that somebody still uses is found even when no program of it is held: there are never two
 *    copies of it. It is let go with its last user.
 */
export class CodeCache {
  readonly #held = new Map<string, { readonly parts: Parts; readonly size: number }>()
  readonly #used = new Map<string, WeakRef<Code>>()
  readonly #gone = new FinalizationRegistry<string>((key) => {
    // By now the key may stand for other code.
    if (this.#used.get(key)?.deref() === undefined) this.#used.delete(key)
  })
  #bytes = 0

  findProgram(key: string): Parts | undefined {
    const held = this.#held.get(key)
    if (!held) return undefined
    this.#held.delete(key)
    this.#held.set(key, held)
    return held.parts
  }

  findCode(key: string): Code | undefined {
    return this.#used.get(key)?.deref()
  }

  addCode(key: string, code: Code): void {
    this.#used.set(key, new WeakRef(code))
    this.#gone.register(code, key)
  }

  /** @param size of the program, in bytes, whoever shares its code */
  holdProgram(key: string, parts: Parts, size: number): void {
    this.#drop(key)
    this.#held.set(key, { parts, size })
    this.#bytes += size
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
