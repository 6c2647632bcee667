// What the host's thread and the one that compiles say to each other.

import type { howOf, RewrittenCode } from './program.ts'
import type { ProgramCode } from './protocol.ts'

/** Given to the thread as it starts. */
export interface CompilerSetup {
  /** Absolute; without one nothing is stored. */
  readonly cacheDirectory: string | undefined
  readonly cacheBytes: number
}

interface FromBytes {
  readonly bytes: Uint8Array
  /** SHA-256 of the bytes, in hex. */
  readonly digest: string
  readonly how: ReturnType<typeof howOf>
}

export type CompilerJob =
  /** All the way, for cells of this process. */
  | (FromBytes & { readonly kind: 'make' })
  /** The first step, for a process that does the second. */
  | (FromBytes & { readonly kind: 'rewrite' })
  /** The second. */
  | { readonly kind: 'compile'; readonly code: RewrittenCode; readonly digest: string }

/** Whether it was rewritten now, or before, by whoever stored it. */
type Origin = 'bytes' | 'store'

export type CompilerAnswer =
  | { readonly kind: 'done'; readonly code: ProgramCode | RewrittenCode; readonly from: Origin }
  /** `cause` follows “Cannot load <name>: ”. */
  | { readonly kind: 'refused'; readonly code: string; readonly cause: string }
  /** Something about the store that a log should know. Not an answer yet. */
  | {
      readonly kind: 'told'
      readonly event: string
      readonly facts: Readonly<Record<string, string | number>>
    }
