// From a path to what stands there, across the image and `/tmp`.
//
// Invariants
//  - No path climbs out of the directory it is resolved against, by `..` or by a link: the walk keeps
//    the directories it came through, and refuses to leave the first.
//  - A path sent to the host is absolute and normal.

import { CELL_LIMITS } from '../limits.ts'
import { refuse } from './file-error.ts'
import { childPath } from './image.ts'
import type { Image, ImageDirectory, ImageNode } from './image.ts'
import { utf8 } from './memory.ts'
import type { ScratchDirectory, ScratchFile, ScratchLink } from './scratch.ts'

export type DirectoryNode = ImageDirectory | ScratchDirectory
/** Whatever can stand at a path. */
export type FileNode = ImageNode | ScratchDirectory | ScratchFile | ScratchLink

/** Where a path leads. */
export interface Spot {
  /** The directory and the name in it; none when the path ends in `.` or `..`. */
  readonly entry: { readonly directory: DirectoryNode; readonly name: string } | undefined
  /** What stands there, if something does. Its parents are there in any case. */
  readonly node: FileNode | undefined
  /** The path ends in a slash: only a directory is meant. */
  readonly meansDirectory: boolean
}

/** The name of the scratch directory in the image's root. */
export const SCRATCH_NAME = 'tmp'

interface Way {
  /** Still to be walked, the next one last. */
  readonly names: string[]
  /** How many were followed. */
  links: number
  meansDirectory: boolean
}

export class Walker {
  readonly #image: Image
  readonly #scratch: ScratchDirectory

  constructor(image: Image, scratch: ScratchDirectory) {
    this.#image = image
    this.#scratch = scratch
  }

  /**
   * @param follow whether a link at the end is followed; those on the way always are
   * @throws {FileError}
   */
  walk(base: DirectoryNode, path: string, follow: boolean): Spot {
    const way: Way = { names: [], links: 0, meansDirectory: false }
    push(way, path)
    const stack: DirectoryNode[] = [base]
    for (;;) {
      const directory = stack.at(-1)!
      const name = way.names.pop()
      if (name === undefined) {
        return { entry: undefined, node: this.#confirmed(directory), meansDirectory: true }
      }
      if (name === '.') continue
      const isLast = way.names.length === 0
      if (name === '..') {
        this.#confirmed(directory)
        if (stack.length === 1) refuse('not-permitted')
        stack.pop()
      } else if (directory.place === 'image') {
        const next = this.#inImage(directory, name)
        if (isLast) return this.#end(directory, name, next, way.meansDirectory)
        stack.push(next)
      } else {
        const node = directory.entries.get(name)?.node
        if (node?.kind === 'link' && (follow || !isLast || way.meansDirectory)) {
          if (++way.links > CELL_LIMITS.linksFollowed) refuse('loop')
          push(way, node.target)
        } else if (isLast) {
          return { entry: { directory, name }, node, meansDirectory: way.meansDirectory }
        } else {
          if (!node) refuse('no-entry')
          if (node.kind !== 'directory') refuse('not-directory')
          stack.push(node)
        }
      }
    }
  }

  // A directory of the image is taken for granted until it matters: each look asks the host.
  #inImage({ path }: ImageDirectory, name: string): DirectoryNode {
    if (path === '/' && name === SCRATCH_NAME) return this.#scratch
    return { place: 'image', kind: 'directory', path: childPath(path, name) }
  }

  #confirmed(directory: DirectoryNode): DirectoryNode {
    if (directory.place === 'image' && directory.path !== '/') {
      this.#image.requireDirectory(directory.path)
    }
    return directory
  }

  #end(
    directory: ImageDirectory,
    name: string,
    supposed: DirectoryNode,
    meansDirectory: boolean,
  ): Spot {
    const entry = { directory, name }
    if (supposed.place === 'scratch') return { entry, node: supposed, meansDirectory }
    const node = this.#image.find(supposed.path)
    if (!node) this.#confirmed(directory)
    return { entry, node, meansDirectory }
  }
}

/** Puts the names of a path before those still to be walked. */
function push(way: Way, path: string): void {
  if (path === '') refuse('no-entry')
  if (path.startsWith('/')) refuse('not-permitted')
  if (path.includes('\0')) refuse('invalid')
  if (utf8(path).length > CELL_LIMITS.pathBytes) refuse('name-too-long')
  const [last = '', ...names] = path.split('/').reverse()
  if (way.names.length === 0 && last === '') way.meansDirectory = true
  // A dot at the end means what is there, not its name.
  if (last !== '') way.names.push(last)
  for (const name of names) if (name !== '' && name !== '.') way.names.push(name)
}
