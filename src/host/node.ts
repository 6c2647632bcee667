// One node, from its configuration to pid0's exit code. Everything it opens is owned by one scope and
// undone in reverse, however it ends.

import { setTimeout as wait } from 'node:timers/promises'

import { Scope, Watch, WwError } from '../base/index.ts'
import type { ByteLink, Log, ReadOnlyTree } from '../base/index.ts'
import * as ipfs from '../capnp/ipfs.ts'
import * as stem from '../capnp/stem.ts'
import * as system from '../capnp/system.ts'
import { graft, linkCell, serveInspector } from '../caps/index.ts'
import { Family, ProcessHost, ThreadHost } from '../cell/index.ts'
import type { Cell, CellExit, CellHost, Program } from '../cell/index.ts'
import { openImage, parseMount } from '../image/index.ts'
import { FIRST_EPOCH, serveMembrane } from '../membrane/index.ts'
import { startSwarm } from '../net/index.ts'
import { record, traceLines } from '../rpc/index.ts'
import type { Trace } from '../rpc/index.ts'
import { endWithEpoch } from './children.ts'
import type { NodeConfig } from './config.ts'
import { serveControl } from './control.ts'
import { openIdentity } from './identity.ts'
import type { NodeIo } from './io.ts'
import { HOST_LIMITS } from './limits.ts'
import { pumpInput, pumpOutput, terminalOf } from './stdio.ts'

/** No other cell can take pid0 with it. */
const APART = { apart: true }

/** @see runNode */
export async function startNode(
  config: NodeConfig,
  io: NodeIo,
  signal: AbortSignal,
): Promise<number> {
  await using scope = new Scope()
  const { log } = io
  const random = (bytes: Uint8Array) => void crypto.getRandomValues(bytes)

  const identity = await openIdentity(config.identity, random)
  if (identity.notice) log.warn(identity.notice)
  const refuse = identity.path === undefined ? [] : [identity.path]
  const image = await openImage(config.mounts.map(parseMount), { refuse })
  const Host = config.isolation === 'process' ? ProcessHost : ThreadHost
  const host = scope.own(new Host({ log, cacheDirectory: config.cacheDirectory }))
  // What compiles pid0 and what runs it come up while there is other work. More is started when pid0
  // is there.
  host.prepare(APART)
  const keepNames = config.wasmDebug
  const program = await entryProgram(image, host, keepNames, log)
  signal.throwIfAborted()

  const { key } = identity
  const swarm = await startSwarm({ secret: key.secret, listen: config.listen, log, signal })
  scope.own(swarm)
  log.info('node is up', { peer: key.peerIdText, evm: key.evmAddress })

  const family = scope.own(new Family('pid0', config.cellLimits))
  const terminal = terminalOf(io)
  if (terminal) scope.own(terminal)
  const expose = exposeTo(log)
  const traceOf = tracing(io.rpcLine)
  const recorded = recording(io.rpcRecording)
  const cells = { host, keepNames, traceOf, recorded }
  const powers = { key, swarm, terminal, family, log, expose, ...cells }
  if (config.control !== undefined) {
    const inspector = serveInspector(family)
    scope.defer(() => inspector[Symbol.dispose]())
    scope.own(await serveControl(config.control, inspector, log))
  }
  // The epochs exist before the guest does, so that none is missed.
  const epochs = new Watch(FIRST_EPOCH)
  scope.defer(endWithEpoch(epochs, family, 'kill'))
  const membrane = serveMembrane({ epochs, build: (boundary) => graft(powers, boundary) })

  const env = ['PATH=/bin', ...(terminal ? ['WW_TTY=1'] : [])]
  const pid0 = await host.start({
    ...APART,
    program,
    name: 'pid0',
    args: [],
    env,
    root: image,
    limits: config.cellLimits,
    log,
    signal,
  })
  scope.own(pid0)
  family.root.adopt(pid0)
  const connection = linkCell(pid0, family.root, {
    recorded,
    bootstrap: membrane,
    log,
    expose,
    trace: traceOf?.('pid0'),
  })
  scope.defer(() => connection.close())
  void connection.closed.then((error) => {
    // A guest that ended has said how; one that goes on without its link should be noticed.
    if (error && error.code !== 'CELL_ENDED') {
      log.warn('the link to pid0 was cut off', { reason: error.message })
    }
  })

  const exit = await attended(pid0, io, terminal !== undefined, signal)
  if (exit.kind === 'trapped') {
    const isNumbered = /function \d/.test(exit.message)
    const hint = isNumbered && !keepNames ? '--wasm-debug names functions and lines' : undefined
    log.error('pid0 trapped', { cause: exit.message, hint })
  }
  if (exit.kind === 'limited') log.error('pid0 exceeded a limit', { cause: exit.message })
  if (exit.kind === 'killed') log.warn('pid0 was killed')
  return exit.code
}

