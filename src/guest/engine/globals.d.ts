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
