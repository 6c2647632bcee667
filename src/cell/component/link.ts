import { instantiate } from '../module/instance.ts'
import type { Meters } from '../module/instance.ts'
import type { ProgramCode } from '../protocol.ts'
import { trap } from '../world/stop.ts'
import type { CoreValue, HostFunction, Stopper } from '../world/stop.ts'
import type { World } from '../world/world.ts'
import { Canon } from './canon.ts'
import type { Guest } from './canon.ts'
import { HandleTable } from './handles.ts'
import { findCall } from './interfaces.ts'
import type { CoreRef, HostImport } from './plan.ts'

type ComponentCode = Extract<ProgramCode, { readonly kind: 'component' }>

/**
 * Carries out a component's plan in the cell's thread.
 * @returns its entry point, which returns the exit code: 0 when `run` was ok, 1 when it was not
 */
export function linkComponent(
  { modules, plan }: ComponentCode,
  world: World,
  stopper: Stopper,
  meters: Meters,
  maxPages: readonly number[],
): () => number {
  const { usage, limits } = world
  const handles = new HandleTable(limits.handles)
  usage.handles = () => handles.count
  const guest: Guest = { world, handles, connected: false }
  const instances: WebAssembly.Exports[] = []
  const hostFunctions = new Map<number, HostFunction>()

  function resolve(ref: CoreRef): WebAssembly.ImportValue | undefined {
    if (ref.kind === 'export') return instances[ref.step]?.[ref.name]
    const known = hostFunctions.get(ref.index)
    if (known) return known
    const made = stopper.guard(hostFunction(plan.imports[ref.index]!))
    hostFunctions.set(ref.index, made)
    return made
  }

  function hostFunction(hostImport: HostImport): HostFunction {
    switch (hostImport.kind) {
      case 'trap':
        return () => trap(hostImport.message)
      case 'drop':
        return (handle) => guest.handles.drop(unsignedWord(handle!) as number, hostImport.resource)
      case 'call': {
        const make = findCall(hostImport.interface, hostImport.name)
        if (!make) return () => trap(`${hostImport.interface} ${hostImport.name} is not offered`)
        const call = make(guest, canonOf(hostImport.memory, hostImport.realloc))
        return (...args) => {
          // A program may import a function as something else than it is.
          if (args.length < call.length) trap(`it passes ${hostImport.name} less than that takes`)
          return call(...(args.map(unsignedWord) as never[]))
        }
      }
    }
  }

  function canonOf(memoryRef: CoreRef | undefined, reallocRef: CoreRef | undefined): Canon {
    const memory = memoryRef && resolve(memoryRef)
    const realloc = reallocRef && resolve(reallocRef)
    return new Canon(
      memory instanceof WebAssembly.Memory ? memory : undefined,
      typeof realloc === 'function' ? (realloc as never) : undefined,
    )
  }

  for (const [step, { module, args }] of plan.steps.entries()) {
    // Without a prototype: names are the guest's.
    const imports = Object.create(null) as WebAssembly.Imports
    for (const { name, from } of args) {
      if (from.kind === 'instance') {
        imports[name] = instances[from.step]!
        continue
      }
      const bundle = Object.create(null) as WebAssembly.ModuleImports
      for (const { name: entry, ref } of from.entries) bundle[entry] = resolve(ref)
      imports[name] = bundle
    }
    instances.push(instantiate(modules[module]!, imports, meters, maxPages[step]!))
  }

  const run = resolve(plan.run)
  if (typeof run !== 'function') return trap('its function run is missing in its core module')
  return () => (run() === 0 ? 0 : 1)
}

function unsignedWord(value: CoreValue): CoreValue {
  if (typeof value === 'number') return value >>> 0
  return typeof value === 'bigint' ? value : trap('it passes a reference to its host')
}
