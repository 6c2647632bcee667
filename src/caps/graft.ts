import { Client as IpfsClient } from '../capnp/ipfs.ts'
import { Identity } from '../capnp/stem.ts'
import type { Membrane_graft$Results$Init } from '../capnp/stem.ts'
import { Executor, Host, Inspector, Tty } from '../capnp/system.ts'
import type { Family } from '../cell/index.ts'
import type { NodeKey } from '../identity/index.ts'
import type { Boundary } from '../membrane/index.ts'
import { serveExecutor } from './executor.ts'
import type { ExecutorPowers } from './executor.ts'
import { serveHost } from './host.ts'
import type { HostPowers } from './host.ts'
import { serveIdentity } from './identity.ts'
import { serveInspector } from './inspector.ts'
import { serveIpfs } from './ipfs.ts'
import { serveTty } from './tty.ts'
import type { Terminal } from './tty.ts'

/** All that capabilities are made of. */
export interface GraftPowers extends Omit<ExecutorPowers, 'owner' | 'guard'> {
  readonly key: NodeKey
  readonly swarm: HostPowers['swarm']
  readonly terminal: Terminal | undefined
  /** The cells of the node; whoever grafts starts children of the first. */
  readonly family: Family
}

/** What one graft gives: each capability behind the boundary of its epoch. */
export function graft(powers: GraftPowers, boundary: Boundary): Membrane_graft$Results$Init {
  const guard = (executor: Executor) => boundary.wrap(Executor, executor)
  const executor = () => serveExecutor({ ...powers, owner: powers.family.root, guard })
  return {
    identity: boundary.wrap(Identity, serveIdentity(powers.key)),
    host: boundary.wrap(Host, serveHost({ swarm: powers.swarm, executor })),
    executor: boundary.wrap(Executor, executor()),
    ipfs: boundary.wrap(IpfsClient, serveIpfs()),
    inspector: boundary.wrap(Inspector, serveInspector(powers.family)),
    tty: powers.terminal ? boundary.wrap(Tty, serveTty(powers.terminal)) : null,
  }
}
