import type { Value } from '../glia/index.ts'
import { argumentText, CAPABILITIES } from './capability.ts'
import { findCommand, listCommands } from './command.ts'
import type { CommandPath } from './command.ts'
import { joinPath, resolvePath } from './image-path.ts'
import type { Files } from './session.ts'
import { ShellError } from './shell-error.ts'

/** What built-in forms work on: the state of one shell. */
export interface ShellState {
  readonly files: Files
  cwd: string
  readonly path: CommandPath
  /** Set once the shell is to be left, with this status. */
  exitCode: number | undefined
}

export interface BuiltIn {
  readonly name: string
  readonly usage: string
  readonly summary: string
  /** The text it shows, if any. Undefined when the arguments are none that fit. */
  run(state: ShellState, args: readonly Value[]): string | undefined
}

export const BUILT_INS: readonly BuiltIn[] = [
  {
    name: 'cd',
    usage: '(cd "<path>")',
    summary: 'goes to a directory of the image; (cd) goes to /',
    run(state, args) {
      if (args.length > 1) return undefined
      state.cwd = directory(state, args[0])
      return ''
    },
  },
  {
    name: 'ls',
    usage: '(ls "<path>")',
    summary: 'lists a directory of the image; (ls) the current one',
    run(state, args) {
      if (args.length > 1) return undefined
      const path = directory(state, args[0] ?? { kind: 'string', value: '.' })
      const names = state.files.list(path).toSorted()
      return names.map((name) => `${name}${slashIfDirectory(state, path, name)}\n`).join('')
    },
  },
  {
    name: 'print',
    usage: '(print <value>...)',
    summary: 'shows strings without quotes and escapes',
    run: (_, args) => `${args.map(argumentText).join(' ')}\n`,
  },
  {
    name: 'help',
    usage: '(help <name>)',
    summary: 'explains a name; (help) lists what there is',
    run(state, args) {
      const [name, ...rest] = args.map(argumentText)
      if (rest.length > 0) return undefined
      return name === undefined ? overview(state) : explanation(state, name)
    },
  },
  {
    name: 'exit',
    usage: '(exit <status>)',
    summary: 'leaves the shell and ends the node; (exit) with status 0',
    run(state, args) {
      const [status, ...rest] = args
      if (rest.length > 0) return undefined
      if (status && (status.kind !== 'int' || status.value < 0n || status.value > 255n)) {
        throw new ShellError(`exit status ${argumentText(status)} is no number from 0 to 255`)
      }
      state.exitCode = status?.kind === 'int' ? Number(status.value) : 0
      return ''
    },
  },
]

function directory(state: ShellState, arg: Value | undefined): string {
  const named = arg ? argumentText(arg) : '/'
  const path = resolvePath(state.cwd, named)
  const kind = state.files.kind(path)
  if (kind === 'directory') return path
  throw new ShellError(
    kind === 'file' ? `${named}: not a directory` : `${named}: no such directory`,
  )
}

function slashIfDirectory(state: ShellState, path: string, name: string): string {
  return state.files.kind(joinPath(path, name)) === 'directory' ? '/' : ''
}

function overview(state: ShellState): string {
  const methods = CAPABILITIES.flatMap((capability) => capability.methods)
  const width = Math.max(...[...methods, ...BUILT_INS].map(({ usage }) => usage.length))
  const lines = (rows: readonly { usage: string; summary: string }[]) =>
    rows.map(({ usage, summary }) => `  ${usage.padEnd(width)}  ${summary}\n`).join('')
  const commands = listCommands(state.path)
  return (
    `Capabilities\n${lines(methods)}\nBuilt-ins\n${lines(BUILT_INS)}\n` +
    `Commands\n  ${commands.join('  ') || 'none'}\n\n` +
    `A line may leave out its outer parentheses: echo hello. A list among the arguments is\n` +
    `called first: (executor echo (host id)); a quote keeps it as it is: '(host id). Any word\n` +
    `not listed runs <dir>/<word>.wasm or <dir>/<word>/main.wasm, with <dir> from PATH\n` +
    `(${state.path.directories.join(':')}); ./<word> looks in the current directory. Ctrl-C stops what runs.\n`
  )
}

function explanation(state: ShellState, name: string): string {
  const capability = CAPABILITIES.find((one) => one.name === name)
  if (capability) {
    const methods = capability.methods.map(({ usage, summary }) => `  ${usage}\n      ${summary}\n`)
    return `${name}: ${capability.summary}\n${methods.join('')}`
  }
  const builtIn = BUILT_INS.find((one) => one.name === name)
  if (builtIn) return `${builtIn.usage}\n      ${builtIn.summary}\n`
  const program = findCommand(state.path, name)
  if (program) return `(${name} <argument>...)\n      runs ${program}\n`
  throw new ShellError(`no help for ${name}: see (help)`)
}
