import type { Client, InterfaceType } from '../rpc/index.ts'
import type { Files } from './files.ts'

/** Standard input. */
export interface GuestInput {
  /**
   * Waits for at least one byte and returns at most `maxBytes` of them (default and most: 64 KiB);
   * empty at the end, then and on every later call. Calls are answered in order.
   */
  read(maxBytes?: number, options?: { readonly signal?: AbortSignal }): Promise<Uint8Array>
}

/** Standard output or error. */
export interface GuestOutput {
  /**
   * Text goes out as UTF-8. Bytes leave at once, or with others at the end of the turn; above 1 MiB of
   * unread output the whole guest waits here for the reader. When the reader is gone, bytes are dropped.
   */
  write(data: string | Uint8Array): void
  /** Resolves when everything written so far has left. @throws {WwError} PIPE_CLOSED */
  flush(): Promise<void>
}

/** What `main` is given: everything this cell can reach outside itself, and nothing is elsewhere. */
export interface Guest {
  /** The whole argument list as the parent gave it; nothing is added in front. */
  readonly args: readonly string[]
  readonly env: ReadonlyMap<string, string>
  readonly stdin: GuestInput
  readonly stdout: GuestOutput
  readonly stderr: GuestOutput
  readonly files: Files

  /**
   * What the host offers: `Membrane` for the first cell of a node, `InitialGrants` for a child.
   * Calls may be made on it at once.
   */
  bootstrap<C extends Client>(type: InterfaceType<C>): C

  /**
   * Makes `capability` what the other side gets when it bootstraps this cell. Once; takes
   * ownership. Calls that come earlier wait as long as calls of ours are under way; when the guest
   * waits for anything else first, they fail with "no bootstrap capability".
   * @throws {WwError} OFFER_TWICE
   */
  offer(capability: Client): void

  /** Resolves when the host has ended the data stream. A guest that only serves awaits this. */
  readonly closed: Promise<void>

  /** Rejects with the signal's reason when that is aborted first. */
  sleep(ms: number, options?: { readonly signal?: AbortSignal }): Promise<void>
  /** The wall clock, in milliseconds since 1970. */
  now(): number
  /** Unpredictable bytes. */
  random(length: number): Uint8Array
}

/**
 * What a guest's `main.ts` exports. The number it resolves to is the exit code (0 to 255), nothing
 * is 0; throwing prints the error on stderr and is 1. What still runs when it returns is dropped.
 */
export type Main = (guest: Guest) => Promise<number | void> | number | void
