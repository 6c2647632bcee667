// Puts counters into function bodies: of fuel, and of the stack that calls take.
//
// A function entry and the head of each loop is a site. There the cost of the code up to the next
// sites is taken from a global; when that falls below zero, a function that asks the host for more is
// called. Code of an inner loop counts for its own site only. A bulk operation pays for its length.
// A function that calls others also takes its frame from what is left of the stack, and gives it back
// where it returns; below zero, the same function of the host is asked. For a table that is to grow,
// another.
//
// Invariants
//  - Between two sites a guest runs at most SITE_SPAN instructions, each of bounded time: whatever
//    jumps over a site arrives behind the end of a block that encloses it, or at its handler of
//    exceptions, and there is one too. Small functions without calls and loops have none.
//  - What is put in leaves the operand stack as it was and uses nothing the original can name.
//  - A site never charges more than MAX_CHARGE: in a large region (an interpreter's loop) only a
//    small part runs each time.
//  - The globals are always right. In a quiet loop, one that calls nothing and fills nothing, a local
//    follows the fuel, so that a turn waits for no memory; everywhere else that local is scratch.
//  - Nor does a quiet loop call the host: it is left for another loop around it, which does that and
//    enters it again. V8 keeps registers over a loop only if there is no call within, ever so rare.

import { CELL_LIMITS } from '../limits.ts'
import { Malformed, malformed } from '../malformed.ts'
import { canonicalNan, FLOAT_RESULTS, FLOAT_TYPES, SIMD_FLOAT_RESULTS } from './canonical.ts'
import type { CodeMap } from './code-map.ts'
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
  TYPE,
} from './feature.ts'
import { Output, u32Bytes } from './output.ts'
import { quietLoops } from './scan.ts'
import { BULK_EFFECTS, popsOf, pushesOf, SIMD_EFFECTS, STACK_EFFECTS } from './stack-effect.ts'
import { NO_RESULT } from './types.ts'
import type { FunctionTypes } from './types.ts'
import {
  CALL_WORK,
  FORK_WORK,
  PARAM_WORK,
  RESULT_WORK,
  SIMD_MEMORY_WORK,
  TARGET_WORK,
  WORK,
} from './work.ts'

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
}

export interface MeterOptions {
  /**
   * The same results wherever it runs: every NaN an operation yields is the same one.
   */
  readonly isDeterministic: boolean
}

/** One byte of a signed LEB128. */
const MAX_CHARGE = 63
const SITE_SPAN = 16_384
/** Units a function may cost, and bytes of its frame, if it has no site. */
const SMALL_COST = 24
const SMALL_FRAME_BYTES = 512

// Units. An ordinary instruction is one; what is slower by its nature is more.
const COST = {
  entry: 1,
  iteration: 2,
  call: 4,
  indirectCall: 6,
  division: 4,
  grow: 16,
  bulk: 4,
  throw: 63,
}
/** A unit per 64 bytes of memory and per 4 entries of a table. */
const MEMORY_SHIFT = 6
const TABLE_SHIFT = 2

/** What the engine's frames have besides values, and what a value takes. */
const FRAME_BYTES = 112
const VALUE_BYTES = 8
const VECTOR_BYTES = 16

const COSTS: Readonly<Uint8Array> = (() => {
  const table = new Uint8Array(256).fill(1)
  for (const free of [OP.block, OP.loop, OP.else, OP.end]) table[free] = 0
  for (const call of [OP.call, OP.returnCall]) table[call] = COST.call
  for (const call of [OP.callIndirect, OP.returnCallIndirect]) table[call] = COST.indirectCall
  for (const divide of [0x6d, 0x6e, 0x6f, 0x70, 0x7f, 0x80, 0x81, 0x82]) {
    table[divide] = COST.division
  }
  for (const thrower of [OP.throw, OP.rethrow]) table[thrower] = COST.throw
  table[OP.memoryGrow] = COST.grow
  table[OP.bulk] = COST.bulk
  return table
})()

