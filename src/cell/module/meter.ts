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
import { malformed } from '../malformed.ts'
import { BodyWriter } from './body-writer.ts'
import type { BodyFacts, OwnLocals } from './body-writer.ts'
import { FLOAT_RESULTS, SIMD_FLOAT_RESULTS } from './canonical.ts'
import type { CodeMap } from './code-map.ts'
import { CodeReader } from './code-reader.ts'
import { BULK_SHIFTS, COST, COSTS, MAX_CHARGE, SITE_SPAN } from './cost.ts'
import { CounterCode } from './counter-code.ts'
import type { Meter } from './counter-code.ts'
import { Effort } from './effort.ts'
import {
  featureOf,
  IMMEDIATE,
  IMMEDIATES,
  OP,
  refuseFeature,
  SIMD_IMMEDIATES,
  SIMD_OPCODES,
  TYPE,
} from './feature.ts'
import type { Output } from './output.ts'
import { quietLoops } from './scan.ts'
import { BULK_EFFECTS, SIMD_EFFECTS, STACK_EFFECTS } from './stack-effect.ts'
import type { FunctionTypes } from './types.ts'
import {
  CALL_WORK,
  CANONICAL_WORK,
  PARAM_WORK,
  RESULT_WORK,
  SIMD_MEMORY_WORK,
  TARGET_WORK,
  WORK,
} from './work.ts'

export interface MeterOptions {
  /** The same results wherever it runs: every NaN an operation yields is the same one. */
  readonly isDeterministic: boolean
}

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

/** Few functions have as many locals. */
const USUAL_LOCALS = 64
/** Saturating conversions stand before the bulk operations, behind one prefix. */
const FIRST_BULK = 8

/** Walks function bodies one after the other. */
export class BodyMeter {
  readonly #code: CodeReader
  readonly #body: BodyWriter
  readonly #types: FunctionTypes
  readonly #meter: Meter
  readonly #options: MeterOptions
  readonly #effort: Effort
  /** For as many locals as the function has. */
  #counters: CounterCode
  /** By how many locals, if these are few: what was made once. */
  readonly #usualCounters: CounterCode[] = []

  #type = 0
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
  #usesLocal = false
  #callsOthers = false
  #catches = false
  #isSmall = true
  /** Whether a conditional branch leaves the function. */
  #branchesOut = false
  #floatsUsed = 0

  constructor(
    bytes: Uint8Array,
    out: Output,
    types: FunctionTypes,
    meter: Meter,
    options: MeterOptions,
    map?: CodeMap,
  ) {
    this.#code = new CodeReader(bytes, types)
    this.#body = new BodyWriter(bytes, out, map)
    this.#types = types
    this.#meter = meter
    this.#options = options
    this.#effort = new Effort(this.#code)
    this.#counters = this.#countersFor(0)
  }

  /**
   * Writes the body that stands at `start`, locals and instructions, with counters.
   * @param index of the function
   */
  write(start: number, end: number, index: number): void {
    const code = this.#code
    code.at = start
    code.function = index
    this.#type = this.#types.ofFunction(index)
    this.#begin()
    const locals = this.#locals()
    this.#body.begin(start, code.at)
    this.#instructions(end)
    if (code.at !== end) malformed(`function ${index} ends in the middle of an instruction`)
    this.#body.copyTo(end)
    this.#effort.end()
    const facts: BodyFacts = {
      locals,
      hasVectors: this.#hasVectors,
      maxHeight: this.#effort.maxHeight,
      floatsUsed: this.#floatsUsed,
      usesLocal: this.#usesLocal,
      nests: this.#callsOthers || this.#catches,
      isSmall: this.#isSmall,
      entryCost: this.#entryCost,
      outerBlock: this.#branchesOut ? this.#types.blockOf(this.#type) : undefined,
    }
    this.#body.finish(facts, this.#counters)
  }

