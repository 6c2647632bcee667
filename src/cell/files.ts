import { messageOf, WwError } from '../base/index.ts'
import type { Log, ReadOnlyTree, TreeEntry } from '../base/index.ts'
import { CELL_LIMITS } from './limits.ts'
import { encodeEntries } from './mailbox.ts'
import type { FileAnswer, FileFault, FileQuestion } from './mailbox.ts'
import { SCRATCH_NAME } from './world/walk.ts'

const FAULTS: Readonly<Record<string, FileFault>> = {
  NO_SUCH_FILE: 'no-such-file',
  NOT_A_DIRECTORY: 'not-a-directory',
  IS_A_DIRECTORY: 'is-a-directory',
}

/** Characters. A longer name fits into no path, so it is not listed either. */
const LONGEST_NAME = CELL_LIMITS.pathBytes

/** The root of a cell that was given none. */
const EMPTY_TREE: ReadOnlyTree = {
  async find(path) {
    return path === '/' ? { kind: 'directory' } : undefined
  },
  async list(path) {
    if (path === '/') return []
    throw new WwError('failed', 'NO_SUCH_FILE', `Cannot list ${path}: the root is empty`)
  },
  async read(path) {
    throw new WwError('failed', 'NO_SUCH_FILE', `Cannot read ${path}: the root is empty`)
  },
}

/** Answers the questions of one cell about its files. Never rejects. */
export type AnswerFiles = (question: FileQuestion) => Promise<FileAnswer>

/** The files of one cell, from a tree. */
export class Files {
  readonly #tree: ReadOnlyTree
  readonly #log: Log
  // A cell reads a long directory in parts: the last one listed is kept for the next part.
  #listing: { readonly path: string; readonly entries: readonly TreeEntry[] } | undefined

  constructor(tree: ReadOnlyTree = EMPTY_TREE, log: Log) {
    this.#tree = tree
    this.#log = log
  }

  readonly answer: AnswerFiles = async (question) => {
    const { path } = question
    try {
      switch (question.kind) {
        case 'find':
          return (await this.#tree.find(path)) ?? 'no-such-file'
        case 'list': {
          const entries = await this.#list(path, question.offset)
          const bytes = encodeEntries(entries, question.offset, CELL_LIMITS.fileChunkBytes)
          return { kind: 'bytes', bytes }
        }
        case 'read': {
          const bytes = await this.#tree.read(path, question.offset, question.length)
          return { kind: 'bytes', bytes: bytes.subarray(0, question.length) }
        }
      }
    } catch (thrown) {
      const fault = thrown instanceof WwError ? FAULTS[thrown.code] : undefined
      if (!fault) this.#log.warn('file of a cell not readable', { path, cause: messageOf(thrown) })
      return fault ?? 'unreadable'
    }
  }

  async #list(path: string, from: number): Promise<readonly TreeEntry[]> {
    const kept = this.#listing
    if (kept?.path === path && from > 0) return kept.entries
    const found = await this.#tree.list(path)
    const entries = found.filter(({ name }) => name.length <= LONGEST_NAME)
    this.#listing = { path, entries: path === '/' ? withScratch(entries) : entries }
    return this.#listing.entries
  }
}

/** The cell has a directory `/tmp` of its own, which hides what the tree has there. */
function withScratch(entries: readonly TreeEntry[]): TreeEntry[] {
  const others = entries.filter(({ name }) => name !== SCRATCH_NAME)
  return [...others, { name: SCRATCH_NAME, kind: 'directory' as const }].sort((a, b) =>
    a.name < b.name ? -1 : 1,
  )
}
