import { relative, resolve } from 'node:path'

import { buildImage } from '../bundle/index.ts'
import { EXIT } from './exit-code.ts'
import { examples } from './verb.ts'
import type { VerbBody } from './verb.ts'

export const build: VerbBody = {
  define(command) {
    command
      .argument('[folder]', 'the image, with its sources in src/ (default: here)')
      .addHelpText('after', AFTER)
  },

  async act(command, io) {
    const started = performance.now()
    const [name = '.'] = command.args
    const { path, size } = await buildImage(resolve(io.cwd, name))
    const seconds = ((performance.now() - started) / 1000).toFixed(1)
    io.stdout.write(`${relative(io.cwd, path)}  ${sizeText(size)}  ${seconds} s\n`)
    return EXIT.fine
  },
}

const AFTER = `
Checks the types of src/main.ts and what it imports, bundles them with the SDK and an engine, and
writes one self-contained boot/main.wasm. What is wrong is named with file, line and column.
${examples([
  ['ww build', 'the guest in this folder'],
  ['ww build my-agent && ww run my-agent', 'build and boot'],
])}`

function sizeText(bytes: number): string {
  return bytes < 1_000_000
    ? `${(bytes / 1000).toFixed(1)} kB`
    : `${(bytes / 1_000_000).toFixed(2)} MB`
}
