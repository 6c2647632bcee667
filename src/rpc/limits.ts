import { DEFAULT_WIRE_LIMITS } from '../wire/index.ts'
import type { WireLimits } from '../wire/index.ts'

/** What one peer can make this end of a connection hold. Crossing a limit ends the connection. */
export interface RpcLimits {
  readonly wire: WireLimits
  /** Calls of the peer that are running or not yet finished by it. Each holds its params. */
  readonly maxAnswers: number
  /**
   * Calls of ours that the peer has not returned, given-up ones included. A peer whose own calls
   * lead back to it can make us ask without end. Beyond it calls fail, and the connection goes on.
   */
  readonly maxQuestions: number
  /** Disembargoes of ours that the peer has not returned. */
  readonly maxEmbargoes: number
  /** Capabilities of ours the peer holds. Each keeps an object alive. */
  readonly maxExports: number
  /** Capabilities of the peer we hold. */
  readonly maxImports: number
  /**
   * Words of calls of the peer that are under way, and of results with capabilities that it has not
   * finished. One call is taken however large it is; beyond that, calls fail as overloaded.
   */
  readonly maxHeldWords: number
  /** Entries in the capability table of one message. */
  readonly maxMessageCaps: number
  /**
   * Bytes that wait in a link that is full before reading stops, so that a peer that does not read
   * cannot make us answer into memory. Large, because reading must go on while each side waits for
   * the other to read: two peers stop for ever only if both have this much to say at once.
   */
  readonly maxStalledBytes: number
  /** Bytes that wait in a full link altogether, answers to what was read before included. */
  readonly maxQueuedBytes: number
  /**
   * Bytes of frames that wait for the end of the turn. Some fifty messages: with a hundred calls under
   * way and all of them in one write, each side would stand still while the other works.
   */
  readonly flushBytes: number
}

export const DEFAULT_RPC_LIMITS: RpcLimits = {
  wire: DEFAULT_WIRE_LIMITS,
  maxAnswers: 1 << 16,
  maxQuestions: 1 << 18,
  maxEmbargoes: 1 << 16,
  maxExports: 1 << 18,
  maxImports: 1 << 18,
  maxHeldWords: 8 << 20, // 64 MiB, the largest frame
  maxMessageCaps: 1 << 16,
  maxStalledBytes: 64 << 20, // no less than the largest frame
  maxQueuedBytes: 256 << 20,
  flushBytes: 4 << 10,
}

/**
 * Bytes of stream calls to one capability that may be on their way before whoever makes them is
 * told to wait. What the C++ reference takes: enough to keep 500 Mbit/s busy over a round trip of a
 * millisecond, and little enough that many streams fit in a peer's memory.
 */
export const STREAM_WINDOW_BYTES = 64 << 10

/** What a stream call counts besides its params: the envelope, and the entries that stand for it. */
export const STREAM_CALL_BYTES = 128
