// What is signed, byte for byte: libp2p's signed-envelope buffer (RFC 0002), ECDSA over secp256k1
// with SHA-256, deterministic (RFC 6979), as raw r ‖ s with a low s.
// https://github.com/libp2p/specs/blob/master/RFC/0002-signed-envelopes.md
import { secp256k1 } from '@noble/curves/secp256k1.js'

import { concatBytes, WwError } from '../base/index.ts'
import type { NodeKey } from './key.ts'

/** The one domain a node's signer signs in. */
export const GRAFT_DOMAIN = 'ww-membrane-graft'
export const GRAFT_PAYLOAD_TYPE = '/ww/membrane/graft-nonce'

const SIGNATURE_BYTES = 64
const MAX_U64 = 0xffff_ffff_ffff_ffffn
/** Said here and not left to the library's defaults: they are the wire format. */
const ECDSA = { prehash: true, lowS: true, format: 'compact' } as const

/** Domain, payload type and payload, each behind its length as unsigned LEB128. */
export function signingBuffer(
  domain: string,
  payloadType: string,
  payload: Uint8Array,
): Uint8Array {
  const utf8 = new TextEncoder()
  const parts = [utf8.encode(domain), utf8.encode(payloadType), payload]
  return concatBytes(parts.flatMap((part) => [leb128(part.length), part]))
}

/**
 * The nonce of a graft as 8 bytes, big-endian.
 * @throws {WwError} INVALID_NONCE unless it fits 64 bits
 */
export function graftPayload(nonce: bigint): Uint8Array {
  if (nonce < 0n || nonce > MAX_U64) {
    throw new WwError('failed', 'INVALID_NONCE', `Graft nonce ${nonce} does not fit 64 bits`)
  }
  const payload = new Uint8Array(8)
  new DataView(payload.buffer).setBigUint64(0, nonce)
  return payload
}

/** @returns 64 bytes, r ‖ s */
export function signGraft(key: NodeKey, nonce: bigint): Uint8Array {
  return secp256k1.sign(graftBuffer(nonce), key.secret, ECDSA)
}

/**
 * Whether `signature` is 64 bytes r ‖ s with a low s, made for `nonce` by the holder of `publicKey`.
 * Whatever a stranger sends is an answer, not an exception.
 */
export function verifyGraft(publicKey: Uint8Array, nonce: bigint, signature: Uint8Array): boolean {
  if (signature.length !== SIGNATURE_BYTES || !secp256k1.utils.isValidPublicKey(publicKey)) {
    return false
  }
  return secp256k1.verify(signature, graftBuffer(nonce), publicKey, ECDSA)
}

function graftBuffer(nonce: bigint): Uint8Array {
  return signingBuffer(GRAFT_DOMAIN, GRAFT_PAYLOAD_TYPE, graftPayload(nonce))
}

function leb128(value: number): Uint8Array {
  const bytes: number[] = []
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 0x80) {
      bytes.push(rest)
      return Uint8Array.from(bytes)
    }
    bytes.push((rest & 0x7f) | 0x80)
  }
}
