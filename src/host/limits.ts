/** What the host waits for, and how much it moves at once. */
export const HOST_LIMITS = {
  /**
   * After being asked to stop: how long pid0 may take to leave by itself before it is killed. Twice what
   * the kernel takes on a very busy machine, and less than who runs containers waits for the node.
   */
  stopGraceMs: 6_000,
  /** Bytes of pid0's output moved per read: the size of the pipe. */
  outputChunkBytes: 64 << 10,
  /** An entry point larger than this is refused before it is read. */
  maxProgramBytes: 64 << 20,
  /** Connections to the control socket at once. Each is somebody who may open files of this user. */
  maxControls: 16,
  /** UTF-16 units of a cell's name, which a guest chose, in a line of the RPC trace. */
  maxTracedName: 32,
} as const
