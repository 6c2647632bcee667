import { WwError } from '../base/index.ts'
import type { Watch } from '../base/index.ts'

/** One generation of authority. See `Epoch` in stem.capnp. */
export interface Epoch {
  readonly seq: bigint
  /** The binary CID the contract held; empty without a stem. */
  readonly head: Uint8Array
  readonly adoptedBlock: bigint
}

/** The epoch of a node without a stem: it never ends. */
export const FIRST_EPOCH: Epoch = { seq: 0n, head: new Uint8Array(0), adoptedBlock: 0n }

/** Says whether what it guards may still be used, and tells when that ends. */
export interface Guard {
  /** Why not, or undefined while it may. */
  check(): WwError | undefined
  /**
   * Calls `listener` once, synchronously, when use ends; not at all if it has ended already.
   * @returns what stops the listening
   */
  onEnd(listener: (reason: WwError) => void): () => void
}

/** Peers of the Rust system match on `staleEpoch`. */
export function staleEpoch(): WwError {
  return new WwError('failed', 'STALE_EPOCH', 'staleEpoch: session epoch no longer current')
}

/**
 * Ties what is grafted now to the epoch that is current now. Any other epoch ends it for good, also
 * one that goes back and forth.
 *
 * Invariants
 *  - Once ended, always ended.
 *  - Every listener hears the end exactly once, before `epochs.set` returns.
 */
export class EpochGuard implements Guard {
  readonly seq: bigint
  #listeners = new Set<(reason: WwError) => void>()
  #end: WwError | undefined

  constructor(epochs: Watch<Epoch>) {
    this.seq = epochs.value.seq
    const stop = epochs.listen((epoch) => {
      if (epoch.seq === this.seq) return
      stop()
      this.#endNow(staleEpoch())
    })
  }

  #endNow(reason: WwError): void {
    this.#end = reason
    const listeners = this.#listeners
    this.#listeners = new Set()
    for (const listener of listeners) listener(reason)
  }

  check(): WwError | undefined {
    return this.#end
  }

  onEnd(listener: (reason: WwError) => void): () => void {
    if (this.#end) return () => {}
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}
