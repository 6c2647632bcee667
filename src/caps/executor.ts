import { WwError } from '../base/index.ts'
import type { ByteLink, Log } from '../base/index.ts'
import { Executor, Program } from '../capnp/system.ts'
import type { Program_spawn$Params, Process } from '../capnp/system.ts'
import { loadProgram, spawnCell } from '../cell/index.ts'
import type { Cell, Program as CellProgram, Programs, ThreadPool } from '../cell/index.ts'
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
  /** Keeps and finds what was compiled; without it every spawn compiles, on this thread. */
  readonly programs?: Programs
  /** Where threads of cells come from; without it every spawn starts its own. */
  readonly threads?: ThreadPool
  /** On whose behalf cells are started. */
  readonly starter?: object
  /** Takes ownership of a cell that has started; ends it when the node ends. */
  readonly adopt: (cell: Cell) => void
  /** What sees the messages between the node and the cell of this name. */
  readonly traceOf?: ((cell: string) => Trace | undefined) | undefined
  /** The link to the cell of this name, as the node is to use it. */
  readonly recorded?: ((cell: string, link: ByteLink) => ByteLink) | undefined
}

/** The authority to start cells. See system.capnp. */
export function serveExecutor(given: ExecutorPowers): Executor {
  // Whoever holds one executor has its turn beside those who hold another.
  const powers = { ...given, starter: {} }
  return serve(Executor, {
    echo: ({ message }) => ({ response: `Echo: ${message}` }),
    async runBytes(params, { signal }) {
      const options = optionsOf(params)
      const loaded = load(params.wasm, options.name, powers, signal)
      return { process: await spawn(loaded, options, [], powers, signal) }
    },
    async spawn(params, { signal }) {
      const options = optionsOf(params)
      const grants = takeGrants(params.grants)
      const loaded = load(params.wasm, options.name, powers, signal)
      return { process: await spawn(loaded, options, grants, powers, signal) }
    },
    async load({ wasm }, { signal }) {
      return { program: serveProgram(await load(wasm, 'the program', powers, signal), powers) }
    },
  })
}

/** The authority to start cells of one program. See system.capnp. */
function serveProgram(program: CellProgram, powers: ExecutorPowers): Program {
  const held = powers.programs?.hold(program)
  return serve(Program, {
    async spawn(params, { signal }) {
      const options = optionsOf(params)
      const grants = takeGrants(params.grants)
      return { process: await spawn(program, options, grants, powers, signal) }
    },
    [Symbol.dispose]() {
      held?.[Symbol.dispose]()
    },
  })
}

async function load(
  wasm: Uint8Array,
  name: string,
  { programs, keepNames }: ExecutorPowers,
  signal: AbortSignal,
): Promise<CellProgram> {
  return programs
    ? await programs.load(wasm, name, { keepNames, signal })
    : await loadProgram(wasm, name, { keepNames })
}

async function spawn(
  program: CellProgram | Promise<CellProgram>,
  options: SpawnOptions,
  grants: readonly Grant[],
  { log, expose, starter, threads, adopt, traceOf, recorded }: ExecutorPowers,
  signal: AbortSignal,
): Promise<Process> {
  const bootstrap = serveInitialGrants(grants)
  try {
    const cell = await spawnCell({
      program: await program,
      ...options,
      starter,
      threads,
      log,
      signal,
    })
    adopt(cell)
    const connection = new Connection(recorded?.(options.name, cell.data) ?? cell.data, {
      bootstrap: bootstrap.$dup(),
      log,
      expose,
      trace: traceOf?.(options.name),
    })
    return serveProcess(cell, connection)
  } finally {
    bootstrap[Symbol.dispose]()
  }
}

interface SpawnOptions {
  /** For logs and errors. */
  readonly name: string
  readonly args: readonly string[]
  readonly env: readonly string[]
}

function optionsOf({ args, env }: Pick<Program_spawn$Params, 'args' | 'env'>): SpawnOptions {
  const list = textsOf('args', args)
  return { name: list[0] ?? 'child', args: list, env: environmentOf(env) }
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