/** Traces by the name of a cell, which is text of a guest. */
function tracing(line: NodeIo['rpcLine']): ((cell: string) => Trace) | undefined {
  if (!line) return undefined
  return (cell) => {
    const name = JSON.stringify(cell.slice(0, HOST_LIMITS.maxTracedName)).slice(1, -1)
    return traceLines((text) => line(`${name} ${text}`), [system, stem, ipfs])
  }
}

/** The link to the cell of a name, written down where somebody asked for it. */
function recording(open: NodeIo['rpcRecording']): (cell: string, link: ByteLink) => ByteLink {
  if (!open) return (_, link) => link
  const clock = () => performance.now()
  return (cell, link) => record(link, open(cell), { title: cell, clock })
}

async function entryProgram(
  image: Awaited<ReturnType<typeof openImage>>,
  host: CellHost,
  keepNames: boolean,
  log: Log,
): Promise<Program> {
  const { path, size, legacy } = await image.entryPoint()
  const { source } = (await image.winner(path)) ?? { source: '?' }
  if (legacy)
    log.warn('entry point is bin/main.wasm: boot/main.wasm is its name', { layer: source })
  if (size > HOST_LIMITS.maxProgramBytes) {
    const limit = `${HOST_LIMITS.maxProgramBytes >> 20} MiB`
    const sentence = `Cannot run ${path} of ${source}: it has ${size} bytes, more than ${limit}`
    throw new WwError('failed', 'PROGRAM_TOO_LARGE', sentence)
  }
  const bytes = await readWhole(image, path, size)
  const program = await host.load(bytes, `${path} of ${source}`, { ...APART, keepNames })
  log.info('entry point is loaded', { path, layer: source, bytes: size })
  return program
}

async function readWhole(tree: ReadOnlyTree, path: string, size: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(size)
  let at = 0
  while (at < size) {
    const part = await tree.read(path, at, size - at)
    if (part.length === 0) break
    bytes.set(part, at)
    at += part.length
  }
  return bytes.subarray(0, at)
}

/** pid0 on our standard streams, until it ends; told to leave when `signal` says so. */
async function attended(
  pid0: Cell,
  io: NodeIo,
  ownsTerminal: boolean,
  signal: AbortSignal,
): Promise<CellExit> {
  const stopInput = pumpInput(io.stdin, pid0.stdin)
  const outputs = Promise.all([
    pumpOutput(pid0.stdout, io.stdout, { isPlain: io.stdout.isTTY === true && !ownsTerminal }),
    // The log shares it, and nobody draws there.
    pumpOutput(pid0.stderr, io.stderr, { isPlain: io.stderr.isTTY === true }),
  ])
  const ended = new AbortController()
  const stop = () => {
    stopInput()
    // End of input is the polite way; whoever does not take it is killed.
    wait(HOST_LIMITS.stopGraceMs, undefined, { signal: ended.signal }).then(
      () => pid0.kill(),
      () => {},
    )
  }
  if (signal.aborted) stop()
  else signal.addEventListener('abort', stop, { once: true })
  try {
    const exit = await pid0.exited
    await outputs
    return exit
  } finally {
    ended.abort()
    signal.removeEventListener('abort', stop)
    stopInput()
  }
}

/**
 * What a guest may see of our errors: sentences written for it. A failure nobody foresaw may name
 * paths and internals; it goes to the log, and the guest learns that it happened.
 */
function exposeTo(log: Log): (error: Error) => Error {
  return (error) => {
    // rpc gives whatever was thrown that is no WwError the code FAILED and keeps it as the cause.
    const isForeseen = error instanceof WwError && !(error.code === 'FAILED' && error.cause)
    if (isForeseen) return error
    log.error('a capability failed unexpectedly', { error: error.message, stack: error.stack })
    return new WwError('failed', 'INTERNAL', 'The node failed unexpectedly: its log has the cause')
  }
}
