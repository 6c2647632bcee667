// The globals of a cell beyond `platform.d.ts`: what programs may use, and pure rooms may not,
// because it has an effect or tells the time. Together the two files are the whole platform; a
// program that names another global does not type-check.

interface AbortSignal {
  onabort: (() => void) | null
}
declare namespace AbortSignal {
  function abort(reason?: unknown): AbortSignal
  function timeout(ms: number): AbortSignal
  function any(signals: Iterable<AbortSignal>): AbortSignal
}

interface TextDecoder {
  decode(bytes: Uint8Array | undefined, options: { stream?: boolean }): string
}

/** Starts a timer. One that is still running when `main` returns is dropped. */
declare function setTimeout(callback: (_: void) => void, ms?: number): number
declare function setTimeout<A extends unknown[]>(
  callback: (...args: A) => void,
  ms: number,
  ...args: A
): number
declare function setInterval(callback: (_: void) => void, ms?: number): number
declare function setInterval<A extends unknown[]>(
  callback: (...args: A) => void,
  ms: number,
  ...args: A
): number
declare function clearTimeout(id: number | undefined): void
declare function clearInterval(id: number | undefined): void

declare const performance: {
  /** Milliseconds on a clock that never goes back; its zero means nothing. */
  now(): number
}

declare const crypto: {
  /** Fills `view` (64 KiB at most) with unpredictable bytes and returns it. */
  getRandomValues<T extends ArrayBufferView>(view: T): T
  /** A random UUID, version 4. */
  randomUUID(): string
  readonly subtle: {
    /** By SHA-1, SHA-256, SHA-384 or SHA-512. */
    digest(
      algorithm: string | { readonly name: string },
      data: ArrayBuffer | ArrayBufferView,
    ): Promise<ArrayBuffer>
  }
}

declare class DOMException extends Error {
  constructor(message?: string, name?: string)
  readonly code: number
}

/** Base64 of text whose characters are all below U+0100. */
declare function btoa(text: string): string
declare function atob(base64: string): string

/** Copies what has no behaviour. @throws {DOMException} DataCloneError */
declare function structuredClone<T>(
  value: T,
  options?: { readonly transfer?: readonly ArrayBuffer[] },
): T

declare class URL {
  constructor(url: string | URL, base?: string | URL)
  static canParse(url: string | URL, base?: string | URL): boolean
  static parse(url: string | URL, base?: string | URL): URL | null
  href: string
  readonly origin: string
  protocol: string
  username: string
  password: string
  host: string
  hostname: string
  port: string
  pathname: string
  search: string
  readonly searchParams: URLSearchParams
  hash: string
  toString(): string
  toJSON(): string
}

declare class URLSearchParams implements Iterable<[string, string]> {
  constructor(
    init?: string | Readonly<Record<string, string>> | Iterable<readonly [string, string]>,
  )
  readonly size: number
  append(name: string, value: string): void
  delete(name: string, value?: string): void
  get(name: string): string | null
  getAll(name: string): string[]
  has(name: string, value?: string): boolean
  set(name: string, value: string): void
  sort(): void
  forEach(act: (value: string, name: string, params: URLSearchParams) => void): void
  entries(): IterableIterator<[string, string]>
  keys(): IterableIterator<string>
  values(): IterableIterator<string>
  [Symbol.iterator](): IterableIterator<[string, string]>
  toString(): string
}

/** `log`, `info` and `debug` go to the cell's stdout; `warn`, `error` and `trace` to its stderr. */
declare const console: {
  log(...values: unknown[]): void
  info(...values: unknown[]): void
  debug(...values: unknown[]): void
  warn(...values: unknown[]): void
  error(...values: unknown[]): void
  trace(...values: unknown[]): void
}
