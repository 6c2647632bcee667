import type { FileErrorCode } from '../world/file-error.ts'
import type { ListedEntry, OpenNode } from '../world/files.ts'
import { stopAtLimit, trap } from '../world/stop.ts'

/** Where the bytes of an input stream come from: a pipe or a file. */
export interface ByteSource {
  /** Bytes that can be taken without waiting. */
  available(): number
  /** Everything was taken, and there will be no more. */
  ended(): boolean
  /** Moves up to `length` bytes; how many. @throws {FileError} */
  take(target: Uint8Array, at: number, length: number): number
  /** The guest gives it up. */
  close(): void
}

/** Where the bytes of an output stream go: a pipe or a file. */
export interface ByteSink {
  /** Bytes that can be put without waiting. */
  room(): number
  /** Nothing can be put any more. */
  closed(): boolean
  /** Moves up to `length` bytes; how many, at least one if there is room. @throws {FileError} */
  put(source: Uint8Array, at: number, length: number): number
  /** The guest gives it up. */
  close(): void
}

/** What a guest can hold, by the resource names of the interfaces. */
export type Resource =
  | { readonly kind: 'pollable'; readonly ready: () => boolean; readonly deadlineMs: number }
  | { readonly kind: 'error'; readonly message: string; readonly code: FileErrorCode }
  /** A stream that has failed once is closed from then on. */
  | { readonly kind: 'input-stream'; readonly source: ByteSource; failed: boolean }
  | {
      readonly kind: 'output-stream'
      readonly sink: ByteSink
      failed: boolean
      /** Bytes the guest may write: what `check-write` said, less what was written since. */
      permit: number
    }
  | { readonly kind: 'descriptor'; readonly node: OpenNode; readonly flags: number; close(): void }
  | { readonly kind: 'directory-entry-stream'; readonly entries: Iterator<ListedEntry> }
  | { readonly kind: 'connection'; inputTaken: boolean; outputTaken: boolean }
  | { readonly kind: 'network' }
  | { readonly kind: 'terminal-input' | 'terminal-output' }

type ResourceKind = Resource['kind']
type ResourceOf<K extends ResourceKind> = Extract<Resource, { readonly kind: K }>

/**
 * The resources one guest holds, by handle.
 *
 * Invariants
 *  - A handle is used only as what it is: any other use, or use after the drop, traps.
 *  - 0 is no handle.
 */
export class HandleTable {
  readonly #held: (Resource | undefined)[] = [undefined]
  readonly #free: number[] = []
  readonly #most: number

  /** @param most handles held at once */
  constructor(most: number) {
    this.#most = most
  }

  /** Handles held. */
  get count(): number {
    return this.#held.length - 1 - this.#free.length
  }

  add(resource: Resource): number {
    const free = this.#free.pop()
    if (free !== undefined) {
      this.#held[free] = resource
      return free
    }
    if (this.#held.length > this.#most) {
      stopAtLimit('handles', `held more than ${this.#most} resources, its limit`)
    }
    return this.#held.push(resource) - 1
  }

  get<K extends ResourceKind>(handle: number, kind: K): ResourceOf<K> {
    const resource = this.#held[handle]
    if (resource?.kind !== kind) trap(`handle ${handle} is no ${kind}`)
    return resource as ResourceOf<K>
  }

  /**
   * Gives up a handle. A stream may go before its pollables: they keep what they look at.
   * @param kind a resource's name; of a kind that is not offered there are no handles
   */
  drop(handle: number, kind: string): void {
    const resource = this.#held[handle]
    if (resource?.kind !== kind) trap(`handle ${handle} is no ${kind}`)
    this.#held[handle] = undefined
    this.#free.push(handle)
    if (resource.kind === 'input-stream') resource.source.close()
    if (resource.kind === 'output-stream') resource.sink.close()
    if (resource.kind === 'descriptor') resource.close()
  }
}
