import { relative } from 'node:path'

import { WwError } from '../base/index.ts'

/** One thing that is wrong with a guest's source. */
export interface Problem {
  /** Absolute path; absent when the problem is nowhere in particular. */
  readonly file?: string | undefined
  /** From 1. */
  readonly line?: number | undefined
  /** From 1. */
  readonly column?: number | undefined
  /** One sentence. */
  readonly message: string
}

/** How many problems one report shows: what fits a screen together with what was typed. */
const MAX_SHOWN = 8

/** A guest cannot be built. The message lists the first problems, one a line, `file:line:column`. */
export class BuildError extends WwError {
  readonly problems: readonly Problem[]

  constructor(
    code: 'GUEST_SOURCE' | 'GUEST_TYPES' | 'GUEST_BUNDLE' | 'GUEST_COMPONENT',
    entry: string,
    problems: readonly Problem[],
    options?: { cause?: unknown },
  ) {
    const shown = problems.slice(0, MAX_SHOWN).map((problem) => `\n  ${formatProblem(problem)}`)
    const rest = problems.length - shown.length
    if (rest > 0) shown.push(`\n  and ${rest} more`)
    super('failed', code, `Cannot build ${shortPath(entry)}:${shown.join('')}`, options)
    this.problems = problems
  }
}

export function formatProblem({ file, line, column, message }: Problem): string {
  if (file === undefined) return message
  const place = [shortPath(file), line, column].filter((part) => part !== undefined).join(':')
  return `${place}: ${message}`
}

// From where the person stands, if that is shorter.
function shortPath(file: string): string {
  const short = relative(process.cwd(), file)
  return short.length < file.length ? short : file
}
