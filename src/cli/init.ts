import { resolve } from 'node:path'

import { initGuest } from '../bundle/index.ts'
import { EXIT } from './exit-code.ts'
import { examples } from './verb.ts'
import type { VerbBody } from './verb.ts'

export const init: VerbBody = {
  define(command) {
    command
      .argument('[folder]', 'where; made if it is not there (default: here)')
      .addHelpText('after', AFTER)
  },

  async act(command, io) {
    const [name = '.'] = command.args
    const files = await initGuest(resolve(io.cwd, name))
    for (const file of files) io.stdout.write(`${file}\n`)
    const enter = name === '.' ? '' : `cd ${name} && `
    io.stderr.write(`Ready. Next: ${enter}ww build && ww run .\n`)
    return EXIT.fine
  },
}

const AFTER = `
Writes a guest that grafts onto its host and prints the peer id, and what an editor needs to know
its types. Nothing that is there is written over.
${examples([
  ['ww init my-agent', 'a new guest in a folder of its own'],
  ['ww init my-agent && cd my-agent && ww build && ww run .', 'from nothing to running'],
])}`
