import { relative } from 'node:path'

import { WwError } from '../base/index.ts'

/** One thing that is wrong with a guest's source. */
export interface Problem {
  /** Absent when the problem is nowhere in particular. */
  readonly file?: string | undefined
  /** From 1. */
  readonly line?: number | undefined
  /** From 1. */
  readonly column?: number | undefined
  readonly message: string
}

/** How many problems one report lists: what fits a screen together with what was typed. */
const MAX_LISTED = 8

export type BuildErrorCode =
  | 'GUEST_SOURCE' // the entry module is not there, or has no proper main
  | 'GUEST_TYPES'
  | 'GUEST_BUNDLE' // an import leads nowhere, or a module does not parse
  | 'GUEST_ENGINE' // the engine refused what the other steps let pass

/** A guest cannot be built, and its source is why. */
export class BuildError extends WwError {
  /** One a line, `file:line:column: sentence`; when there are many, the first and how many more. */
  readonly problems: readonly string[]

  constructor(
    code: BuildErrorCode,
    entry: string,
    problems: readonly Problem[],
    options?: { cause?: unknown },
  ) {
    const count = problems.length === 1 ? 'one problem' : `${problems.length} problems`
    super('failed', code, `Cannot build ${shortPath(entry)}: ${count} in its source`, options)
    const listed = problems.slice(0, MAX_LISTED).map(formatProblem)
    const rest = problems.length - listed.length
    this.problems = rest > 0 ? [...listed, `and ${rest} more`] : listed
  }
}

export function formatProblem({ file, line, column, message }: Problem): string {
  if (file === undefined) return message
  const place = [shortPath(file), line, column].filter((part) => part !== undefined).join(':')
  return `${place}: ${message}`
}

// From where the person stands, if it lies below.
function shortPath(file: string): string {
  const short = relative(process.cwd(), file)
  return short.startsWith('..') ? file : short
}
