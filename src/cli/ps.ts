import type { CellSeen } from '../host/index.ts'
import { cellsAsJson, cellsAsText } from './cell-table.ts'
import { EXIT } from './exit-code.ts'
import { usageError } from './report.ts'
import { examples } from './verb.ts'
import type { VerbBody } from './verb.ts'

interface PsOptions {
  readonly control?: string
  readonly json?: boolean
}

export const ps: VerbBody = {
  define(command) {
    command
      .option('--control <socket>', 'the socket that the node was given (default $WW_CONTROL)')
      .option('--json', 'everything that is known, as JSON')
      .addHelpText('after', AFTER)
  },

  async act(command, io) {
    const { control, json } = command.opts<PsOptions>()
    const path = control ?? io.env['WW_CONTROL']
    if (!path) throw usageError('No node is named: give --control, as to its "ww run --control"')
    const { cellsOf } = await import('../host/index.ts')
    const cells: readonly CellSeen[] = await cellsOf(path)
    io.stdout.write(json ? cellsAsJson(cells) : cellsAsText(cells, Date.now()))
    return EXIT.fine
  },
}

const AFTER = `
Lists the cells of a node that runs with --control: children stand below their parents. MEMORY and
OUTPUT are used / allowed where there is a limit; FUEL counts instructions, roughly.
${examples([
  ['ww run --control /run/user/1000/ww.sock .', 'a node that can be looked into'],
  ['ww ps --control /run/user/1000/ww.sock', 'what runs there'],
])}`
