// What a cell may write: its own `/tmp`, in the memory of its thread. It begins empty and is gone
// with the cell.
//
// Invariants
//  - Bytes of files and of the targets of links are counted until nothing names the file and nothing
//    has it open; names are counted as entries. Neither exceeds the limits.
//  - A directory has one parent, and is never below itself. One that was removed takes no new names.
//  - An entry's cookie is never given to another entry of the directory.

import { CELL_LIMITS } from '../limits.ts'
import type { CellLimits } from '../limits.ts'
import { wallNs } from './clock.ts'
import { refuse } from './file-error.ts'
import { utf8 } from './memory.ts'
import { PagedBytes } from './paged-bytes.ts'

/** Nanoseconds since 1970. */
export interface FileTimes {
  accessed: bigint
  modified: bigint
  /** Of its content, or of what is known about it. */
  changed: bigint
}

class ScratchNode {
  readonly place = 'scratch'
  readonly inode: bigint
  readonly times: FileTimes
  /** Names it has. */
  links = 0

  constructor(inode: bigint) {
    this.inode = inode
    const now = wallNs()
    this.times = { accessed: now, modified: now, changed: now }
  }

  touch(): void {
    this.times.modified = this.times.changed = wallNs()
  }
}

export class ScratchFile extends ScratchNode {
  readonly kind = 'file'
  readonly bytes = new PagedBytes()
  /** Descriptors and streams that have it open. */
  holders = 0

  get size(): number {
    return this.bytes.size
  }
}

export class ScratchLink extends ScratchNode {
  readonly kind = 'link'
  readonly target: string

  constructor(inode: bigint, target: string) {
    super(inode)
    this.target = target
  }

  /** Bytes of its target. */
  get size(): number {
    return utf8(this.target).length
  }
}

export interface ScratchEntry {
  readonly node: ScratchFile | ScratchDirectory | ScratchLink
  /** Grows from entry to entry. */
  readonly cookie: number
}

export class ScratchDirectory extends ScratchNode {
  readonly kind = 'directory'
  readonly entries = new Map<string, ScratchEntry>()
  /** None for `/tmp` itself. */
  parent: ScratchDirectory | undefined
  removed = false
  #nextCookie = 0

  constructor(inode: bigint, parent: ScratchDirectory | undefined) {
    super(inode)
    this.parent = parent
  }

  get size(): number {
    return 0
  }

  put(name: string, node: ScratchEntry['node']): void {
    this.entries.set(name, { node, cookie: this.#nextCookie++ })
    this.touch()
  }
}

type Leaf = ScratchFile | ScratchLink

/** Names are single, never `.` or `..`. Whoever calls has looked what stands at a name. */
export class Scratch {
  readonly root: ScratchDirectory
  #lastInode = 1n
  #bytesLeft: number
  #entriesLeft: number

  constructor({ tmpBytes, tmpEntries }: Pick<CellLimits, 'tmpBytes' | 'tmpEntries'>) {
    this.#bytesLeft = tmpBytes
    this.#entriesLeft = tmpEntries
    this.root = new ScratchDirectory(this.#lastInode, undefined)
    this.root.links = 1
  }

  createFile(directory: ScratchDirectory, name: string): ScratchFile {
    return this.#add(directory, name, () => new ScratchFile(++this.#lastInode))
  }

  createDirectory(directory: ScratchDirectory, name: string): void {
    this.#add(directory, name, () => new ScratchDirectory(++this.#lastInode, directory))
  }

  createLink(directory: ScratchDirectory, name: string, target: string): void {
    const size = utf8(target).length
    if (size > this.#bytesLeft) refuse('insufficient-space')
    this.#add(directory, name, () => new ScratchLink(++this.#lastInode, target))
    this.#bytesLeft -= size
  }

  /** Gives a file or link a further name. */
  addName(node: Leaf, directory: ScratchDirectory, name: string): void {
    this.#add(directory, name, () => node)
    node.times.changed = wallNs()
  }

  /** Takes away a name, and with the last one a file that nobody has open. */
  remove(directory: ScratchDirectory, name: string): void {
    const { node } = directory.entries.get(name)!
    directory.entries.delete(name)
    directory.touch()
    this.#entriesLeft++
    node.links--
    if (node.kind === 'directory') node.removed = true
    else this.#free(node)
  }

  /** Moves a name; what stood at the new one is gone. */
  rename(from: ScratchDirectory, name: string, to: ScratchDirectory, newName: string): void {
    const { node } = from.entries.get(name)!
    this.#requireRoom(to, newName)
    if (to.entries.has(newName)) this.remove(to, newName)
    from.entries.delete(name)
    from.touch()
    to.put(newName, node)
    if (node.kind === 'directory') node.parent = to
  }

  /** Puts as many of `length` bytes as there is space for; how many. */
  write(file: ScratchFile, offset: number, source: Uint8Array, at: number, length: number): number {
    if (length === 0) return 0
    const most = file.size + this.#bytesLeft - offset
    if (most <= 0) refuse('insufficient-space')
    const count = Math.min(length, most)
    this.#charge(file, Math.max(file.size, offset + count))
    file.bytes.write(offset, source, at, count)
    file.touch()
    return count
  }

  resize(file: ScratchFile, size: number): void {
    this.#charge(file, size)
    file.bytes.resize(size)
    file.touch()
  }

  hold(file: ScratchFile): void {
    file.holders++
  }

  release(file: ScratchFile): void {
    file.holders--
    this.#free(file)
  }

  #add<N extends ScratchEntry['node']>(
    directory: ScratchDirectory,
    name: string,
    make: () => N,
  ): N {
    this.#requireRoom(directory, name)
    if (this.#entriesLeft === 0) refuse('insufficient-space')
    const node = make()
    this.#entriesLeft--
    node.links++
    directory.put(name, node)
    return node
  }

  #requireRoom(directory: ScratchDirectory, name: string): void {
    if (directory.removed) refuse('no-entry')
    if (utf8(name).length > CELL_LIMITS.nameBytes) refuse('name-too-long')
  }

  #charge(file: ScratchFile, size: number): void {
    const more = size - file.size
    if (more > this.#bytesLeft) refuse('insufficient-space')
    this.#bytesLeft -= more
  }

  #free(node: Leaf): void {
    if (node.links > 0 || (node.kind === 'file' && node.holders > 0)) return
    this.#bytesLeft += node.size
    if (node.kind === 'file') node.bytes.resize(0)
  }
}
