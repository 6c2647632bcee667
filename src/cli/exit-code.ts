import { constants } from 'node:os'

import type { StopSignal } from './io.ts'

/** What `ww` itself says with its exit code. Other codes of `ww run` are pid0's own. */
export const EXIT = {
  fine: 0,
  /** ww could not do it; one sentence on standard error says why. */
  failed: 1,
  /** The command line, a variable or the configuration file cannot be understood. */
  usage: 2,
  /** pid0 had to be killed. */
  killed: 137,
} as const

/** As a shell counts: 129 SIGHUP, 130 SIGINT, 141 SIGPIPE, 143 SIGTERM. */
export function exitCodeOf(signal: StopSignal): number {
  return 128 + constants.signals[signal]
}
