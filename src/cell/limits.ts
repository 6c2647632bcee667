/**
 * Every number that bounds a cell, with its unit and why it is that large.
 * Metering and per-cell budgets come with the hostile suite; what holds today stands here.
 */
export const CELL_LIMITS = {
  /** Bytes in flight per direction of the data stream and per standard stream: the size of a Unix pipe. A power of two. */
  ringBytes: 64 << 10,
  /** Bytes of one program. The largest engine known (StarlingMonkey) makes 12 MiB. */
  programBytes: 64 << 20,
  /** Imports, exports and core modules one program may declare. Real programs stay under a few hundred. */
  programImports: 1_000,
  programExports: 10_000,
  programCoreModules: 64,
  /** Definitions evaluated while a component is linked, instantiations of nested components included. */
  componentDefinitions: 100_000,
  /** Components nested in components. Engines use two. */
  componentDepth: 8,
  /** Compiled programs kept for the next cell of the same bytes: how many, and their bytes together. */
  cachedPrograms: 32,
  cachedProgramBytes: 128 << 20,
  /** Descriptors (preview 1) open at once. */
  descriptors: 1_024,
  /** Resource handles (components) open at once: streams, timers, files. */
  handles: 16_384,
  /** Subscriptions of one `poll_oneoff`, pollables of one `poll`. */
  pollables: 4_096,
  /** Bytes of one path, in UTF-8. */
  pathBytes: 4_096,
  /** Bytes of a file or of a listing carried by one answer of the host. */
  fileChunkBytes: 64 << 10,
  /** Bytes of randomness by one call of a component, which gets them as a list. */
  randomBytes: 1 << 20,
  /** The JavaScript heap of a cell's thread, MiB. Guest memory is not part of it; a guest's host objects are. */
  heapMb: 64,
  youngHeapMb: 4,
  /** The stack of a cell's thread, MiB, shared by host functions and the guest's own calls. */
  stackMb: 4,
} as const
