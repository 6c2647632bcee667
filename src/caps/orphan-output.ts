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
  // A long line is told in parts.
  const tell = (line: string) => {
    for (let at = 0; at < line.length; at += CAPS_LIMITS.loggedLine) {
      const part = line.slice(at, at + CAPS_LIMITS.loggedLine)
      log.info('cell wrote to stderr', { cell: cell.name, line: part })
    }
  }
  let rest = ''
  for (;;) {
    const bytes = await cell.stderr.read(CAPS_LIMITS.loggedBytes)
    if (bytes.length === 0) break
    const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) tell(line)
    // What has no end is not waited for.
    const whole = rest.length - (rest.length % CAPS_LIMITS.loggedLine)
    tell(rest.slice(0, whole))
    rest = rest.slice(whole)
    await pause(CAPS_LIMITS.loggedPauseMs, undefined, { ref: false })
  }
  tell(rest + decoder.decode())
}
