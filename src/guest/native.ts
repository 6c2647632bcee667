/**
 * What the engine gives the SDK beyond ECMAScript: calls of WASI preview 1 as they are, on addresses
 * in linear memory, and a few shortcuts into the engine. The glue is `scripts/engine/glue.wat`.
 *
 * Nothing is checked on the way: every argument must be an integer below 2^31, and there must be as
 * many as are named. The functions of preview 1 return their errno.
 */
export interface Native {
  /** Runs jobs until none is left. Throws what a job threw. @returns how many ran */
  readonly runJobs: () => number
  /** Where the bytes of `bytes` are; true as long as it lives and is not resized. */
  readonly address: (bytes: Uint8Array) => number
  /** The string whose UTF-8 `bytes` are; undefined when they are none. A BOM is a character. */
  readonly decode: (bytes: Uint8Array) => string | undefined
  /** The UTF-8 of `text`; undefined when it has none, for a lone surrogate. */
  readonly encode: (text: string) => Uint8Array<ArrayBuffer> | undefined
  /** The same to the front of `into`. @returns bytes written; undefined also when they do not fit */
  readonly encodeInto: (text: string, into: Uint8Array) => number | undefined
  /**
   * Reads at most `length` bytes through the buffer at `buffer`. @returns the bytes, in memory of their
   * own; 0 at the end; or the errno, negative
   */
  readonly take: (fd: number, buffer: number, length: number) => Uint8Array<ArrayBuffer> | number
  /** Writes from the front of `bytes`. @returns how many, or the errno, negative */
  readonly put: (fd: number, bytes: Uint8Array) => number
  /**
   * `poll_oneoff`, of at most 31 subscriptions whose userdata is their number.
   * @returns those that have an event, as bits, or the errno, negative
   */
  readonly poll: (subscriptions: number, events: number, count: number, stored: number) => number

  readonly args_get: (pointers: number, buffer: number) => number
  readonly args_sizes_get: (count: number, size: number) => number
  readonly clock_time_get: (clock: number, time: number) => number
  readonly environ_get: (pointers: number, buffer: number) => number
  readonly environ_sizes_get: (count: number, size: number) => number
  readonly fd_close: (fd: number) => number
  readonly fd_fdstat_set_flags: (fd: number, flags: number) => number
  readonly fd_prestat_get: (fd: number, prestat: number) => number
  readonly fd_readdir: (
    fd: number,
    buffer: number,
    length: number,
    cookie: number,
    used: number,
  ) => number
  readonly path_filestat_get: (
    fd: number,
    flags: number,
    path: number,
    length: number,
    stat: number,
  ) => number
  readonly path_open: (
    fd: number,
    followLinks: number,
    path: number,
    length: number,
    openFlags: number,
    rights: number,
    opened: number,
  ) => number
  readonly proc_exit: (code: number) => void
  readonly random_get: (buffer: number, length: number) => number
  readonly sock_shutdown: (fd: number, how: number) => number
}

/** Where the builder leaves it while a script is evaluated, and finds what is to be called later. */
interface Builder {
  readonly native: Native
  /** Lives the guest. @returns the exit code */
  main: (() => number) | undefined
  /** Hears of a promise that is rejected and not handled, and again when it is. */
  rejection: ((promise: object, reason: unknown, isHandled: number) => void) | undefined
}

const global = globalThis as { wwBuilder?: Builder }

export const builder = global.wwBuilder
// No guest is to find it.
delete global.wwBuilder

/** Undefined in Node, where the SDK's parts are tested on other hosts. */
export const native: Native | undefined = builder?.native
