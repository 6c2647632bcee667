import { WwError } from '../base/index.ts'
import { Host } from '../capnp/system.ts'
import type { Executor } from '../capnp/system.ts'
import type { Swarm } from '../net/index.ts'
import { serve } from '../rpc/index.ts'
import { CAPS_LIMITS } from './limits.ts'

export interface HostPowers {
  readonly swarm: Pick<Swarm, 'peerId' | 'addrs' | 'peers' | 'connect'>
  /** A fresh client of the executor that goes with this Host. */
  readonly executor: () => Executor
}

/** This node in the network. See system.capnp. */
export function serveHost({ swarm, executor }: HostPowers): Host {
  return serve(Host, {
    id: () => ({ peerId: swarm.peerId }),
    addrs: () => ({ addrs: swarm.addrs() }),
    peers: () => ({ peers: swarm.peers() }),
    async connect({ peerId, addrs }, { signal }) {
      if (addrs.length > CAPS_LIMITS.maxAddrs) {
        const sentence = `Cannot dial ${addrs.length} addresses at once: ${CAPS_LIMITS.maxAddrs} at most`
        throw new WwError('failed', 'TOO_MANY_ADDRESSES', sentence)
      }
      // The params end with the call; what is dialled may look at them longer.
      const copies = addrs.map((addr) => addr.slice())
      await swarm.connect(peerId.slice(), copies, { signal })
    },
    executor: () => ({ executor: executor() }),
  })
}
