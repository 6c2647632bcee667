// The WASI 0.2 interfaces a TypeScript cell imports, as the engine hands them to JavaScript: one
// object per interface, kebab-case names in camelCase, u64 as number, `result<T, E>` as a returned
// T or a thrown WasiFailure. The WIT text of the same surface is in `bundle/wit.ts`; a function
// named here must be there too.

/** What the engine throws for the error side of a WIT `result`. */
export interface WasiFailure {
  readonly payload: unknown
}

export interface Resource {
  [Symbol.dispose](): void
}

export type Pollable = Resource

export interface InputStream extends Resource {
  /** At most `length` bytes, none when there are none yet. Throws when closed. */
  read(length: number): Uint8Array
  subscribe(): Pollable
}

export interface OutputStream extends Resource {
  /** How many bytes the next `write` may have; 0 means wait on the pollable. Throws when closed. */
  checkWrite(): number
  write(bytes: Uint8Array): void
  flush(): void
  subscribe(): Pollable
}

export interface DataConnection extends Resource {
  getInputStream(): InputStream
  getOutputStream(): OutputStream
}

export type DescriptorType =
  | 'unknown'
  | 'block-device'
  | 'character-device'
  | 'directory'
  | 'fifo'
  | 'symbolic-link'
  | 'regular-file'
  | 'socket'

export interface DescriptorStat {
  readonly type: DescriptorType
  readonly size: number
}

export interface Descriptor extends Resource {
  read(length: number, offset: number): readonly [bytes: Uint8Array, atEnd: boolean]
  readDirectory(): DirectoryEntryStream
  statAt(pathFlags: { symlinkFollow: boolean }, path: string): DescriptorStat
  openAt(
    pathFlags: { symlinkFollow: boolean },
    path: string,
    openFlags: { create: boolean; directory: boolean; exclusive: boolean; truncate: boolean },
    flags: {
      read: boolean
      write: boolean
      fileIntegritySync: boolean
      dataIntegritySync: boolean
      requestedWriteSync: boolean
      mutateDirectory: boolean
    },
  ): Descriptor
}

export interface DirectoryEntryStream extends Resource {
  readDirectoryEntry(): { readonly type: DescriptorType; readonly name: string } | null
}

/** Everything a guest can reach outside itself. */
export interface Wasi {
  readonly poll: {
    /** Blocks until one is ready. Traps on an empty list. @returns positions in `pollables` */
    poll(pollables: readonly Pollable[]): ArrayLike<number>
  }
  readonly monotonicClock: {
    /** Nanoseconds. */
    now(): number
    subscribeInstant(nanoseconds: number): Pollable
  }
  readonly wallClock: {
    now(): { readonly seconds: number; readonly nanoseconds: number }
  }
  readonly random: { getRandomBytes(length: number): Uint8Array }
  readonly environment: {
    getArguments(): readonly string[]
    getEnvironment(): readonly (readonly [name: string, value: string])[]
  }
  readonly exit: { exitWithCode(code: number): void }
  readonly stdin: { getStdin(): InputStream }
  readonly stdout: { getStdout(): OutputStream }
  readonly stderr: { getStderr(): OutputStream }
  readonly preopens: { getDirectories(): readonly (readonly [Descriptor, path: string])[] }
  readonly streams: {
    /** The data stream to the host. Works once. */
    createConnection(): DataConnection
  }
}

/** The payload of a WIT error, whatever it is: `{ tag: 'closed' }`, `'no-entry'`. */
export function failurePayload(thrown: unknown): unknown {
  return typeof thrown === 'object' && thrown !== null && 'payload' in thrown
    ? thrown.payload
    : undefined
}

/** Whether a stream operation failed because the other end is gone, and not for another reason. */
export function isStreamClosed(thrown: unknown): boolean {
  const payload = failurePayload(thrown)
  return (
    typeof payload === 'object' && payload !== null && 'tag' in payload && payload.tag === 'closed'
  )
}
