import { WwError } from '../base/index.ts'
import type { Log } from '../base/index.ts'
import { Executor } from '../capnp/system.ts'
import type { Executor_runBytes$Params, Process } from '../capnp/system.ts'
import { loadProgram, spawnCell } from '../cell/index.ts'
import type { Cell } from '../cell/index.ts'
import { Connection, serve } from '../rpc/index.ts'
import type { Trace } from '../rpc/index.ts'
import { serveInitialGrants, takeGrants } from './initial-grants.ts'
import type { Grant } from './initial-grants.ts'
import { CAPS_LIMITS } from './limits.ts'
import { serveProcess } from './process.ts'

export interface ExecutorPowers {
  readonly log: Log
  /** What a caller may see of an error that no sentence was written for. */
  readonly expose: (error: Error) => Error
  /** Whether traps of cells name functions as their programs do. */
  readonly keepNames?: boolean
  /** Takes ownership of a cell that has started; ends it when the node ends. */
  readonly adopt: (cell: Cell) => void
  /** What sees the messages between the node and the cell of this name. */
  readonly traceOf?: ((cell: string) => Trace | undefined) | undefined
}

/** The authority to start cells. See system.capnp. */
export function serveExecutor(powers: ExecutorPowers): Executor {
  return serve(Executor, {
    echo: ({ message }) => ({ response: `Echo: ${message}` }),
    async runBytes(params, { signal }) {
      return { process: await spawn(params, [], powers, signal) }
    },
    async spawn(params, { signal }) {
      return { process: await spawn(params, takeGrants(params.grants), powers, signal) }
    },
  })
}

async function spawn(
  { wasm, args, env }: Pick<Executor_runBytes$Params, 'wasm' | 'args' | 'env'>,
  grants: readonly Grant[],
  { log, expose, keepNames, adopt, traceOf }: ExecutorPowers,
  signal: AbortSignal,
): Promise<Process> {
  const bootstrap = serveInitialGrants(grants)
  try {
    const options = { args: textsOf('args', args), env: environmentOf(env) }
    const name = options.args[0] ?? 'child'
    const program = await loadProgram(wasm, name, { keepNames })
    const cell = await spawnCell({ program, name, ...options, log, signal })
    adopt(cell)
    const trace = traceOf?.(name)
    const connection = new Connection(cell.data, {
      bootstrap: bootstrap.$dup(),
      log,
      expose,
      trace,
    })
    return serveProcess(cell, connection)
  } finally {
    bootstrap[Symbol.dispose]()
  }
}

function textsOf(what: string, texts: Iterable<string> & { readonly length: number }): string[] {
  const sentence = (found: string) =>
    new WwError('failed', 'BAD_ARGUMENTS', `Cannot start a cell: ${what} ${found}`)
  if (texts.length > CAPS_LIMITS.maxArguments) {
    throw sentence(`has ${texts.length} entries, ${CAPS_LIMITS.maxArguments} at most`)
  }
  const list = [...texts]
  const length = list.reduce((sum, text) => sum + text.length + 1, 0)
  if (length > CAPS_LIMITS.maxArgumentBytes) {
    throw sentence(`is ${length} bytes long, ${CAPS_LIMITS.maxArgumentBytes} at most`)
  }
  if (list.some((text) => text.includes('\0'))) throw sentence('contains a zero byte')
  return list
}

function environmentOf(env: Iterable<string> & { readonly length: number }): string[] {
  const list = textsOf('env', env)
  const odd = list.find((entry) => entry.indexOf('=') < 1)
  if (odd === undefined) return list
  const sentence = `Cannot start a cell: env entry ${JSON.stringify(odd)} is not NAME=value`
  throw new WwError('failed', 'BAD_ARGUMENTS', sentence)
}
