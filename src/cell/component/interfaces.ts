import type { InterfaceCalls, Interfaces } from './canon.ts'
import { CLI } from './cli.ts'
import { CLOCKS_AND_RANDOM } from './clocks-and-random.ts'
import { FILESYSTEM } from './filesystem.ts'
import { IO } from './io.ts'
import { SOCKETS } from './sockets.ts'
import { WETWARE } from './wetware.ts'

/** All that a component may import. */
const INTERFACES: Interfaces = {
  ...IO,
  ...CLI,
  ...CLOCKS_AND_RANDOM,
  ...FILESYSTEM,
  ...SOCKETS,
  ...WETWARE,
}

const VERSIONED = /^((?:wasi|wetware):[^@]+)@(\d+\.\d+)\.\d+$/

/**
 * The host function for an import, if there is one. Interfaces are matched by name; of WASI any
 * 0.2.x is the same, because releases of 0.2 only add.
 */
export function findCall(imported: string, name: string): InterfaceCalls[string] | undefined {
  const [, base, version] = VERSIONED.exec(imported) ?? []
  if (base === undefined) return undefined
  if (version !== (base.startsWith('wasi:') ? '0.2' : '0.1')) return undefined
  const calls = Object.hasOwn(INTERFACES, base) ? INTERFACES[base] : undefined
  return calls && Object.hasOwn(calls, name) ? calls[name] : undefined
}
