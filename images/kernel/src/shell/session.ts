// What the shell needs of the world, in plain values. The kernel stands behind it with the
// capabilities it grafted; tests with tables of their own.

export interface Session {
  readonly host: HostPort
  readonly executor: ExecutorPort
  readonly ipfs: IpfsPort
}

/** Every call ends early, with any error, once its signal is aborted. */
export interface HostPort {
  id(signal: AbortSignal): Promise<Uint8Array>
  addrs(signal: AbortSignal): Promise<readonly Uint8Array[]>
  peers(signal: AbortSignal): Promise<readonly Peer[]>
  connect(peerId: Uint8Array, addrs: readonly Uint8Array[], signal: AbortSignal): Promise<void>
}

export interface Peer {
  readonly peerId: Uint8Array
  readonly addrs: readonly Uint8Array[]
}

export interface ExecutorPort {
  echo(message: string, signal: AbortSignal): Promise<string>
  /** Starts a cell that is given nothing but its stdio. */
  spawn(wasm: Uint8Array, args: readonly string[], signal: AbortSignal): Promise<Child>
}

export interface IpfsPort {
  cat(path: string, signal: AbortSignal): Promise<Uint8Array>
  ls(path: string, signal: AbortSignal): Promise<readonly DirectoryEntry[]>
}

export interface DirectoryEntry {
  readonly name: string
  readonly size: bigint
}

/** A running cell. Disposing of it lets go of it; it does not end it. */
export interface Child extends ChildInput, Disposable {
  /** Empty at the end. */
  readStdout(): Promise<Uint8Array>
  readStderr(): Promise<Uint8Array>
  /** 134 when it trapped, 137 when it was killed, else its own. */
  wait(): Promise<number>
  kill(): Promise<void>
}

export interface ChildInput {
  writeStdin(bytes: Uint8Array): Promise<void>
  closeStdin(): Promise<void>
}

/** The image, read-only. Paths are absolute and normal. */
export interface Files {
  kind(path: string): 'file' | 'directory' | undefined
  /** Names in a directory, in any order; of a path that is none, nothing. */
  list(path: string): readonly string[]
  read(path: string): Uint8Array
}

/** The terminal, as a running form sees it. */
export interface Screen {
  /** Resolves when more may be written. */
  out(data: string | Uint8Array): Promise<void>
  err(data: string | Uint8Array): Promise<void>
  /** Lets what is typed reach a child. @returns what ends that */
  connectInput(input: ChildInput): () => void
}
