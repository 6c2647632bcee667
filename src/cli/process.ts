import { homedir } from 'node:os'
import process from 'node:process'

import { messageOf } from '../base/index.ts'
import { EXIT, exitCodeOf } from './exit-code.ts'
import type { CliIo, StopSignal } from './io.ts'
import { main } from './main.ts'
import { reportFailure, wantsStacks } from './report.ts'

/** Runs the command line of this process and ends it with the exit code. */
export function runAsProcess(): void {
  const argv = process.argv.slice(2)
  const stacks = wantsStacks(argv, process.env)
  const crash = (thrown: unknown) => {
    process.stderr.write(`ww: Internal error: ${messageOf(thrown)}\n`)
    if (stacks) reportFailure(thrown, process.stderr, stacks)
    process.exit(EXIT.failed)
  }
  process.on('uncaughtException', crash)
  main(argv, processIo()).then(leave, crash)
}

// Everything of ours is closed by now, but libp2p leaves timers behind that would hold the process for
// another second. What was written goes out first.
function leave(code: number): void {
  process.exitCode = code
  process.stdout.write('', () => process.stderr.write('', () => process.exit()))
}

function processIo(): CliIo {
  const listeners = new Set<(signal: StopSignal) => void>()
  const stop = (signal: StopSignal) => {
    if (listeners.size === 0) process.exit(exitCodeOf(signal))
    for (const listener of listeners) listener(signal)
  }
  // A broken pipe is how a reader such as `head` says that it has seen enough. Every write after the
  // first tells it again, and only the first counts: a second signal would end the process at once.
  process.stdout.once('error', (error: NodeJS.ErrnoException) => {
    process.stdout.on('error', () => {})
    if (error.code !== 'EPIPE') {
      process.stderr.write(`ww: Cannot write to standard output: ${error.message}\n`)
    }
    stop('SIGPIPE')
  })
  // Whoever closed standard error does not want to hear about it.
  process.stderr.on('error', () => {})
  for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) process.on(signal, stop)
  return {
    // Opened when asked for: a program that never reads must not hold the terminal.
    get stdin() {
      return process.stdin
    },
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    cwd: process.cwd(),
    home: homedir() || undefined,
    onStop(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    exitNow: (code) => process.exit(code),
  }
}
