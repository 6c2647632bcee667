// The globals that reach outside the guest: console, timers, clocks and dice. Each works only while
// the guest runs, because at build time, when the SDK's own modules are evaluated, there is no cell.

import { hexFromBytes, WwError } from '../base/index.ts'
import { framesOf, inspect } from './inspect.ts'
import type { StandardOutput } from './running-guest.ts'
import type { Timers } from './timers.ts'
import type { Wasi } from './wasi.ts'

interface Ambient {
  readonly wasi: Wasi
  readonly timers: Timers
  readonly stdout: StandardOutput
  readonly stderr: StandardOutput
}

let ambient: Ambient | undefined

export function bindAmbient(
  wasi: Wasi,
  timers: Timers,
  outputs: { readonly stdout: StandardOutput; readonly stderr: StandardOutput },
): void {
  ambient = { wasi, timers, stdout: outputs.stdout, stderr: outputs.stderr }
}

function bound(): Ambient {
  if (!ambient) throw new WwError('failed', 'NOT_RUNNING', 'This works only while the guest runs')
  return ambient
}

type Callback = (...args: unknown[]) => void

export function setTimeout(callback: Callback, ms: number = 0, ...args: unknown[]): number {
  return bound().timers.start(called(callback, args), Number(ms))
}

export function setInterval(callback: Callback, ms: number = 0, ...args: unknown[]): number {
  return bound().timers.start(called(callback, args), Number(ms), { repeat: true })
}

// Said at once, to whoever started the timer; the standard would have text evaluated.
function called(callback: Callback, args: readonly unknown[]): () => void {
  if (typeof callback === 'function') return () => callback(...args)
  throw new TypeError(`A timer calls a function, not ${inspect(callback)}`)
}

export function clearTimer(id: number | undefined): void {
  if (id !== undefined) ambient?.timers.stop(id)
}

/** `performance`: milliseconds on a clock that never goes back; its zero means nothing. */
export const performance = {
  now: () => bound().wasi.monotonicNs() / 1e6,
}

/** As Web Crypto demands, more must be asked for in parts. */
const MAX_RANDOM_BYTES = 65_536

export const crypto = {
  getRandomValues<T extends ArrayBufferView>(view: T): T {
    if (view.byteLength > MAX_RANDOM_BYTES) {
      throw new RangeError(
        `Cannot fill ${view.byteLength} random bytes at once: ${MAX_RANDOM_BYTES} at most`,
      )
    }
    bound().wasi.fillRandom(new Uint8Array(view.buffer, view.byteOffset, view.byteLength))
    return view
  },

  /** A version 4 UUID (RFC 9562). */
  randomUUID(): string {
    const bytes = crypto.getRandomValues(new Uint8Array(16))
    bytes[6] = (bytes[6]! & 0x0f) | 0x40
    bytes[8] = (bytes[8]! & 0x3f) | 0x80
    return hexFromBytes(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
  },
}

// Each `Math.random` takes 8 bytes; asking the host for every one would cost a crossing each.
const POOL_BYTES = 512
let pool = new DataView(new ArrayBuffer(0))
let poolAt = 0

/** `Math.random`: 53 bits of the cell's randomness. The engine's own is frozen at build time. */
export function random(): number {
  if (poolAt === pool.byteLength) {
    pool = new DataView(crypto.getRandomValues(new Uint8Array(POOL_BYTES)).buffer)
    poolAt = 0
  }
  const high = pool.getUint32(poolAt) >>> 5
  const low = pool.getUint32(poolAt + 4) >>> 6
  poolAt += 8
  return (high * 2 ** 26 + low) / 2 ** 53
}

const printer = (stream: 'stdout' | 'stderr') => {
  return (...values: unknown[]) => bound()[stream].write(`${values.map(inspect).join(' ')}\n`)
}

/** `console`: `log`, `info`, `debug` to stdout; `warn`, `error`, `trace` to stderr. */
export const console = {
  log: printer('stdout'),
  info: printer('stdout'),
  debug: printer('stdout'),
  warn: printer('stderr'),
  error: printer('stderr'),
  trace: (...values: unknown[]) =>
    bound().stderr.write(
      `Trace: ${values.map(inspect).join(' ')}\n${framesOf(new Error()).join('\n')}\n`,
    ),
}
