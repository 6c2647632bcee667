import { CELL_LIMITS } from '../limits.ts'
import type { InPipe, OutPipe } from './message.ts'

/** Every number that bounds what a node and a cell host say to each other, with its unit and why it is that large. */
export const FENCE_LIMITS = {
  /** Bytes of a standard stream that are on their way, or lie here unread: as many as in a ring. */
  windowBytes: CELL_LIMITS.ringBytes,
  /** Of the data stream, per direction. Messages of a mebibyte take half as long as with one ring's. */
  dataWindowBytes: 4 * CELL_LIMITS.ringBytes,
  /** What lies in a pipe when its cell ends comes at once: what the ring holds, and what waited behind it. */
  restBytes: 2 * CELL_LIMITS.ringBytes,
  /** The body of one report: a window of bytes, or the words around a sentence. */
  reportBytes: CELL_LIMITS.ringBytes,
  /** The body of one order: the arguments and the environment of a cell, or the plan of a component. */
  orderBytes: 64 << 20,
  /** Of a program, at a time: what others say goes between. */
  partBytes: 64 << 10,
  /** Characters of a sentence of the host. Traps that name functions have some thousand. */
  sentence: 8_192,
  /** What cells use is told so often while it changes, and when it does not. */
  gaugesMs: 100,
  quietGaugesMs: 1_000,
  /** As many at once is no flood: this process may have been busy. */
  gaugesAtOnce: 100,
  /**
   * A host that has not ended a cell by then is ended itself. Longer than its own ladder, whose last
   * step takes as long as the system needs to take many threads down.
   */
  stopMs: CELL_LIMITS.stopMs + CELL_LIMITS.terminateMs + CELL_LIMITS.takeDownMs + 5_000,
  /** Hosts for cells that pid0 may start come up so long after it: who leaves at once does not pay for them. */
  aheadMs: 300,
  /** Lines of a host's standard error that are told the log, and characters of each. */
  saidLines: 100,
  saidChars: 1_000,
} as const

/** Of one pipe, per direction. */
export function windowOf(pipe: InPipe | OutPipe): number {
  const { windowBytes, dataWindowBytes } = FENCE_LIMITS
  return pipe === 'stdin' || pipe === 'stdout' || pipe === 'stderr' ? windowBytes : dataWindowBytes
}
