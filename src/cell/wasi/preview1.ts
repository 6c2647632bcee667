// WASI preview 1 for a cell: its own table of descriptors, blocking over the cell's pipes.
//
// Invariants
//  - No object of the host is reachable: numbers go in, numbers come out, memory is checked. That a
//    program imports each function as it is was seen when it was loaded (names.ts).
//  - Whatever a guest passes, a call answers an error number or stops the guest. None throws.

import type { ModuleData } from '../module/data.ts'
import { instantiate } from '../module/instance.ts'
import type { CoreModule, Meters } from '../module/instance.ts'
import { FileError } from '../world/file-error.ts'
import { GuestMemory, MemoryFault, TextFault } from '../world/memory.ts'
import type { HostFunction, Stopper } from '../world/stop.ts'
import type { World } from '../world/world.ts'
import type { Calls } from './context.ts'
import { DescriptorTable } from './descriptor.ts'
import { ERRNO, Failure, FILE_ERRNO } from './errno.ts'
import type { Errno } from './errno.ts'
import { fdCalls } from './fd.ts'
import { PREVIEW1_MODULE } from './names.ts'
import { pathCalls } from './path.ts'
import { pollCalls } from './poll.ts'
import { processCalls } from './process.ts'
import { socketCalls } from './socket.ts'

/**
 * Instantiates a command.
 * @returns its entry point; the exit code of a guest that returns is 0
 */
export function linkCommand(
  module: CoreModule,
  world: World,
  stopper: Stopper,
  meters: Meters,
  maxPages: number,
  data?: ModuleData,
): () => number {
  const memory = new GuestMemory()
  const functions = preview1(module, world, memory, stopper)
  const exports = instantiate(module, { [PREVIEW1_MODULE]: functions }, meters, maxPages, data)
  const exported = exports['memory']
  if (exported instanceof WebAssembly.Memory) memory.bind(exported)
  const main = exports['_start'] as () => void
  return () => {
    main()
    return 0
  }
}

/**
 * What a guest is given as its module `wasi_snapshot_preview1`: what it imports of it. A small guest
 * imports three functions of 46, and to guard one takes longer than to look for it.
 */
function preview1(
  { module }: CoreModule,
  world: World,
  memory: GuestMemory,
  stopper: Stopper,
): WebAssembly.ModuleImports {
  const context = { world, memory, descriptors: new DescriptorTable(world) }
  const calls: Calls = {
    ...processCalls(context),
    ...fdCalls(context),
    ...pathCalls(context),
    ...pollCalls(context),
    ...socketCalls(context),
  }
  // Without a prototype: names are the guest's.
  const functions = Object.create(null) as WebAssembly.ModuleImports
  for (const { module: from, name } of WebAssembly.Module.imports(module)) {
    if (from !== PREVIEW1_MODULE || !Object.hasOwn(calls, name)) continue
    functions[name] = stopper.guard(answering(calls[name]!))
  }
  return functions
}

/** With numbers as a call expects them, and its errors as numbers. */
function answering(call: Calls[string]): HostFunction {
  return (...args) => {
    for (let i = 0; i < args.length; i++) {
      const arg = args[i]!
      if (typeof arg === 'number') args[i] = arg >>> 0
    }
    try {
      return call(...(args as never[]))
    } catch (thrown) {
      return errnoOf(thrown)
    }
  }
}

function errnoOf(thrown: unknown): Errno {
  if (thrown instanceof Failure) return thrown.errno
  if (thrown instanceof MemoryFault) return ERRNO.FAULT
  if (thrown instanceof TextFault) return ERRNO.ILSEQ
  if (thrown instanceof FileError) return FILE_ERRNO[thrown.code]
  throw thrown
}
