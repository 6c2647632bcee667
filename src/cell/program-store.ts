// Rewritten programs on disk, so that the next node need not rewrite them. Used from the thread that
// compiles, which may block: everything here is synchronous.
//
// Invariants
//  - Nothing read is used unless its directory and its file belong to us, nobody else may write
//    them, and the hash in its header fits its key and all the rest. Whatever else lies there is
//    made again and replaced. Who can write as us could plant code; nobody else can.
//  - A file appears whole or not at all, under a name that says what it was made from and by which
//    code. So any number of nodes share a directory, of one version or of several.
//  - No trouble with the disk keeps a program from being loaded: it is told, and work is done again.

import { createHash, randomUUID } from 'node:crypto'
import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  futimesSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'

import { messageOf } from '../base/index.ts'
import { CELL_LIMITS } from './limits.ts'
import type { RewrittenProgram } from './program.ts'
import { joinProgram, splitProgram } from './rewritten-format.ts'
import type { ProgramShape } from './rewritten-format.ts'

/** What a file begins with; another layout of what follows gets another number. */
const MAGIC = Buffer.from('wwprog1\n')
const HASH_BYTES = 32
const PREFIX_BYTES = MAGIC.length + HASH_BYTES
const LENGTH_BYTES = 4

const ENTRY = /^[0-9a-f]{64}$/
/** A file that is being written, or that nobody finished. */
const UNFINISHED = /^[0-9a-f]{64}\.[0-9a-f-]{36}\.tmp$/

/** Tells what went wrong, in a word or two and facts, for a log. */
export type Tell = (event: string, facts: Readonly<Record<string, string | number>>) => void

export class ProgramStore {
  readonly #directory: string
  readonly #maxBytes: number
  readonly #tell: Tell
  #isUsable: boolean | undefined

  /** @param directory absolute; made when something is stored, for its owner alone */
  constructor(directory: string, maxBytes: number, tell: Tell) {
    this.#directory = directory
    this.#maxBytes = maxBytes
    this.#tell = tell
  }

