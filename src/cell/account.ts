// What all cells below one may have together, however deep they are.
//
// Invariants
//  - A cell counts in the account of every cell above it, from before it starts until it has ended;
//    then all it was given is given back, once. Of fuel, what it used stays used.
//  - A charge goes to all accounts above or to none: who is refused has taken nothing.
//  - So does a program that is held through a cell's executor, until it is let go: it may be longer
//    than the cell lives.
//  - What a cell gets is never more than its parent has, and what is shared (memory, fuel, fuel per
//    second) never more than its parent has left.

import { WwError } from '../base/index.ts'
import { CELL_LIMITS, lesserLimits } from './limits.ts'
import type { CellLimits } from './limits.ts'

/** What is charged at present. */
export interface AccountUsage {
  /** Cells started by this one that have not ended. */
  readonly children: number
  /** These and theirs. */
  readonly descendants: number
  /** What the memories of all below can grow to. */
  readonly memoryBytes: number
  /** Units given to all below that have not ended. */
  readonly fuel: number
  /** Units used by those below that have. */
  readonly fuelSpent: number
  readonly fuelPerSecond: number
  /** Held by this one and all below. */
  readonly programs: number
  /** What these have together. */
  readonly programBytes: number
}

interface Charge {
  readonly memoryBytes: number
  readonly fuel: number
  readonly fuelPerSecond: number
}

const NO_CHARGE: Charge = { memoryBytes: 0, fuel: 0, fuelPerSecond: 0 }
const MS_PER_SECOND = 1_000

export class Account {
  /** Of the cell it belongs to. */
  readonly limits: CellLimits
  readonly #parent: Account | undefined
  readonly #nowMs: () => number
  readonly #charge: Charge
  #children = 0
  #descendants = 0
  #memoryBytes = 0
  #fuel = 0
  #fuelSpent = 0
  #fuelPerSecond = 0
  #programs = 0
  #programBytes = 0
  /** Cells that may be started now, as of `#filledMs`. */
  #spawns: number
  #filledMs: number
  #isClosed = false

  /** @param limits of a cell that nobody else answers for */
  constructor(
    limits: CellLimits,
    nowMs = () => performance.now(),
    parent?: Account,
    charge = NO_CHARGE,
  ) {
    this.limits = limits
    this.#nowMs = nowMs
    this.#parent = parent
    this.#charge = charge
    this.#spawns = mostSpawns(limits)
    this.#filledMs = nowMs()
  }

  get usage(): AccountUsage {
    return {
      children: this.#children,
      descendants: this.#descendants,
      memoryBytes: this.#memoryBytes,
      fuel: this.#fuel,
      fuelSpent: this.#fuelSpent,
      fuelPerSecond: this.#fuelPerSecond,
      programs: this.#programs,
      programBytes: this.#programBytes,
    }
  }

