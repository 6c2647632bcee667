import { createHash } from 'node:crypto'

import { hexFromBytes } from '../base/index.ts'
import type { Log } from '../base/index.ts'
import { CodeCache } from './code-cache.ts'
import { CompileQueue } from './compile-queue.ts'
import type { CompilerJob } from './compiler-protocol.ts'
import { CELL_LIMITS } from './limits.ts'
import { Malformed } from './malformed.ts'
import { takeApart } from './module/data.ts'
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

type Code = Program['code']
type Parts = Pick<Program, 'code' | 'data'>
type How = ReturnType<typeof howOf>

/**
 * The programs of a node: what was compiled is kept, in memory and on disk, by content; what was not
 * is compiled in a thread of its own, while the host's thread goes on. Programs that differ in their
 * data alone are compiled once.
 */
export class Programs implements AsyncDisposable {
  readonly #queue: CompileQueue
  readonly #kind: 'make' | 'rewrite'
  readonly #cache = new CodeCache()
  readonly #coming = new Map<string, Promise<Parts>>()
  readonly #compiling = new Map<string, Promise<Code>>()
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

  /** How many programs were made from their bytes so far, rather than found; of those with equal code the first. */
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
      const key = keyOf(digest, how)
      const make = () => this.#make(key, bytes, digest, how)
      const parts =
        this.#cache.findProgram(key) ?? (await orAborted(once(this.#coming, key, make), signal))
      return { name, digest, size: bytes.length, ...parts }
    } catch (thrown) {
      if (!(thrown instanceof Malformed)) throw thrown
      throw notLoaded(name, thrown.code, thrown.message, thrown)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#queue[Symbol.asyncDispose]()
  }

  async #make(key: string, bytes: Uint8Array, digest: string, how: How): Promise<Parts> {
    const { code: part, data } = takeApart(bytes)
    const partDigest = data ? await digestOf(part) : digest
    const code = await this.#codeOf({ kind: this.#kind, bytes: part, digest: partDigest, how })
    const parts = { code, data }
    this.#cache.holdProgram(key, parts, bytesKept(code, bytes.length))
    return parts
  }

  async #codeOf(job: CompilerJob & { readonly kind: 'make' | 'rewrite' }): Promise<Code> {
    const key = keyOf(job.digest, job.how)
    const known = this.#cache.findCode(key)
    if (known) return known
    return await once(this.#compiling, key, async () => {
      const { code, from } = await this.#queue.compile(job)
      if (from === 'bytes') this.#rewritten++
      this.#cache.addCode(key, code)
      return code
    })
  }
}

const keyOf = (digest: string, how: How) => `${digest} ${JSON.stringify(how)}`

/** Who asks for what is being made gets the same. */
async function once<T>(
  coming: Map<string, Promise<T>>,
  key: string,
  make: () => Promise<T>,
): Promise<T> {
  const known = coming.get(key)
  if (known) return await known
  const made = make()
  coming.set(key, made)
  try {
    return await made
  } finally {
    coming.delete(key)
  }
}

/** What the engine has made of a program is not counted; what is kept beside the original is. */
function bytesKept(code: Code, originalBytes: number): number {
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
