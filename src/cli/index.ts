/**
 * The street door: the command line in, an exit code out. The only room that prints, or reads the
 * arguments and the environment of the process.
 * @module
 */
export { main } from './main.ts'
export { runAsProcess } from './process.ts'
export type { CliIo, StopSignal } from './io.ts'
