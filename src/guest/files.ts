import { concatBytes, WwError } from '../base/index.ts'
import { WasiError } from './wasi.ts'
import type { Descriptor, DescriptorType, Wasi } from './wasi.ts'

export interface FileStat {
  readonly kind: 'file' | 'directory'
  /** Bytes; 0 for a directory. */
  readonly size: number
}

export interface FileEntry {
  readonly name: string
  readonly kind: 'file' | 'directory'
}

/** The cell's read-only files: the image for pid0, nothing for a child. Paths start at `/`. */
export interface Files {
  /** The whole file. @throws {WwError} NO_SUCH_FILE, IS_A_DIRECTORY, NOT_A_DIRECTORY, UNREADABLE */
  read(path: string): Uint8Array
  /** The whole file as UTF-8. @throws {WwError} as `read`, and NOT_TEXT */
  readText(path: string): string
  /** Sorted by name. @throws {WwError} NO_SUCH_FILE, NOT_A_DIRECTORY, UNREADABLE */
  list(path: string): readonly FileEntry[]
  exists(path: string): boolean
  /** What stands at `path`. @throws {WwError} NO_SUCH_FILE, NOT_A_DIRECTORY, UNREADABLE */
  stat(path: string): FileStat
}

const CHUNK_BYTES = 65_536

export class WasiFiles implements Files {
  readonly #wasi: Pick<Wasi, 'root'>
  #root: Descriptor | undefined

  constructor(wasi: Pick<Wasi, 'root'>) {
    this.#wasi = wasi
  }

  read(path: string): Uint8Array {
    return asking('read', path, () => {
      // Opening a directory may work; reading one says `is-directory`, but not on every host.
      if (this.#stat(path).kind === 'directory') throw isDirectory(path)
      const file = this.#open(path, false)
      try {
        const chunks: Uint8Array[] = []
        for (;;) {
          const bytes = file.read(CHUNK_BYTES)
          if (bytes.length === 0) return concatBytes(chunks)
          chunks.push(bytes)
        }
      } finally {
        file[Symbol.dispose]()
      }
    })
  }

  readText(path: string): string {
    const bytes = this.read(path)
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    } catch (thrown) {
      throw new WwError('failed', 'NOT_TEXT', `Cannot read ${path}: it is not UTF-8 text`, {
        cause: thrown,
      })
    }
  }

  list(path: string): readonly FileEntry[] {
    return asking('list', path, () => {
      const directory = this.#open(path, true)
      try {
        const entries = directory.list().map(({ name, type }) => ({ name, kind: kindOf(type) }))
        return entries.sort((a, b) => (a.name < b.name ? -1 : 1))
      } finally {
        directory[Symbol.dispose]()
      }
    })
  }

  exists(path: string): boolean {
    try {
      this.stat(path)
      return true
    } catch (thrown) {
      const code = thrown instanceof WwError ? thrown.code : undefined
      if (code === 'NO_SUCH_FILE' || code === 'NOT_A_DIRECTORY') return false
      throw thrown
    }
  }

  stat(path: string): FileStat {
    return asking('look at', path, () => this.#stat(path))
  }

  #stat(path: string): FileStat {
    const { type, size } = this.#rootDirectory().stat(relative(path))
    const kind = kindOf(type)
    return { kind, size: kind === 'file' ? size : 0 }
  }

  #open(path: string, directory: boolean): Descriptor {
    return this.#rootDirectory().open(relative(path), { directory })
  }

  #rootDirectory(): Descriptor {
    this.#root ??= this.#wasi.root()
    if (!this.#root) throw new WwError('failed', 'NO_FILES', 'This cell was given no files')
    return this.#root
  }
}

function kindOf(type: DescriptorType): 'file' | 'directory' {
  return type === 'directory' ? 'directory' : 'file'
}

// WASI paths are relative to a directory somebody opened; ours is the root.
function relative(path: string): string {
  return path.replace(/^\/+/, '') || '.'
}

const SENTENCES: Readonly<Record<string, readonly [code: string, why: string]>> = {
  'no-entry': ['NO_SUCH_FILE', 'there is no such file'],
  'is-directory': ['IS_A_DIRECTORY', 'it is a directory'],
  'not-directory': ['NOT_A_DIRECTORY', 'a part of the path is not a directory'],
  'not-permitted': ['UNREADABLE', 'it lies outside the files of this cell'],
  access: ['UNREADABLE', 'access is denied'],
  io: ['UNREADABLE', 'the node could not; its log says why'],
  loop: ['UNREADABLE', 'too many links are on the way'],
  invalid: ['UNREADABLE', 'it cannot be a path'],
  'illegal-byte-sequence': ['UNREADABLE', 'it cannot be a path'],
  'name-too-long': ['UNREADABLE', 'the path is too long'],
}

function asking<T>(verb: string, path: string, ask: () => T): T {
  try {
    return ask()
  } catch (thrown) {
    if (!(thrown instanceof WasiError)) throw thrown
    const [code, why] = SENTENCES[thrown.reason] ?? ['UNREADABLE', thrown.reason]
    throw new WwError('failed', code, `Cannot ${verb} ${path}: ${why}`, { cause: thrown })
  }
}

function isDirectory(path: string): WwError {
  return new WwError('failed', 'IS_A_DIRECTORY', `Cannot read ${path}: it is a directory`)
}
