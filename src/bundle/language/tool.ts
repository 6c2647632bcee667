import { spawn } from 'node:child_process'
import { access, constants } from 'node:fs/promises'
import { delimiter, join } from 'node:path'

import type { MakeOptions } from './source.ts'

type Environment = NonNullable<MakeOptions['env']>

/** Kept of what a compiler says, in UTF-16 units: its first errors matter. */
const MAX_SAID = 256 << 10

/** Where a command is that a shell would find, if it is anywhere. */
export async function findCommand(name: string, env: Environment): Promise<string | undefined> {
  for (const folder of (env['PATH'] ?? '').split(delimiter)) {
    if (folder === '') continue
    const path = join(folder, name)
    try {
      await access(path, constants.X_OK)
      return path
    } catch {
      // The next folder, perhaps.
    }
  }
  return undefined
}

export interface ToolResult {
  readonly isDone: boolean
  readonly stdout: string
  readonly stderr: string
}

/** Runs a tool to its end, without a shell and without input; one that cannot start has failed. */
export async function runTool(
  command: string,
  args: readonly string[],
  { cwd, env, signal }: { cwd: string; env: Environment; signal?: AbortSignal | undefined },
): Promise<ToolResult> {
  signal?.throwIfAborted()
  const child = spawn(command, args, { cwd, env: { ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  const stop = () => void child.kill('SIGKILL')
  signal?.addEventListener('abort', stop)
  const said = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      if (name === 'stdout' || said.stderr.length < MAX_SAID) said[name] += text
    })
  }
  const code = await new Promise<number | null>((resolve) => {
    child.once('error', (error) => {
      said.stderr += error.message
      resolve(null)
    })
    child.once('close', resolve)
  })
  signal?.removeEventListener('abort', stop)
  signal?.throwIfAborted()
  return { isDone: code === 0, ...said }
}
