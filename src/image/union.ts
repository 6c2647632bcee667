// The per-file union of layers.
//
// The rule, in one sentence: the image is what you would get by laying the layers over one another in
// order, with directories merging and everything else replacing what stood there.
//
//  - A file or link of a later layer hides whatever earlier layers have at its path, a whole directory
//    included. A directory of a later layer hides an earlier file or link, and does not bring back
//    what that file had hidden.
//  - There are no deletions.
//  - A link is part of the union, not of its layer: its target is looked up in the union, absolute
//    ones from the image root, and `..` does not lead above it.
//  - A target that is deeper than the root brings its parent directories along.
//
// Nothing is remembered between calls: the union is computed for the path that is asked for.
import { WwError } from '../base/index.ts'
import type { ReadOnlyTree, TreeEntry, TreeNode } from '../base/index.ts'
import type { Layer, LayerEntry, LayerNode, Names } from './layer.ts'
import type { ImageLimits } from './limits.ts'

/** A layer and where it lies. */
export interface Laid {
  readonly layer: Layer
  readonly target: Names
}

/** A file in the one layer that gives it, or a directory in all that do, the winner first. */
export type Place<L extends Laid> =
  | {
      readonly kind: 'file'
      readonly size: number
      readonly at: Names
      readonly from: readonly [L]
    }
  | { readonly kind: 'directory'; readonly at: Names; readonly from: readonly [L, ...L[]] }

type Link = { readonly kind: 'link'; readonly target: string }

export class Union<L extends Laid> implements ReadOnlyTree {
  readonly #root: Place<L> & { kind: 'directory' }
  readonly #limits: ImageLimits

  /** @param layers the later ones win */
  constructor(layers: readonly [L, ...L[]], limits: ImageLimits) {
    const [first, ...rest] = layers.toReversed() as [L, ...L[]]
    this.#root = { kind: 'directory', at: [], from: [first, ...rest] }
    this.#limits = limits
  }

  async find(path: string): Promise<TreeNode | undefined> {
    const place = await this.locate(path)
    if (place?.kind === 'file') return { kind: 'file', size: place.size }
    return place && { kind: 'directory' }
  }

  async list(path: string): Promise<readonly TreeEntry[]> {
    const place = await this.#get(path)
    if (place.kind === 'file') {
      throw new WwError('failed', 'NOT_A_DIRECTORY', `Cannot list ${path}: it is a file`)
    }
    const kinds = new Map<string, LayerEntry['kind']>()
    for (const laid of place.from) {
      for (const { name, kind } of await listIn(laid, place.at)) {
        if (!kinds.has(name)) kinds.set(name, kind)
      }
    }
    const entries: TreeEntry[] = []
    for (const [name, kind] of kinds) {
      const real = kind === 'link' ? await this.#kindBehindLink([...place.at, name]) : kind
      if (real) entries.push({ name, kind: real })
    }
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  async read(path: string, offset: number, length: number): Promise<Uint8Array> {
    if (!isCount(offset) || !isCount(length)) {
      throw new WwError('failed', 'INVALID_RANGE', `Cannot read ${length} bytes from ${offset}`)
    }
    if (length > this.#limits.readBytes) {
      const message = `Cannot read ${length} bytes of ${path} at once: at most ${this.#limits.readBytes}`
      throw new WwError('failed', 'INVALID_RANGE', message)
    }
    const place = await this.#get(path)
    if (place.kind === 'directory') {
      throw new WwError('failed', 'IS_A_DIRECTORY', `Cannot read ${path}: it is a directory`)
    }
    const { layer, target } = place.from[0]
    return await layer.read(place.at.slice(target.length), path, offset, length)
  }

  /**
   * Follows `path` through the union.
   * @throws {WwError} INVALID_PATH, SYMLINK_LOOP, UNREADABLE
   */
  async locate(path: string): Promise<Place<L> | undefined> {
    const way = [this.#root] // the directories gone through, for `..`
    const rest = namesFromPath(path)
    let links = 0
    for (let steps = 0; rest.length > 0; steps++) {
      if (steps >= this.#limits.steps) {
        const message = `Path ${path} takes more than ${this.#limits.steps} steps to follow`
        throw new WwError('failed', 'SYMLINK_LOOP', message)
      }
      const name = rest.shift() ?? ''
      if (name === '' || name === '.') continue
      if (name === '..') {
        if (way.length > 1) way.pop()
        continue
      }
      const found = await childOf(way.at(-1) ?? this.#root, name)
      if (!found) return undefined
      if (found.kind === 'file') return rest.length === 0 ? found : undefined
      if (found.kind === 'directory') {
        way.push(found)
        continue
      }
      links++
      if (links > this.#limits.links) {
        const message = `Path ${path} goes through more than ${this.#limits.links} symbolic links`
        throw new WwError('failed', 'SYMLINK_LOOP', message)
      }
      if (found.target.startsWith('/')) way.length = 1
      rest.unshift(...found.target.split('/'))
    }
    return way.at(-1)
  }

  async #get(path: string): Promise<Place<L>> {
    const place = await this.locate(path)
    if (place) return place
    throw new WwError('failed', 'NO_SUCH_FILE', `No file or directory ${path} in the image`)
  }

  // An entry is what it leads to; one that leads nowhere, or in circles, is not there.
  async #kindBehindLink(names: Names): Promise<TreeNode['kind'] | undefined> {
    try {
      return (await this.locate(`/${names.join('/')}`))?.kind
    } catch (thrown) {
      if (thrown instanceof WwError && thrown.code === 'SYMLINK_LOOP') return undefined
      throw thrown
    }
  }
}

async function childOf<L extends Laid>(
  parent: Place<L> & { kind: 'directory' },
  name: string,
): Promise<Place<L> | Link | undefined> {
  if (name.includes('\0')) return undefined
  const at = [...parent.at, name]
  const directories: L[] = []
  for (const laid of parent.from) {
    const node = await lookIn(laid, at)
    if (!node) continue
    if (node.kind === 'directory') {
      directories.push(laid)
      continue
    }
    // Below the first directory nothing but directories counts; a file ends what merges.
    if (directories.length > 0) break
    return node.kind === 'file' ? { ...node, at, from: [laid] } : node
  }
  const [winner, ...merged] = directories
  return winner && { kind: 'directory', at, from: [winner, ...merged] }
}

async function lookIn({ layer, target }: Laid, at: Names): Promise<LayerNode | undefined> {
  const above = at.length < target.length
  const shared = above ? at : target
  if (!shared.every((name, index) => name === (above ? target : at)[index])) return undefined
  return above ? { kind: 'directory' } : await layer.look(at.slice(target.length))
}

async function listIn(laid: Laid, at: Names): Promise<LayerEntry[]> {
  const { layer, target } = laid
  if (at.length >= target.length) return await layer.list(at.slice(target.length))
  const name = target[at.length] ?? ''
  const node = await lookIn(laid, [...at, name])
  return node ? [{ name, kind: node.kind }] : []
}

function namesFromPath(path: string): string[] {
  if (path === '/') return []
  const [root, ...names] = path.split('/')
  const isNormal = names.every((name) => name !== '' && name !== '.' && name !== '..')
  if (root === '' && names.length > 0 && isNormal) return names
  throw new WwError('failed', 'INVALID_PATH', `Path ${path} is not absolute and normal`)
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0
}
