// What a cell may still compute, and how deep its calls may go. Each of its modules counts down in
// globals of its own and calls `refuel` when one is empty: the moment to give it more, or to stop it.
//
// Invariants
//  - Granted fuel never exceeds the limit, and what was used is what was granted less what lies in
//    the globals. So a guest that gets the same input uses the same fuel and stops at the same place.
//  - Stack is never refilled: each module gives back what its calls took. So depth ends at the same
//    call on every run, whatever the engine's own frames take.
//  - A guest that computes asks every FUEL_SLICE units: so often the kill word is looked at.
//  - What a guest is given does not depend on time, only when: one that used more than it earned
//    waits, without using the processor, until the debt is paid.

import { CELL_LIMITS } from '../limits.ts'
import type { CellLimits } from '../limits.ts'
import { stopAtLimit } from '../world/stop.ts'
import type { Stopper } from '../world/stop.ts'
import { plainFunction } from './host-call.ts'
import type { TableFunction } from './host-call.ts'

const MS_PER_SECOND = 1_000

/** The counters of one module. */
interface Tank {
  readonly fuel: WebAssembly.Global
  readonly stack: WebAssembly.Global
}

/** How fast fuel is given, and how a thread waits for it. */
export interface Pace {
  /** Units; may be Infinity. */
  readonly perSecond: number
  readonly nowMs: () => number
  /** Returns at a moment of `nowMs`, or stops the guest. */
  readonly sleepUntilMs: (deadlineMs: number) => void
  /** Hears that fuel is given. */
  readonly tell: () => void
}

/** Units in all, which may be Infinity, and bytes. */
export type FuelLimits = Pick<CellLimits, 'fuel' | 'stackBytes'>

export class Fuel {
  readonly #limit: number
  readonly #stackBytes: number
  readonly #tanks: Tank[] = []
  /** What a module's code calls when a counter is empty. */
  readonly refuel: TableFunction
  readonly #pace: Pace | undefined
  readonly #take: (units: number) => void
  #granted = 0
  /** Units earned and not yet given, as of `#paidMs`; below 0 they were given in advance. */
  #earned = 0
  #paidMs = 0

  /**
   * @param take told of the units before they are used; may make the guest wait, or stop it
   */
  constructor(
    { fuel, stackBytes }: FuelLimits,
    stopper: Stopper,
    pace?: Pace,
    take: (units: number) => void = () => {},
  ) {
    this.#limit = fuel
    this.#stackBytes = stackBytes
    this.#take = take
    this.#pace = pace
    if (pace) {
      this.#paidMs = pace.nowMs()
      this.#earned = savedUnits(pace)
    }
    this.refuel = plainFunction(stopper.guard(() => this.#fillEmpty()))
  }

  /** For a module that was just instantiated. Its fuel is 0: it asks at once. */
  supply(tank: Tank): void {
    tank.stack.value = this.#stackBytes
    this.#tanks.push(tank)
  }

  /** Units used so far. */
  get used(): number {
    return this.#tanks.reduce((used, { fuel }) => used - Number(fuel.value), this.#granted)
  }

  #pay(units: number): void {
    const pace = this.#pace
    if (!pace) return
    pace.tell()
    const { perSecond } = pace
    if (perSecond === Infinity) return
    const nowMs = pace.nowMs()
    const earned = ((nowMs - this.#paidMs) * perSecond) / MS_PER_SECOND
    this.#earned = Math.min(savedUnits(pace), this.#earned + earned) - units
    this.#paidMs = nowMs
    if (this.#earned < 0) {
      pace.sleepUntilMs(nowMs - (this.#earned / perSecond) * MS_PER_SECOND)
    }
  }

  #fillEmpty(): void {
    for (const { fuel, stack } of this.#tanks) {
      if (Number(stack.value) < 0) {
        stopAtLimit('stack', `nested calls too deep for its stack, ${this.#stackBytes} bytes`)
      }
      const left = Number(fuel.value)
      if (left >= 0) continue
      const grant = Math.min(CELL_LIMITS.fuelSlice - left, this.#limit - this.#granted)
      this.#pay(grant)
      this.#granted += grant
      fuel.value = left + grant
      if (left + grant < 0) stopAtLimit('fuel', `used up its fuel, ${this.#limit} units`)
      this.#take(grant)
    }
  }
}

/** The most that can be saved. */
function savedUnits({ perSecond }: Pace): number {
  return (perSecond * CELL_LIMITS.savedMs) / MS_PER_SECOND
}
