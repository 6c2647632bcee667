// The thread of one cell: waits for it, links its program to the world it was given, runs it, says
// how it ended, and ends. It imports nothing of Node but the channel to its host and the priority of
// a thread, and only files of this room; the build makes one file of them all, `worker.cjs`.

import { MessageChannel, receiveMessageOnPort, workerData } from 'node:worker_threads'
import type { MessagePort } from 'node:worker_threads'

import { linkComponent } from './component/link.ts'
import { CELL_LIMITS } from './limits.ts'
import { FRAMES, placesIn } from './module/backtrace.ts'
import { Fuel } from './module/fuel.ts'
import type { Pace } from './module/fuel.ts'
import type { Meters } from './module/instance.ts'
import { Tables } from './module/tables.ts'
import type { CellExit, CellMessage, CellStart, ThreadData, ThreadMessage } from './protocol.ts'
import { rehearsal } from './rehearsal.ts'
import { CellSide } from './shared-cell.ts'
import { standBack } from './stand-back.ts'
import { linkCommand } from './wasi/preview1.ts'
import { Stopper } from './world/stop.ts'
import type { StopReason } from './world/stop.ts'
import { Timesheet } from './world/timesheet.ts'
import { nowMs } from './world/waiter.ts'
import { openWorld } from './world/world.ts'
import type { World } from './world/world.ts'

/** Runs the guest and returns its exit code. */
type EntryPoint = () => number

type Say = (message: ThreadMessage) => void

/** @param pay charged for what the cell uses of a processor */
function run(
  start: CellStart,
  pipes: CellSide,
  say: Say,
  pay: (units: number) => void,
): CellMessage {
  const timesheet = new Timesheet(pipes.cellBell, pay)
  const stopper = new Stopper(
    () => pipes.killed,
    () => timesheet.call(),
    placesIn(start.code.kind === 'module' ? [start.code.module] : start.code.modules),
  )
  const { args, env, terminals, limits } = start
  const world = openWorld(pipes, args, env, terminals, limits)
  const fuel = new Fuel(limits, stopper, paceOf(world), (units) => timesheet.refuel(units))
  const tables = new Tables(limits.tableEntries, stopper)
  const { usage } = world
  usage.fuel = () => fuel.used
  usage.tableEntries = () => tables.entries
  const ended = (exit: CellExit): CellMessage => {
    usage.tell()
    return { kind: 'ended', exit, fuelUsed: fuel.used }
  }
  let entry: EntryPoint
  try {
    entry = link(start, world, stopper, { fuel, tables, usage })
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
    return ended(stopper.reason ? exitFor(stopper.reason) : { kind: 'exited', code })
  } catch (thrown) {
    return ended(exitFor(stopper.reasonFor(thrown)))
  }
}

function paceOf({ limits, waiter, usage }: World): Pace {
  return {
    perSecond: limits.fuelPerSecond,
    nowMs,
    sleepUntilMs: (deadlineMs) => waiter.untilMs(deadlineMs),
    tell: () => usage.tell(),
  }
}

function link(
  { code, data, maxPages }: CellStart,
  world: World,
  stopper: Stopper,
  meters: Meters,
): EntryPoint {
  return code.kind === 'component'
    ? linkComponent(code, world, stopper, meters, maxPages)
    : linkCommand(code.module, world, stopper, meters, maxPages[0]!, data)
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

/** Blocks until a cell was sent: the event loop and its listeners would come to it later. */
function takeCell(port: MessagePort, pipes: CellSide): CellStart {
  for (;;) {
    const seen = pipes.cellBell.count
    const sent = receiveMessageOnPort(port)
    if (sent) return sent.message as CellStart
    pipes.cellBell.wait(seen, Infinity)
  }
}

/** A cell of ours, which comes the way the real one will. */
function rehearse(): void {
  const { start, pipes } = rehearsal()
  const { port1, port2 } = new MessageChannel()
  port1.postMessage(start)
  // Nobody is there to give it a turn.
  const free = () => {}
  run(takeCell(port2, pipes), pipes, (message) => port2.postMessage(message), free)
  port1.close()
}

Error.stackTraceLimit = FRAMES

standBack(CELL_LIMITS.niceness)
rehearse()

const { buffer, port } = workerData as ThreadData
const pipes = new CellSide(buffer)
const say: Say = (message) => port.postMessage(message)
say({ kind: 'up' })
// There is one cell, and nothing else to wait for. The host closes the pipes once this thread is
// gone: then it knows how the guest ended, too.
say(run(takeCell(port, pipes), pipes, say, (units) => pipes.share.pay(units)))