/** What is open. */
interface Block {
  readonly opcode: number
  /** Operands below its own. */
  readonly base: number
  readonly params: number
  readonly results: number
  /** How many are open around it in what is written. */
  readonly place: number
  /** Whether there is a site within besides a loop's own. */
  hasSite: boolean
}

interface Loop {
  /** Of the region around it: its cost so far, and where its charge is written. */
  readonly outerCost: number
  readonly outerChargeAt: number
  /** Of a quiet one: where the charge at its head is written, and written again to be given back. */
  readonly head?: { readonly chargeAt: number; readonly refundAt: number }
}

/** Walks function bodies one after the other. */
export class BodyMeter {
  readonly #bytes: Uint8Array
  readonly #out: Output
  readonly #types: FunctionTypes
  readonly #meter: Meter
  readonly #options: MeterOptions
  /** Told where code goes. */
  readonly #map: CodeMap | undefined
  readonly #fuel: readonly number[]
  readonly #stack: readonly number[]
  readonly #askToGrow: Uint8Array
  /** Where fuel is in the global, and in a quiet loop. */
  #site = new Uint8Array(0)
  #quietSite = new Uint8Array(0)
  #quietAgain = new Uint8Array(0)
  #quietHead = new Uint8Array(0)
  #load = new Uint8Array(0)
  #bulkStart = new Uint8Array(0)
  #bulkEnd = new Uint8Array(0)
  /** The local that is being used for `#site` and so on. */
  #fuelLocal = -1

  /** The instructions as they will be, with what stands around them still missing. */
  readonly #body = new Output()
  /** Where the next instruction is read. */
  #at = 0
  /** Up to here the original was copied. */
  #copied = 0
  #function = 0
  #type = 0
  #localCount = 0
  #hasVectors = false
  /** The open region: its cost so far, and where its charge is written. */
  #cost = 0
  #chargeAt = 0
  /** Of the first region, which the entry charges. */
  #entryCost = 0
  #blocks: Block[] = []
  readonly #loops: Loop[] = []
  /** What is known of loops to come, the next one last. */
  #quiet: boolean[] = []
  /** How many blocks are open in what is written. */
  #places = 0
  /** Operands there are, at most were, and what compiling takes. */
  #height = 0
  #maxHeight = 0
  #work = 0
  #usesLocal = false
  #callsOthers = false
  #catches = false
  #isSmall = true
  /** Whether a conditional branch leaves the function. */
  #branchesOut = false
  /** Where a frame is given back, to be written once it is known. */
  #returns: number[] = []
  #floatsUsed = 0
  #floatCodes: Uint8Array[] = []
  /** Work of all functions together. */
  #moduleWork = 0

  constructor(
    bytes: Uint8Array,
    out: Output,
    types: FunctionTypes,
    meter: Meter,
    options: MeterOptions,
    map?: CodeMap,
  ) {
    this.#map = map
    this.#bytes = bytes
    this.#out = out
    this.#types = types
    this.#meter = meter
    this.#options = options
    this.#fuel = u32Bytes(meter.fuel)
    this.#stack = u32Bytes(meter.stack)
    this.#askToGrow = Uint8Array.of(OP.call, ...u32Bytes(meter.grow))
  }

  /**
   * Writes the body that stands at `start`, locals and instructions, with counters.
   * @param index of the function
   */
  write(start: number, end: number, index: number): void {
    this.#at = start
    this.#function = index
    this.#type = this.#types.ofFunction(index)
    this.#begin()
    const groups = this.#locals()
    const groupsAt = this.#copied
    const groupsEnd = this.#at
    this.#copied = this.#at
    this.#assumeLocals()
    this.#map?.copied(start, 0)
    this.#instructions(end)
    if (this.#at !== end) malformed(`function ${index} ends in the middle of an instruction`)
    this.#copyTo(end)
    this.#checkWork()
    this.#finish(groups, this.#bytes.subarray(groupsAt, groupsEnd))
  }

  #begin(): void {
    this.#body.clear()
    this.#cost = COST.entry
    this.#chargeAt = -1
    this.#entryCost = 0
    this.#blocks = []
    this.#loops.length = 0
    this.#quiet = []
    this.#places = 0
    this.#height = 0
    this.#maxHeight = 0
    this.#work = 0
    this.#hasVectors = this.#types.params(this.#type).includes(TYPE.v128)
    this.#usesLocal = false
    this.#callsOthers = false
    this.#catches = false
    this.#isSmall = true
    this.#branchesOut = false
    this.#returns = []
    this.#floatsUsed = 0
  }

