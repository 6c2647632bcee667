// What a guest can reach outside itself, as its SDK is written against it. In a cell `preview1.ts`
// makes it of WASI preview 1; tests make it of values.

/** What a call that failed throws. */
export class WasiError extends Error {
  override readonly name = 'WasiError'
  /** `'closed'`: the other end of a stream is gone. Else the name of an error of WASI. */
  readonly reason: string

  constructor(reason: string) {
    super(`WASI: ${reason}`)
    this.reason = reason
  }
}

export interface Resource {
  [Symbol.dispose](): void
}

export type Pollable = Resource

export interface InputStream extends Resource {
  /** At most `length` bytes; undefined when there are none yet. @throws {WasiError} `closed` at the end */
  read(length: number): Uint8Array | undefined
  subscribe(): Pollable
}

export interface OutputStream extends Resource {
  /**
   * Writes as many bytes as it takes now, from the front.
   * @returns how many; 0 means wait on the pollable
   * @throws {WasiError} `closed` when nobody reads any more
   */
  write(bytes: Uint8Array): number
  subscribe(): Pollable
}

export interface DataStream {
  readonly input: InputStream
  readonly output: OutputStream
}

export type DescriptorType = 'file' | 'directory' | 'other'

export interface DescriptorStat {
  readonly type: DescriptorType
  /** Bytes. */
  readonly size: number
}

export interface DirectoryEntry {
  readonly name: string
  readonly type: DescriptorType
}

/** A file or directory that somebody opened; paths are relative to it. All throw {@link WasiError}. */
export interface Descriptor extends Resource {
  /** From where the last read ended; empty at the end of the file. */
  read(length: number): Uint8Array
  list(): readonly DirectoryEntry[]
  stat(path: string): DescriptorStat
  open(path: string, options: { readonly directory: boolean }): Descriptor
}

/** Sources that can be waited for at once. The SDK has three streams, and the data stream both ways. */
export const MAX_SOURCES = 14

export interface Wasi {
  /**
   * Blocks until one of `sources` is ready whose bit is set in `wanted`, or the monotonic clock shows
   * `dueNs`. There is something to wait for; a source that was polled before has the same pollable.
   * @returns those that are ready, as bits
   */
  poll(
    sources: readonly { readonly pollable: Pollable }[],
    wanted: number,
    dueNs: number | undefined,
  ): number
  /** Blocks until that one is ready. */
  waitFor(pollable: Pollable): void
  /** Nanoseconds on a clock that never goes back. */
  monotonicNs(): number
  /** Milliseconds since 1970. */
  wallMs(): number
  fillRandom(bytes: Uint8Array): void
  args(): readonly string[]
  env(): readonly (readonly [name: string, value: string])[]
  stdin(): InputStream
  stdout(): OutputStream
  stderr(): OutputStream
  /** The cell's files, if it was given any. */
  root(): Descriptor | undefined
  /** The data stream to the host. Works once. */
  dataStream(): DataStream
}

/** Whether a stream operation failed because the other end is gone, and not for another reason. */
export function isStreamClosed(thrown: unknown): boolean {
  return thrown instanceof WasiError && thrown.reason === 'closed'
}
