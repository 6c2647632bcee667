// One question at a time from a cell about the files of its root, and its answer, in shared memory.
//
// Invariants
//  - The state goes idle → asked → taken → answered → idle. The cell makes the first and the last
//    step, the host the two between; whoever may make the next step owns the bytes.
//  - A cell that has asked waits on its doorbell, so there is never a second question.
//  - An answer carries at most `fileChunkBytes`; the asker comes back for more.

import type { TreeEntry } from '../base/index.ts'
import { CELL_LIMITS } from './limits.ts'

const STATE = 0
const KIND = 1
const LENGTH = 2 // of the path in a question, of the bytes in an answer
const COUNT = 3 // of bytes wanted
const NUMBERS = 16 // byte offset of one float64: offset in a question, size in an answer
const HEADER_BYTES = 32

const IDLE = 0
const ASKED = 1
const TAKEN = 2
const ANSWERED = 3

export const MAILBOX_BYTES = HEADER_BYTES + CELL_LIMITS.fileChunkBytes

export type FileQuestion =
  | { readonly kind: 'find'; readonly path: string }
  /** Entries in the tree's order, from the entry with index `offset`. */
  | { readonly kind: 'list'; readonly path: string; readonly offset: number }
  | {
      readonly kind: 'read'
      readonly path: string
      readonly offset: number
      readonly length: number
    }

/** Why a question about a file has no answer. */
export type FileFault = 'no-such-file' | 'not-a-directory' | 'is-a-directory' | 'unreadable'

export type FileAnswer =
  | { readonly kind: 'file'; readonly size: number }
  | { readonly kind: 'directory' }
  /** Of a file, or entries as {@link encodeEntries} writes them; empty at the end of either. */
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | FileFault

/** In the order of their numbers, here and wherever else they are written. */
export const QUESTIONS = ['find', 'list', 'read'] as const
export const ANSWERS = [
  'file',
  'directory',
  'bytes',
  'no-such-file',
  'not-a-directory',
  'is-a-directory',
  'unreadable',
] as const

const encoder = new TextEncoder()
const decoder = new TextDecoder()

export class Mailbox {
  readonly #words: Int32Array
  readonly #number: Float64Array
  readonly #bytes: Uint8Array

  /** @param offset a multiple of 8 */
  constructor(buffer: SharedArrayBuffer, offset: number) {
    this.#words = new Int32Array(buffer, offset, NUMBERS / Int32Array.BYTES_PER_ELEMENT)
    this.#number = new Float64Array(buffer, offset + NUMBERS, 1)
    this.#bytes = new Uint8Array(buffer, offset + HEADER_BYTES, CELL_LIMITS.fileChunkBytes)
  }

  /** The cell asks. The path has at most `pathBytes`. The caller rings the host. */
  ask(question: FileQuestion): void {
    const path = encoder.encode(question.path)
    this.#bytes.set(path)
    this.#words[KIND] = QUESTIONS.indexOf(question.kind)
    this.#words[LENGTH] = path.length
    this.#words[COUNT] = question.kind === 'read' ? question.length : 0
    this.#number[0] = question.kind === 'find' ? 0 : question.offset
    Atomics.store(this.#words, STATE, ASKED)
  }

  /** The host takes the question that is there, once. */
  takeQuestion(): FileQuestion | undefined {
    if (Atomics.compareExchange(this.#words, STATE, ASKED, TAKEN) !== ASKED) return undefined
    const path = decoder.decode(this.#bytes.slice(0, this.#words[LENGTH]))
    const offset = this.#number[0]!
    const kind = QUESTIONS[this.#words[KIND]!]!
    switch (kind) {
      case 'find':
        return { kind, path }
      case 'list':
        return { kind, path, offset }
      case 'read': {
        const length = Math.min(this.#words[COUNT]!, this.#bytes.length)
        return { kind, path, offset, length }
      }
    }
  }

  /** The host answers the question it took. The caller rings the cell. */
  answer(answer: FileAnswer): void {
    const kind = typeof answer === 'string' ? answer : answer.kind
    this.#words[KIND] = ANSWERS.indexOf(kind)
    if (typeof answer === 'object' && answer.kind === 'file') this.#number[0] = answer.size
    if (typeof answer === 'object' && answer.kind === 'bytes') {
      this.#bytes.set(answer.bytes)
      this.#words[LENGTH] = answer.bytes.length
    }
    Atomics.store(this.#words, STATE, ANSWERED)
  }

  /** The cell takes its answer. Bytes are a view of shared memory, good until the next question. */
  takeAnswer(): FileAnswer | undefined {
    if (Atomics.compareExchange(this.#words, STATE, ANSWERED, IDLE) !== ANSWERED) return undefined
    const kind = ANSWERS[this.#words[KIND]!]!
    switch (kind) {
      case 'file':
        return { kind, size: this.#number[0]! }
      case 'directory':
        return { kind }
      case 'bytes':
        return { kind, bytes: this.#bytes.subarray(0, this.#words[LENGTH]) }
      case 'no-such-file':
      case 'not-a-directory':
      case 'is-a-directory':
      case 'unreadable':
        return kind
    }
  }
}

// An entry: kind (0 file, 1 directory), length of the name (16 bit, little endian), name in UTF-8.
const ENTRY_HEADER = 3

/** As many entries from index `from` on as fit into `maxBytes`, which is enough for any one. */
export function encodeEntries(
  entries: readonly TreeEntry[],
  from: number,
  maxBytes: number,
): Uint8Array {
  const bytes = new Uint8Array(maxBytes)
  let used = 0
  for (let i = from; i < entries.length; i++) {
    const { kind, name } = entries[i]!
    const encoded = encoder.encode(name)
    if (used + ENTRY_HEADER + encoded.length > maxBytes) break
    bytes[used] = kind === 'directory' ? 1 : 0
    bytes[used + 1] = encoded.length & 0xff
    bytes[used + 2] = encoded.length >> 8
    bytes.set(encoded, used + ENTRY_HEADER)
    used += ENTRY_HEADER + encoded.length
  }
  return bytes.subarray(0, used)
}

export function decodeEntries(bytes: Uint8Array): TreeEntry[] {
  const entries: TreeEntry[] = []
  for (let at = 0; at < bytes.length;) {
    const length = bytes[at + 1]! | (bytes[at + 2]! << 8)
    const name = decoder.decode(bytes.slice(at + ENTRY_HEADER, at + ENTRY_HEADER + length))
    entries.push({ kind: bytes[at] === 1 ? 'directory' : 'file', name })
    at += ENTRY_HEADER + length
  }
  return entries
}
