import { map, NIL, print, set, string, vector } from '../glia/index.ts'
import type { Value } from '../glia/index.ts'
import { didYouMean } from '../text/nearest.ts'
import { BUILT_INS } from './built-in.ts'
import type { ShellState } from './built-in.ts'
import { argumentText, CAPABILITIES } from './capability.ts'
import type { Capability } from './capability.ts'
import { findCommand, listCommands, runCommand } from './command.ts'
import type { CommandPath } from './command.ts'
import type { Files, Screen, Session } from './session.ts'
import { ShellError } from './shell-error.ts'
import { readStatements } from './statement.ts'
import { wordOf } from './word.ts'

export interface ShellOptions {
  readonly session: Session
  readonly files: Files
  readonly screen: Screen
  /** Directories where commands are looked for, as in PATH. */
  readonly directories: readonly string[]
}

/**
 * Evaluates what is typed.
 *
 * A list is a call: of a capability's method, a built-in, or a command found along PATH. Lists among
 * the arguments are called first and replaced by their value, unless quoted: `'(1 2)`. All else
 * stands for itself. There are no variables: the shell has no authority but the session's.
 */
export class Shell {
  readonly #options: ShellOptions
  readonly #state: ShellState

  constructor(options: ShellOptions) {
    this.#options = options
    const { files, directories } = options
    this.#state = {
      files,
      cwd: '/',
      get path(): CommandPath {
        return { files, directories, cwd: this.cwd }
      },
      exitCode: undefined,
    }
  }

  get cwd(): string {
    return this.#state.cwd
  }

  get path(): CommandPath {
    return this.#state.path
  }

  /** Set once a form asked to leave. */
  get exitCode(): number | undefined {
    return this.#state.exitCode
  }

  /**
   * Evaluates the statements of `text` in order and shows the value of each.
   *
   * @throws {ReadError} when the text is none; then nothing of it ran
   * @throws {Error} the first failure, whose {@link sentence} is for the person who typed
   */
  async run(text: string, signal: AbortSignal): Promise<void> {
    for (const statement of readStatements(text)) {
      const value = await this.#evaluate(statement, false, signal)
      if (this.exitCode !== undefined) return
      if (value.kind !== 'nil') await this.#options.screen.out(`${print(value)}\n`)
    }
  }

  // `nested`: somebody waits for the value, so a command's output is the value instead of shown.
  async #evaluate(form: Value, nested: boolean, signal: AbortSignal): Promise<Value> {
    switch (form.kind) {
      case 'list':
        return await this.#call(form.items, nested, signal)
      case 'vector':
        return vector(await this.#evaluateAll(form.items, signal))
      case 'set':
        return set(distinct(await this.#evaluateAll(form.items, signal)))
      case 'map': {
        const flat = await this.#evaluateAll(form.entries.flat(), signal)
        return map(form.entries.map((_, index) => [flat[2 * index]!, flat[2 * index + 1]!]))
      }
      case 'nil':
      case 'bool':
      case 'int':
      case 'float':
      case 'string':
      case 'symbol':
      case 'keyword':
        return form
    }
  }

  async #evaluateAll(forms: readonly Value[], signal: AbortSignal): Promise<Value[]> {
    const values: Value[] = []
    for (const form of forms) {
      values.push(await this.#evaluate(form, true, signal))
      if (this.exitCode !== undefined) break
    }
    return values
  }

  async #call(items: readonly Value[], nested: boolean, signal: AbortSignal): Promise<Value> {
    const [head, ...forms] = items
    if (!head) return NIL
    const word = wordOf(head)
    if (word === undefined) throw new ShellError(`expected symbol, got ${print(head)}`)
    if (word === 'quote') {
      if (forms.length !== 1) throw new ShellError("usage: '<form>")
      return forms[0]!
    }
    signal.throwIfAborted()
    const args = await this.#evaluateAll(forms, signal)
    if (this.exitCode !== undefined) return NIL
    return await this.#apply(word, args, nested, signal)
  }

  async #apply(
    word: string,
    args: readonly Value[],
    nested: boolean,
    signal: AbortSignal,
  ): Promise<Value> {
    const sessionName = /^session(?:::|\.)(.+)$/.exec(word)?.[1]
    if (sessionName !== undefined) return await this.#callSession(sessionName, args, signal)
    if (word === 'session') {
      const [name, ...rest] = args
      if (!name) throw new ShellError('usage: (session <capability> <method> [args...])')
      return await this.#callSession(argumentText(name), rest, signal)
    }
    const capability = CAPABILITIES.find(({ name }) => name === word)
    if (capability) return await this.#callMethod(capability, args, signal)
    const builtIn = BUILT_INS.find(({ name }) => name === word)
    if (!builtIn) return await this.#runProgram(word, args, nested, signal)
    const shown = builtIn.run(this.#state, args)
    if (shown === undefined) throw new ShellError(`usage: ${builtIn.usage}`)
    if (nested) return shown === '' ? NIL : string(shown.trimEnd())
    if (shown !== '') await this.#options.screen.out(shown)
    return NIL
  }

  async #callSession(name: string, args: readonly Value[], signal: AbortSignal): Promise<Value> {
    const capability = CAPABILITIES.find((one) => one.name === name)
    if (capability) return await this.#callMethod(capability, args, signal)
    const names = CAPABILITIES.map((one) => one.name)
    throw new ShellError(`unknown capability: ${name}${didYouMean(name, names)}`)
  }

  async #callMethod(
    capability: Capability,
    args: readonly Value[],
    signal: AbortSignal,
  ): Promise<Value> {
    const { name, methods } = capability
    const [first, ...rest] = args
    if (!first) {
      const choices = methods.map((method) => method.name).join(', ')
      throw new ShellError(`usage: (${name} <method> [args...]) with a method of ${choices}`)
    }
    const wanted = argumentText(first)
    const method = methods.find((one) => one.name === wanted)
    if (!method) {
      const near = didYouMean(
        wanted,
        methods.map((one) => one.name),
      )
      throw new ShellError(`unknown ${name} method: ${wanted}${near}`)
    }
    const value = method.call(this.#options.session, rest, signal)
    if (!value) throw new ShellError(`usage: ${method.usage}`)
    return await value
  }

  async #runProgram(
    word: string,
    args: readonly Value[],
    nested: boolean,
    signal: AbortSignal,
  ): Promise<Value> {
    const { files, session, screen } = this.#options
    const program = findCommand(this.path, word)
    if (program === undefined) {
      throw new ShellError(`${word}: command not found${didYouMean(word, this.#knownWords())}`)
    }
    const output = await runCommand(
      session.executor,
      screen,
      { word, wasm: files.read(program), args: args.map(argumentText), capture: nested },
      signal,
    )
    return nested ? string(output) : NIL
  }

  #knownWords(): string[] {
    const named = [...CAPABILITIES, ...BUILT_INS].map(({ name }) => name)
    return [...named, ...listCommands(this.path)]
  }
}

function distinct(values: readonly Value[]): readonly Value[] {
  const byText = new Map(values.map((value) => [print(value), value]))
  return [...byText.values()]
}