  /**
   * The account of one cell more.
   *
   * @param memoryBytesOf what its memories can grow to under a limit
   * @throws {WwError} CHILDREN_LIMIT, DESCENDANTS_LIMIT, MEMORY_LIMIT, FUEL_LIMIT,
   *   FUEL_RATE_LIMIT, SPAWN_RATE_LIMIT (overloaded) or what `memoryBytesOf` throws; then nothing is charged
   */
  open(asked: Partial<CellLimits>, memoryBytesOf: (limitBytes: number) => number): Account {
    const above = this.#lineage()
    const limits = this.#limitsFor(asked, above)
    const memoryBytes = memoryBytesOf(limits.memoryBytes)
    this.#requireChild()
    for (const account of above) account.#require(memoryBytes)
    const { fuel, fuelPerSecond } = limits
    const charge = { memoryBytes, fuel: counted(fuel), fuelPerSecond: counted(fuelPerSecond) }
    this.#children++
    for (const account of above) account.#take(charge)
    return new Account(limits, this.#nowMs, this, charge)
  }

  /**
   * Gives back what this cell was given. Its children, if there are any, go on counting.
   * @param fuelUsed units
   */
  close(fuelUsed: number): void {
    if (this.#isClosed) return
    this.#isClosed = true
    const parent = this.#parent
    if (!parent) return
    parent.#children--
    for (const account of parent.#lineage()) account.#giveBack(this.#charge, fuelUsed)
  }

  /**
   * Charges a program that somebody keeps to start cells of, until it is disposed.
   * @throws {WwError} PROGRAMS_HELD (overloaded)
   */
  hold({ name, size }: { readonly name: string; readonly size: number }): Disposable {
    const above = this.#lineage()
    for (const account of above) account.#requireProgram(name, size)
    for (const account of above) account.#count(1, size)
    let isHeld = true
    return {
      [Symbol.dispose]: () => {
        if (isHeld) for (const account of above) account.#count(-1, -size)
        isHeld = false
      },
    }
  }

  #requireProgram(name: string, size: number): void {
    const { programs, programBytes } = this.limits
    if (this.#programs < programs && this.#programBytes + size <= programBytes) return
    const held = `${this.#programs} with ${this.#programBytes} bytes are held already`
    const limit = `its limits are programs=${programs} and program-bytes=${programBytes}; let one go`
    const message = `Cannot keep ${name} of ${size} bytes: ${held}, ${limit}`
    throw new WwError('overloaded', 'PROGRAMS_HELD', message)
  }

  #count(programs: number, bytes: number): void {
    this.#programs += programs
    this.#programBytes += bytes
  }

  // What is shared is what is left along the way up; a cell that asked for nothing gets all of it.
  #limitsFor(asked: Partial<CellLimits>, above: readonly Account[]): CellLimits {
    const lesser = lesserLimits(this.limits, asked)
    return {
      ...lesser,
      fuel: Math.min(lesser.fuel, ...above.map((account) => account.#fuelLeft)),
      fuelPerSecond: Math.min(lesser.fuelPerSecond, ...above.map((account) => account.#paceLeft)),
    }
  }

  get #fuelLeft(): number {
    return this.limits.fuel - this.#fuel - this.#fuelSpent
  }

  get #paceLeft(): number {
    return this.limits.fuelPerSecond - this.#fuelPerSecond
  }

  #requireChild(): void {
    const { children } = this.limits
    if (this.#children < children) return
    throw refusal(
      'CHILDREN_LIMIT',
      `${this.#children} children are alive, its limit is ${children}`,
    )
  }

  #require(memoryBytes: number): void {
    const { descendants, totalMemoryBytes, fuel, fuelPerSecond, spawnsPerSecond } = this.limits
    if (this.#descendants >= descendants) {
      const found = `${this.#descendants} cells below it are alive, its limit is ${descendants}`
      throw refusal('DESCENDANTS_LIMIT', found)
    }
    if (this.#memoryBytes + memoryBytes > totalMemoryBytes) {
      const [held, wanted, most] = [this.#memoryBytes, memoryBytes, totalMemoryBytes].map(mib)
      const found = `the cells below it may grow to ${held} MiB, this one to ${wanted} MiB more; its limit is ${most} MiB`
      throw refusal('MEMORY_LIMIT', found)
    }
    if (this.#fuelLeft <= 0) {
      const found = `the cells below it have or have used ${this.#fuel + this.#fuelSpent} units of fuel, its limit is ${fuel}`
      throw refusal('FUEL_LIMIT', found)
    }
    if (this.#paceLeft <= 0) {
      const found = `the cells below it have ${this.#fuelPerSecond} units of fuel per second, its limit is ${fuelPerSecond}`
      throw refusal('FUEL_RATE_LIMIT', found)
    }
    if (this.#fillSpawns() < 1) {
      throw refusal('SPAWN_RATE_LIMIT', `its limit is ${spawnsPerSecond} per second`)
    }
  }

  #take({ memoryBytes, fuel, fuelPerSecond }: Charge): void {
    this.#descendants++
    this.#memoryBytes += memoryBytes
    this.#fuel += fuel
    this.#fuelPerSecond += fuelPerSecond
    this.#spawns--
  }

  #giveBack({ memoryBytes, fuel, fuelPerSecond }: Charge, fuelUsed: number): void {
    this.#descendants--
    this.#memoryBytes -= memoryBytes
    this.#fuel -= fuel
    this.#fuelSpent += Math.min(fuelUsed, fuel)
    this.#fuelPerSecond -= fuelPerSecond
  }

  /** What can be started now. */
  #fillSpawns(): number {
    const nowMs = this.#nowMs()
    const earned = ((nowMs - this.#filledMs) * this.limits.spawnsPerSecond) / MS_PER_SECOND
    this.#filledMs = nowMs
    this.#spawns = Math.min(mostSpawns(this.limits), this.#spawns + earned)
    return this.#spawns
  }

  /** This account and those above. */
  #lineage(): Account[] {
    const accounts: Account[] = [this]
    for (let at = this.#parent; at; at = at.#parent) accounts.push(at)
    return accounts
  }
}

function mostSpawns({ spawnsPerSecond }: CellLimits): number {
  return Math.max(1, (spawnsPerSecond * CELL_LIMITS.savedMs) / MS_PER_SECOND)
}

/** No limit is not counted. */
function counted(units: number): number {
  return units === Infinity ? 0 : units
}

function mib(bytes: number): string {
  return (bytes / (1 << 20)).toFixed(2)
}

function refusal(code: string, found: string): WwError {
  return new WwError('overloaded', code, `Cannot start a cell: ${found}`)
}
