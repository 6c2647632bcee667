import { WwError } from '../base/index.ts'
import { Client as IpfsClient, UnixFS } from '../capnp/ipfs.ts'
import { serve } from '../rpc/index.ts'

function unimplemented(what: string): never {
  const sentence = `${what} is not implemented on this node`
  throw new WwError('unimplemented', 'UNIMPLEMENTED', sentence)
}

function notConfigured(): never {
  throw new WwError('failed', 'NO_IPFS', 'no IPFS configured: this node cannot read IPFS paths yet')
}

/** IPFS on a node that has none: every read says so. See ipfs.capnp. */
export function serveIpfs(): IpfsClient {
  return serve(IpfsClient, {
    unixfs: () => ({ api: serve(UnixFS, { cat: notConfigured, ls: notConfigured }) }),
    block: () => unimplemented('The block API'),
    dag: () => unimplemented('The dag API'),
    name: () => unimplemented('The name API'),
    key: () => unimplemented('The key API'),
    pin: () => unimplemented('The pin API'),
    object: () => unimplemented('The object API'),
    swarm: () => unimplemented('The swarm API'),
    pubSub: () => unimplemented('The pubSub API'),
    routing: () => unimplemented('The routing API'),
    resolvePath: () => unimplemented('resolvePath'),
    resolveNode: () => unimplemented('resolveNode'),
  })
}
