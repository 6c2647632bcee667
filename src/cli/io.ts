import type { Readable, Writable } from 'node:stream'

import type { TerminalInput, TerminalOutput } from '../host/index.ts'

/** Who asks us to stop. SIGPIPE: nobody reads our standard output any more. */
export type StopSignal = 'SIGHUP' | 'SIGINT' | 'SIGPIPE' | 'SIGTERM'

/** All of a process that the command line may touch; a test hands in its own. */
export interface CliIo {
  readonly stdin: Readable & TerminalInput
  readonly stdout: Writable & TerminalOutput
  readonly stderr: Writable & TerminalOutput
  readonly env: Readonly<Record<string, string | undefined>>
  /** Absolute. */
  readonly cwd: string
  readonly home: string | undefined
  /** Until the returned function is called, `listener` hears signals instead of the process ending. */
  onStop(listener: (signal: StopSignal) => void): () => void
  /** Ends the process at once. */
  exitNow(code: number): void
}
