// A cell as others see it, and how one is started in a thread of this process.

import { messageOf } from '../base/index.ts'
import type { ByteLink, ByteReader, ByteWriter, Log, ReadOnlyTree } from '../base/index.ts'
import { Files } from './files.ts'
import type { AnswerFiles } from './files.ts'
import { HostedCell, notStarted } from './hosted-cell.ts'
import { DEFAULT_CELL_LIMITS } from './limits.ts'
import type { CellLimits, LimitName } from './limits.ts'
import { allotMemory, checkTables } from './module/allot.ts'
import { wholeShape } from './module/data.ts'
import type { Shape } from './module/rewrite.ts'
import type { ThreadPool } from './pool.ts'
import type { Program } from './program.ts'
import type { CellExit, ProgramCode } from './protocol.ts'
import { ThreadBody } from './thread-body.ts'
import { CellThread } from './thread.ts'
import { turns as ownTurns } from './turn-desk.ts'
import type { TurnDesk } from './turn-desk.ts'
import { NO_TERMINALS } from './world/world.ts'
import type { Terminals } from './world/world.ts'

export interface CellOptions {
  readonly program: Program
  /** For logs and errors. */
  readonly name: string
  /** Exactly what the guest sees; by custom the first is the program's name. */
  readonly args: readonly string[]
  /** `NAME=value`, exactly what the guest sees. */
  readonly env: readonly string[]
  /** Which standard streams the guest is told are terminals; none, unless said. */
  readonly terminals?: Partial<Terminals>
  /** What the guest sees, read-only, at `/`, but for `/tmp`, which is its own. Without one it is empty. */
  readonly root?: ReadOnlyTree
  /** What differs from the node's defaults. */
  readonly limits?: Partial<CellLimits>
  /** Who starts it: of several that start many cells, each has its turn. */
  readonly starter?: object | undefined
  readonly log: Log
  /** Stops the start. A cell that has started is ended by `kill` or by disposing it. */
  readonly signal?: AbortSignal
}

export interface SpawnOptions extends CellOptions {
  /** Where its thread comes from; without one it is started now. */
  readonly threads?: ThreadPool | undefined
  /** Where it asks for turns to compute; at this process's own, unless said. */
  readonly turns?: TurnDesk | undefined
}

/** What a cell has used and holds, as far as its own thread and pipes know. */
export interface CellUsage {
  /** Of its linear memories. */
  readonly memoryBytes: number
  /** Units so far. */
  readonly fuel: number
  /** Since its start. */
  readonly wallMs: number
  /** Taken from stdout and stderr so far. */
  readonly outputBytes: number
  /** Open files, or resources. */
  readonly handles: number
  /** Of its tables together. */
  readonly tableEntries: number
}

/** A running guest. Disposing it kills it and waits for its thread to be gone. */
export interface Cell extends AsyncDisposable {
  readonly name: string
  /** The guest's data stream: descriptor 4, or `wetware:streams`. */
  readonly data: ByteLink
  readonly stdin: ByteWriter
  readonly stdout: ByteReader
  readonly stderr: ByteReader
  readonly limits: CellLimits
  /** As of now; after the end, as of then. */
  readonly usage: CellUsage
  /** Never rejects. */
  readonly exited: Promise<CellExit>
  /** Ends the guest for exceeding a limit that somebody else counts. `message` as in {@link CellExit}. */
  exceed(limit: LimitName, message: string): void
  /** Ends the guest wherever it is; resolves when its thread is gone or was given up. Twice is once. */
  kill(): Promise<void>
}

/**
 * Bytes that the memories of a program can grow to in a cell of such a limit.
 * @param name of the cell
 * @throws {WwError} CELL_NOT_STARTED when they do not fit even at the start
 */
export function memoryBytesOf(name: string, program: Program, limitBytes: number): number {
  try {
    return pagesOf(program, limitBytes).reduce((sum, pages) => sum + pages, 0) * PAGE_BYTES
  } catch (thrown) {
    throw notStarted(name, messageOf(thrown))
  }
}

/**
 * Starts a program in a thread of its own, in this process.
 *
 * @returns when it is instantiated and about to run
 * @throws {WwError} CELL_NOT_STARTED when it cannot be instantiated, for lack of memory too; or the
 *   reason of `signal`
 */
export async function spawnCell(options: SpawnOptions): Promise<Cell> {
  return await spawnHere(options, new Files(options.root, options.log).answer)
}

/**
 * @param answer for its questions about files; `root` is not looked at
 * @param meet is given the cell before it has started
 */
export async function spawnHere(
  options: SpawnOptions,
  answer: AnswerFiles,
  meet?: (cell: HostedCell) => void,
): Promise<HostedCell> {
  options.signal?.throwIfAborted()
  const { threads, starter } = options
  const start = async (thread: CellThread) => {
    const cell = startOn(thread, options, answer)
    meet?.(cell)
    return await whenStarted(cell, options.signal)
  }
  return threads ? await threads.lend(start, starter) : await start(new CellThread())
}

/** @throws {WwError} as {@link spawnCell}; then the cell is gone */
export async function whenStarted(
  cell: HostedCell,
  signal: AbortSignal | undefined,
): Promise<HostedCell> {
  const abort = () => void cell.kill()
  signal?.addEventListener('abort', abort)
  try {
    await cell.started
    signal?.throwIfAborted()
  } catch (thrown) {
    await cell.kill()
    signal?.throwIfAborted()
    throw thrown
  } finally {
    signal?.removeEventListener('abort', abort)
  }
  return cell
}

function startOn(thread: CellThread, options: SpawnOptions, answer: AnswerFiles): HostedCell {
  const { name, program, args, env, log, turns = ownTurns } = options
  const limits = { ...DEFAULT_CELL_LIMITS, ...options.limits }
  const maxPages = requirePages(name, program, limits)
  const code = compiledCode(program)
  const terminals = { ...NO_TERMINALS, ...options.terminals }
  const start = { code, data: program.data, args, env, terminals, maxPages, limits }
  return new HostedCell({ name, limits, log }, new ThreadBody(thread, start, answer, turns))
}

/**
 * How far the memory of each instance may grow.
 * @throws {WwError} CELL_NOT_STARTED when its memories or its tables do not fit even at the start
 */
export function requirePages(name: string, program: Program, limits: CellLimits): number[] {
  try {
    checkTables(instancesOf(program), limits.tableEntries)
    return pagesOf(program, limits.memoryBytes)
  } catch (thrown) {
    throw notStarted(name, messageOf(thrown))
  }
}

const PAGE_BYTES = 65_536

function pagesOf(program: Program, limitBytes: number): number[] {
  const memories = instancesOf(program).map(({ memory }) => memory)
  return allotMemory(memories, limitBytes)
}

function instancesOf({ code, data }: Program): readonly Shape[] {
  const program = code.kind === 'rewritten' ? code.program : code
  if (program.kind === 'module') return [data ? wholeShape(program.module, data) : program.module]
  return program.plan.steps.map(({ module }) => program.modules[module]!)
}

function compiledCode({ name, code }: Program): ProgramCode {
  if (code.kind !== 'rewritten') return code
  throw notStarted(name, 'its program was loaded for cells in a process of their own')
}
