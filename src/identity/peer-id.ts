// Peer ids: a multihash over a libp2p public key message.
// https://github.com/libp2p/specs/blob/master/peer-ids/peer-ids.md
//
// Small keys (Ed25519, secp256k1) stand in the id itself, behind the identity hash; of larger ones
// (RSA, ECDSA) there is only the SHA-256. A node of ww is secp256k1, but it can name any peer.
import { secp256k1 } from '@noble/curves/secp256k1.js'
import { base58btc } from 'multiformats/bases/base58'
import { CID } from 'multiformats/cid'

import { concatBytes, WwError } from '../base/index.ts'

const IDENTITY_HASH = 0x00
const SHA2_256 = 0x12
const SHA2_256_BYTES = 32
const ED25519 = { type: 1, bytes: 32 }
const SECP256K1 = { type: 2, bytes: 33 }
/** CID codec of the other text form, `bafz…` and `k51…`. */
const LIBP2P_KEY = 0x72
/** Longer than any form of a peer id; keeps base58, which is quadratic, away from long texts. */
const MAX_PEER_ID_TEXT = 128

/** @param publicKey 33 bytes, a compressed secp256k1 point */
export function peerIdFromPublicKey(publicKey: Uint8Array): Uint8Array {
  return concatBytes([inlinedKeyPrefix(SECP256K1), publicKey])
}

/** The usual text of a peer id, base58btc without a prefix: `16Uiu2HA…`, `12D3Koo…`, `Qm…`. */
export function peerIdText(peerId: Uint8Array): string {
  return base58btc.baseEncode(peerId)
}

/**
 * Reads either text form of a peer id: bare base58btc, or a CID of codec libp2p-key.
 * @throws {WwError} INVALID_PEER_ID
 */
export function parsePeerId(text: string): Uint8Array {
  if (text.length > MAX_PEER_ID_TEXT) throw invalidPeerId(`it is ${text.length} characters long`)
  const peerId = /^(1|Qm)/.test(text) ? fromBase58(text) : fromCid(text)
  checkPeerId(peerId)
  return peerId
}

/**
 * Does nothing when `bytes` are a peer id.
 * @throws {WwError} INVALID_PEER_ID when they are not
 */
export function checkPeerId(bytes: Uint8Array): void {
  const [hash, length] = bytes
  if (hash === undefined || length === undefined || length !== bytes.length - 2) {
    throw invalidPeerId(`${bytes.length} bytes are not one whole multihash`)
  }
  if (hash === SHA2_256 && length === SHA2_256_BYTES) return
  if (hash !== IDENTITY_HASH) {
    throw invalidPeerId('its hash is neither identity nor SHA-256')
  }
  if (isInlinedKey(bytes, ED25519)) return
  if (isInlinedKey(bytes, SECP256K1) && secp256k1.utils.isValidPublicKey(bytes.subarray(6))) return
  throw invalidPeerId('it holds neither an Ed25519 nor a secp256k1 public key')
}

type KeyForm = typeof ED25519

// identity multihash ‖ protobuf { 1: key type, 2: key bytes }
function inlinedKeyPrefix({ type, bytes }: KeyForm): Uint8Array {
  return Uint8Array.of(IDENTITY_HASH, bytes + 4, 0x08, type, 0x12, bytes)
}

function isInlinedKey(peerId: Uint8Array, form: KeyForm): boolean {
  const prefix = inlinedKeyPrefix(form)
  return (
    peerId.length === prefix.length + form.bytes &&
    prefix.every((byte, index) => byte === peerId[index])
  )
}

function fromBase58(text: string): Uint8Array {
  try {
    return base58btc.baseDecode(text)
  } catch (thrown) {
    throw invalidPeerId('it is not base58btc', thrown)
  }
}

function fromCid(text: string): Uint8Array {
  let cid: CID
  try {
    cid = CID.parse(text)
  } catch (thrown) {
    throw invalidPeerId('it is neither base58btc of a multihash nor a CID', thrown)
  }
  if (cid.code !== LIBP2P_KEY) throw invalidPeerId('it is the CID of something other than a key')
  return cid.multihash.bytes
}

function invalidPeerId(why: string, cause?: unknown): WwError {
  return new WwError('failed', 'INVALID_PEER_ID', `Not a peer id: ${why}`, { cause })
}
