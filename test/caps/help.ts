import wabt from 'wabt'

import { silentLog } from '../../src/base/index.ts'
import type { Executor } from '../../src/capnp/system.ts'
import { serveExecutor } from '../../src/caps/executor.ts'
import type { ExecutorPowers } from '../../src/caps/executor.ts'
import { DEFAULT_CELL_LIMITS, Family } from '../../src/cell/index.ts'
import type { CellLimits, Member } from '../../src/cell/index.ts'
import { openHost } from '../help/host.ts'

export async function wasm(text: string): Promise<Uint8Array> {
  const module = (await wabt()).parseWat('t.wat', text)
  try {
    return module.toBinary({}).buffer
  } finally {
    module.destroy()
  }
}

const command = (imports: string, body: string) => `(module ${imports}
  (memory (export "memory") 1)
  (func (export "_start") ${body}))`

const WASI = '"wasi_snapshot_preview1"'

/** Waits for an hour. */
export const SLEEP = command(
  `(import ${WASI} "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))`,
  `(i32.store (i32.const 16) (i32.const 1))
  (i64.store (i32.const 24) (i64.const 3600000000000))
  (drop (call $poll (i32.const 0) (i32.const 64) (i32.const 1) (i32.const 128)))`,
)
export const SPIN = command('', '(loop $l (br $l))')
export const TRAP = command('', 'unreachable')
export const EXIT_7 = command(
  `(import ${WASI} "proc_exit" (func $exit (param i32)))`,
  '(call $exit (i32.const 7))',
)
/** Writes `text` to a descriptor, then waits for its input to end. */
export const say = (fd: number, text: string, times = 1): string => `(module
  (import ${WASI} "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 64) "${text}")
  (func (export "_start") (local $n i32)
    (i32.store (i32.const 0) (i32.const 64))
    (i32.store (i32.const 4) (i32.const ${text.replaceAll(/\\../g, '.').length}))
    (local.set $n (i32.const ${times}))
    (loop $l
      (drop (call $write (i32.const ${fd}) (i32.const 0) (i32.const 1) (i32.const 16)))
      (local.set $n (i32.sub (local.get $n) (i32.const 1)))
      (br_if $l (local.get $n)))))`

/** The cells of a node with one member whose executor can be had, and what a node gives it. */
export class Nursery implements AsyncDisposable {
  readonly family: Family
  readonly #host = openHost()

  constructor(limits: Partial<CellLimits> = {}) {
    this.family = new Family('pid0', { ...DEFAULT_CELL_LIMITS, ...limits })
  }

  executor(owner: Member = this.family.root, more: Partial<ExecutorPowers> = {}): Executor {
    return serveExecutor({
      log: silentLog,
      expose: (error) => error,
      owner,
      host: this.#host,
      ...more,
    })
  }

  get children(): readonly Member[] {
    return this.family.members.filter((member) => member !== this.family.root)
  }

  named(name: string): Member | undefined {
    return this.children.find((member) => member.name === name)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.family[Symbol.asyncDispose]()
    await this.#host[Symbol.asyncDispose]()
  }
}

/** A guest's own limit of time is enough for whatever must not happen. */
export const LONG_MS = 150

export const sleep = (ms: number): Promise<void> =>
  new Promise((resolve) => void setTimeout(resolve, ms))
