import { WwError } from '../base/index.ts'
import type { Watch } from '../base/index.ts'
import { Membrane } from '../capnp/stem.ts'
import type { Membrane_graft$Results$Init, Signer } from '../capnp/stem.ts'
import { verifyGraft } from '../identity/index.ts'
import { serve } from '../rpc/index.ts'
import { Boundary } from './boundary.ts'
import { EpochGuard } from './epoch.ts'
import type { Epoch } from './epoch.ts'

export interface MembraneOptions {
  readonly epochs: Watch<Epoch>
  /**
   * Makes the capabilities of one graft. Whatever it puts into its results must have been wrapped
   * by `boundary`, so that it ends with the epoch.
   */
  readonly build: (boundary: Boundary) => Membrane_graft$Results$Init
  /** Whoever grafts must prove to hold this key. Absent: no proof is asked, the signer is ignored. */
  readonly verify?: {
    /** 33 bytes, compressed secp256k1. */
    readonly publicKey: Uint8Array
    /** Fills the array with fresh randomness. */
    readonly random: (bytes: Uint8Array) => void
  }
}

/** A membrane as `stem.capnp` defines it. It never goes stale; what it grafts does. */
export function serveMembrane({ epochs, build, verify }: MembraneOptions): Membrane {
  return serve(Membrane, {
    async graft({ signer }) {
      // The key first: a membrane that verifies nobody asks nobody for a signer.
      if (verify) await prove(signer, verify)
      return build(new Boundary(new EpochGuard(epochs)))
    },
  })
}

async function prove(
  signer: Signer | null,
  { publicKey, random }: NonNullable<MembraneOptions['verify']>,
): Promise<void> {
  if (!signer) {
    throw new WwError('failed', 'MISSING_SIGNER', 'missing signer: this membrane asks for a proof')
  }
  const bytes = new Uint8Array(8)
  random(bytes)
  const nonce = new DataView(bytes.buffer).getBigUint64(0)
  const { sig } = await signer.sign({ nonce })
  if (verifyGraft(publicKey, nonce, sig)) return
  const sentence = 'graft auth failed: signature verification failed'
  throw new WwError('failed', 'GRAFT_AUTH_FAILED', sentence)
}
