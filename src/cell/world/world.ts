import type { CellLimits } from '../limits.ts'
import type { CellSide } from '../shared-cell.ts'
import { GuestFiles } from './files.ts'
import { Image } from './image.ts'
import { Scratch } from './scratch.ts'
import { Usage } from './usage.ts'
import { Waiter } from './waiter.ts'

/** Which of its standard streams a guest is told are terminals. */
export interface Terminals {
  readonly stdin: boolean
  readonly stdout: boolean
  readonly stderr: boolean
}

export const NO_TERMINALS: Terminals = { stdin: false, stdout: false, stderr: false }

/** All a guest can sense and do, whatever the WASI version it speaks. Lives in the cell's thread. */
export interface World {
  /** Exactly what was given: nothing is added. */
  readonly args: readonly string[]
  /** `NAME=value`, exactly what was given. */
  readonly env: readonly string[]
  readonly terminals: Terminals
  readonly pipes: CellSide
  readonly files: GuestFiles
  readonly waiter: Waiter
  readonly usage: Usage
  readonly limits: CellLimits
}

export function openWorld(
  pipes: CellSide,
  args: readonly string[],
  env: readonly string[],
  terminals: Terminals,
  limits: CellLimits,
): World {
  const usage = new Usage(pipes.gauges)
  const waiter = new Waiter(pipes, usage)
  const files = new GuestFiles(new Image(pipes, waiter), new Scratch(limits))
  return { args, env, terminals, pipes, waiter, usage, files, limits }
}
