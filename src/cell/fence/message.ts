// What a node and a cell host say to each other: a node gives orders, a host reports.

import type { ErrorKind } from '../../base/index.ts'
import type { Gauges } from '../body.ts'
import type { CellLimits, PoolLimits } from '../limits.ts'
import type { FileAnswer, FileQuestion } from '../mailbox.ts'
import type { Segment } from '../module/data.ts'
import type { CellExit } from '../protocol.ts'
import type { ProgramShape } from '../rewritten-format.ts'
import type { Terminals } from '../world/world.ts'

/** The pipes of a cell: those that carry bytes to it, and those that carry what it writes. */
export type InPipe = 'dataIn' | 'stdin'
export type OutPipe = 'dataOut' | 'stdout' | 'stderr'

/** A cell to be started. */
export interface CellSpec {
  readonly program: number
  readonly name: string
  readonly args: readonly string[]
  readonly env: readonly string[]
  readonly terminals: Partial<Terminals>
  readonly limits: CellLimits
}

export type Order =
  | {
      readonly kind: 'setup'
      readonly pool: Partial<PoolLimits>
      /** The most it may be lent; their numbers are those below. */
      readonly places: number
    }
  | { readonly kind: 'prepare' }
  | { readonly kind: 'part'; readonly number: number; readonly bytes: Uint8Array }
  /** All parts are there: the original, then the modules. */
  | {
      readonly kind: 'program'
      readonly number: number
      readonly originalBytes: number
      readonly shape: ProgramShape
    }
  /** All parts are there: a program of the code of another, and of these. */
  | {
      readonly kind: 'data'
      readonly number: number
      readonly program: number
      readonly minPages: number
      readonly segments: readonly Segment[]
    }
  | { readonly kind: 'forget'; readonly number: number }
  | { readonly kind: 'start'; readonly number: number; readonly spec: CellSpec }
  | { readonly kind: 'kill'; readonly number: number }
  | {
      readonly kind: 'bytes'
      readonly number: number
      readonly pipe: InPipe
      readonly bytes: Uint8Array
    }
  /** Nothing more will be written. */
  | { readonly kind: 'end'; readonly number: number; readonly pipe: InPipe }
  /** Nobody reads any more. */
  | { readonly kind: 'closed'; readonly number: number; readonly pipe: OutPipe }
  | {
      readonly kind: 'credit'
      readonly number: number
      readonly pipe: OutPipe
      readonly count: number
    }
  | { readonly kind: 'answer'; readonly number: number; readonly answer: FileAnswer }
  /** A place to compute in is the host's, until it is told that another wants it. */
  | { readonly kind: 'lend'; readonly number: number }
  | { readonly kind: 'recall'; readonly number: number }

export type Report =
  | { readonly kind: 'up' }
  | { readonly kind: 'compiled'; readonly number: number }
  | { readonly kind: 'refused'; readonly number: number; readonly refusal: Refusal }
  | { readonly kind: 'started'; readonly number: number }
  /** `cause` follows “Cannot start cell <name>: ”. The last of a cell, as `ended` is. */
  | { readonly kind: 'notStarted'; readonly number: number; readonly cause: string }
  | {
      readonly kind: 'bytes'
      readonly number: number
      readonly pipe: OutPipe
      readonly bytes: Uint8Array
    }
  | { readonly kind: 'end'; readonly number: number; readonly pipe: OutPipe }
  | { readonly kind: 'closed'; readonly number: number; readonly pipe: InPipe }
  | {
      readonly kind: 'credit'
      readonly number: number
      readonly pipe: InPipe
      readonly count: number
    }
  | { readonly kind: 'question'; readonly number: number; readonly question: FileQuestion }
  | { readonly kind: 'gauges'; readonly number: number; readonly gauges: Gauges }
  /** Its guest has ended; what it wrote and nobody took follows whole. */
  | { readonly kind: 'ending'; readonly number: number }
  | { readonly kind: 'ended'; readonly number: number; readonly end: CellEnd }
  /** It wants a place to compute in; if it has it, it gives it back first. */
  | { readonly kind: 'askPlace'; readonly number: number }
  | { readonly kind: 'givePlace'; readonly number: number }

/** Why a program was not compiled: it is bad (no kind; `message` follows “Cannot load <name>: ”), or it is a bad moment. */
export interface Refusal {
  readonly kind?: ErrorKind
  readonly code: string
  readonly message: string
}

export interface CellEnd {
  readonly exit: CellExit
  readonly gauges: Gauges
  /** Its thread could not be ended. */
  readonly isLeftBehind: boolean
}
