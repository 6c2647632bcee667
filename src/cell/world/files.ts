// All files a guest can reach: the image, read-only, and in its root `/tmp`, which is the cell's own.
// Each function is one operation of `wasi:filesystem`, and of preview 1.
//
// Invariants
//  - The image is never changed: whatever would is refused as `read-only`, after what is wrong with
//    the path itself.

import { wallNs } from './clock.ts'
import { refuse } from './file-error.ts'
import { childPath, inodeOf, parentPath } from './image.ts'
import type { Image, ImageNode } from './image.ts'
import type { FileTimes, Scratch, ScratchDirectory, ScratchFile } from './scratch.ts'
import { SCRATCH_NAME, Walker } from './walk.ts'
import type { DirectoryNode, FileNode, Spot } from './walk.ts'

export type { DirectoryNode, FileNode } from './walk.ts'
/** What can be open. */
export type OpenNode = ImageNode | ScratchDirectory | ScratchFile
export type RegularFile = Extract<OpenNode, { readonly kind: 'file' }>
export type FileKind = FileNode['kind']

export interface FileStat {
  readonly kind: FileKind
  /** Files with the same device and inode are the same file. */
  readonly device: bigint
  readonly inode: bigint
  readonly links: number
  /** Bytes. */
  readonly size: number
  readonly times: Readonly<FileTimes>
}

export interface ListedEntry {
  readonly name: string
  readonly kind: FileKind
  readonly inode: bigint
  /** Where to go on behind it. */
  readonly next: number
}

/** How a path is opened. */
export interface OpenHow {
  /** Links at the end of the path are followed. */
  readonly follow: boolean
  readonly create: boolean
  /** Together with `create`: it must not be there yet. */
  readonly exclusive: boolean
  readonly directory: boolean
  readonly truncate: boolean
  /** It is to be written. */
  readonly write: boolean
}

/** New times in nanoseconds since 1970; what is undefined stays as it is. */
export interface NewTimes {
  readonly accessed: bigint | 'now' | undefined
  readonly modified: bigint | 'now' | undefined
}

const DEVICE = { image: 1n, scratch: 2n } as const
/** Files of an image have no times. */
const NO_TIMES: FileTimes = { accessed: 0n, modified: 0n, changed: 0n }
/** Cookies of the entries `.` and `..`; those of the directory's own come behind. */
const DOTS = 2

export class GuestFiles {
  /** What is preopened as `/`. */
  readonly root: DirectoryNode
  readonly #image: Image
  readonly #scratch: Scratch
  readonly #walker: Walker

  constructor(
    image: Image,
    scratch: Scratch,
    root: DirectoryNode = { place: 'image', kind: 'directory', path: '/' },
  ) {
    this.#image = image
    this.#scratch = scratch
    this.#walker = new Walker(image, scratch.root)
    this.root = root
  }

  /** What stands at `path`, which is relative to `base`. @throws {FileError}, as all others here */
  find(base: DirectoryNode, path: string, follow: boolean): FileNode {
    return present(this.#walker.walk(base, path, follow))
  }

  open(base: DirectoryNode, path: string, how: OpenHow): OpenNode {
    const { create, exclusive, directory, truncate, write } = how
    // A link in the way of what must not be there is in the way, wherever it leads.
    const spot = this.#walker.walk(base, path, how.follow && !(create && exclusive))
    if (!spot.node && create && !directory) return this.#createFile(spot)
    if (spot.node && create && exclusive) refuse('exist')
    const node = present(spot)
    if (node.kind === 'link') refuse('loop')
    if (node.kind === 'directory') {
      if (write || truncate) refuse('is-directory')
      return node
    }
    if (directory) refuse('not-directory')
    if ((write || truncate) && node.place === 'image') refuse('read-only')
    if (truncate && node.place === 'scratch') this.#scratch.resize(node, 0)
    return node
  }

  #createFile(spot: Spot): ScratchFile {
    if (spot.meansDirectory) refuse('is-directory')
    const { directory, name } = writable(spot)
    return this.#scratch.createFile(directory, name)
  }

  /** Keeps an open file, until it is released as often. */
  hold(node: OpenNode): void {
    if (node.place === 'scratch' && node.kind === 'file') this.#scratch.hold(node)
  }

  release(node: OpenNode): void {
    if (node.place === 'scratch' && node.kind === 'file') this.#scratch.release(node)
  }

  stat(node: FileNode): FileStat {
    const { kind } = node
    const device = DEVICE[node.place]
    if (node.place === 'scratch') {
      const { inode, links, size, times } = node
      return { kind, device, inode, links, size, times }
    }
    const size = node.kind === 'file' ? node.size : 0
    return { kind, device, inode: inodeOf(node.path), links: 1, size, times: NO_TIMES }
  }

  /** Entries from the cookie `from` on, 0 at the beginning; `.` and `..` come first. */
  *list(directory: DirectoryNode, from: number): Generator<ListedEntry> {
    const kind = 'directory'
    if (from < 1) yield { name: '.', kind, inode: this.stat(directory).inode, next: 1 }
    if (from < DOTS) yield { name: '..', kind, inode: parentInode(directory), next: DOTS }
    const first = Math.max(0, from - DOTS)
    yield* directory.place === 'image'
      ? this.#listImage(directory.path, first)
      : listScratch(directory, first)
  }

