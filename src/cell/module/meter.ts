// Puts fuel counters into function bodies.
//
// A function entry and the head of each loop is a site. There the cost of the code up to the next
// sites is taken from a global; when that falls below zero, a function that asks the host for more is
// called. Code of an inner loop counts for its own site only. A bulk operation pays for its length.
//
// Invariants
//  - Between two sites a guest runs at most SITE_SPAN instructions, each of bounded time: whatever
//    jumps over a site arrives behind the end of a block that encloses it, and there is one too.
//  - What is put in leaves the operand stack as it was and uses nothing the original can name.
//  - A site never charges more than MAX_CHARGE: in a large region (an interpreter's loop) only a
//    small part runs each time.

import { CELL_LIMITS } from '../limits.ts'
import { Malformed, malformed } from '../malformed.ts'
import {
  featureOf,
  featureOfType,
  IMMEDIATE,
  IMMEDIATES,
  isValueType,
  OP,
  refuseFeature,
  SIMD_IMMEDIATES,
  SIMD_OPCODES,
} from './feature.ts'
import type { Output } from './output.ts'
import { u32Bytes } from './output.ts'

/** Indices of what the module got for its counters. */
export interface Meter {
  /** A mutable i32 global: what is left. */
  readonly fuel: number
  /** A mutable i32 global to keep an operand in. */
  readonly scratch: number
  /** A function without parameters and results; returns with fuel, or does not return. */
  readonly refuel: number
}

/** One byte of a signed LEB128. */
const MAX_CHARGE = 63
const SITE_SPAN = 16_384

// Units. An ordinary instruction is one; what is slower by its nature is more.
const COST = { entry: 1, iteration: 2, call: 4, indirectCall: 6, division: 4, grow: 16, bulk: 4 }
/** A unit per 64 bytes of memory and per 4 entries of a table. */
const MEMORY_SHIFT = 6
const TABLE_SHIFT = 2

// What is open, and whether there is a site within besides a loop's own.
const BLOCK = 0
const BLOCK_WITH_SITE = 1
const LOOP = 2
const LOOP_WITH_SITE = 3

const COSTS: Readonly<Uint8Array> = (() => {
  const table = new Uint8Array(256).fill(1)
  for (const free of [0x02, OP.loop, OP.else, OP.end]) table[free] = 0
  for (const call of [0x10, 0x12]) table[call] = COST.call
  for (const call of [0x11, 0x13]) table[call] = COST.indirectCall
  for (const divide of [0x6d, 0x6e, 0x6f, 0x70, 0x7f, 0x80, 0x81, 0x82]) {
    table[divide] = COST.division
  }
  table[0x40] = COST.grow
  table[0xfc] = COST.bulk
  return table
})()

/** Walks function bodies one after the other. */
export class BodyMeter {
  readonly #bytes: Uint8Array
  readonly #out: Output
  readonly #site: Uint8Array
  readonly #siteCharge: number
  readonly #bulkStart: Uint8Array
  readonly #bulkEnd: Uint8Array
  /** Where the next instruction is read. */
  #at = 0
  /** Up to here the original was copied. */
  #copied = 0
  #function = 0
  #localCount = 0
  /** The open region: its cost so far, and where its charge is written. */
  #cost = 0
  #chargeAt = 0

