// The read-only root as the cell's thread sees it: each question goes to the host and blocks.
//
// Invariants
//  - A path sent to the host is absolute and normal, and lies at or below the directory it was
//    resolved against: `..` never climbs out of it.
//  - Nothing is cached here.

import type { TreeEntry, TreeNode } from '../../base/index.ts'
import { CELL_LIMITS } from '../limits.ts'
import { decodeEntries } from '../mailbox.ts'
import type { FileAnswer, FileFault, FileQuestion } from '../mailbox.ts'
import type { CellSide } from '../shared-cell.ts'
import { utf8 } from './memory.ts'
import type { Waiter } from './waiter.ts'

/** In the words of `wasi:filesystem`; preview 1 has numbers for them. */
export type FileErrorCode =
  | 'bad-descriptor'
  | 'exist'
  | 'illegal-byte-sequence'
  | 'invalid'
  | 'io'
  | 'is-directory'
  | 'name-too-long'
  | 'no-entry'
  | 'not-directory'
  | 'not-permitted'
  | 'read-only'
  | 'unsupported'

/** A file operation a guest may not do, or not on this file. It gets the code. */
export class FileError extends Error {
  readonly code: FileErrorCode

  constructor(code: FileErrorCode) {
    super(code)
    this.code = code
  }
}

export interface FoundNode {
  /** Absolute and normal. */
  readonly path: string
  readonly node: TreeNode
}

export class GuestFiles {
  readonly #pipes: CellSide
  readonly #waiter: Waiter

  constructor(pipes: CellSide, waiter: Waiter) {
    this.#pipes = pipes
    this.#waiter = waiter
  }

  /**
   * What stands at `path`, which is relative to the directory `base`.
   * @throws {FileError}
   */
  open(base: string, path: string): FoundNode {
    const { target, directoryOnly } = this.#resolve(base, path)
    const node = this.#find(target)
    if (!node) throw new FileError(this.#absence(target))
    if (directoryOnly && node.kind !== 'directory') throw new FileError('not-directory')
    return { path: target, node }
  }

  /** Some entries of a directory, from the entry with index `from` on; none at the end. */
  list(path: string, from: number): TreeEntry[] {
    const answer = this.#ask({ kind: 'list', path, offset: from })
    return decodeEntries(bytesOf(answer))
  }

  /** Reads up to `length` bytes from `offset` to `target` at `at`; fewer only at the end. */
  read(path: string, offset: number, target: Uint8Array, at: number, length: number): number {
    let done = 0
    while (done < length) {
      const want = Math.min(length - done, CELL_LIMITS.fileChunkBytes)
      const answer = this.#ask({ kind: 'read', path, offset: offset + done, length: want })
      const bytes = bytesOf(answer)
      target.set(bytes, at + done)
      done += bytes.length
      if (bytes.length < want) break
    }
    return done
  }

  #resolve(base: string, path: string): { target: string; directoryOnly: boolean } {
    if (path === '') throw new FileError('no-entry')
    if (path.startsWith('/')) throw new FileError('not-permitted')
    if (path.includes('\0')) throw new FileError('invalid')
    const names: string[] = []
    const join = () => (base === '/' ? '' : base) + '/' + names.join('/')
    const parts = path.split('/')
    for (const part of parts) {
      if (part === '' || part === '.') continue
      if (part !== '..') {
        names.push(part)
        continue
      }
      if (names.length === 0) throw new FileError('not-permitted')
      // `nothing/..` and `file/..` are no directories, even if what they lead to is one.
      this.#requireDirectory(join())
      names.pop()
    }
    const target = names.length === 0 ? base : join()
    if (utf8(target).length > CELL_LIMITS.pathBytes) throw new FileError('name-too-long')
    return { target, directoryOnly: ['', '.', '..'].includes(parts.at(-1)!) }
  }

  #requireDirectory(path: string): void {
    if (utf8(path).length > CELL_LIMITS.pathBytes) throw new FileError('name-too-long')
    const node = this.#find(path)
    if (!node) throw new FileError(this.#absence(path))
    if (node.kind !== 'directory') throw new FileError('not-directory')
  }

  // Why nothing stands at `path`: a parent may be a file.
  #absence(path: string): FileErrorCode {
    for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
      const parent = this.#find(path.slice(0, end))
      if (parent) return parent.kind === 'directory' ? 'no-entry' : 'not-directory'
    }
    return 'no-entry'
  }

  #find(path: string): TreeNode | undefined {
    const answer = this.#ask({ kind: 'find', path })
    if (answer === 'no-such-file') return undefined
    if (typeof answer === 'string' || answer.kind === 'bytes') throw new FileError(faultOf(answer))
    return answer
  }

  #ask(question: FileQuestion): FileAnswer {
    const { mailbox, hostBell } = this.#pipes
    mailbox.ask(question)
    hostBell.ring()
    let answer: FileAnswer | undefined
    this.#waiter.until(() => (answer = mailbox.takeAnswer()) !== undefined)
    return answer ?? 'unreadable'
  }
}

function bytesOf(answer: FileAnswer): Uint8Array {
  if (typeof answer === 'object' && answer.kind === 'bytes') return answer.bytes
  throw new FileError(faultOf(answer))
}

const FAULT_CODES: Readonly<Record<FileFault, FileErrorCode>> = {
  'no-such-file': 'no-entry',
  'not-a-directory': 'not-directory',
  'is-a-directory': 'is-directory',
  unreadable: 'io',
}

function faultOf(answer: FileAnswer): FileErrorCode {
  return typeof answer === 'string' ? FAULT_CODES[answer] : 'io'
}

/** A number for a file that is the same for the same path, and hardly ever for two. */
export function inodeOf(path: string): bigint {
  // FNV-1a, twice with different beginnings: 64 bits without big integers in the loop.
  let low = 0x811c9dc5
  let high = 0x050c5d1f
  for (let i = 0; i < path.length; i++) {
    const unit = path.charCodeAt(i)
    low = Math.imul(low ^ unit, 0x01000193)
    high = Math.imul(high ^ unit ^ (low >>> 16), 0x01000193)
  }
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0)
}

export function childPath(directory: string, name: string): string {
  return directory === '/' ? `/${name}` : `${directory}/${name}`
}
