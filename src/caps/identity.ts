import { WwError } from '../base/index.ts'
import { Identity, Signer } from '../capnp/stem.ts'
import { GRAFT_DOMAIN, signGraft } from '../identity/index.ts'
import type { NodeKey } from '../identity/index.ts'
import { serve } from '../rpc/index.ts'

/** The node's key, as far as it may be used. See stem.capnp. The key itself stays here. */
export function serveIdentity(key: NodeKey): Identity {
  return serve(Identity, {
    signer({ domain }) {
      if (domain !== GRAFT_DOMAIN) {
        const sentence = `unknown signing domain: ${JSON.stringify(domain)}`
        throw new WwError('failed', 'UNKNOWN_DOMAIN', sentence)
      }
      return { signer: serve(Signer, { sign: ({ nonce }) => ({ sig: signGraft(key, nonce) }) }) }
    },
  })
}
