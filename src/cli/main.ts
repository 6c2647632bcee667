import { Command, CommanderError } from 'commander'

import { EXIT } from './exit-code.ts'
import type { CliIo } from './io.ts'
import { version } from './package.ts'
import { reportFailure, wantsStacks } from './report.ts'
import type { Verb } from './verb.ts'

const VERBS: readonly Verb[] = [
  {
    name: 'run',
    summary: 'boot an image, the kernel by default',
    load: async () => (await import('./run.ts')).run,
  },
  {
    name: 'ps',
    summary: 'list the cells of a node that runs',
    load: async () => (await import('./ps.ts')).ps,
  },
  {
    name: 'init',
    summary: 'begin a guest in TypeScript, C, C++ or Rust',
    load: async () => (await import('./init.ts')).init,
  },
  {
    name: 'build',
    summary: 'compile a guest to boot/main.wasm',
    load: async () => (await import('./build.ts')).build,
  },
  {
    name: 'keygen',
    summary: 'make a key: peer id and EVM address in one',
    load: async () => (await import('./keygen.ts')).keygen,
  },
]

/**
 * Runs one command line.
 *
 * @param argv without the program's own name
 * @returns the exit code; whatever went wrong has been said on `io.stderr`
 */
export async function main(argv: readonly string[], io: CliIo): Promise<number> {
  let code: number = EXIT.fine
  try {
    const program = await programFor(argv, io, (exitCode) => (code = exitCode))
    await program.parseAsync(withoutHelpOfNothing(argv), { from: 'user' })
    return code
  } catch (thrown) {
    if (thrown instanceof CommanderError) return exitCodeOfUsage(thrown)
    return reportFailure(thrown, io.stderr, wantsStacks(argv, io.env))
  }
}

async function programFor(
  argv: readonly string[],
  io: CliIo,
  done: (exitCode: number) => void,
): Promise<Command> {
  const program = new Command('ww')
    .description('Boots WASM images nobody has to trust, and gives them nothing but capabilities.')
    .version(`ww ${version()}`, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [verb]', 'print the help of a verb')
    .exitOverride()
    .usage('<verb> [options]')
    .configureHelp({ subcommandTerm: (verb) => verb.name() })
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      writeErr: (text) => void io.stderr.write(text),
      outputError: (text, write) => write(usageSentence(text, verbIn(argv))),
      // Plain text everywhere: help and errors look the same on a terminal and in a file.
      getOutHasColors: () => false,
      getErrHasColors: () => false,
      getOutHelpWidth: () => io.stdout.columns ?? HELP_WIDTH,
      getErrHelpWidth: () => io.stderr.columns ?? HELP_WIDTH,
    })
    .addHelpText('after', '\nRun "ww help <verb>" for what a verb takes, with examples.')
  const asked = verbIn(argv)
  for (const verb of VERBS) {
    const command = program.command(verb.name).description(verb.summary)
    if (verb.name !== asked) continue
    const body = await verb.load()
    body.define(command)
    command.action(async () => done(await body.act(command, io)))
  }
  return program
}

const HELP_WIDTH = 100

/** The verb that a command line uses or asks the help of. */
function verbIn(argv: readonly string[]): string | undefined {
  const [first, second] = argv
  const named = first === 'help' ? second : first
  return VERBS.find((verb) => verb.name === named)?.name
}

// Commander answers `help nosuch` with the general help; we rather say that there is no such verb.
function withoutHelpOfNothing(argv: readonly string[]): readonly string[] {
  const [first, second] = argv
  const unknown = first === 'help' && second !== undefined && verbIn(argv) === undefined
  return unknown ? argv.slice(1) : argv
}

/** `error: unknown option '--x'\n(Did you mean --y?)` as one line in our words. */
function usageSentence(text: string, verb: string | undefined): string {
  const [problem = '', hint = ''] = text
    .replace(/^error: /, '')
    .trim()
    .split('\n')
  const sentence = problem.charAt(0).toUpperCase() + problem.slice(1)
  const guess = /^\(Did you mean (.+)\?\)$/.exec(hint)?.[1]
  const help = verb === undefined ? 'ww --help' : `ww help ${verb}`
  return `ww: ${sentence}${guess === undefined ? '' : `. Did you mean ${guess}?`} (see "${help}")\n`
}

// Commander calls help a failure when nothing was asked, and reports help itself as an error.
function exitCodeOfUsage(error: CommanderError): number {
  const asked = ['commander.helpDisplayed', 'commander.version'].includes(error.code)
  return asked || error.exitCode === 0 ? EXIT.fine : EXIT.usage
}
