import { WwError } from '../base/index.ts'
import { CellState, Inspector, Lifetime } from '../capnp/system.ts'
import type { CellInfo$Init } from '../capnp/system.ts'
import type { Family, Member } from '../cell/index.ts'
import { serve } from '../rpc/index.ts'
import { limitsShown, usageShown } from './cell-limits.ts'
import { CAPS_LIMITS } from './limits.ts'

/**
 * The cells of a node, to look at. See system.capnp.
 * @param top sees this one and those below it; without it all
 */
export function serveInspector(family: Family, top?: Member): Inspector {
  const seen = () => family.members.filter((member) => !top || isWithin(member, top))
  return serve(Inspector, {
    cells: () => ({ cells: seen().map(shown) }),
    below({ id }) {
      const member = seen().find((one) => BigInt(one.id) === id)
      if (member) return { inspector: serveInspector(family, member) }
      throw new WwError('failed', 'NO_SUCH_CELL', `No cell ${id} is running here`)
    },
  })
}

function isWithin(member: Member, top: Member): boolean {
  for (let at: Member | undefined = member; at; at = at.parent) if (at === top) return true
  return false
}

function shown(member: Member): CellInfo$Init {
  const { id, name, parent, cell, sinceMs, account, lifetime, grants } = member
  const listed = grants.slice(0, CAPS_LIMITS.listedGrants)
  return {
    id: BigInt(id),
    name: cut(name),
    parent: BigInt(parent?.id ?? 0),
    state: cell ? CellState.running : CellState.starting,
    sinceMs: BigInt(sinceMs),
    usage: usageShown(member),
    limits: limitsShown(account.limits),
    lifetime: Lifetime[lifetime],
    grants: listed.map(cut),
    moreGrants: grants.length - listed.length,
  }
}

/** Names are text of guests, as long as they like. */
function cut(name: string): string {
  return name.slice(0, CAPS_LIMITS.listedName)
}
