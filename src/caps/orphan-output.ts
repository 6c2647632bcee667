import { setTimeout as pause } from 'node:timers/promises'

import type { Log } from '../base/index.ts'
import type { Cell } from '../cell/index.ts'
import { CAPS_LIMITS } from './limits.ts'

/**
 * Tells the log what a cell writes to its stderr, which nobody else can read any more: line by line
 * under its name, no faster than a log can be read. The log escapes what could drive a terminal.
 */
export async function tellLines(cell: Cell, log: Log): Promise<void> {
  const decoder = new TextDecoder()
  const tell = (line: string) => {
    if (line !== '') log.info('cell wrote to stderr', { cell: cell.name, line })
  }
  let rest = ''
  for (;;) {
    const bytes = await cell.stderr.read(CAPS_LIMITS.loggedBytes)
    if (bytes.length === 0) break
    const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) tell(line)
    // A line without an end is told in parts.
    for (; rest.length > CAPS_LIMITS.loggedLine; rest = rest.slice(CAPS_LIMITS.loggedLine)) {
      tell(rest.slice(0, CAPS_LIMITS.loggedLine))
    }
    await pause(CAPS_LIMITS.loggedPauseMs, undefined, { ref: false })
  }
  tell(rest + decoder.decode())
}
