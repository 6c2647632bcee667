// The thread of one cell: links its program to the world it was given, runs it, says how it ended.
// It imports nothing of Node but the channel to its host, and only files of this room.

import { parentPort, workerData } from 'node:worker_threads'

import { linkComponent } from './component/link.ts'
import { GuestMemory } from './guest-memory.ts'
import type { CellExit, CellMessage, CellStart } from './protocol.ts'
import { CellSide } from './shared-cell.ts'
import { Stopper } from './stop.ts'
import type { StopReason } from './stop.ts'
import { PREVIEW1_MODULE } from './wasi/names.ts'
import { preview1 } from './wasi/preview1.ts'
import { openWorld } from './world.ts'
import type { World } from './world.ts'

/** Runs the guest and returns its exit code. */
type EntryPoint = () => number

const start = workerData as CellStart
const pipes = new CellSide(start.buffer)
const stopper = new Stopper()

const say = (message: CellMessage) => parentPort?.postMessage(message)

function run(): CellMessage {
  let entry: EntryPoint
  try {
    entry = link(start, openWorld(pipes, start.args, start.env))
  } catch (thrown) {
    // A start function may already have run and ended the guest in an orderly way.
    const reason = stopper.reasonFor(thrown)
    if (reason.kind === 'trap') return { kind: 'refused', cause: reason.message }
    say({ kind: 'started' })
    return { kind: 'ended', exit: exitFor(reason) }
  }
  say({ kind: 'started' })
  try {
    const code = entry()
    const exit: CellExit = stopper.reason ? exitFor(stopper.reason) : { kind: 'exited', code }
    return { kind: 'ended', exit }
  } catch (thrown) {
    return { kind: 'ended', exit: exitFor(stopper.reasonFor(thrown)) }
  }
}

function link({ code }: CellStart, world: World): EntryPoint {
  if (code.kind === 'component') return linkComponent(code, world, stopper)
  const memory = new GuestMemory()
  const instance = new WebAssembly.Instance(code.module, {
    [PREVIEW1_MODULE]: preview1(world, memory, stopper),
  })
  const exported = instance.exports['memory']
  if (exported instanceof WebAssembly.Memory) memory.bind(exported)
  const main = instance.exports['_start'] as () => void
  return () => {
    main()
    return 0
  }
}

function exitFor(reason: StopReason): CellExit {
  switch (reason.kind) {
    case 'exit':
      return { kind: 'exited', code: reason.code }
    case 'kill':
      return { kind: 'killed', code: 137 }
    case 'trap':
      return { kind: 'trapped', code: 134, message: reason.message }
  }
}

// The host closes the pipes once this thread is gone: then it knows how the guest ended, too.
say(run())
