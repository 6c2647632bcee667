import { Malformed, malformed } from '../malformed.ts'
import { featureOfType, isValueType, refuseFeature } from './feature.ts'
import { NO_RESULT } from './types.ts'
import type { FunctionTypes } from './types.ts'

/** Values a block takes and leaves. */
interface Arity {
  readonly params: number
  readonly results: number
}

const NOTHING: Arity = { params: 0, results: 0 }
const ONE_RESULT: Arity = { params: 0, results: 1 }

/**
 * Reads function bodies: instructions and what follows their opcodes. Behind the end of all it reads
 * zeros; whoever reads on looks whether it is past the end of the body.
 */
export class CodeReader {
  readonly bytes: Uint8Array
  readonly #types: FunctionTypes
  /** Where the next byte is read. */
  at = 0
  /** The index of the function that is read, for errors. */
  function = 0

  constructor(bytes: Uint8Array, types: FunctionTypes) {
    this.bytes = bytes
    this.#types = types
  }

  u32(): number {
    let value = 0
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.bytes[this.at++] ?? 0
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return value >>> 0
    }
    return malformed(`a number at byte ${this.at} is too long`)
  }

  skipNumber(): void {
    while ((this.bytes[this.at++]! & 0x80) !== 0);
  }

  address(): void {
    // Bit 6 of the alignment says that the index of a memory follows.
    if ((this.u32() & 0x40) !== 0) refuseFeature('several memories', this.where(this.at))
    this.skipNumber()
  }

  memoryIndex(): void {
    if (this.bytes[this.at++] !== 0) refuseFeature('several memories', this.where(this.at - 1))
  }

  valueType(): number {
    const byte = this.bytes[this.at++] ?? 0
    if (!isValueType(byte)) refuseFeature(featureOfType(byte), this.where(this.at - 1))
    return byte
  }

  // One byte, or the index of a type as a signed number that is not negative.
  blockType(): Arity {
    const byte = this.bytes[this.at]!
    if (byte === NO_RESULT) {
      this.at++
      return NOTHING
    }
    if ((byte & 0xc0) === 0x40) {
      this.valueType()
      return ONE_RESULT
    }
    const type = this.u32()
    return {
      params: this.#types.params(type).length,
      results: this.#types.results(type).length,
    }
  }

  tooLarge(what: string): never {
    throw new Malformed('PROGRAM_TOO_LARGE', `its function ${this.function} ${what}`)
  }

  where(at: number): string {
    return `function ${this.function} at 0x${at.toString(16)}`
  }
}
