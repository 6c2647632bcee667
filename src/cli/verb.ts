import type { Command } from 'commander'

import type { CliIo } from './io.ts'

/** One verb, as much of it as `ww --help` shows. */
export interface Verb {
  readonly name: string
  readonly summary: string
  /** The rest is loaded when the verb is used or asked about: help must not wait for libp2p. */
  readonly load: () => Promise<VerbBody>
}

export interface VerbBody {
  /** Adds arguments, options and help to `command`, which has its name and summary already. */
  define(command: Command): void
  /**
   * Does it.
   * @returns the exit code
   * @throws {WwError} when it cannot; the command line prints the sentence
   */
  act(command: Command, io: CliIo): Promise<number>
}

/** The closing part of a verb's help: commands to copy, each with what it does. */
export function examples(lines: readonly (readonly [command: string, what: string])[]): string {
  const width = Math.max(...lines.map(([command]) => command.length))
  const rows = lines.map(([command, what]) => `  $ ${command.padEnd(width)}  ${what}`)
  return `\nExamples:\n${rows.join('\n')}`
}
