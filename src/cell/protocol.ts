// What the host's thread and a cell's thread say to each other besides shared memory.

import type { MessagePort } from 'node:worker_threads'

import type { LinkPlan } from './component/plan.ts'
import type { CellLimits, LimitName } from './limits.ts'
import type { ModuleData } from './module/data.ts'
import type { CoreModule } from './module/instance.ts'
import type { Terminals } from './world/world.ts'

/** A compiled program, ready to be posted to a cell: its machine code is shared, not copied. */
export type ProgramCode =
  | { readonly kind: 'module'; readonly module: CoreModule }
  | {
      readonly kind: 'component'
      readonly modules: readonly CoreModule[]
      readonly plan: LinkPlan
    }

/** What a cell's thread has from its start. */
export interface ThreadData {
  /** What it shares with the host's side of its cell. */
  readonly buffer: SharedArrayBuffer
  /** To the host's thread, which is not the one that started it. */
  readonly port: MessagePort
}

/** What a cell's thread is sent, once: the cell. The memory they share it has from its start. */
export interface CellStart {
  readonly code: ProgramCode
  /** Of its module, where it was taken from it. */
  readonly data?: ModuleData | undefined
  readonly args: readonly string[]
  readonly env: readonly string[]
  readonly terminals: Terminals
  /** Pages the memory of each instance may grow to, in the order of instantiation. */
  readonly maxPages: readonly number[]
  readonly limits: CellLimits
}

/** What a cell's thread says. */
export type ThreadMessage =
  /** Its code is loaded, and it waits for its cell. */
  { readonly kind: 'up' } | CellMessage

export type CellMessage =
  /** Instantiated; the guest's entry point is called next. */
  | { readonly kind: 'started' }
  /** Could not be instantiated, or trapped while it was. Nothing follows. */
  | { readonly kind: 'refused'; readonly cause: string }
  /** The guest returned or was stopped. Its last bytes may still lie in its pipes. */
  | { readonly kind: 'ended'; readonly exit: CellExit; readonly fuelUsed: number }

/** How a cell ended. */
export type CellExit =
  | { readonly kind: 'exited'; readonly code: number }
  /** `message` is one sentence's end: the cause in the engine's words, or the rule that was broken. */
  | { readonly kind: 'trapped'; readonly code: 134; readonly message: string }
  /** The node ended it for exceeding a limit. `message` says which and by what, as “used up its fuel, 10 units”. */
  | {
      readonly kind: 'limited'
      readonly code: 137
      readonly limit: LimitName
      readonly message: string
    }
  | { readonly kind: 'killed'; readonly code: 137 }
