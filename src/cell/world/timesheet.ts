import { CELL_LIMITS } from '../limits.ts'
import { Doorbell } from '../ring.ts'

/** The bell a cell's thread waits for, which counts how long it did. */
export class TimedDoorbell extends Doorbell {
  /** In all; what is charged for otherwise may be added. */
  waitedMs = 0

  override wait(seen: number, timeoutMs: number): void {
    const beganMs = performance.now()
    super.wait(seen, timeoutMs)
    this.waitedMs += performance.now() - beganMs
  }
}

/**
 * What a cell uses of a processor, as it is charged to its share. Fuel and calls of the host have
 * prices, which are right for most of what guests do and a thousandth of it for some: exceptions that
 * are thrown and caught, tables grown in vain, 32 MiB of randomness. What took longer than was paid for
 * is paid for by its time.
 *
 * Invariants
 *  - It looks at the clock where a guest can be stopped: at each refuel, and at one in some calls of the
 *    host; at each call once they take longer than they pay for.
 *  - Time it waits is not charged, whether for something of its own or for a turn.
 *  - What was paid and not used counts for a refuel's worth at most.
 */
export class Timesheet {
  readonly #bell: TimedDoorbell
  readonly #pay: (units: number) => void
  /** When it was looked at last: milliseconds that the thread has not waited. */
  #workedMs: number
  /** Units paid and not used by then. */
  #ahead = 0
  /** Calls until the next look. */
  #calls: number = CELL_LIMITS.callsAtOnce

  /** @param pay may make the guest wait, or stop it */
  constructor(bell: TimedDoorbell, pay: (units: number) => void) {
    this.#bell = bell
    this.#pay = pay
    this.#workedMs = this.#nowMs()
  }

  /** Units of fuel it is about to use. */
  refuel(units: number): void {
    this.#charge(units)
  }

  /** It calls the host. */
  call(): void {
    this.#calls--
    if (this.#calls > 0) return
    this.#charge(CELL_LIMITS.callsAtOnce * CELL_LIMITS.hostCallUnits)
    this.#calls = this.#ahead > 0 ? CELL_LIMITS.callsAtOnce : 1
  }

  #charge(units: number): void {
    const nowMs = this.#nowMs()
    const used = (nowMs - this.#workedMs) * CELL_LIMITS.unitsPerMs
    this.#workedMs = nowMs
    const ahead = this.#ahead + units - used
    this.#ahead = Math.min(Math.max(0, ahead), CELL_LIMITS.fuelSlice)
    this.#pay(units + Math.max(0, -ahead))
  }

  #nowMs(): number {
    return performance.now() - this.#bell.waitedMs
  }
}
