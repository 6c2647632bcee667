import { relative, resolve } from 'node:path'

import { WwError } from '../base/index.ts'
import { buildImage, BuildError } from '../bundle/index.ts'
import type { BuiltGuest } from '../bundle/index.ts'
import { loadProgram } from '../cell/index.ts'
import { EXIT } from './exit-code.ts'
import type { CliIo } from './io.ts'
import { examples } from './verb.ts'
import type { VerbBody } from './verb.ts'

export const build: VerbBody = {
  define(command) {
    command
      .argument('[folder]', 'the image, with its sources in src/ (default: here)')
      .addHelpText('after', AFTER)
  },

  async act(command, io) {
    const [name = '.'] = command.args
    // What a cell would refuse is not written: better to hear it now than at the next run.
    const check = async (program: Uint8Array) => void (await loadProgram(program, 'the build'))
    const guests = await buildImage(resolve(io.cwd, name), { check }).catch((thrown: unknown) => {
      if (thrown instanceof BuildError) {
        for (const problem of thrown.problems) io.stderr.write(`${problem}\n`)
      }
      throw thrown
    })
    if (guests.length === 0) {
      const sentence = `Nothing to build in ${name}: there is no src/main.ts; "ww init" begins a guest`
      throw new WwError('failed', 'NO_GUEST', sentence)
    }
    for (const guest of guests) printGuest(guest, io)
    return EXIT.fine
  },
}

const AFTER = `
Checks the types of src/main.ts and what it imports, bundles them with the SDK and an engine, and
writes one self-contained boot/main.wasm; src/bin/<name>.ts becomes bin/<name>.wasm in the same way.
What is wrong is named with file, line and column.
${examples([
  ['ww build', 'the guest in this folder'],
  ['ww build my-agent && ww run my-agent', 'build and boot'],
])}`

function printGuest({ path, size, scriptBytes, elapsedMs, warnings }: BuiltGuest, io: CliIo): void {
  for (const warning of warnings) io.stderr.write(`${warning}\n`)
  const sizes = `${sizeText(size)}, from ${sizeText(scriptBytes)} of script`
  const seconds = (elapsedMs / 1000).toFixed(1)
  io.stdout.write(`Built ${relative(io.cwd, path)} (${sizes}) in ${seconds} s\n`)
}

function sizeText(bytes: number): string {
  if (bytes < 1_000_000) return `${(bytes / 1000).toFixed(1)} kB`
  return `${(bytes / 1_000_000).toFixed(2)} MB`
}
