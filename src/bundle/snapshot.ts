// A guest as the memory of an engine that has evaluated it: the script is compiled in one engine, its
// bytecode evaluated in another that knows nothing else, and what then stands in memory becomes the
// data of a program.
//
// Invariants
//  - Equal scripts give equal bytes: while building, the clock stands still, the dice are zeros, and
//    nothing of this machine is within reach.
//  - Only what a script left alive is kept: the engine that compiled is thrown away, and the bytecode
//    is wiped where it was read from.

import { readFile } from 'node:fs/promises'

import { messageOf } from '../base/index.ts'
import { hashOf } from './file.ts'
import { BuildError } from './problem.ts'
import { programFromSnapshot } from './program.ts'
import { Engine } from './snapshot-engine.ts'

const MODULE_BYTES = {
  builder: new URL('./engine/builder.wasm', import.meta.url),
  runtime: new URL('./engine/runtime.wasm', import.meta.url),
}

/** Of the modules of this room: compiled or source. */
export const EXTENSION = import.meta.url.slice(import.meta.url.lastIndexOf('.'))
/** What makes a program of a script, besides the modules above: this file and those it uses. */
const OWN = ['snapshot', 'snapshot-engine', 'program', 'pack']

let builder: Promise<WebAssembly.Module> | undefined

/**
 * @param source an ECMAScript module that calls `prepare` of the SDK
 * @returns a WASI preview 1 command
 * @throws {BuildError} GUEST_ENGINE
 */
export async function programFromScript(entry: string, source: string): Promise<Uint8Array> {
  builder ??= readFile(MODULE_BYTES.builder).then(async (bytes) => await WebAssembly.compile(bytes))
  const module = await builder
  const runtime = await readFile(MODULE_BYTES.runtime)
  try {
    const bytecode = Engine.start(module).compile(source)
    return programFromSnapshot(runtime, Engine.start(module).prepare(bytecode))
  } catch (thrown) {
    const message = `The engine refused the script: ${messageOf(thrown)}`
    throw new BuildError('GUEST_ENGINE', entry, [{ message }], { cause: thrown })
  }
}

/** Equal for two scripts only if their programs are equal, whichever version of ww makes them. */
export async function programKey(source: string): Promise<string> {
  const makers = [
    ...Object.values(MODULE_BYTES),
    ...OWN.map((name) => new URL(`./${name}${EXTENSION}`, import.meta.url)),
  ]
  return hashOf([source, ...(await Promise.all(makers.map(async (at) => await readFile(at))))])
}