  constructor(bytes: Uint8Array, out: Output, { fuel, scratch, refuel }: Meter) {
    this.#bytes = bytes
    this.#out = out
    const fuelIndex = u32Bytes(fuel)
    const scratchIndex = u32Bytes(scratch)
    const refuelIfEmpty = [
      ...[OP.globalGet, ...fuelIndex, OP.i32Const, 0, OP.i32LessSigned],
      ...[OP.if, 0x40, OP.call, ...u32Bytes(refuel), OP.end],
    ]
    const charge = [OP.globalGet, ...fuelIndex, OP.i32Const]
    this.#siteCharge = charge.length
    this.#site = Uint8Array.from([
      ...charge,
      ...[0, OP.i32Sub, OP.globalSet, ...fuelIndex, ...refuelIfEmpty],
    ])
    // The length is on top of the stack. Between start and end stands the shift.
    this.#bulkStart = Uint8Array.from([
      ...[OP.globalSet, ...scratchIndex, OP.globalGet, ...fuelIndex],
      ...[OP.globalGet, ...scratchIndex, OP.i32Const],
    ])
    this.#bulkEnd = Uint8Array.from([
      ...[OP.i32ShiftRightUnsigned, OP.i32Sub, OP.globalSet, ...fuelIndex],
      ...[...refuelIfEmpty, OP.globalGet, ...scratchIndex],
    ])
  }

  /**
   * Writes the body that stands at `start`, locals and instructions, with counters.
   * @param index of the function, for errors
   */
  write(start: number, end: number, index: number): void {
    this.#at = start
    this.#copied = start
    this.#function = index
    this.#locals()
    this.#openRegion(COST.entry)
    this.#instructions(end)
    if (this.#at !== end) malformed(`function ${index} ends in the middle of an instruction`)
    this.#closeRegion()
    this.#copyTo(end)
  }

  #locals(): void {
    let total = 0
    for (let groups = this.#u32(); groups > 0 && this.#at < this.#bytes.length; groups--) {
      total += this.#u32()
      this.#valueType()
    }
    if (total > CELL_LIMITS.functionLocals) {
      this.#tooLarge(`has ${total} locals; at most ${CELL_LIMITS.functionLocals} are allowed`)
    }
    this.#localCount = total
  }

  #instructions(end: number): void {
    const bytes = this.#bytes
    const control: number[] = [BLOCK]
    // Costs and places of the regions around open loops.
    const outer: number[] = []
    while (this.#at < end) {
      if (this.#cost >= SITE_SPAN) this.#splitRegion(control)
      const at = this.#at++
      const opcode = bytes[at]!
      this.#cost += COSTS[opcode]!
      switch (IMMEDIATES[opcode]!) {
        case IMMEDIATE.none:
          if (opcode !== OP.end) break
          this.#endBlock(control, outer)
          if (control.length === 0) return
          break
        case IMMEDIATE.number:
          this.#skipNumber()
          break
        case IMMEDIATE.twoNumbers:
          this.#skipNumber()
          this.#skipNumber()
          break
        case IMMEDIATE.fourBytes:
          this.#at += 4
          break
        case IMMEDIATE.eightBytes:
          this.#at += 8
          break
        case IMMEDIATE.blockType:
          this.#blockType()
          this.#checkNesting(control.length)
          if (opcode !== OP.loop) {
            control.push(BLOCK)
            break
          }
          control.push(LOOP)
          outer.push(this.#cost, this.#chargeAt)
          this.#openRegion(COST.iteration)
          break
        case IMMEDIATE.address:
          this.#address()
          break
        case IMMEDIATE.branchTable:
          for (let count = this.#u32() + 1; count > 0 && this.#at < end; count--) this.#skipNumber()
          break
        case IMMEDIATE.valueTypes:
          for (let count = this.#u32(); count > 0 && this.#at < end; count--) this.#valueType()
          break
        case IMMEDIATE.memory:
          this.#memoryIndex()
          break
        case IMMEDIATE.bulkPrefix:
          this.#bulk(at)
          break
        case IMMEDIATE.simdPrefix:
          this.#simd()
          break
        default:
          refuseFeature(featureOf(opcode), this.#where(at))
      }
    }
    malformed(`function ${this.#function} has no end`)
  }

  // The engine's compiler keeps the place of every local for every open block, all at once.
  #checkNesting(depth: number): void {
    if (depth > CELL_LIMITS.functionBlocks) {
      this.#tooLarge(`nests blocks deeper than ${CELL_LIMITS.functionBlocks}`)
    }
    if (depth * this.#localCount > CELL_LIMITS.functionBlockLocals) {
      this.#tooLarge(
        `nests ${depth} blocks over ${this.#localCount} locals, which is too much at once`,
      )
    }
  }

  #endBlock(control: number[], outer: number[]): void {
    const ended = control.pop()
    if (ended === LOOP || ended === LOOP_WITH_SITE) {
      this.#closeRegion()
      this.#chargeAt = outer.pop()!
      this.#cost = outer.pop()!
    }
    if ((ended === BLOCK_WITH_SITE || ended === LOOP_WITH_SITE) && control.length > 0) {
      this.#closeRegion()
      this.#openRegion(0)
    }
  }

  // Everything that is open now has a site within: what jumps to its end would go without paying.
  #splitRegion(control: number[]): void {
    this.#closeRegion()
    this.#openRegion(0)
    for (let i = control.length - 1; i >= 0; i--) {
      const block = control[i]!
      if (block === BLOCK_WITH_SITE || block === LOOP_WITH_SITE) break
      control[i] = block === LOOP ? LOOP_WITH_SITE : BLOCK_WITH_SITE
    }
  }

  #openRegion(cost: number): void {
    this.#copyTo(this.#at)
    this.#chargeAt = this.#out.length + this.#siteCharge
    this.#out.append(this.#site)
    this.#cost = cost
  }

  #closeRegion(): void {
    this.#out.set(this.#chargeAt, Math.min(this.#cost, MAX_CHARGE))
  }

  #bulk(at: number): void {
    const code = this.#u32()
    if (code < 8) return // saturating conversions
    switch (code) {
      case 8: // memory.init
        this.#chargeLength(at, MEMORY_SHIFT)
        this.#skipNumber()
        this.#memoryIndex()
        return
      case 10: // memory.copy
        this.#chargeLength(at, MEMORY_SHIFT)
        this.#memoryIndex()
        this.#memoryIndex()
        return
      case 11: // memory.fill
        this.#chargeLength(at, MEMORY_SHIFT)
        this.#memoryIndex()
        return
      case 12: // table.init
      case 14: // table.copy
        this.#chargeLength(at, TABLE_SHIFT)
        this.#skipNumber()
        this.#skipNumber()
        return
      case 15: // table.grow
      case 17: // table.fill
        this.#chargeLength(at, TABLE_SHIFT)
        this.#skipNumber()
        return
      case 9: // data.drop
      case 13: // elem.drop
      case 16: // table.size
        this.#skipNumber()
        return
      default:
        refuseFeature(`instruction 0xfc ${code}`, this.#where(at))
    }
  }

  #chargeLength(at: number, shift: number): void {
    this.#copyTo(at)
    this.#out.append(this.#bulkStart)
    this.#out.u8(shift)
    this.#out.append(this.#bulkEnd)
  }

  #simd(): void {
    const at = this.#at - 1
    const code = this.#u32()
    if (code >= SIMD_OPCODES) refuseFeature('relaxed SIMD', this.#where(at))
    if (SIMD_IMMEDIATES.isAddress(code)) this.#address()
    this.#at += SIMD_IMMEDIATES.laneBytes(code)
  }

  #address(): void {
    // Bit 6 of the alignment says that the index of a memory follows.
    if ((this.#u32() & 0x40) !== 0) refuseFeature('several memories', this.#where(this.#at))
    this.#skipNumber()
  }

  #memoryIndex(): void {
    if (this.#bytes[this.#at++] !== 0) refuseFeature('several memories', this.#where(this.#at - 1))
  }

  // One byte, or the index of a type as a signed number that is not negative.
  #blockType(): void {
    const byte = this.#bytes[this.#at]!
    if (byte === 0x40) this.#at++
    else if ((byte & 0xc0) === 0x40) this.#valueType()
    else this.#skipNumber()
  }

  #valueType(): void {
    const byte = this.#bytes[this.#at++] ?? 0
    if (!isValueType(byte)) refuseFeature(featureOfType(byte), this.#where(this.#at - 1))
  }

  #skipNumber(): void {
    while ((this.#bytes[this.#at++]! & 0x80) !== 0);
  }

  #u32(): number {
    let value = 0
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.#bytes[this.#at++] ?? 0
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return value >>> 0
    }
    return malformed(`a number at byte ${this.#at} is too long`)
  }

  #copyTo(at: number): void {
    this.#out.append(this.#bytes.subarray(this.#copied, at))
    this.#copied = at
  }

  #tooLarge(what: string): never {
    throw new Malformed('PROGRAM_TOO_LARGE', `its function ${this.#function} ${what}`)
  }

  #where(at: number): string {
    return `function ${this.#function} at 0x${at.toString(16)}`
  }
}
