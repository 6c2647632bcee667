import { createHash } from 'node:crypto'

import { hexFromBytes } from '../base/index.ts'
import type { Log } from '../base/index.ts'
import { CodeCache } from './code-cache.ts'
import { CompileQueue } from './compile-queue.ts'
import type { CompilerJob } from './compiler-protocol.ts'
import { CELL_LIMITS } from './limits.ts'
import { Malformed } from './malformed.ts'
import { checkSize, howOf, notLoaded } from './program.ts'
import type { Program, ProgramOptions } from './program.ts'
import { splitProgram } from './rewritten-format.ts'

export interface ProgramsOptions {
  readonly log: Log
  /** Absolute; rewritten programs are kept there for the next node. Without one they are not. */
  readonly cacheDirectory?: string | undefined
  /** Of that directory. Default: `CELL_LIMITS.storeBytes`. */
  readonly cacheBytes?: number
  /** For cells of this process (by default), or only rewritten, for processes that compile themselves. */
  readonly isCompiled?: boolean
}

export interface LoadOptions extends ProgramOptions {
  /** Ends the wait. What is under way goes on: others may want it. */
  readonly signal?: AbortSignal | undefined
}

/** Bytes; to have less hashed by another thread takes about as long as to hash it. */
const HASHED_HERE = 512 << 10

/**
 * The programs of a node: what was compiled is kept, in memory and on disk, by content; what was not
 * is compiled in a thread of its own, while the host's thread goes on.
 */
export class Programs implements AsyncDisposable {
  readonly #queue: CompileQueue
  readonly #kind: 'make' | 'rewrite'
  readonly #cache = new CodeCache()
  /** Being compiled: who asks for the same meanwhile gets the same. */
  readonly #coming = new Map<string, Promise<Program['code']>>()
  #rewritten = 0

  constructor({
    log,
    cacheDirectory,
    cacheBytes = CELL_LIMITS.storeBytes,
    isCompiled = true,
  }: ProgramsOptions) {
    this.#kind = isCompiled ? 'make' : 'rewrite'
    this.#queue = new CompileQueue({ cacheDirectory, cacheBytes }, log)
  }

  /** Gets ready for the first program, which is on its way. */
  prepare(): void {
    this.#queue.prepare()
  }

  /** How many programs were made from their bytes so far, rather than found. */
  get rewritten(): number {
    return this.#rewritten
  }

  /** What is held in memory: how many, and their bytes together. */
  get held(): { readonly count: number; readonly bytes: number } {
    return this.#cache.held
  }

  /**
   * Checks and compiles a program, unless that is done already.
   *
   * @param bytes not changed; not to be changed by others until the promise settles
   * @param name what errors and logs call it
   * @throws {WwError} as `loadProgram`; PROGRAM_NOT_COMPILED, COMPILER_BUSY, COMPILER_CLOSED; or
   *   the reason of `signal`
   */
  async load(
    bytes: Uint8Array,
    name: string,
    { signal, ...options }: LoadOptions = {},
  ): Promise<Program> {
    signal?.throwIfAborted()
    try {
      checkSize(bytes.length)
      const digest = await digestOf(bytes)
      const how = howOf(options)
      const key = `${digest} ${JSON.stringify(how)}`
      const code =
        this.#cache.get(key) ??
        (await orAborted(this.#compile(key, { kind: this.#kind, bytes, digest, how }), signal))
      return { name, digest, size: bytes.length, code }
    } catch (thrown) {
      if (!(thrown instanceof Malformed)) throw thrown
      throw notLoaded(name, thrown.code, thrown.message, thrown)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#queue[Symbol.asyncDispose]()
  }

  async #compile(
    key: string,
    job: CompilerJob & { readonly bytes: Uint8Array },
  ): Promise<Program['code']> {
    const coming = this.#coming.get(key)
    if (coming) return await coming
    const made = this.#queue.compile(job).then(({ code, from }) => {
      if (from === 'bytes') this.#rewritten++
      this.#cache.set(key, code, bytesKept(code, job.bytes.length))
      return code
    })
    this.#coming.set(key, made)
    try {
      return await made
    } finally {
      this.#coming.delete(key)
    }
  }
}

/** What the engine has made of a program is not counted; what is kept beside the original is. */
function bytesKept(code: Program['code'], originalBytes: number): number {
  if (code.kind !== 'rewritten') return originalBytes
  const { modules } = splitProgram(code.program)
  return modules.reduce((sum, { length }) => sum + length, originalBytes)
}

async function digestOf(bytes: Uint8Array): Promise<string> {
  if (bytes.length <= HASHED_HERE) return createHash('sha256').update(bytes).digest('hex')
  // A view of shared memory cannot be hashed elsewhere; nobody hands one in.
  const digest = await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>)
  return hexFromBytes(new Uint8Array(digest))
}

export async function orAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return await work
  return await new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason as Error)
    signal.addEventListener('abort', abort, { once: true })
    const done = () => signal.removeEventListener('abort', abort)
    void work.then(resolve, reject).finally(done)
    if (signal.aborted) abort()
  })
}
