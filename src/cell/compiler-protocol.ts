// What the host's thread and the one that compiles say to each other.

import type { howOf } from './program.ts'
import type { ProgramCode } from './protocol.ts'

/** Given to the thread as it starts. */
export interface CompilerSetup {
  /** Absolute; without one nothing is stored. */
  readonly cacheDirectory: string | undefined
  readonly cacheBytes: number
}

export interface CompilerJob {
  readonly bytes: Uint8Array
  /** SHA-256 of the bytes, in hex. */
  readonly digest: string
  readonly how: ReturnType<typeof howOf>
}

export type CompilerAnswer =
  | {
      readonly kind: 'compiled'
      readonly code: ProgramCode
      /** Whether it was rewritten now, or before, by whoever stored it. */
      readonly from: 'bytes' | 'store'
    }
  /** `cause` follows “Cannot load <name>: ”. */
  | { readonly kind: 'refused'; readonly code: string; readonly cause: string }
  /** Something about the store that a log should know. Not an answer yet. */
  | {
      readonly kind: 'told'
      readonly event: string
      readonly facts: Readonly<Record<string, string | number>>
    }
