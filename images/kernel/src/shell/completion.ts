import { scan } from '../glia/index.ts'
import type { Token } from '../glia/index.ts'
import { BUILT_INS } from './built-in.ts'
import { CAPABILITIES } from './capability.ts'
import { listCommands } from './command.ts'
import type { CommandPath } from './command.ts'
import { joinPath, resolvePath } from './image-path.ts'

/** What may stand at the cursor: each candidate replaces the text from `start` to the cursor. */
export interface Completion {
  readonly start: number
  readonly candidates: readonly string[]
}

/** Completes the last word of `before`, the text before the cursor. */
export function complete(before: string, path: CommandPath): Completion {
  const { tokens, error } = scan(before)
  if (error && before[error.offset] === '"') {
    const start = error.offset + 1
    return { start, candidates: pathsFrom(path, before.slice(start)) }
  }
  const last = tokens.at(-1)
  const isComment = /;[^\n]*$/.test(before.slice(last?.end ?? 0))
  if (isComment) return { start: before.length, candidates: [] }
  const word = last?.kind === 'atom' && last.end === before.length ? last.text : ''
  const words = wordsOfCall(before, word === '' ? tokens : tokens.slice(0, -1))
  const candidates = candidatesFor(words, word, path).filter((name) => name.startsWith(word))
  return { start: before.length - word.length, candidates: candidates.toSorted() }
}

// The words before the cursor in the innermost list still open, or on this line outside of any.
function wordsOfCall(text: string, tokens: readonly Token[]): readonly string[] {
  const frames: string[][] = [[]]
  let lineOf = 0
  for (const token of tokens) {
    const line = text.slice(0, token.start).split('\n').length
    if (frames.length === 1 && line !== lineOf) frames[0] = []
    lineOf = line
    if (token.kind === 'open') frames.push([])
    else if (token.kind === 'close') {
      if (frames.length > 1) frames.pop()
      frames.at(-1)!.push('')
    } else if (token.kind === 'atom') frames.at(-1)!.push(token.text)
    else if (token.kind === 'string') frames.at(-1)!.push(token.value)
  }
  const cursorLine = text.split('\n').length
  return frames.length === 1 && cursorLine !== lineOf ? [] : frames.at(-1)!
}

function candidatesFor(words: readonly string[], word: string, path: CommandPath): string[] {
  const [head, second, ...rest] = words
  const capabilities = CAPABILITIES.map(({ name }) => name)
  if (word.startsWith('/') || word.startsWith('.')) return pathsFrom(path, word)
  if (head === undefined) {
    const builtIns = BUILT_INS.map(({ name }) => name)
    return [...capabilities, ...builtIns, 'session', ...listCommands(path)]
  }
  if (second === undefined) {
    if (head === 'session') return capabilities
    if (head === 'help') {
      return [...capabilities, ...BUILT_INS.map(({ name }) => name), ...listCommands(path)]
    }
    if (head === 'cd' || head === 'ls') return pathsFrom(path, word)
    return methodsOf(head.replace(/^session(::|\.)/, ''))
  }
  return head === 'session' && rest.length === 0 ? methodsOf(second) : []
}

function methodsOf(name: string): string[] {
  const capability = CAPABILITIES.find((one) => one.name === name)
  return capability?.methods.map((method) => method.name) ?? []
}

// Paths of the image that begin like `typed`, in the way it was typed.
function pathsFrom(path: CommandPath, typed: string): string[] {
  const slash = typed.lastIndexOf('/')
  const shown = typed.slice(0, slash + 1)
  const directory = resolvePath(path.cwd, shown)
  return path.files
    .list(directory)
    .filter((name) => name.startsWith(typed.slice(slash + 1)))
    .toSorted()
    .map((name) => {
      const isDirectory = path.files.kind(joinPath(directory, name)) === 'directory'
      return `${shown}${name}${isDirectory ? '/' : ''}`
    })
}