  /** @returns how many groups of locals there are; the first begins where the copying goes on */
  #locals(): number {
    const groups = this.#u32()
    this.#copied = this.#at
    let total = this.#types.params(this.#type).length
    for (let left = groups; left > 0 && this.#at < this.#bytes.length; left--) {
      total += this.#u32()
      if (this.#valueType() === TYPE.v128) this.#hasVectors = true
    }
    if (total > CELL_LIMITS.functionLocals) {
      this.#tooLarge(`has ${total} locals; at most ${CELL_LIMITS.functionLocals} are allowed`)
    }
    this.#localCount = total
    return groups
  }

  // Behind the function's own locals: the fuel, its frame's end, and one for each type of float.
  #assumeLocals(): void {
    const local = this.#localCount
    if (this.#fuelLocal === local) return
    this.#fuelLocal = local
    const fuelLocal = u32Bytes(local)
    const isEmpty = [OP.i32Const, 0, OP.i32LessSigned]
    const ifEmpty = [...isEmpty, OP.if, NO_RESULT, OP.call, ...u32Bytes(this.#meter.refuel)]
    const readGlobal = [OP.globalGet, ...this.#fuel]
    const readLocal = [OP.localGet, ...fuelLocal]
    const load = [...readGlobal, OP.localSet, ...fuelLocal]
    const charge = [
      ...[OP.i32Const, 0, OP.i32Sub, OP.localTee, ...fuelLocal],
      ...[OP.globalSet, ...this.#fuel, ...readLocal],
    ]
    this.#site = Uint8Array.from([...readGlobal, ...charge, ...ifEmpty, OP.end])
    this.#quietSite = Uint8Array.from([...readLocal, ...charge, ...ifEmpty, ...load, OP.end])
    // The turn that found it empty is charged again.
    this.#quietAgain = Uint8Array.from([
      ...[...readLocal, ...ifEmpty, ...readGlobal],
      ...[OP.i32Const, 0, OP.i32Add, OP.localSet, ...fuelLocal, OP.end],
    ])
    this.#quietHead = Uint8Array.from([...readLocal, ...charge, ...isEmpty, OP.branchIf, 1])
    this.#load = Uint8Array.from(load)
    // The length is on top of the stack. Between start and end stands the shift.
    this.#bulkStart = Uint8Array.from([
      ...[OP.localSet, ...fuelLocal, OP.globalGet, ...this.#fuel],
      ...[OP.localGet, ...fuelLocal, OP.i32Const],
    ])
    this.#bulkEnd = Uint8Array.from([
      ...[OP.i32ShiftRightUnsigned, OP.i32Sub, OP.globalSet, ...this.#fuel],
      ...[OP.globalGet, ...this.#fuel, ...ifEmpty, OP.end, OP.localGet, ...fuelLocal],
    ])
    this.#floatCodes = FLOAT_TYPES.map((type, i) => canonicalNan(type, local + 2 + i))
  }

  // ——— the walk ———

  #instructions(end: number): void {
    const bytes = this.#bytes
    const results = this.#types.results(this.#type).length
    this.#blocks.push({ opcode: OP.block, base: 0, params: 0, results, place: 0, hasSite: false })
    this.#places = 1
    while (this.#at < end) {
      if (this.#cost >= SITE_SPAN) this.#splitRegion()
      const at = this.#at++
      const opcode = bytes[at]!
      this.#cost += COSTS[opcode]!
      this.#work += WORK[opcode]!
      const shape = IMMEDIATES[opcode]!
      if (shape !== IMMEDIATE.simdPrefix && shape !== IMMEDIATE.bulkPrefix) {
        this.#shift(STACK_EFFECTS[opcode]!)
      }
      switch (shape) {
        case IMMEDIATE.none:
          if (opcode < OP.select) this.#plainControl(opcode, at)
          else this.#canonicalize(FLOAT_RESULTS[opcode]!)
          if (this.#blocks.length === 0) return
          break
        case IMMEDIATE.number:
          if (opcode < OP.select) this.#indexedControl(opcode, at)
          else this.#skipNumber()
          if (this.#blocks.length === 0) return
          break
        case IMMEDIATE.twoNumbers:
          this.#call(at, this.#u32(), opcode === OP.returnCallIndirect)
          this.#skipNumber()
          break
        case IMMEDIATE.fourBytes:
          this.#at += 4
          break
        case IMMEDIATE.eightBytes:
          this.#at += 8
          break
        case IMMEDIATE.blockType:
          this.#open(at, opcode)
          break
        case IMMEDIATE.address:
          this.#address()
          break
        case IMMEDIATE.branchTable:
          this.#branchTable(at, end)
          break
        case IMMEDIATE.valueTypes:
          for (let count = this.#u32(); count > 0 && this.#at < end; count--) this.#valueType()
          break
        case IMMEDIATE.memory:
          this.#memoryIndex()
          if (opcode === OP.memoryGrow) this.#isSmall = false
          break
        case IMMEDIATE.bulkPrefix:
          this.#bulk(at)
          break
        case IMMEDIATE.simdPrefix:
          this.#simd(at)
          break
        default:
          refuseFeature(featureOf(opcode), this.#where(at))
      }
    }
    malformed(`function ${this.#function} has no end`)
  }

  #plainControl(opcode: number, at: number): void {
    switch (opcode) {
      case OP.end:
        this.#end()
        return
      case OP.else:
        this.#rearm()
        return
      case OP.catchAll:
        this.#enterHandler(0)
        return
      case OP.return:
        this.#giveBack(at)
        this.#handOver(this.#types.results(this.#type).length)
        this.#leave()
        return
      case OP.unreachable:
        this.#leave()
    }
  }

  #indexedControl(opcode: number, at: number): void {
    const index = this.#u32()
    switch (opcode) {
      case OP.branch:
        this.#branch(index, at)
        return
      case OP.branchIf:
        this.#handOver(this.#arity(index))
        this.#fork()
        if (index === this.#blocks.length - 1) this.#branchesOut = true
        this.#relabel(at, opcode, index)
        return
      case OP.call:
        this.#call(at, this.#types.ofFunction(index), false)
        return
      case OP.returnCall:
        this.#call(at, this.#types.ofFunction(index), true)
        return
      case OP.throw:
        this.#work += PARAM_WORK * this.#types.params(this.#types.ofTag(index)).length
        this.#isSmall = false
        this.#leave()
        return
      case OP.rethrow:
        this.#relabel(at, opcode, index)
        this.#isSmall = false
        this.#leave()
        return
      case OP.catch:
        this.#enterHandler(this.#types.params(this.#types.ofTag(index)).length)
        return
      case OP.delegate:
        // Counted from around the block it ends.
        this.#relabel(at, opcode, index + 1, 1)
        this.#end()
    }
  }

  #open(at: number, opcode: number): void {
    const { params, results } = this.#blockType()
    const depth = this.#blocks.length
    if (depth > CELL_LIMITS.functionBlocks) {
      this.#tooLarge(`nests blocks deeper than ${CELL_LIMITS.functionBlocks}`)
    }
    this.#work += PARAM_WORK * (params + results)
    this.#pop(params)
    const base = this.#height
    this.#push(params)
    this.#fork()
    if (opcode === OP.try) this.#isSmall = false
    if (opcode === OP.loop) this.#openLoop(at)
    this.#blocks.push({ opcode, base, params, results, place: this.#places++, hasSite: false })
  }

  #openLoop(at: number): void {
    this.#isSmall = false
    const outer = this.#loops.at(-1)
    if (!outer) this.#quiet = quietLoops(this.#bytes, at + 1, this.#bytes.length).reverse()
    const isQuiet = this.#quiet.pop() ?? false
    const outerCost = this.#cost
    const outerChargeAt = this.#chargeAt
    if (!isQuiet) {
      this.#loops.push({ outerCost, outerChargeAt })
      this.#openRegion(COST.iteration)
      return
    }
    const body = this.#body
    this.#copyTo(at)
    if (!outer?.head) body.append(this.#load)
    const begin = this.#bytes.subarray(at, this.#at)
    body.append(begin)
    body.append(this.#quietAgain)
    const refundAt = body.length - 3 - u32Bytes(this.#fuelLocal).length - 1
    body.append(begin)
    this.#copied = this.#at
    this.#chargeAt = body.length + u32Bytes(this.#fuelLocal).length + 2
    body.append(this.#quietHead)
    const head = { chargeAt: this.#chargeAt, refundAt }
    this.#loops.push({ outerCost, outerChargeAt, head })
    this.#cost = COST.iteration
    this.#usesLocal = true
    this.#places++
    this.#fork()
    this.#fork()
  }

  #closeLoop(): void {
    this.#closeRegion()
    const { outerCost, outerChargeAt, head } = this.#loops.pop()!
    this.#chargeAt = outerChargeAt
    this.#cost = outerCost
    if (!head) return
    this.#copyTo(this.#at)
    this.#body.u8(OP.end)
    this.#places--
  }

  #end(): void {
    const { opcode, base, results, hasSite } = this.#blocks.pop()!
    this.#places--
    this.#height = base
    this.#push(results)
    if (opcode === OP.loop) this.#closeLoop()
    if (this.#blocks.length === 0) this.#closeRegion()
    else if (hasSite) {
      this.#closeRegion()
      this.#openRegion(0)
    }
  }

  /** The other half of a block begins. */
  #rearm(): void {
    const { base, params } = this.#blocks.at(-1)!
    this.#height = base
    this.#push(params)
  }

  // Whatever throws jumps to here, over sites, and out of functions that did not give back their stack.
  #enterHandler(values: number): void {
    const { base } = this.#blocks.at(-1)!
    this.#height = base
    this.#push(values)
    this.#fork()
    this.#catches = true
    this.#copyTo(this.#at)
    const frameEnd = u32Bytes(this.#fuelLocal + 1)
    this.#body.appendAll(OP.localGet, ...frameEnd, OP.globalSet, ...this.#stack)
    this.#splitRegion()
  }

  /** What follows is not reached. */
  #leave(): void {
    this.#height = this.#blocks.at(-1)!.base
  }

  #branch(label: number, at: number): void {
    this.#handOver(this.#arity(label))
    this.#fork()
    if (label === this.#blocks.length - 1) {
      // The same as to return, but for the frame that is given back.
      this.#giveBack(at)
      this.#body.u8(OP.return)
      this.#copied = this.#at
    } else this.#relabel(at, OP.branch, label)
    this.#leave()
  }

  // A label counts the blocks between, and a quiet loop is two.
  #relabel(at: number, opcode: number, label: number, less = 0): void {
    const written = this.#labelAs(label)
    if (written === label) return
    this.#copyTo(at)
    this.#body.u8(opcode)
    this.#body.u32(written - less)
    this.#copied = this.#at
  }

  #labelAs(label: number): number {
    const target = this.#blocks[this.#blocks.length - 1 - label]
    return target ? this.#places - 1 - target.place : label
  }

  #branchTable(at: number, end: number): void {
    const count = this.#u32()
    const labels: number[] = []
    for (let left = count + 1; left > 0 && this.#at < end; left--) labels.push(this.#u32())
    for (const label of new Set(labels)) {
      this.#handOver(this.#arity(label))
      this.#fork()
      if (label === this.#blocks.length - 1) this.#branchesOut = true
    }
    this.#work += TARGET_WORK * labels.length
    if (this.#places > this.#blocks.length) {
      this.#copyTo(at)
      this.#body.u8(OP.branchTable)
      this.#body.u32(count)
      for (const label of labels) this.#body.u32(this.#labelAs(label))
      this.#copied = this.#at
    }
    this.#leave()
  }

  #call(at: number, type: number, isLast: boolean): void {
    const params = this.#types.params(type).length
    const results = this.#types.results(type).length
    this.#work += PARAM_WORK * params + RESULT_WORK * results
    this.#pop(params)
    this.#callsOthers = true
    this.#isSmall = false
    if (!isLast) {
      this.#push(results)
      return
    }
    this.#giveBack(at)
    this.#leave()
  }

  #bulk(at: number): void {
    const code = this.#u32()
    this.#shift(BULK_EFFECTS[code] ?? 0)
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
        this.#chargeLength(at, TABLE_SHIFT)
        this.#body.append(this.#askToGrow)
        this.#work += CALL_WORK
        this.#skipNumber()
        return
      case 17: // table.fill
        this.#chargeLength(at, TABLE_SHIFT)
        this.#skipNumber()
        return
      case 9: // data.drop
      case 13: // elem.drop
      case 16: // table.size
        this.#isSmall = false
        this.#skipNumber()
        return
      default:
        refuseFeature(`instruction 0xfc ${code}`, this.#where(at))
    }
  }

