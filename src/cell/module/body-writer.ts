import { FLOAT_TYPES } from './canonical.ts'
import type { CodeMap } from './code-map.ts'
import { frameBytesOf, MAX_CHARGE, SMALL_COST, SMALL_FRAME_BYTES } from './cost.ts'
import { COUNTER_LOCALS } from './counter-code.ts'
import type { CounterCode } from './counter-code.ts'
import { OP, TYPE } from './feature.ts'
import { Output } from './output.ts'

/** A function's groups of locals as it has them. */
export interface OwnLocals {
  /** Of values: parameters and locals. */
  readonly count: number
  readonly groups: number
  readonly bytes: Uint8Array
}

/** What is known of a function once all of it was read. */
export interface BodyFacts {
  readonly locals: OwnLocals
  readonly hasVectors: boolean
  /** Operands there are at once. */
  readonly maxHeight: number
  /** So many of `FLOAT_TYPES`, from the first. */
  readonly floatsUsed: number
  /** Whether anything put in uses a local for fuel. */
  readonly usesLocal: boolean
  /** Whether it calls others, or code that is thrown over. */
  readonly nests: boolean
  /** Whether it needs no site, if it is cheap. */
  readonly isSmall: boolean
  /** Units of its first region. */
  readonly entryCost: number
  /** The type of a block around it all, if a conditional branch leaves the function. */
  readonly outerBlock: readonly number[] | undefined
}

const FLOAT_LOCALS = {
  f32: TYPE.f32,
  f64: TYPE.f64,
  f32x4: TYPE.v128,
  f64x2: TYPE.v128,
} as const

/**
 * Writes bodies, one after the other: pieces of the original, and what is put in between. What stands
 * around the instructions is known last.
 */
export class BodyWriter {
  readonly #original: Uint8Array
  readonly #out: Output
  readonly #map: CodeMap | undefined
  readonly #body = new Output()
  /** Up to here the original was copied. */
  #copied = 0
  /** Where a frame is given back, to be written once it is known. */
  #returns: number[] = []

  /** @param map told where code goes */
  constructor(original: Uint8Array, out: Output, map: CodeMap | undefined) {
    this.#original = original
    this.#out = out
    this.#map = map
  }

  /** A body that stands at `start`, and its instructions at `at`. */
  begin(start: number, at: number): void {
    this.#body.clear()
    this.#returns = []
    this.#copied = at
    this.#map?.copied(start, 0)
  }

  /** Of what was written. */
  get length(): number {
    return this.#body.length
  }

  /** Copies what is left ahead of a place of the original. */
  copyTo(at: number): void {
    if (at > this.#copied) this.#map?.copied(this.#copied, this.#body.length)
    this.#body.append(this.#original.subarray(this.#copied, at))
    this.#copied = at
  }

  /** Leaves out what is ahead of a place of the original. */
  skipTo(at: number): void {
    this.#copied = at
  }

  put(bytes: Uint8Array): void {
    this.#body.append(bytes)
  }

  /** An instruction, with numbers behind its opcode. */
  putInstruction(opcode: number, numbers: readonly number[] = []): void {
    this.#body.u8(opcode)
    for (const number of numbers) this.#body.u32(number)
  }

  /** Changes a byte that was written. */
  set(at: number, byte: number): void {
    this.#body.set(at, byte)
  }

  /** Gives back the frame, ahead of the instruction at `at`, which ends the function. */
  giveBack(at: number, counters: CounterCode): void {
    this.copyTo(at)
    this.#returns.push(this.#body.length)
    this.#body.appendAll(...counters.returning(0))
  }

  finish(facts: BodyFacts, counters: CounterCode): void {
    const out = this.#out
    const body = this.#body
    const { locals, maxHeight, floatsUsed, hasVectors, outerBlock } = facts
    const values = locals.count + COUNTER_LOCALS + floatsUsed + maxHeight
    const frameBytes = frameBytesOf(values, hasVectors)
    const isCounted = facts.nests || frameBytes > SMALL_FRAME_BYTES
    const isCharged = isCounted || !facts.isSmall || facts.entryCost > SMALL_COST
    const returning = counters.returning(frameBytes)
    for (const at of this.#returns) {
      returning.forEach((byte, i) => body.set(at + i, isCounted ? byte : OP.nop))
    }

    const hasBlock = isCounted && outerBlock !== undefined
    const size = out.reserveU32()
    this.#putLocals(locals, floatsUsed, isCharged || facts.usesLocal)
    if (isCharged) {
      const charge = Math.min(facts.entryCost, MAX_CHARGE)
      out.appendAll(...counters.entry(charge, isCounted ? frameBytes : undefined))
    }
    if (hasBlock) out.appendAll(OP.block, ...outerBlock)
    this.#map?.placed(out.length)
    // Its last instruction is the end of the function.
    out.append(body.bytes.subarray(0, body.length - (hasBlock || !isCounted ? 0 : 1)))
    if (isCounted) out.appendAll(...returning, OP.end)
    out.putLength(size)
  }

  #putLocals({ groups, bytes }: OwnLocals, floatsUsed: number, usesLocals: boolean): void {
    const out = this.#out
    const floats = FLOAT_TYPES.slice(0, floatsUsed)
    const usesAny = usesLocals || floats.length > 0
    out.u32(groups + (usesAny ? 1 : 0) + floats.length)
    out.append(bytes)
    if (usesAny) out.appendAll(COUNTER_LOCALS, TYPE.i32)
    for (const type of floats) out.appendAll(1, FLOAT_LOCALS[type])
  }
}
