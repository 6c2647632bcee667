/** What one holder of these capabilities may ask for at once. */
export const CAPS_LIMITS = {
  /** Bytes of one ByteStream.read: the size of the pipe behind it. */
  maxReadBytes: 64 << 10,
  /** Grants of one spawn: each is held as long as the child lives. */
  maxGrants: 1024,
  /** Arguments, or environment entries, of one spawn. */
  maxArguments: 4096,
  /** Bytes of all arguments and environment entries of one spawn, as Linux has it. */
  maxArgumentBytes: 128 << 10,
  /** Of a cell whose stderr nobody reads: bytes told at once, and how long the next wait. 80 KiB/s. */
  loggedBytes: 8 << 10,
  loggedPauseMs: 100,
  /** UTF-16 units of one line of it. */
  loggedLine: 1_024,
  /** UTF-16 units of a name in a listing of cells, and names of grants of one cell. */
  listedName: 64,
  listedGrants: 64,
  /** Addresses of one Host.connect; the swarm takes no more either. */
  maxAddrs: 16,
} as const
