import type { Writable } from 'node:stream'
import { inspect } from 'node:util'

import { errorFromUnknown, plainText, WwError } from '../base/index.ts'
import { EXIT } from './exit-code.ts'

/** A mistake on the command line that commander cannot see. */
export function usageError(message: string): WwError {
  return new WwError('failed', 'USAGE', message)
}

const USAGE_CODES: ReadonlySet<string> = new Set(['USAGE', 'BAD_CONFIG'])

/**
 * Says what went wrong in one sentence, with stacks and causes for those who want them.
 * @returns the exit code
 */
export function reportFailure(thrown: unknown, stderr: Writable, stacks: boolean): number {
  const error = errorFromUnknown(thrown)
  const known = error instanceof WwError
  // A sentence may quote what somebody else chose: the name of a file, words of a guest.
  stderr.write(`ww: ${plainText(error.message.trimEnd())}\n`)
  if (stacks) stderr.write(`${inspect(error)}\n`)
  return known && USAGE_CODES.has(error.code) ? EXIT.usage : EXIT.failed
}

/** Whether this user wants to see stacks: `WW_DEBUG`, or a log level of debug or more. */
export function wantsStacks(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): boolean {
  if (env['WW_DEBUG']) return true
  const flags = argv.map((argument, at) =>
    argument === '--log-level' ? argv[at + 1] : /^--log-level=(.*)$/.exec(argument)?.[1],
  )
  const level = flags.findLast((flag) => flag !== undefined) ?? env['WW_LOG']
  return level === 'debug' || level === 'trace'
}
