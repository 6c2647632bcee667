// Where a node's key comes from, and the one way it gets onto a disk.
//
// The configuration names the file: the one somebody chose, else ~/.ww/identity, which may be absent;
// then the key lives as long as the process. A file that is there but does not serve is an error,
// never a reason for another key: a node must not come up as somebody else.

import { constants } from 'node:fs'
import { mkdir, open, unlink } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'

import { messageOf, WwError } from '../base/index.ts'
import { formatKey, generateKey, parseKey } from '../identity/index.ts'
import type { NodeKey } from '../identity/index.ts'
import type { IdentityFile } from './config.ts'

/** A key file is one word of 44 characters; what is longer is something else and not read further. */
const MAX_KEY_FILE_BYTES = 1024

export interface Identity {
  readonly key: NodeKey
  /** The key file, which nobody may be served; undefined for a key of this run. */
  readonly path: string | undefined
  /** What the operator should know about a key of this run, in one sentence. */
  readonly notice: string | undefined
}

/**
 * Finds the node's key, or makes one for this run.
 * @throws {WwError} as {@link readIdentityFile}; NO_IDENTITY only when the file was named by somebody
 */
export async function openIdentity(
  file: IdentityFile | undefined,
  random: (bytes: Uint8Array) => void,
): Promise<Identity> {
  if (file?.named)
    return { key: await readIdentityFile(file.path), path: file.path, notice: undefined }
  const key = file && (await findIdentityFile(file.path))
  if (key) return { key, path: file.path, notice: undefined }
  const where = file ? `No key file at ${file.path}` : 'No key file and no home directory'
  const keep = `keep one with \`ww keygen --output ${shellWord(file?.path ?? 'FILE')}\``
  const notice = `${where}: this node has a new identity that ends with it; ${keep}`
  return { key: generateKey(random), path: undefined, notice }
}

/**
 * Reads a key file, which only its owner may be able to read.
 * @throws {WwError} NO_IDENTITY, OPEN_IDENTITY (readable by others), INVALID_KEY, UNREADABLE_IDENTITY
 */
export async function readIdentityFile(path: string): Promise<NodeKey> {
  const key = await findIdentityFile(path)
  if (key) return key
  const make = `make it with \`ww keygen --output ${shellWord(path)}\``
  throw new WwError('failed', 'NO_IDENTITY', `Key file ${path} does not exist: ${make}`)
}

/**
 * Writes `key` into a new file that only its owner can read, and makes missing parent directories
 * that only their owner can enter. Never replaces anything: a lost key is a lost node.
 * @throws {WwError} IDENTITY_EXISTS, UNWRITABLE_IDENTITY
 */
export async function writeIdentityFile(path: string, key: NodeKey): Promise<void> {
  try {
    await mkdir(dirname(resolve(path)), { recursive: true, mode: 0o700 })
  } catch (thrown) {
    throw unwritable(path, thrown)
  }
  let file: FileHandle
  try {
    file = await open(path, 'wx', 0o600)
  } catch (thrown) {
    if (codeOf(thrown) === 'EEXIST') {
      throw new WwError(
        'failed',
        'IDENTITY_EXISTS',
        `Key file ${path} exists already and is not replaced: move it away or name another`,
        { cause: thrown },
      )
    }
    throw unwritable(path, thrown)
  }
  try {
    await file.writeFile(formatKey(key))
    await file.sync()
  } catch (thrown) {
    await unlink(path)
    throw unwritable(path, thrown)
  } finally {
    await file.close()
  }
}

// Permissions are asked of the open file, not of the path: there is no moment in between.
async function findIdentityFile(path: string): Promise<NodeKey | undefined> {
  let file: FileHandle
  try {
    // Without O_NONBLOCK a named pipe would hold the program here.
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOENT') return undefined
    throw unreadable(path, thrown)
  }
  try {
    const found = await file.stat()
    if (!found.isFile()) {
      throw new WwError('failed', 'UNREADABLE_IDENTITY', `Key file ${path} is not a regular file`)
    }
    const mode = found.mode & 0o777
    if ((mode & 0o077) !== 0) {
      throw new WwError(
        'failed',
        'OPEN_IDENTITY',
        `Key file ${path} is open to others (mode ${mode.toString(8).padStart(4, '0')}): run \`chmod 600 ${shellWord(path)}\``,
      )
    }
    if (found.size > MAX_KEY_FILE_BYTES) {
      throw new WwError(
        'failed',
        'INVALID_KEY',
        `Key file ${path} is too long: ${found.size} bytes`,
      )
    }
    return keyFrom(await file.readFile('latin1'), path)
  } catch (thrown) {
    throw thrown instanceof WwError ? thrown : unreadable(path, thrown)
  } finally {
    await file.close()
  }
}

function keyFrom(text: string, path: string): NodeKey {
  try {
    return parseKey(text)
  } catch (thrown) {
    throw new WwError('failed', 'INVALID_KEY', `Key file ${path}: ${messageOf(thrown)}`, {
      cause: thrown,
    })
  }
}

function unreadable(path: string, cause: unknown): WwError {
  const message = `Key file ${path} cannot be read: ${messageOf(cause)}`
  return new WwError('failed', 'UNREADABLE_IDENTITY', message, { cause })
}

function unwritable(path: string, cause: unknown): WwError {
  const message = `Key file ${path} cannot be written: ${messageOf(cause)}`
  return new WwError('failed', 'UNWRITABLE_IDENTITY', message, { cause })
}

/** `path` as one word of a command that a person may paste into a shell. */
function shellWord(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`
}

function codeOf(thrown: unknown): unknown {
  return thrown instanceof Error && 'code' in thrown ? thrown.code : undefined
}
