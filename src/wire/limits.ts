/** Bounds on what a message may ask of its reader. */
export interface WireLimits {
  /** Segments in one frame; the C++ and Rust libraries refuse 512. */
  readonly maxSegments: number
  /** Words (8 bytes) in one frame without its table: what a peer can make us buffer for one message. */
  readonly maxFrameWords: number
  /**
   * Words one message may be read for, each pointer charged for what it points to, every time it is
   * followed. Stops a small message that points to the same bytes a million times. A message may
   * always be read for {@link READS_PER_WORD} times its own size, so a large one can be read again.
   */
  readonly maxReadWords: number
  /** Pointers below one another; the reference allows 64. Bounds the stack of a deep copy. */
  readonly maxDepth: number
}

export const DEFAULT_WIRE_LIMITS: WireLimits = {
  maxSegments: 511,
  maxFrameWords: 8 << 20, // 64 MiB
  maxReadWords: 8 << 20, // as the Rust and C++ libraries
  maxDepth: 64,
}

/** For what we wrote ourselves: it is as large as it is, and reading it as often as wanted must not use it up. */
export const OURS: WireLimits = {
  ...DEFAULT_WIRE_LIMITS,
  maxReadWords: Infinity,
}

/** How often a message may be read whole, however large it is. */
export const READS_PER_WORD = 8

/**
 * A copy may be so many times as large as the message it is taken from, and so many words besides. A
 * message that shares nothing is copied to its own size; one of a kilobyte that shares all it can would
 * be copied for seconds.
 */
export const COPIES_PER_WORD = 8
export const COPIED_WORDS = 1 << 10

/** Data at least this long becomes a segment of its own: the caller's bytes are sent, not copied. */
export const EXTERNAL_DATA_BYTES = 16 << 10

/** Messages are written into buffers of this size: making one for each costs more than the message. */
export const SLAB_BYTES = 16 << 10
