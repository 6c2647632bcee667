import type { CellSide } from '../shared-cell.ts'
import { GuestFiles } from './files.ts'
import { Waiter } from './waiter.ts'

/** All a guest can sense and do, whatever the WASI version it speaks. Lives in the cell's thread. */
export interface World {
  /** Exactly what was given: nothing is added. */
  readonly args: readonly string[]
  /** `NAME=value`, exactly what was given. */
  readonly env: readonly string[]
  readonly pipes: CellSide
  readonly files: GuestFiles
  readonly waiter: Waiter
}

export function openWorld(pipes: CellSide, args: readonly string[], env: readonly string[]): World {
  const waiter = new Waiter(pipes)
  return { args, env, pipes, waiter, files: new GuestFiles(pipes, waiter) }
}
