import { WwError } from '../base/index.ts'
import { InitialGrants } from '../capnp/system.ts'
import type { Export } from '../capnp/system.ts'
import { serve } from '../rpc/index.ts'
import type { Client } from '../rpc/index.ts'
import { CAPS_LIMITS } from './limits.ts'

/** A named capability for a child. */
export interface Grant {
  readonly name: string
  readonly cap: Client
}

/**
 * The grants a parent named, checked before anything is started. Takes its own reference of each.
 * @param taken a name that is given to something else; empty for none
 * @throws {WwError} BAD_GRANT
 */
export function takeGrants(
  exports: Iterable<Export> & { readonly length: number },
  taken = '',
): Grant[] {
  if (exports.length > CAPS_LIMITS.maxGrants) {
    throw badGrant(`Cannot grant ${exports.length} capabilities: ${CAPS_LIMITS.maxGrants} at most`)
  }
  const named = new Map<string, Client>()
  let position = 0
  for (const { name, cap } of exports) {
    position++
    if (name === '') throw badGrant(`Grant ${position} has no name`)
    if (!cap) throw badGrant(`Grant ${JSON.stringify(name)} has no capability`)
    if (named.has(name) || name === taken)
      throw badGrant(`Two grants are named ${JSON.stringify(name)}`)
    named.set(name, cap)
  }
  return [...named].map(([name, cap]) => ({ name, cap: cap.$dup() }))
}

function badGrant(sentence: string): WwError {
  return new WwError('failed', 'BAD_GRANT', sentence)
}

/** A child's bootstrap capability. Takes ownership of the grants; lets them go with the child. */
export function serveInitialGrants(grants: readonly Grant[]): InitialGrants {
  return serve(InitialGrants, {
    get: () => ({ caps: grants.map(({ name, cap }) => ({ name, cap: cap.$dup() })) }),
    [Symbol.dispose]() {
      for (const { cap } of grants) cap[Symbol.dispose]()
    },
  })
}
