import { WwError } from '../base/index.ts'
import type { ByteLink, Log } from '../base/index.ts'
import { Executor, Lifetime, Program } from '../capnp/system.ts'
import type { Program_spawn$Params, Process } from '../capnp/system.ts'
import { memoryBytesOf } from '../cell/index.ts'
import type {
  CellHost,
  CellLimits,
  Lifetime as CellLifetime,
  Member,
  Program as CellProgram,
} from '../cell/index.ts'
import { serve } from '../rpc/index.ts'
import type { Trace } from '../rpc/index.ts'
import { limitsAsked } from './cell-limits.ts'
import { serveInitialGrants, takeGrants } from './initial-grants.ts'
import type { Grant } from './initial-grants.ts'
import { CAPS_LIMITS } from './limits.ts'
import { linkCell } from './link.ts'
import { serveProcess } from './process.ts'

export interface ExecutorPowers {
  readonly log: Log
  /** What a caller may see of an error that no sentence was written for. */
  readonly expose: (error: Error) => Error
  /** Whether traps of cells name functions as their programs do. */
  readonly keepNames?: boolean
  /** Where the cells are; keeps and finds what was compiled. */
  readonly host: CellHost
  /** The parent of what is started: gives its limits, and owns the cells. */
  readonly owner: Member
  /** On whose behalf cells are started. */
  readonly starter?: object
  /** Puts the executor of a child behind what guards the one that started it. Takes ownership. */
  readonly guard?: (executor: Executor) => Executor
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
      const options = { ...optionsOf(params), ...AS_PARENT }
      const loaded = load(params.wasm, options.name, powers, signal)
      return { process: await spawn(loaded, options, [], powers, signal) }
    },
    async spawn(params, { signal }) {
      const options = { ...optionsOf(params), ...boundsOf(params) }
      const grants = takeGrants(params.grants, params.executor)
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
  const held = powers.owner.account.hold(program)
  return serve(Program, {
    async spawn(params, { signal }) {
      const options = { ...optionsOf(params), ...boundsOf(params) }
      const grants = takeGrants(params.grants, params.executor)
      return { process: await spawn(program, options, grants, powers, signal) }
    },
    [Symbol.dispose]() {
      held[Symbol.dispose]()
    },
  })
}

async function load(
  wasm: Uint8Array,
  name: string,
  { host, keepNames }: ExecutorPowers,
  signal: AbortSignal,
): Promise<CellProgram> {
  return await host.load(wasm, name, { keepNames, signal })
}

async function spawn(
  program: CellProgram | Promise<CellProgram>,
  options: SpawnOptions & Bounds,
  grants: Grant[],
  powers: ExecutorPowers,
  signal: AbortSignal,
): Promise<Process> {
  const { log, expose, starter, host, owner, guard = (executor) => executor } = powers
  const { traceOf, recorded } = powers
  const { name, args, env, limits, lifetime, executor } = options
  const bootstrap = serveInitialGrants(grants)
  try {
    const loaded = await program
    const names = grants.map((grant) => grant.name)
    const member = owner.open({
      name,
      lifetime,
      limits,
      grants: executor === '' ? names : [...names, executor],
      memoryBytesOf: (limitBytes) => memoryBytesOf(name, loaded, limitBytes),
    })
    // A child's executor is one of its grants, known only now.
    if (executor !== '') {
      const cap = guard(serveExecutor({ ...powers, owner: member }))
      grants.push({ name: executor, cap })
    }
    try {
      const own = member.account.limits
      const place = { starter, log, signal }
      const start = { program: loaded, name, args, env, limits: own, ...place }
      const cell = await host.start(start)
      const trace = traceOf?.(name)
      const speaking = { bootstrap: bootstrap.$dup(), log, expose, trace, recorded }
      const connection = linkCell(cell, member, speaking)
      const process = serveProcess(cell, member, connection, log)
      member.adopt(cell)
      return process
    } catch (thrown) {
      member.end()
      throw thrown
    }
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

/** How far a child may go. */
interface Bounds {
  readonly limits: Partial<CellLimits>
  readonly lifetime: CellLifetime
  /** The name under which it is granted an executor of its own; empty for none. */
  readonly executor: string
}

const AS_PARENT: Bounds = { limits: {}, lifetime: 'parent', executor: '' }

const LIFETIMES: readonly CellLifetime[] = ['parent', 'held', 'detached']

function boundsOf({
  limits,
  lifetime,
  executor,
}: Pick<Program_spawn$Params, 'limits' | 'lifetime' | 'executor'>): Bounds {
  const known = LIFETIMES.find((name) => Lifetime[name] === lifetime)
  if (known) return { limits: limitsAsked(limits), lifetime: known, executor }
  const sentence = `Cannot start a cell: lifetime ${lifetime} is not known here`
  throw new WwError('failed', 'BAD_ARGUMENTS', sentence)
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
