import type { Cell, CellExit } from '../../../src/cell/index.ts'
import { readAll, spawn } from './cells.ts'
import type { SpawnOptions } from './cells.ts'
import { wat } from './wat.ts'

/** An argument: a 32-bit number, a 64-bit one, or text, which becomes an address and a length. */
type Argument = number | bigint | string
export type Call = readonly [name: string, ...args: Argument[]]

/** Where a call may put results: `OUT` up to `OUT + 4096`; what lies there in the end is returned. */
export const OUT = 4_096
/** Where {@link CallOptions.memory} puts bytes. */
export const DATA = 8_192
const TEXTS = 16_384
const DUMPED = 8_192

interface CallOptions extends SpawnOptions {
  /** Bytes placed at `DATA` before the calls. */
  readonly memory?: Uint8Array
  /** Done once the cell runs. */
  readonly meanwhile?: (cell: Cell) => void | Promise<void>
}

export interface CallResults {
  /** Error numbers, in the order of the calls. */
  readonly errnos: readonly number[]
  /** What lies at `OUT`. */
  readonly out: DataView
  readonly exit: CellExit
}

/** Runs a cell that makes these calls of preview 1 in order and reports what they answered. */
export async function runCalls(
  calls: readonly Call[],
  options: CallOptions = {},
): Promise<CallResults> {
  await using cell = await spawn(programOf(calls, options.memory ?? new Uint8Array(0)), options)
  await options.meanwhile?.(cell)
  const dump = await readAll(cell.stdout)
  const view = new DataView(dump.buffer, dump.byteOffset, dump.byteLength)
  const errnos = calls.map((_, i) => view.getUint32(4 * i, true))
  const out = new DataView(dump.buffer, dump.byteOffset + OUT)
  return { errnos, out, exit: await cell.exited }
}

// Results lie from 0 on, four bytes each; everything below `DUMPED` is written to stdout at the end.
function programOf(calls: readonly Call[], memory: Uint8Array): Uint8Array {
  const imports = new Map<string, string>()
  let texts = ''
  let textsAt = TEXTS
  const constants = (args: readonly Argument[]) =>
    args.flatMap((arg) => {
      if (typeof arg === 'number') return [`(i32.const ${arg})`]
      if (typeof arg === 'bigint') return [`(i64.const ${arg})`]
      const bytes = Buffer.from(arg)
      texts += `(data (i32.const ${textsAt}) "${escaped(bytes)}")`
      textsAt += bytes.length
      return [`(i32.const ${textsAt - bytes.length})`, `(i32.const ${bytes.length})`]
    })
  const body = calls.map(([name, ...args], i) => {
    const values = constants(args)
    imports.set(name, values.map((value) => (value.startsWith('(i64') ? 'i64' : 'i32')).join(' '))
    return `(i32.store (i32.const ${4 * i}) (call $${name} ${values.join(' ')}))`
  })
  imports.set('fd_write', 'i32 i32 i32 i32')
  const declared = [...imports].map(
    ([name, params]) =>
      `(import "wasi_snapshot_preview1" "${name}" (func $${name} (param ${params}) (result i32)))`,
  )
  return wat(`(module ${declared.join('')}
    (memory (export "memory") 2)
    (data (i32.const ${DATA}) "${escaped(memory)}")
    ${texts}
    (func (export "_start")
      ${body.join('\n')}
      (i32.store (i32.const ${DUMPED}) (i32.const 0))
      (i32.store (i32.const ${DUMPED + 4}) (i32.const ${DUMPED}))
      (drop (call $fd_write
        (i32.const 1) (i32.const ${DUMPED}) (i32.const 1) (i32.const ${DUMPED + 8})))))`)
}

function escaped(bytes: Uint8Array): string {
  return [...bytes].map((byte) => `\\${byte.toString(16).padStart(2, '0')}`).join('')
}
