import { CELL_LIMITS } from '../limits.ts'
import type { CellSide } from '../shared-cell.ts'
import { Glance } from './glance.ts'
import { Stop } from './stop.ts'
import type { Usage } from './usage.ts'

/** The one place where a cell's thread blocks. */
export class Waiter {
  readonly #pipes: CellSide
  readonly #usage: Usage
  readonly #glance = new Glance(nowMs)

  constructor(pipes: CellSide, usage: Usage) {
    this.#pipes = pipes
    this.#usage = usage
  }

  /**
   * Blocks until `ready()`, which is asked again after each change the host makes.
   *
   * @param deadlineMs on the scale of {@link nowMs}
   * @returns false when the deadline passed first
   * @throws {Stop} when the cell is killed
   */
  until(ready: () => boolean, deadlineMs = Infinity): boolean {
    const { cellBell, share } = this.#pipes
    for (;;) {
      const seen = cellBell.count
      if (this.#pipes.killed) throw new Stop({ kind: 'kill' })
      if (ready()) return true
      const beganMs = nowMs()
      if (deadlineMs <= beganMs) return false
      this.#usage.tell()
      const isRung = this.#glance.isRung(cellBell, seen, deadlineMs)
      const asleepMs = nowMs()
      const lookedMs = asleepMs - beganMs
      cellBell.waitedMs += lookedMs
      // Not what it stood back for others meanwhile.
      share.spend(Math.min(lookedMs, CELL_LIMITS.glanceMs) * CELL_LIMITS.unitsPerMs)
      if (isRung) continue
      share.pause()
      cellBell.wait(seen, Math.max(0, deadlineMs - asleepMs))
      share.resume(nowMs() - asleepMs)
    }
  }

  /** @throws {Stop} when the cell is killed */
  untilMs(deadlineMs: number): void {
    this.until(() => false, deadlineMs)
  }
}

/** Milliseconds since some moment; for deadlines, not for guests. */
export function nowMs(): number {
  return performance.now()
}

const NS_PER_MS = 1e6

/** When a guest's duration is over, on the scale of {@link nowMs}. */
export function deadlineAfterNs(durationNs: bigint): number {
  return durationNs <= 0n ? nowMs() : nowMs() + Number(durationNs) / NS_PER_MS
}
