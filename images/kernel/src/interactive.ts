import { explain, readAll, ReadError } from './glia/index.ts'
import type { Outcome } from './line-editor/index.ts'
import { sentence } from './shell/index.ts'
import type { Screen, Shell } from './shell/index.ts'

/** What a person types into: with an editor of ours, or one of the host's. */
export interface Console extends Screen {
  readInput(prompt: string): Promise<Outcome>
  /** @returns whether what ran was interrupted */
  run(act: (signal: AbortSignal) => Promise<void>): Promise<boolean>
}

/**
 * Reads, evaluates and shows until somebody leaves or the input ends.
 * @param greeting shown first; may be empty
 * @returns the exit code
 */
export async function interact(shell: Shell, console: Console, greeting: string): Promise<number> {
  if (greeting !== '') await console.out(greeting)
  for (;;) {
    const input = await console.readInput(`${shell.cwd} ❯ `)
    if (input.kind === 'end') return 0
    if (input.kind === 'text') await evaluate(shell, console, input.text)
    if (shell.exitCode !== undefined) return shell.exitCode
  }
}

async function evaluate(shell: Shell, console: Console, text: string): Promise<void> {
  await console.run(async (signal) => {
    try {
      await shell.run(text, signal)
    } catch (thrown) {
      if (signal.aborted) return // whoever typed Ctrl-C knows why
      if (thrown instanceof ReadError) await console.err(`parse error: ${explain(text, thrown)}\n`)
      else await console.err(`error: ${sentence(thrown)}\n`)
    }
  })
}

/** Whether Enter should evaluate this: not while more may follow. What is wrong is reported. */
export function isComplete(text: string): boolean {
  try {
    readAll(text)
    return true
  } catch (thrown) {
    return !(thrown instanceof ReadError && thrown.fault === 'incomplete')
  }
}
