// The built program on a real terminal: util-linux' `script` gives it a pseudo-terminal.

import { spawn, spawnSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { PROJECT, RunningWw } from './ww.ts'

const PROGRAM = join(PROJECT, 'dist', 'src', 'main.js')

/** Why no terminal can be had here, or undefined. */
export function terminalMissing(): string | undefined {
  if (process.platform !== 'linux') return 'pseudo-terminals are tried on Linux only'
  const { status } = spawnSync('script', ['--version'])
  return status === 0 ? undefined : "the program 'script' (util-linux) is not here"
}

/** Starts a shell command line on a terminal of 100 columns. What it draws arrives on `stdout`. */
export function startOnTerminal(commandLine: string, cwd = PROJECT): RunningWw {
  const { PATH } = process.env
  const env = { PATH, TERM: 'xterm-256color', HOME: join(tmpdir(), 'ww-test-has-no-home') }
  const line = `stty cols 100 rows 30; ${commandLine}`
  const child = spawn('script', ['-qefc', line, '/dev/null'], { cwd, env })
  return new RunningWw(child, commandLine)
}

/** The command line that runs this build. */
export function wwLine(args: string): string {
  return `'${process.execPath}' '${PROGRAM}' ${args}`
}

/** What a terminal showed, without colours, cursor movements and carriage returns. */
export function plain(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control sequences are what this is about
  return text.replaceAll(/\u001b\[[0-9;?]*[A-Za-z]|\u001b[=>]|\r/g, '')
}