  #chargeLength(at: number, shift: number): void {
    this.#isSmall = false
    this.#usesLocal = true
    this.#fork()
    this.#copyTo(at)
    this.#body.append(this.#bulkStart)
    this.#body.u8(shift)
    this.#body.append(this.#bulkEnd)
  }

  #simd(at: number): void {
    const code = this.#u32()
    if (code >= SIMD_OPCODES) refuseFeature('relaxed SIMD', this.#where(at))
    this.#hasVectors = true
    this.#shift(SIMD_EFFECTS[code]!)
    if (SIMD_IMMEDIATES.isAddress(code)) {
      this.#work += SIMD_MEMORY_WORK
      this.#address()
    }
    this.#at += SIMD_IMMEDIATES.laneBytes(code)
    this.#canonicalize(SIMD_FLOAT_RESULTS[code]!)
  }

  /** @param type of the float on top of the stack, counted from 1; 0 for none */
  #canonicalize(type: number): void {
    if (type === 0 || !this.#options.isDeterministic) return
    this.#copyTo(this.#at)
    this.#body.append(this.#floatCodes[type - 1]!)
    this.#floatsUsed = Math.max(this.#floatsUsed, type)
    this.#work += 6
  }

  // ——— sites ———

  // Everything that is open now has a site within: what jumps to its end would go without paying.
  #splitRegion(): void {
    this.#closeRegion()
    this.#openRegion(0)
    this.#isSmall = false
    for (let i = this.#blocks.length - 1; i >= 0; i--) {
      const block = this.#blocks[i]!
      if (block.hasSite) break
      block.hasSite = true
    }
  }

  #openRegion(cost: number): void {
    const body = this.#body
    this.#copyTo(this.#at)
    const isQuiet = this.#loops.at(-1)?.head !== undefined
    const read = 1 + (isQuiet ? u32Bytes(this.#fuelLocal) : this.#fuel).length
    this.#chargeAt = body.length + read + 1
    body.append(isQuiet ? this.#quietSite : this.#site)
    this.#cost = cost
    this.#usesLocal = true
    this.#fork()
  }

  #closeRegion(): void {
    if (this.#chargeAt < 0) {
      this.#entryCost = this.#cost
      return
    }
    const charge = Math.min(this.#cost, MAX_CHARGE)
    this.#body.set(this.#chargeAt, charge)
    const head = this.#loops.at(-1)?.head
    if (head?.chargeAt === this.#chargeAt) this.#body.set(head.refundAt, charge)
  }

  // ——— the frame ———

  /** Ahead of the instruction at `at`, which ends the function. */
  #giveBack(at: number): void {
    this.#copyTo(at)
    this.#returns.push(this.#body.length)
    this.#body.appendAll(...this.#returning(0))
  }

  #returning(frameBytes: number): readonly number[] {
    return [
      ...[OP.localGet, ...u32Bytes(this.#fuelLocal + 1), OP.i32Const, ...frameConstant(frameBytes)],
      ...[OP.i32Add, OP.globalSet, ...this.#stack],
    ]
  }

  get #frameBytes(): number {
    const added = 2 + this.#floatsUsed
    const values = this.#localCount + added + this.#maxHeight
    return FRAME_BYTES + values * (this.#hasVectors ? VECTOR_BYTES : VALUE_BYTES)
  }

  #finish(groups: number, ownGroups: Uint8Array): void {
    const out = this.#out
    const body = this.#body
    const frameBytes = this.#frameBytes
    const isCounted = this.#callsOthers || this.#catches || frameBytes > SMALL_FRAME_BYTES
    const isCharged = isCounted || !this.#isSmall || this.#entryCost > SMALL_COST
    const returning = this.#returning(frameBytes)
    for (const at of this.#returns) {
      returning.forEach((byte, i) => body.set(at + i, isCounted ? byte : OP.nop))
    }

    const hasBlock = isCounted && this.#branchesOut
    const size = out.reserveU32()
    this.#writeLocals(groups, ownGroups, isCharged || this.#usesLocal)
    if (isCharged) this.#writeEntry(isCounted ? frameBytes : undefined)
    if (hasBlock) out.appendAll(OP.block, ...this.#types.blockOf(this.#type))
    this.#map?.placed(out.length)
    // Its last instruction is the end of the function.
    out.append(body.bytes.subarray(0, body.length - (hasBlock || !isCounted ? 0 : 1)))
    if (isCounted) out.appendAll(...returning, OP.end)
    out.putLength(size)
  }

  #writeLocals(groups: number, ownGroups: Uint8Array, usesLocals: boolean): void {
    const out = this.#out
    const floats = FLOAT_TYPES.slice(0, this.#floatsUsed)
    const usesAny = usesLocals || floats.length > 0
    out.u32(groups + (usesAny ? 1 : 0) + floats.length)
    out.append(ownGroups)
    if (usesAny) out.appendAll(2, TYPE.i32)
    for (const type of floats) out.appendAll(1, FLOAT_LOCALS[type])
  }

  #writeEntry(frameBytes: number | undefined): void {
    const out = this.#out
    const fuelLocal = u32Bytes(this.#fuelLocal)
    const charge = Math.min(this.#entryCost, MAX_CHARGE)
    out.appendAll(OP.globalGet, ...this.#fuel, OP.i32Const, charge, OP.i32Sub)
    out.appendAll(OP.localTee, ...fuelLocal, OP.globalSet, ...this.#fuel)
    if (frameBytes !== undefined) {
      const frameEnd = u32Bytes(this.#fuelLocal + 1)
      out.appendAll(
        OP.globalGet,
        ...this.#stack,
        OP.i32Const,
        ...frameConstant(frameBytes),
        OP.i32Sub,
      )
      out.appendAll(OP.localTee, ...frameEnd, OP.globalSet, ...this.#stack)
      out.appendAll(OP.localGet, ...fuelLocal, OP.localGet, ...frameEnd, OP.i32Or)
    } else out.appendAll(OP.localGet, ...fuelLocal)
    out.appendAll(OP.i32Const, 0, OP.i32LessSigned, OP.if, NO_RESULT)
    out.appendAll(OP.call, ...u32Bytes(this.#meter.refuel), OP.end)
  }

  // ——— what compiling takes ———

  /** A copy of where everything is. */
  #fork(): void {
    this.#work += FORK_WORK * (this.#localCount + this.#height)
  }

  #handOver(values: number): void {
    this.#work += PARAM_WORK * values
  }

  #checkWork(): void {
    const most = CELL_LIMITS.functionWork
    if (this.#work > most) {
      this.#tooLarge(`takes ${this.#work} units of work to compile; at most ${most} are allowed`)
    }
    this.#moduleWork += this.#work
    if (this.#moduleWork > CELL_LIMITS.moduleWork) {
      const limit = CELL_LIMITS.moduleWork
      throw new Malformed(
        'PROGRAM_TOO_LARGE',
        `its functions up to ${this.#function} take ${this.#moduleWork} units of work to compile; at most ${limit} are allowed`,
      )
    }
  }

  #shift(effect: number): void {
    this.#pop(popsOf(effect))
    this.#push(pushesOf(effect))
  }

  // Where code is not reached, there may be fewer operands than are taken.
  #pop(count: number): void {
    const { base } = this.#blocks.at(-1)!
    this.#height = Math.max(base, this.#height - count)
  }

  #push(count: number): void {
    this.#height += count
    if (this.#height <= this.#maxHeight) return
    this.#maxHeight = this.#height
    if (this.#height > CELL_LIMITS.functionOperands) {
      this.#tooLarge(`has more than ${CELL_LIMITS.functionOperands} operands at once`)
    }
  }

  /** Values a branch to a label hands over. */
  #arity(label: number): number {
    const block = this.#blocks[this.#blocks.length - 1 - label]
    if (!block) return 0
    return block.opcode === OP.loop ? block.params : block.results
  }

  // ——— reading ———

  #address(): void {
    // Bit 6 of the alignment says that the index of a memory follows.
    if ((this.#u32() & 0x40) !== 0) refuseFeature('several memories', this.#where(this.#at))
    this.#skipNumber()
  }

  #memoryIndex(): void {
    if (this.#bytes[this.#at++] !== 0) refuseFeature('several memories', this.#where(this.#at - 1))
  }

  // One byte, or the index of a type as a signed number that is not negative.
  #blockType(): { params: number; results: number } {
    const byte = this.#bytes[this.#at]!
    if (byte === NO_RESULT) {
      this.#at++
      return { params: 0, results: 0 }
    }
    if ((byte & 0xc0) === 0x40) {
      this.#valueType()
      return { params: 0, results: 1 }
    }
    const type = this.#u32()
    return {
      params: this.#types.params(type).length,
      results: this.#types.results(type).length,
    }
  }

  #valueType(): number {
    const byte = this.#bytes[this.#at++] ?? 0
    if (!isValueType(byte)) refuseFeature(featureOfType(byte), this.#where(this.#at - 1))
    return byte
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
    if (at > this.#copied) this.#map?.copied(this.#copied, this.#body.length)
    this.#body.append(this.#bytes.subarray(this.#copied, at))
    this.#copied = at
  }

  #tooLarge(what: string): never {
    throw new Malformed('PROGRAM_TOO_LARGE', `its function ${this.#function} ${what}`)
  }

  #where(at: number): string {
    return `function ${this.#function} at 0x${at.toString(16)}`
  }
}

const FLOAT_LOCALS = {
  f32: TYPE.f32,
  f64: TYPE.f64,
  f32x4: TYPE.v128,
  f64x2: TYPE.v128,
} as const

/** A signed LEB128 that takes four bytes whatever the frame. */
function frameConstant(bytes: number): readonly number[] {
  return [0, 1, 2, 3].map((i) => ((bytes >>> (7 * i)) & 0x7f) | (i < 3 ? 0x80 : 0))
}