  #begin(): void {
    this.#cost = COST.entry
    this.#chargeAt = -1
    this.#entryCost = 0
    this.#blocks = []
    this.#loops.length = 0
    this.#quiet = []
    this.#places = 0
    this.#hasVectors = this.#types.params(this.#type).includes(TYPE.v128)
    this.#usesLocal = false
    this.#callsOthers = false
    this.#catches = false
    this.#isSmall = true
    this.#branchesOut = false
    this.#floatsUsed = 0
  }

  #locals(): OwnLocals {
    const code = this.#code
    const groups = code.u32()
    const { at } = code
    let count = this.#types.params(this.#type).length
    for (let left = groups; left > 0 && code.at < code.bytes.length; left--) {
      count += code.u32()
      if (code.valueType() === TYPE.v128) this.#hasVectors = true
    }
    if (count > CELL_LIMITS.functionLocals) {
      code.tooLarge(`has ${count} locals; at most ${CELL_LIMITS.functionLocals} are allowed`)
    }
    this.#counters = this.#countersFor(count)
    this.#effort.begin(count)
    return { count, groups, bytes: code.bytes.subarray(at, code.at) }
  }

  #countersFor(locals: number): CounterCode {
    if (locals >= USUAL_LOCALS) return new CounterCode(this.#meter, locals)
    return (this.#usualCounters[locals] ??= new CounterCode(this.#meter, locals))
  }

  // ——— the walk ———

  #instructions(end: number): void {
    const [code, effort] = [this.#code, this.#effort]
    const { bytes } = code
    const results = this.#types.results(this.#type).length
    this.#blocks.push({ opcode: OP.block, base: 0, params: 0, results, place: 0, hasSite: false })
    this.#places = 1
    while (code.at < end) {
      if (this.#cost >= SITE_SPAN) this.#splitRegion()
      const at = code.at++
      const opcode = bytes[at]!
      this.#cost += COSTS[opcode]!
      effort.add(WORK[opcode]!)
      const shape = IMMEDIATES[opcode]!
      if (shape !== IMMEDIATE.simdPrefix && shape !== IMMEDIATE.bulkPrefix) {
        effort.shift(STACK_EFFECTS[opcode]!)
      }
      switch (shape) {
        case IMMEDIATE.none:
          if (opcode < OP.select) this.#plainControl(opcode, at)
          else this.#canonicalize(FLOAT_RESULTS[opcode]!)
          if (this.#blocks.length === 0) return
          break
        case IMMEDIATE.number:
          if (opcode < OP.select) this.#indexedControl(opcode, at)
          else code.skipNumber()
          if (this.#blocks.length === 0) return
          break
        case IMMEDIATE.twoNumbers:
          this.#call(at, code.u32(), opcode === OP.returnCallIndirect)
          code.skipNumber()
          break
        case IMMEDIATE.fourBytes:
          code.at += 4
          break
        case IMMEDIATE.eightBytes:
          code.at += 8
          break
        case IMMEDIATE.blockType:
          this.#open(at, opcode)
          break
        case IMMEDIATE.address:
          code.address()
          break
        case IMMEDIATE.branchTable:
          this.#branchTable(at, end)
          break
        case IMMEDIATE.valueTypes:
          for (let count = code.u32(); count > 0 && code.at < end; count--) code.valueType()
          break
        case IMMEDIATE.memory:
          code.memoryIndex()
          if (opcode === OP.memoryGrow) this.#isSmall = false
          break
        case IMMEDIATE.bulkPrefix:
          this.#bulk(at)
          break
        case IMMEDIATE.simdPrefix:
          this.#simd(at)
          break
        default:
          refuseFeature(featureOf(opcode), code.where(at))
      }
    }
    malformed(`function ${code.function} has no end`)
  }

  #plainControl(opcode: number, at: number): void {
    switch (opcode) {
      case OP.end:
        this.#end()
        return
      case OP.else:
        // The other half of a block begins.
        this.#effort.leave(this.#blocks.at(-1)!.params)
        return
      case OP.catchAll:
        this.#enterHandler(0)
        return
      case OP.return:
        this.#body.giveBack(at, this.#counters)
        this.#effort.handOver(this.#types.results(this.#type).length)
        this.#effort.leave()
        return
      case OP.unreachable:
        this.#effort.leave()
    }
  }

  #indexedControl(opcode: number, at: number): void {
    const index = this.#code.u32()
    switch (opcode) {
      case OP.branch:
        this.#branch(index, at)
        return
      case OP.branchIf:
        this.#effort.handOver(this.#arity(index))
        this.#effort.fork()
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
        this.#effort.handOver(this.#types.params(this.#types.ofTag(index)).length)
        this.#isSmall = false
        this.#effort.leave()
        return
      case OP.rethrow:
        this.#relabel(at, opcode, index)
        this.#isSmall = false
        this.#effort.leave()
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
    const [code, effort] = [this.#code, this.#effort]
    const { params, results } = code.blockType()
    if (this.#blocks.length > CELL_LIMITS.functionBlocks) {
      code.tooLarge(`nests blocks deeper than ${CELL_LIMITS.functionBlocks}`)
    }
    effort.handOver(params + results)
    effort.pop(params)
    const base = effort.height
    effort.push(params)
    effort.fork()
    effort.base = base
    if (opcode === OP.try) this.#isSmall = false
    if (opcode === OP.loop) this.#openLoop(at)
    this.#blocks.push({ opcode, base, params, results, place: this.#places++, hasSite: false })
  }

  #openLoop(at: number): void {
    this.#isSmall = false
    const outer = this.#loops.at(-1)
    const { bytes, at: end } = this.#code
    if (!outer) this.#quiet = quietLoops(bytes, at + 1, bytes.length).reverse()
    const isQuiet = this.#quiet.pop() ?? false
    const outerCost = this.#cost
    const outerChargeAt = this.#chargeAt
    if (!isQuiet) {
      this.#loops.push({ outerCost, outerChargeAt })
      this.#openRegion(COST.iteration)
      return
    }
    const [body, counters] = [this.#body, this.#counters]
    body.copyTo(at)
    if (!outer?.head) body.put(counters.load)
    const begin = bytes.subarray(at, end)
    body.put(begin)
    const refundAt = body.length + counters.againChargeAt
    body.put(counters.quietAgain)
    body.put(begin)
    body.skipTo(end)
    this.#chargeAt = body.length + counters.quietChargeAt
    body.put(counters.quietHead)
    const head = { chargeAt: this.#chargeAt, refundAt }
    this.#loops.push({ outerCost, outerChargeAt, head })
    this.#cost = COST.iteration
    this.#usesLocal = true
    this.#places++
    this.#effort.fork()
    this.#effort.fork()
  }

  #closeLoop(): void {
    this.#closeRegion()
    const { outerCost, outerChargeAt, head } = this.#loops.pop()!
    this.#chargeAt = outerChargeAt
    this.#cost = outerCost
    if (!head) return
    this.#body.copyTo(this.#code.at)
    this.#body.putInstruction(OP.end)
    this.#places--
  }

  #end(): void {
    const { opcode, results, hasSite } = this.#blocks.pop()!
    this.#places--
    this.#effort.close(this.#blocks.at(-1)?.base ?? 0, results)
    if (opcode === OP.loop) this.#closeLoop()
    if (this.#blocks.length === 0) this.#closeRegion()
    else if (hasSite) {
      this.#closeRegion()
      this.#openRegion(0)
    }
  }

  // Whatever throws jumps to here, over sites, and out of functions that did not give back their stack.
  #enterHandler(values: number): void {
    this.#effort.leave(values)
    this.#effort.fork()
    this.#catches = true
    this.#body.copyTo(this.#code.at)
    this.#body.put(this.#counters.resumeFrame)
    this.#splitRegion()
  }

  #branch(label: number, at: number): void {
    this.#effort.handOver(this.#arity(label))
    this.#effort.fork()
    if (label === this.#blocks.length - 1) {
      // The same as to return, but for the frame that is given back.
      this.#body.giveBack(at, this.#counters)
      this.#body.putInstruction(OP.return)
      this.#body.skipTo(this.#code.at)
    } else this.#relabel(at, OP.branch, label)
    this.#effort.leave()
  }

  // A label counts the blocks between, and a quiet loop is two.
  #relabel(at: number, opcode: number, label: number, less = 0): void {
    const written = this.#labelAs(label)
    if (written === label) return
    this.#body.copyTo(at)
    this.#body.putInstruction(opcode, [written - less])
    this.#body.skipTo(this.#code.at)
  }

  #labelAs(label: number): number {
    const target = this.#blocks[this.#blocks.length - 1 - label]
    return target ? this.#places - 1 - target.place : label
  }

  #branchTable(at: number, end: number): void {
    const [code, effort] = [this.#code, this.#effort]
    const count = code.u32()
    const labels: number[] = []
    for (let left = count + 1; left > 0 && code.at < end; left--) labels.push(code.u32())
    for (const label of new Set(labels)) {
      effort.handOver(this.#arity(label))
      effort.fork()
      if (label === this.#blocks.length - 1) this.#branchesOut = true
    }
    effort.add(TARGET_WORK * labels.length)
    if (this.#places > this.#blocks.length) {
      this.#body.copyTo(at)
      const written = labels.map((label) => this.#labelAs(label))
      this.#body.putInstruction(OP.branchTable, [count, ...written])
      this.#body.skipTo(code.at)
    }
    effort.leave()
  }

  #call(at: number, type: number, isLast: boolean): void {
    const params = this.#types.params(type).length
    const results = this.#types.results(type).length
    this.#effort.add(PARAM_WORK * params + RESULT_WORK * results)
    this.#effort.pop(params)
    this.#callsOthers = true
    this.#isSmall = false
    if (!isLast) {
      this.#effort.push(results)
      return
    }
    this.#body.giveBack(at, this.#counters)
    this.#effort.leave()
  }

  #bulk(at: number): void {
    const code = this.#code
    const operation = code.u32()
    this.#effort.shift(BULK_EFFECTS[operation] ?? 0)
    if (operation < FIRST_BULK) return // saturating conversions
    this.#isSmall = false
    const shift = BULK_SHIFTS.get(operation)
    if (shift !== undefined) this.#chargeLength(at, shift)
    switch (operation) {
      case 8: // memory.init
        code.skipNumber()
        code.memoryIndex()
        return
      case 10: // memory.copy
        this.#inPieces(this.#counters.copyAhead)
        code.memoryIndex()
        code.memoryIndex()
        return
      case 11: // memory.fill
        this.#inPieces(this.#counters.fillAhead)
        code.memoryIndex()
        return
      case 12: // table.init
      case 14: // table.copy
        code.skipNumber()
        code.skipNumber()
        return
      case 15: // table.grow
        this.#body.put(this.#counters.askToGrow)
        this.#effort.add(CALL_WORK)
        code.skipNumber()
        return
      case 9: // data.drop
      case 13: // elem.drop
      case 16: // table.size
      case 17: // table.fill
        code.skipNumber()
        return
      default:
        refuseFeature(`instruction 0xfc ${operation}`, code.where(at))
    }
  }

  #chargeLength(at: number, shift: number): void {
    this.#usesLocal = true
    this.#effort.fork()
    this.#body.copyTo(at)
    this.#body.put(this.#counters.bulkStart)
    this.#body.put(Uint8Array.of(shift))
    this.#body.put(this.#counters.bulkEnd)
  }

  #inPieces(ahead: Uint8Array): void {
    this.#body.put(ahead)
    this.#effort.add(CALL_WORK)
    this.#effort.fork()
  }

  #simd(at: number): void {
    const code = this.#code
    const operation = code.u32()
    if (operation >= SIMD_OPCODES) refuseFeature('relaxed SIMD', code.where(at))
    this.#hasVectors = true
    this.#effort.shift(SIMD_EFFECTS[operation]!)
    if (SIMD_IMMEDIATES.isAddress(operation)) {
      this.#effort.add(SIMD_MEMORY_WORK)
      code.address()
    }
    code.at += SIMD_IMMEDIATES.laneBytes(operation)
    this.#canonicalize(SIMD_FLOAT_RESULTS[operation]!)
  }

  /** @param type of the float on top of the stack, counted from 1; 0 for none */
  #canonicalize(type: number): void {
    if (type === 0 || !this.#options.isDeterministic) return
    this.#body.copyTo(this.#code.at)
    this.#body.put(this.#counters.canonicalNans[type - 1]!)
    this.#floatsUsed = Math.max(this.#floatsUsed, type)
    this.#effort.add(CANONICAL_WORK)
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
    const [body, counters] = [this.#body, this.#counters]
    body.copyTo(this.#code.at)
    const isQuiet = this.#loops.at(-1)?.head !== undefined
    this.#chargeAt = body.length + (isQuiet ? counters.quietChargeAt : counters.siteChargeAt)
    body.put(isQuiet ? counters.quietSite : counters.site)
    this.#cost = cost
    this.#usesLocal = true
    this.#effort.fork()
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

  /** Values a branch to a label hands over. */
  #arity(label: number): number {
    const block = this.#blocks[this.#blocks.length - 1 - label]
    if (!block) return 0
    return block.opcode === OP.loop ? block.params : block.results
  }
}