  *#listImage(path: string, from: number): Generator<ListedEntry> {
    let index = from
    for (;;) {
      const entries = this.#image.list(path, index)
      if (entries.length === 0) return
      for (const { name, kind } of entries) {
        const isScratch = path === '/' && name === SCRATCH_NAME
        const inode = isScratch ? this.#scratch.root.inode : inodeOf(childPath(path, name))
        yield { name, kind, inode, next: DOTS + ++index }
      }
    }
  }

  /** Up to `length` bytes from `offset` on, to `target` at `at`; fewer only at the end. */
  read(file: RegularFile, offset: number, target: Uint8Array, at: number, length: number): number {
    if (file.place === 'scratch') return file.bytes.read(offset, target, at, length)
    const count = Math.max(0, Math.min(length, file.size - offset))
    return this.#image.read(file.path, offset, target, at, count)
  }

  /** Writes as many of `length` bytes as there is space for; how many, at least one if there are any. */
  write(file: RegularFile, offset: number, source: Uint8Array, at: number, length: number): number {
    if (file.place === 'image') return refuse('read-only')
    return this.#scratch.write(file, offset, source, at, length)
  }

  resize(file: RegularFile, size: number): void {
    if (file.place === 'image') return refuse('read-only')
    this.#scratch.resize(file, size)
  }

  setTimes(node: FileNode, { accessed, modified }: NewTimes): void {
    if (node.place === 'image') return refuse('read-only')
    const now = wallNs()
    const { times } = node
    if (accessed !== undefined) times.accessed = accessed === 'now' ? now : accessed
    if (modified !== undefined) times.modified = modified === 'now' ? now : modified
    times.changed = now
  }

  createDirectory(base: DirectoryNode, path: string): void {
    const { directory, name } = vacant(this.#walker.walk(base, path, false))
    this.#scratch.createDirectory(directory, name)
  }

  createLink(target: string, base: DirectoryNode, path: string): void {
    const spot = this.#walker.walk(base, path, false)
    const { directory, name } = vacant(spot)
    if (spot.meansDirectory || target === '') refuse('no-entry')
    if (target.startsWith('/')) refuse('not-permitted')
    if (target.includes('\0')) refuse('invalid')
    this.#scratch.createLink(directory, name, target)
  }

  /** Gives a file a further name. */
  addName(
    base: DirectoryNode,
    path: string,
    follow: boolean,
    newBase: DirectoryNode,
    newPath: string,
  ): void {
    const node = present(this.#walker.walk(base, path, follow))
    const spot = this.#walker.walk(newBase, newPath, false)
    const { directory, name } = vacant(spot)
    if (spot.meansDirectory) refuse('no-entry')
    if (node.kind === 'directory') refuse('not-permitted')
    if (node.place === 'image') refuse('cross-device')
    this.#scratch.addName(node, directory, name)
  }

  readLink(base: DirectoryNode, path: string): string {
    const node = present(this.#walker.walk(base, path, false))
    return node.kind === 'link' ? node.target : refuse('invalid')
  }

  removeDirectory(base: DirectoryNode, path: string): void {
    const spot = this.#walker.walk(base, path, false)
    const node = present(spot)
    if (node.kind !== 'directory') refuse('not-directory')
    const { directory, name } = writable(spot)
    if (node.place === 'scratch' && node.entries.size > 0) refuse('not-empty')
    this.#scratch.remove(directory, name)
  }

  removeFile(base: DirectoryNode, path: string): void {
    const spot = this.#walker.walk(base, path, false)
    const node = present(spot)
    if (node.kind === 'directory') refuse('is-directory')
    const { directory, name } = writable(spot)
    this.#scratch.remove(directory, name)
  }

  rename(base: DirectoryNode, path: string, newBase: DirectoryNode, newPath: string): void {
    const from = this.#walker.walk(base, path, false)
    const node = present(from)
    const source = writable(from)
    const to = this.#walker.walk(newBase, newPath, false)
    const target = writable(to)
    if (to.node === node) return
    if (node.kind === 'directory') {
      if (to.node && to.node.kind !== 'directory') refuse('not-directory')
      if (to.node?.place === 'scratch' && isFull(to.node)) refuse('not-empty')
      if (isBelow(target.directory, node)) refuse('invalid')
    } else {
      if (to.node?.kind === 'directory') refuse('is-directory')
      if (to.meansDirectory) refuse('not-directory')
    }
    this.#scratch.rename(source.directory, source.name, target.directory, target.name)
  }
}

function present({ node, meansDirectory }: Spot): FileNode {
  if (!node) return refuse('no-entry')
  if (meansDirectory && node.kind !== 'directory') refuse('not-directory')
  return node
}

/** The directory and the name to be changed. */
function writable({ entry }: Spot): { directory: ScratchDirectory; name: string } {
  if (!entry) return refuse('invalid')
  const { directory, name } = entry
  return directory.place === 'scratch' ? { directory, name } : refuse('read-only')
}

/** The directory and the name where something new is to stand. */
function vacant(spot: Spot): { directory: ScratchDirectory; name: string } {
  if (spot.node) refuse('exist')
  return writable(spot)
}

function isFull(node: FileNode): boolean {
  return node.place === 'scratch' && node.kind === 'directory' && node.entries.size > 0
}

function isBelow(directory: ScratchDirectory, above: FileNode): boolean {
  for (let at: ScratchDirectory | undefined = directory; at; at = at.parent) {
    if (at === above) return true
  }
  return false
}

function parentInode(directory: DirectoryNode): bigint {
  if (directory.place === 'image') return inodeOf(parentPath(directory.path))
  return directory.parent ? directory.parent.inode : inodeOf('/')
}

function* listScratch(directory: ScratchDirectory, from: number): Generator<ListedEntry> {
  for (const [name, { node, cookie }] of directory.entries) {
    if (cookie < from) continue
    yield { name, kind: node.kind, inode: node.inode, next: DOTS + cookie + 1 }
  }
}
