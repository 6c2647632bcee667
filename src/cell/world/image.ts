// The read-only part of the root as the cell's thread sees it: each question goes to the host and
// blocks. Paths are absolute and normal. Nothing is cached here.

import type { TreeEntry, TreeNode } from '../../base/index.ts'
import { CELL_LIMITS } from '../limits.ts'
import { decodeEntries } from '../mailbox.ts'
import type { FileAnswer, FileFault, FileQuestion } from '../mailbox.ts'
import type { CellSide } from '../shared-cell.ts'
import { FileError, refuse } from './file-error.ts'
import type { FileErrorCode } from './file-error.ts'
import { utf8 } from './memory.ts'
import type { Waiter } from './waiter.ts'

/** What the image has at a path. */
export type ImageNode =
  | { readonly place: 'image'; readonly kind: 'file'; readonly path: string; readonly size: number }
  | ImageDirectory
export interface ImageDirectory {
  readonly place: 'image'
  readonly kind: 'directory'
  readonly path: string
}

export class Image {
  readonly #pipes: CellSide
  readonly #waiter: Waiter

  constructor(pipes: CellSide, waiter: Waiter) {
    this.#pipes = pipes
    this.#waiter = waiter
  }

  find(path: string): ImageNode | undefined {
    const node = this.#look(path)
    return node && { place: 'image', path, ...node }
  }

  requireDirectory(path: string): void {
    const node = this.#look(path)
    if (!node) this.refuseAbsent(path)
    if (node.kind !== 'directory') refuse('not-directory')
  }

  /** Says why nothing stands at `path`: a parent may be a file. */
  refuseAbsent(path: string): never {
    for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
      const parent = this.#look(path.slice(0, end))
      if (parent) return refuse(parent.kind === 'directory' ? 'no-entry' : 'not-directory')
    }
    return refuse('no-entry')
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

  #look(path: string): TreeNode | undefined {
    if (utf8(path).length > CELL_LIMITS.pathBytes) refuse('name-too-long')
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

/** A number for a path that is the same for the same path, and hardly ever for two. */
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

/** Of `/` itself, `/`. */
export function parentPath(path: string): string {
  return path.slice(0, Math.max(1, path.lastIndexOf('/')))
}
