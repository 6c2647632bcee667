// A directory or a file of this machine as a layer.
//
// Invariants
//  - Only regular files under `root` are opened, for reading, and nothing is ever written.
//  - No link of the file system is followed on the way: the last name by O_NOFOLLOW, the names before
//    it because the system must know the opened file by the very path that was meant.
//  - A file on the `refused` list is not read under any name, hard links included.
//
// What remains for someone who may change the layer's directories while the node runs, and swaps one
// of them for a link at the right moment: to learn through us that a file elsewhere exists and how
// long it is, and what a directory elsewhere holds by name. Where the system does not tell the path of
// an open file (only Linux does) the path is asked for the file instead, which such swaps can win now
// and then. Whoever can do this writes the image anyway; a guest cannot, it has no way to write here.
//
// Files are not pinned: each read opens the file anew and sees it as it is then. Whoever changes a
// layer under a running node gives its guests a mixture.
import { constants } from 'node:fs'
import type { BigIntStats } from 'node:fs'
import { lstat, open, opendir, readlink, realpath } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'

import { EMPTY_BYTES, messageOf, WwError } from '../base/index.ts'
import type { Layer, LayerEntry, LayerNode, Names } from './layer.ts'
import type { ImageLimits } from './limits.ts'

/** A file by device and inode: what no other name for it can hide. */
export type FileId = `${bigint}:${bigint}`

export function fileId({ dev, ino }: BigIntStats): FileId {
  return `${dev}:${ino}`
}

// O_NONBLOCK: a pipe that took the file's place a moment ago must not hold a thread of ours.
const OPEN_FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK

export class LocalLayer implements Layer {
  readonly #root: string
  readonly #hides: (name: string) => boolean
  readonly #refused: ReadonlySet<FileId>
  readonly #limits: ImageLimits

  /**
   * @param root real path of a directory or file
   * @param hides names at the top of the directory that do not belong to the layer
   */
  constructor(
    root: string,
    hides: (name: string) => boolean,
    refused: ReadonlySet<FileId>,
    limits: ImageLimits,
  ) {
    this.#root = root
    this.#hides = hides
    this.#refused = refused
    this.#limits = limits
  }

  async look(at: Names): Promise<LayerNode | undefined> {
    if (at[0] !== undefined && this.#hides(at[0])) return undefined
    const path = this.#pathOf(at)
    try {
      const found = await lstat(path)
      if (found.isFile()) return { kind: 'file', size: found.size }
      if (found.isDirectory()) return { kind: 'directory' }
      if (found.isSymbolicLink()) return { kind: 'link', target: await readlink(path) }
      return undefined
    } catch (thrown) {
      if (isAbsent(thrown)) return undefined
      throw unreadable(path, thrown)
    }
  }

  async list(at: Names): Promise<LayerEntry[]> {
    const path = this.#pathOf(at)
    const entries: LayerEntry[] = []
    try {
      for await (const found of await opendir(path)) {
        const { name } = found
        // A name that is not UTF-8 cannot be asked for, so it is not listed either.
        if (name.includes('\u{fffd}') || (at.length === 0 && this.#hides(name))) continue
        let kind: LayerNode['kind'] | undefined
        if (found.isFile()) kind = 'file'
        else if (found.isDirectory()) kind = 'directory'
        else if (found.isSymbolicLink()) kind = 'link'
        // Some file systems do not say in the directory what an entry is.
        else kind = (await this.look([...at, name]))?.kind
        if (kind) entries.push({ name, kind })
        if (entries.length > this.#limits.entries) {
          const message = `Directory ${path} has more than ${this.#limits.entries} entries`
          throw new WwError('failed', 'TOO_MANY_ENTRIES', message)
        }
      }
      // Had a link stood on the way, these would be the names of a directory elsewhere.
      if ((await realpath(path)) !== path) return []
    } catch (thrown) {
      if (isAbsent(thrown)) return []
      throw thrown instanceof WwError ? thrown : unreadable(path, thrown)
    }
    return entries
  }

  async read(at: Names, path: string, offset: number, length: number): Promise<Uint8Array> {
    const file = await this.#open(at, path)
    try {
      const { size } = await file.stat()
      const wanted = Math.min(length, Math.max(0, size - offset))
      if (wanted === 0) return EMPTY_BYTES
      const bytes = new Uint8Array(wanted)
      let filled = 0
      while (filled < wanted) {
        const { bytesRead } = await file.read(bytes, filled, wanted - filled, offset + filled)
        if (bytesRead === 0) break
        filled += bytesRead
      }
      return filled === wanted ? bytes : bytes.slice(0, filled)
    } catch (thrown) {
      throw unreadable(path, thrown)
    } finally {
      await file.close()
    }
  }

  async #open(at: Names, path: string): Promise<FileHandle> {
    const real = this.#pathOf(at)
    let file: FileHandle
    try {
      file = await open(real, OPEN_FLAGS)
    } catch (thrown) {
      throw isAbsent(thrown) ? gone(path, thrown) : unreadable(path, thrown)
    }
    try {
      await this.#verify(file, real, path)
      return file
    } catch (thrown) {
      await file.close()
      if (thrown instanceof WwError) throw thrown
      throw isAbsent(thrown) ? gone(path, thrown) : unreadable(path, thrown)
    }
  }

  async #verify(file: FileHandle, real: string, path: string): Promise<void> {
    const opened = await file.stat({ bigint: true })
    if (this.#refused.has(fileId(opened))) {
      throw new WwError(
        'failed',
        'UNREADABLE',
        `File ${path} holds the node's key and is not served`,
      )
    }
    if (!opened.isFile() || !(await standsAt(file, opened, real))) {
      throw new WwError('failed', 'UNREADABLE', `File ${path} was replaced while it was opened`)
    }
  }

  #pathOf(at: Names): string {
    return at.length === 0 ? this.#root : `${this.#root}/${at.join('/')}`
  }
}

async function standsAt(file: FileHandle, opened: BigIntStats, real: string): Promise<boolean> {
  const known = await readlink(`/proc/self/fd/${file.fd}`).catch(() => undefined)
  if (known !== undefined) return known === real
  if ((await realpath(real)) !== real) return false
  return fileId(await lstat(real, { bigint: true })) === fileId(opened)
}

// ENAMETOOLONG: a name no file can have is absent, as in every file system. ELOOP, from O_NOFOLLOW:
// a link took the file's place after it was looked at.
function isAbsent(thrown: unknown): boolean {
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined
  return code === 'ENOENT' || code === 'ENOTDIR' || code === 'ENAMETOOLONG' || code === 'ELOOP'
}

function gone(path: string, cause: unknown): WwError {
  return new WwError('failed', 'NO_SUCH_FILE', `File ${path} vanished from its layer`, { cause })
}

function unreadable(path: string, cause: unknown): WwError {
  return new WwError('failed', 'UNREADABLE', `Cannot read ${path}: ${messageOf(cause)}`, { cause })
}
