// The built program as a user meets it: a child process with arguments, input and environment.
// Every process started here is ended by its id before the test that owns it is over.

import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { chosenIsolation } from './isolation.ts'

/** The folder of the project; this module is compiled to dist/test/help in it. */
export const PROJECT = fileURLToPath(new URL('../../..', import.meta.url))

const PROGRAM = join(PROJECT, 'dist', 'src', 'main.js')
const CACHE = join(PROJECT, 'dist', 'cache')
/** What takes longer hangs, on a busy machine too. */
const DEFAULT_TIMEOUT_MS = 150_000

export interface WwOptions {
  /** Default: the project's folder. */
  readonly cwd?: string
  /** Added to a small clean environment whose HOME is not yours; undefined takes a variable out. */
  readonly env?: Readonly<Record<string, string | undefined>>
}

export interface WwResult {
  /** The exit code, or null when a signal ended the process. */
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs `ww` to its end. `input` is all of its standard input; absent means an empty one. */
export async function ww(
  args: readonly string[],
  { input = '', timeoutMs, ...options }: WwOptions & { input?: string; timeoutMs?: number } = {},
): Promise<WwResult> {
  await using running = startWw(args, options)
  running.write(input)
  running.endInput()
  return await running.exited(timeoutMs)
}

/** Starts `ww` with open input and output. The caller owns it: `await using`. */
export function startWw(args: readonly string[], options: WwOptions = {}): RunningWw {
  const { PATH } = process.env
  // What one test has compiled, the next finds.
  const WW_CACHE_DIR = options.env?.['HOME'] === undefined ? CACHE : undefined
  const WW_ISOLATION = chosenIsolation()
  const HOME = join(tmpdir(), 'ww-test-has-no-home')
  const env = { PATH, HOME, WW_CACHE_DIR, WW_ISOLATION, ...options.env }
  const child = spawn(process.execPath, [PROGRAM, ...args], { cwd: options.cwd ?? PROJECT, env })
  return new RunningWw(child, `ww ${args.join(' ')}`)
}

/** A process under test. Its output is kept from the first byte on. */
export class RunningWw implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #title: string
  readonly #output = { stdout: '', stderr: '' }
  readonly #closed: Promise<void>
  readonly #listeners = new Set<() => void>()
  #ended = false

  constructor(child: ChildProcess, title: string) {
    this.#child = child
    this.#title = title
    for (const name of ['stdout', 'stderr'] as const) {
      child[name]?.setEncoding('utf8').on('data', (text: string) => {
        this.#output[name] += text
        this.#changed()
      })
    }
    // A program may leave before it has read its input.
    child.stdin?.on('error', () => {})
    this.#closed = new Promise<void>((resolve) => {
      child.once('error', (error) => {
        this.#output.stderr += `\n[could not start: ${error.message}]`
        resolve()
      })
      child.once('close', () => resolve())
    }).then(() => {
      this.#ended = true
      this.#changed()
    })
  }

  get pid(): number {
    const { pid } = this.#child
    if (pid === undefined) throw new Error(`${this.#title} has no process`)
    return pid
  }

  get stdout(): string {
    return this.#output.stdout
  }

  get stderr(): string {
    return this.#output.stderr
  }

  write(input: string): void {
    this.#child.stdin?.write(input)
  }

  endInput(): void {
    this.#child.stdin?.end()
  }

  /** Closes our end of its standard output, as `head` does. */
  stopReading(): void {
    this.#child.stdout?.destroy()
  }

  kill(signal: NodeJS.Signals = 'SIGTERM'): void {
    this.#child.kill(signal)
  }

  /** Waits until the pattern is somewhere in the output so far, and returns the match. */
  async waitFor(
    name: 'stdout' | 'stderr',
    pattern: RegExp,
    timeoutMs = DEFAULT_TIMEOUT_MS,
  ): Promise<RegExpExecArray> {
    const look = () => pattern.exec(this.#output[name])
    const match = await this.#until(() => look() ?? (this.#ended ? 'ended' : undefined), timeoutMs)
    const found = match === 'ended' ? look() : match
    if (found) return found
    const why = this.#ended ? 'it ended' : `${timeoutMs} ms passed`
    throw new Error(`${this.#title}: ${why} without ${pattern} on ${name}${this.#soFar()}`)
  }

  /** Waits for the end of the process and of its output. */
  async exited(timeoutMs = DEFAULT_TIMEOUT_MS): Promise<WwResult> {
    if (!(await this.#until(() => this.#ended || undefined, timeoutMs))) {
      throw new Error(`${this.#title}: still running after ${timeoutMs} ms${this.#soFar()}`)
    }
    const { exitCode: code, signalCode: signal } = this.#child
    return { code, signal, ...this.#output }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#ended) this.#child.kill('SIGKILL')
    await this.#closed
  }

  /** What `look` finds, now or after a change, or undefined when the time is over. */
  async #until<T>(look: () => T | undefined, timeoutMs: number): Promise<T | undefined> {
    const now = look()
    if (now !== undefined) return now
    return await new Promise((resolve) => {
      const done = (found: T | undefined) => {
        clearTimeout(timer)
        this.#listeners.delete(listener)
        resolve(found)
      }
      const listener = () => {
        const found = look()
        if (found !== undefined) done(found)
      }
      const timer = setTimeout(() => done(undefined), timeoutMs)
      this.#listeners.add(listener)
    })
  }

  #changed(): void {
    for (const listener of Array.from(this.#listeners)) listener()
  }

  #soFar(): string {
    return `\n--- stdout\n${this.stdout}\n--- stderr\n${this.stderr}`
  }
}

/** A new empty folder that goes when its owner does: `await using`. */
export async function temporaryFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'ww-test-'))
  return {
    path,
    async [Symbol.asyncDispose]() {
      await rm(path, { recursive: true, force: true })
    },
  }
}
