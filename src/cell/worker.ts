// The thread of one cell: links its program to the world it was given, runs it, says how it ended.
// It imports nothing of Node but the channel to its host, and only files of this room.

import { parentPort, workerData } from 'node:worker_threads'

import { Fuel } from './module/fuel.ts'
import type { CellExit, CellMessage, CellStart, ProgramCode } from './protocol.ts'
import { CellSide } from './shared-cell.ts'
import { Stopper } from './world/stop.ts'
import type { StopReason } from './world/stop.ts'
import { openWorld } from './world/world.ts'
import type { World } from './world/world.ts'

/** Runs the guest and returns its exit code. */
type EntryPoint = () => number

const start = workerData as CellStart
const pipes = new CellSide(start.buffer)
const stopper = new Stopper(() => pipes.killed)
const fuel = new Fuel(start.fuel, stopper)

const say = (message: CellMessage) => parentPort?.postMessage(message)

async function run(): Promise<CellMessage> {
  let entry: EntryPoint
  try {
    const world = openWorld(pipes, start.args, start.env)
    entry = await link(start.code, world)
  } catch (thrown) {
    const reason = stopper.reasonFor(thrown)
    if (reason.kind === 'trap') return { kind: 'refused', cause: reason.message }
    // A start function may have run and ended the guest in an orderly way.
    if (reason.kind === 'exit') say({ kind: 'started' })
    return ended(exitFor(reason))
  }
  say({ kind: 'started' })
  try {
    const code = entry()
    const exit: CellExit = stopper.reason ? exitFor(stopper.reason) : { kind: 'exited', code }
    return ended(exit)
  } catch (thrown) {
    return ended(exitFor(stopper.reasonFor(thrown)))
  }
}

function ended(exit: CellExit): CellMessage {
  return { kind: 'ended', exit, fuelUsed: fuel.used }
}

// A cell speaks one version of WASI: the files of the other are not loaded.
async function link(code: ProgramCode, world: World): Promise<EntryPoint> {
  if (code.kind === 'component') {
    const { linkComponent } = await import('./component/link.ts')
    return linkComponent(code, world, stopper, fuel, start.maxPages)
  }
  const { linkCommand } = await import('./wasi/preview1.ts')
  return linkCommand(code.module, world, stopper, fuel, start.maxPages[0]!)
}

function exitFor(reason: StopReason): CellExit {
  switch (reason.kind) {
    case 'exit':
      return { kind: 'exited', code: reason.code }
    case 'kill':
      return { kind: 'killed', code: 137 }
    case 'limit':
      return { kind: 'limited', code: 137, limit: reason.limit, message: reason.message }
    case 'trap':
      return { kind: 'trapped', code: 134, message: reason.message }
  }
}

// The host closes the pipes once this thread is gone: then it knows how the guest ended, too.
say(await run())
