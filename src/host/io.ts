import type { Readable, Writable } from 'node:stream'

import type { Log } from '../base/index.ts'
import type { RecordingSink } from '../rpc/index.ts'

/** What a terminal's input can do and a pipe's cannot. */
export interface TerminalInput {
  readonly isTTY?: boolean
  setRawMode?(raw: boolean): unknown
}

/** What a terminal's output knows and a pipe's does not. */
export interface TerminalOutput {
  readonly isTTY?: boolean
  readonly columns?: number
  readonly rows?: number
}

/**
 * How a node meets whoever started it. pid0 owns `stdin` and `stdout` while it runs; the host itself
 * writes to neither. pid0's stderr and the lines of `log` share `stderr`.
 */
export interface NodeIo {
  readonly stdin: Readable & TerminalInput
  readonly stdout: Writable & TerminalOutput
  readonly stderr: Writable & TerminalOutput
  readonly log: Log
  /** Takes a line for each message between the node and a guest, where somebody wants to see them. */
  readonly rpcLine?: ((line: string) => void) | undefined
  /**
   * Opens a recording of the link to the guest of this name, which is text of a guest. Recordings
   * hold the secrets that were said.
   */
  readonly rpcRecording?: ((cell: string) => RecordingSink) | undefined
}
