// What runs one cell, as the side that hosts it knows it: a thread of this process, or something in
// another process that stands for one.

import type { PipeSource, PipeTarget } from './pipe.ts'
import type { CellMessage } from './protocol.ts'

/** Rung when a cell may have moved bytes. */
export interface Bell {
  /** How often it rang, modulo 2^32. Read it before looking for work. */
  readonly count: number
  /** Resolves when the count differs from `seen`; undefined when it differs already. */
  waitAsync(seen: number): Promise<unknown> | undefined
}

/** What a cell uses at present. */
export interface Gauges {
  /** Units used so far. */
  readonly fuel: number
  /** Its linear memories together. */
  readonly memoryBytes: number
  /** Open files, or resources. */
  readonly handles: number
  /** Of its tables together. */
  readonly tableEntries: number
}

/** Whoever a body belongs to. */
export interface BodyListener {
  hear(message: CellMessage): void
  /** It broke down outside the guest's code, and will end. `thrown` says why. */
  fail(thrown: unknown): void
  /** It is gone. Nothing follows. */
  end(): void
  /** It wants a turn. */
  ask(): void
}

/** How a cell that is being ended gets on. */
export interface Ending {
  /** The guest's code has run to its end, whichever. */
  readonly hasEnded: boolean
  /** Whether the body is gone, now or within so many milliseconds. */
  goneWithin(ms: number): Promise<boolean>
}

export interface CellBody {
  readonly dataIn: PipeTarget
  readonly dataOut: PipeSource
  readonly stdin: PipeTarget
  readonly stdout: PipeSource
  readonly stderr: PipeSource
  readonly gauges: Gauges
  readonly bell: Bell
  /** Runs the cell. Once. */
  begin(listener: BodyListener): void
  /** Does what can be done now for the cell, besides moving its bytes. Never throws. */
  turn(): void
  /** Looks whether it wants to compute; before each wait for its bell. */
  look(): void
  /**
   * Ends the guest wherever it is, by all means there are.
   * @returns whether it is gone. If not, it is left behind with nothing of ours in its hands
   */
  stop(ending: Ending): Promise<boolean>
  /** Nobody wants anything of it any more: readers see what is left, then the end. */
  close(): void
}
