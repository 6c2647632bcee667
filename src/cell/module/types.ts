// The types of a module's functions, as far as counters need them.
//
// Invariants
//  - What an index names that is not there has no parameters and no results: the engine finds it.

import { TYPE } from './feature.ts'
import { functionType } from './host-interface.ts'
import { s32Bytes } from './output.ts'

const NAMES = new Map<number, string>(Object.entries(TYPE).map(([name, byte]) => [byte, name]))

/** Byte of a block's type that says it has no result. */
export const NO_RESULT = 0x40

export class FunctionTypes {
  readonly #params: (readonly number[])[] = []
  readonly #results: (readonly number[])[] = []
  /** By function. */
  readonly #typeOf: number[] = []
  /** By tag. */
  readonly #tags: number[] = []
  /** By results, two or more: the index of a type that has these and no parameters. */
  readonly #blocks = new Map<string, number>()
  /** Such types, in the order of their indices, which follow those of the module's own. */
  readonly added: (readonly number[])[] = []

  addType(params: readonly number[], results: readonly number[]): void {
    this.#params.push(params)
    this.#results.push(results)
  }

  addFunction(type: number): void {
    this.#typeOf.push(type)
  }

  addTag(type: number): void {
    this.#tags.push(type)
  }

  /** Once all types are known: adds what a block around a function's body needs. */
  addBlocks(): void {
    for (const results of this.#results) {
      const key = results.join()
      if (results.length < 2 || this.#blocks.has(key)) continue
      this.#blocks.set(key, this.#params.length + this.added.length)
      this.added.push(results)
    }
  }

  get functions(): number {
    return this.#typeOf.length
  }

  ofFunction(index: number): number {
    return this.#typeOf[index] ?? -1
  }

  ofTag(index: number): number {
    return this.#tags[index] ?? -1
  }

  params(type: number): readonly number[] {
    return this.#params[type] ?? []
  }

  results(type: number): readonly number[] {
    return this.#results[type] ?? []
  }

  /** The type of a function in words. */
  spelled(index: number): string {
    const type = this.ofFunction(index)
    const names = (bytes: readonly number[]) => bytes.map((byte) => NAMES.get(byte) ?? String(byte))
    return functionType(names(this.params(type)), names(this.results(type)))
  }

  /** The type of a block that leaves what a function of this type returns. */
  blockOf(type: number): readonly number[] {
    const results = this.results(type)
    if (results.length === 0) return [NO_RESULT]
    if (results.length === 1) return results
    return s32Bytes(this.#blocks.get(results.join()) ?? 0)
  }
}