  /** @param key 64 hexadecimal digits that name what the program was made from, and by what */
  find(key: string): RewrittenProgram | undefined {
    if (!this.#isReady()) return undefined
    try {
      const found = readOurs(join(this.#directory, key))
      if (!found) return undefined
      return decode(key, found)
    } catch (thrown) {
      this.reject(key, messageOf(thrown))
      return undefined
    }
  }

  /** Tells of a program that turned out to be of no use; what is kept next takes its place. */
  reject(key: string, cause: string): void {
    const path = join(this.#directory, key)
    this.#tell('stored program not usable, made again', { path, cause })
  }

  keep(key: string, program: RewrittenProgram): void {
    if (!this.#isReady()) return
    const parts = encode(key, program)
    const size = parts.reduce((sum, part) => sum + part.length, 0)
    if (size > this.#maxBytes) return
    const path = join(this.#directory, key)
    const unfinished = `${path}.${randomUUID()}.tmp`
    this.#attempt('write', path, () => {
      try {
        writeWhole(unfinished, parts)
        renameSync(unfinished, path)
      } catch (thrown) {
        this.#attempt('remove', unfinished, () => unlinkSync(unfinished))
        throw thrown
      }
    })
    this.#attempt('tidy', this.#directory, () => this.#shrink(key))
  }

  // The least recently used goes. What another node takes away meanwhile is no matter.
  #shrink(kept: string): void {
    const now = Date.now()
    const entries: { path: string; size: number; usedMs: number }[] = []
    for (const name of readdirSync(this.#directory)) {
      const path = join(this.#directory, name)
      const isUnfinished = UNFINISHED.test(name)
      if (!isUnfinished && !ENTRY.test(name)) continue
      const found = statSync(path, { throwIfNoEntry: false })
      if (!found) continue
      const { size, mtimeMs: usedMs } = found
      if (!isUnfinished) entries.push({ path, size, usedMs: name === kept ? Infinity : usedMs })
      else if (now - usedMs > CELL_LIMITS.storeUnfinishedMs) unlinkSync(path)
    }
    entries.sort((a, b) => a.usedMs - b.usedMs)
    let total = entries.reduce((sum, { size }) => sum + size, 0)
    for (const { path, size } of entries) {
      if (total <= this.#maxBytes) return
      total -= size
      this.#attempt('remove', path, () => unlinkSync(path))
    }
  }

  // Once: a directory that is not ours does not become so, and is not asked for again.
  #isReady(): boolean {
    this.#isUsable ??= this.#open()
    return this.#isUsable
  }

  #open(): boolean {
    const path = this.#directory
    try {
      makeFolder(path)
      const found = lstatSync(path)
      if (!found.isDirectory()) throw new Error('it is not a directory')
      if (!isOurs(found.uid)) throw new Error('it belongs to another user')
      if (isWindows() || (found.mode & 0o077) === 0) return true
      throw new Error('it is open to others: run chmod 700 on it')
    } catch (thrown) {
      this.#tell('cache directory not used', { path, cause: messageOf(thrown) })
      return false
    }
  }

  #attempt(what: string, path: string, act: () => void): void {
    try {
      act()
    } catch (thrown) {
      if (codeOf(thrown) === 'ENOENT') return
      this.#tell(`cannot ${what} in the cache`, { path, cause: messageOf(thrown) })
    }
  }
}

/** With those above it. Node's own `recursive` tries without end where a folder takes none, as /proc does. */
function makeFolder(path: string): void {
  const parent = dirname(path)
  if (parent !== path && !existsSync(parent)) makeFolder(parent)
  try {
    mkdirSync(path, { mode: 0o700 })
  } catch (thrown) {
    if (codeOf(thrown) !== 'EEXIST') throw thrown
  }
}

/** The file's bytes, undefined when there is none. Asked of the open file: no moment in between. */
function readOurs(path: string): Buffer | undefined {
  let file: number
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOENT') return undefined
    throw thrown
  }
  try {
    const { uid, mode, size } = fstatSync(file)
    if ((mode & constants.S_IFMT) !== constants.S_IFREG) throw new Error('it is not a file')
    if (!isOurs(uid)) throw new Error('it belongs to another user')
    if (!isWindows() && (mode & 0o022) !== 0) throw new Error('others may write it')
    if (size > CELL_LIMITS.storedProgramBytes) throw new Error(`it has ${size} bytes`)
    const bytes = readFileSync(file)
    // Who was used last says which goes first.
    const now = new Date()
    futimesSync(file, now, now)
    return bytes
  } finally {
    closeSync(file)
  }
}

function writeWhole(path: string, parts: readonly Uint8Array[]): void {
  const file = openSync(path, 'wx', 0o600)
  try {
    for (const part of parts) {
      for (let at = 0; at < part.length;) at += writeSync(file, part, at)
    }
  } finally {
    closeSync(file)
  }
}

function isOurs(uid: number): boolean {
  return isWindows() || uid === process.getuid?.()
}

// There are no owners and modes there; the profile's folder has its own protection.
function isWindows(): boolean {
  return process.platform === 'win32'
}

/** Of the key, too: a file is good under one name only. */
function hashOf(key: string, parts: readonly Uint8Array[]): Buffer {
  const hash = createHash('sha256').update(key)
  for (const part of parts) hash.update(part)
  return hash.digest()
}

// Magic, hash of the key and all that follows, length of the JSON, JSON, the modules' bytes.
function encode(key: string, program: RewrittenProgram): Uint8Array[] {
  const { shape, modules } = splitProgram(program)
  const json = Buffer.from(JSON.stringify(shape))
  const length = Buffer.alloc(LENGTH_BYTES)
  length.writeUInt32LE(json.length)
  const rest = [length, json, ...modules]
  return [MAGIC, hashOf(key, rest), ...rest]
}

/** Throws for whatever is not as {@link encode} wrote it. */
function decode(key: string, bytes: Buffer): RewrittenProgram {
  const rest = bytes.subarray(PREFIX_BYTES)
  const isIntact =
    bytes.subarray(0, MAGIC.length).equals(MAGIC) &&
    bytes.subarray(MAGIC.length, PREFIX_BYTES).equals(hashOf(key, [rest]))
  if (!isIntact) throw new Error('its hash does not fit')
  const modulesAt = LENGTH_BYTES + rest.readUInt32LE()
  const shape = JSON.parse(rest.toString('utf8', LENGTH_BYTES, modulesAt)) as ProgramShape
  return joinProgram(shape, rest.subarray(modulesAt))
}

function codeOf(thrown: unknown): unknown {
  return thrown instanceof Error && 'code' in thrown ? thrown.code : undefined
}
