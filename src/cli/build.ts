import { isAbsolute, relative, resolve } from 'node:path'

import { WwError } from '../base/index.ts'
import { buildImage, BuildError } from '../bundle/index.ts'
import type { MadeProgram } from '../bundle/index.ts'
import { loadProgram } from '../cell/index.ts'
import { EXIT } from './exit-code.ts'
import type { CliIo } from './io.ts'
import { examples } from './verb.ts'
import type { VerbBody } from './verb.ts'

export const build: VerbBody = {
  define(command) {
    command
      .argument('[folder]', 'the image, with its sources in src/ (default: here)')
      .option('--prebuilt <file>', 'take this module or component as boot/main.wasm; build nothing')
      .option('--debug', 'leave the lines of C, C++ and Rust in, for "ww run --wasm-debug"')
      .addHelpText('after', AFTER)
  },

  async act(command, io) {
    const [name = '.'] = command.args
    // What a cell would refuse is not written: better to hear it now than at the next run.
    const check = async (program: Uint8Array, made: string) =>
      void (await loadProgram(program, isAbsolute(made) ? relative(io.cwd, made) : made))
    const { prebuilt, debug } = command.opts<{
      readonly prebuilt?: string
      readonly debug?: boolean
    }>()
    const guests = await buildImage(resolve(io.cwd, name), {
      check,
      env: io.env,
      keepLines: debug,
      prebuilt: prebuilt === undefined ? undefined : resolve(io.cwd, prebuilt),
    }).catch((thrown: unknown) => {
      if (thrown instanceof BuildError) {
        for (const problem of thrown.problems) io.stderr.write(`${problem}\n`)
      }
      throw thrown
    })
    if (guests.length === 0) {
      const sentence = `Nothing to build in ${name}: it has no src/; "ww init" begins a guest`
      throw new WwError('failed', 'NO_GUEST', sentence)
    }
    for (const guest of guests) printProgram(guest, io)
    return EXIT.fine
  },
}

const AFTER = `
Makes boot/main.wasm of src/main.ts, of src/main.c or src/main.cpp with the other C and C++ sources in
src/, of the Rust package whose Cargo.toml is in the folder or in src/, or of src/main.wasm, which was
made elsewhere; src/bin/<name>.ts, .c, .cpp and .wasm become bin/<name>.wasm in the same way.

TypeScript needs nothing else. C and C++ need clang with wasi-libc, found on PATH or at WASI_SDK_PATH;
flags are added by compile_flags.txt, headers are looked for in include/. Rust needs cargo with the
target wasm32-wasip1, wasm32-wasi or wasm32-wasip2. What is wrong is named with file, line and column,
and nothing is written that a cell would refuse.
${examples([
  ['ww build', 'the guest in this folder'],
  ['ww build my-agent && ww run my-agent', 'build and boot'],
  ['ww build --debug && ww run --wasm-debug .', 'a trap tells the file and the line'],
  ['ww build --prebuilt target/my.wasm my-agent', 'check and adopt a program made elsewhere'],
])}`

function printProgram(made: MadeProgram, io: CliIo): void {
  const { path, size, scriptBytes, elapsedMs, warnings, isCurrent } = made
  for (const warning of warnings) io.stderr.write(`${warning}\n`)
  const place = relative(io.cwd, path)
  const script = scriptBytes === undefined ? '' : `, from ${sizeText(scriptBytes)} of script`
  const sizes = `${sizeText(size)}${script}`
  const seconds = (elapsedMs / 1000).toFixed(1)
  io.stdout.write(
    isCurrent ? `${place} is current (${sizes})\n` : `Built ${place} (${sizes}) in ${seconds} s\n`,
  )
}

function sizeText(bytes: number): string {
  if (bytes < 1_000_000) return `${(bytes / 1000).toFixed(1)} kB`
  return `${(bytes / 1_000_000).toFixed(2)} MB`
}
