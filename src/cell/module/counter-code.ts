// The instructions that are put into functions. They use locals behind the function's own: fuel, its
// frame's end, and one for each type of float.

import { inPieces } from './bulk-code.ts'
import { canonicalNan, FLOAT_TYPES } from './canonical.ts'
import { OP } from './feature.ts'
import { u32Bytes } from './output.ts'
import { NO_RESULT } from './types.ts'

/** Indices of what the module got for its counters. */
export interface Meter {
  /** A mutable i32 global: fuel that is left. */
  readonly fuel: number
  /** A mutable i32 global: bytes of stack that are left. */
  readonly stack: number
  /** A function without parameters and results; returns with fuel, or does not return. */
  readonly refuel: number
  /** A function of the entries a table is to grow by; returns them, or -1 for too many. */
  readonly grow: number
  /** Functions that do long fills and copies ahead, and their type; see `bulk-code.ts`. */
  readonly fillAhead: number
  readonly copyAhead: number
  readonly aheadType: number
}

/** How many locals there are for numbers of the counters. */
export const COUNTER_LOCALS = 2
const IS_EMPTY = [OP.i32Const, 0, OP.i32LessSigned]

/** For functions with so many locals of their own. */
export class CounterCode {
  /** A charge, where fuel is in the global. */
  readonly site: Uint8Array
  /** A charge, where fuel is in the local as well. */
  readonly quietSite: Uint8Array
  /** Ahead of a quiet loop that was left for fuel: the turn that found none is charged again. */
  readonly quietAgain: Uint8Array
  /** A charge at the head of a quiet loop, which is left if there is no fuel. */
  readonly quietHead: Uint8Array
  /** Takes fuel into the local. */
  readonly load: Uint8Array
  /** Charges the length on top of the stack. Between start and end stands the shift. */
  readonly bulkStart: Uint8Array
  readonly bulkEnd: Uint8Array
  /** Replaces the length on top of the stack if a table may not grow by so much. */
  readonly askToGrow: Uint8Array
  /** Does most of the fill or the copy whose operands are on the stack, if it is long. */
  readonly fillAhead: Uint8Array
  readonly copyAhead: Uint8Array
  /** Puts the stack back to where this function has it. */
  readonly resumeFrame: Uint8Array
  /** By the types of `FLOAT_TYPES`. */
  readonly canonicalNans: readonly Uint8Array[]
  /** Where a charge is written, from the beginning of each. */
  readonly siteChargeAt: number
  readonly quietChargeAt: number
  readonly againChargeAt: number

  readonly #fuel: readonly number[]
  readonly #stack: readonly number[]
  readonly #refuel: readonly number[]
  readonly #fuelLocal: readonly number[]
  readonly #frameLocal: readonly number[]

  constructor(meter: Meter, locals: number) {
    this.#fuel = [OP.globalGet, ...u32Bytes(meter.fuel)]
    this.#stack = u32Bytes(meter.stack)
    this.#refuel = [OP.call, ...u32Bytes(meter.refuel)]
    this.#fuelLocal = u32Bytes(locals)
    this.#frameLocal = u32Bytes(locals + 1)
    const fuelLocal = this.#fuelLocal
    const readGlobal = this.#fuel
    const setGlobal = [OP.globalSet, ...u32Bytes(meter.fuel)]
    const readLocal = [OP.localGet, ...fuelLocal]
    const ifEmpty = [...IS_EMPTY, OP.if, NO_RESULT, ...this.#refuel]
    const load = [...readGlobal, OP.localSet, ...fuelLocal]
    const charge = [
      ...[OP.i32Const, 0, OP.i32Sub, OP.localTee, ...fuelLocal, ...setGlobal, ...readLocal],
    ]
    this.site = Uint8Array.from([...readGlobal, ...charge, ...ifEmpty, OP.end])
    this.quietSite = Uint8Array.from([...readLocal, ...charge, ...ifEmpty, ...load, OP.end])
    const ask = [...readLocal, ...ifEmpty, ...readGlobal, OP.i32Const]
    this.quietAgain = Uint8Array.from([
      ...[...ask, 0, OP.i32Add, OP.localSet, ...fuelLocal, OP.end],
    ])
    this.quietHead = Uint8Array.from([...readLocal, ...charge, ...IS_EMPTY, OP.branchIf, 1])
    this.load = Uint8Array.from(load)
    this.bulkStart = Uint8Array.from([
      ...[OP.localSet, ...fuelLocal, ...readGlobal, ...readLocal, OP.i32Const],
    ])
    this.bulkEnd = Uint8Array.from([
      ...[OP.i32ShiftRightUnsigned, OP.i32Sub, ...setGlobal],
      ...[...readGlobal, ...ifEmpty, OP.end, ...readLocal],
    ])
    this.askToGrow = Uint8Array.of(OP.call, ...u32Bytes(meter.grow))
    this.fillAhead = inPieces(fuelLocal, meter.aheadType, meter.fillAhead)
    this.copyAhead = inPieces(fuelLocal, meter.aheadType, meter.copyAhead)
    this.resumeFrame = Uint8Array.of(
      ...[OP.localGet, ...this.#frameLocal, OP.globalSet, ...this.#stack],
    )
    this.canonicalNans = FLOAT_TYPES.map((type, i) =>
      canonicalNan(type, locals + COUNTER_LOCALS + i),
    )
    this.siteChargeAt = readGlobal.length + 1
    this.quietChargeAt = readLocal.length + 1
    this.againChargeAt = ask.length
  }

  /** Gives a frame back. As long whatever its size. */
  returning(frameBytes: number): readonly number[] {
    return [
      ...[OP.localGet, ...this.#frameLocal, OP.i32Const, ...frameConstant(frameBytes)],
      ...[OP.i32Add, OP.globalSet, ...this.#stack],
    ]
  }

  /** Charges the first region, and the frame if it is counted: one question asks for both. */
  entry(charge: number, frameBytes: number | undefined): readonly number[] {
    const pay = [
      ...[...this.#fuel, OP.i32Const, charge, OP.i32Sub],
      ...[OP.localTee, ...this.#fuelLocal, OP.globalSet, ...this.#fuel.slice(1)],
    ]
    const readLocal = [OP.localGet, ...this.#fuelLocal]
    const ifEmpty = [...IS_EMPTY, OP.if, NO_RESULT, ...this.#refuel, OP.end]
    if (frameBytes === undefined) return [...pay, ...readLocal, ...ifEmpty]
    return [
      ...pay,
      ...[OP.globalGet, ...this.#stack, OP.i32Const, ...frameConstant(frameBytes), OP.i32Sub],
      ...[OP.localTee, ...this.#frameLocal, OP.globalSet, ...this.#stack],
      ...[...readLocal, OP.localGet, ...this.#frameLocal, OP.i32Or],
      ...ifEmpty,
    ]
  }
}

/** A signed LEB128 that takes four bytes whatever the frame. */
function frameConstant(bytes: number): readonly number[] {
  return [0, 1, 2, 3].map((i) => ((bytes >>> (7 * i)) & 0x7f) | (i < 3 ? 0x80 : 0))
}
