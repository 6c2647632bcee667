import { secp256k1 } from '@noble/curves/secp256k1.js'
import { keccak_256 } from '@noble/hashes/sha3.js'
import { base58btc } from 'multiformats/bases/base58'

import { hexFromBytes, WwError } from '../base/index.ts'
import { peerIdFromPublicKey, peerIdText } from './peer-id.ts'

const SECRET_BYTES = 32
/** 32 bytes take at most 44 characters; the slack lets a longer text be decoded and named by its bytes. */
const MAX_KEY_TEXT = 64
/** Unusable draws from a sound source are a matter of 2^-128 each: a second one means a broken source. */
const MAX_DRAWS = 2

/** A node's key and the names that follow from it. Nobody writes into its bytes. */
export interface NodeKey {
  /** 32 bytes, big-endian, at least 1 and below the group order. Never logged, never sent. */
  readonly secret: Uint8Array
  /** 33 bytes, compressed. */
  readonly publicKey: Uint8Array
  /** 39 bytes: the identity multihash of the libp2p public key message. */
  readonly peerId: Uint8Array
  readonly peerIdText: string
  /** `0x` and 40 lower-case hex digits. */
  readonly evmAddress: string
}

// The secret is behind a getter of the prototype, so printing, spreading or serialising a key
// does not take it along.
class Key implements NodeKey {
  readonly #secret: Uint8Array
  readonly publicKey: Uint8Array
  readonly peerId: Uint8Array
  readonly peerIdText: string
  readonly evmAddress: string

  constructor(secret: Uint8Array) {
    this.#secret = secret
    this.publicKey = secp256k1.getPublicKey(secret, true)
    this.peerId = peerIdFromPublicKey(this.publicKey)
    this.peerIdText = peerIdText(this.peerId)
    this.evmAddress = evmAddressFromPublicKey(this.publicKey)
  }

  get secret(): Uint8Array {
    return this.#secret
  }
}

/**
 * Makes a key from a copy of `secret`.
 * @throws {WwError} INVALID_KEY unless it is 32 bytes, above zero and below the group order
 */
export function keyFromSecret(secret: Uint8Array): NodeKey {
  if (secret.length !== SECRET_BYTES) {
    throw invalidKey(`a secret is ${SECRET_BYTES} bytes, this one is ${secret.length}`)
  }
  if (!secp256k1.utils.isValidSecretKey(secret)) {
    throw invalidKey('a secret is above zero and below the order of secp256k1, this one is not')
  }
  return new Key(Uint8Array.from(secret))
}

/**
 * @param random fills the bytes it is given with secret, uniform randomness
 * @throws {WwError} BROKEN_RANDOM when it yields no usable secret
 */
export function generateKey(random: (bytes: Uint8Array) => void): NodeKey {
  for (let draw = 0; draw < MAX_DRAWS; draw++) {
    const secret = new Uint8Array(SECRET_BYTES)
    random(secret)
    if (secp256k1.utils.isValidSecretKey(secret)) return new Key(secret)
  }
  throw new WwError('failed', 'BROKEN_RANDOM', 'Source of randomness yields no usable key')
}

/** The content of a key file: base58btc of the secret. */
export function formatKey(key: NodeKey): string {
  return base58btc.baseEncode(key.secret)
}

/**
 * Reads the content of a key file; white space around it does not count.
 * No message repeats what the text says: it may be most of a secret.
 * @throws {WwError} INVALID_KEY
 */
export function parseKey(text: string): NodeKey {
  const encoded = text.trim()
  if (encoded === '') throw invalidKey('the text is empty')
  if (/^(0x)?[0-9a-f]{64}$/i.test(encoded)) {
    throw invalidKey('it is written in hex, and ww reads base58btc only (43 or 44 characters)')
  }
  if (encoded.length > MAX_KEY_TEXT) {
    throw invalidKey(
      `base58btc of ${SECRET_BYTES} bytes is 43 or 44 characters, not ${encoded.length}`,
    )
  }
  const stray = /[^1-9A-HJ-NP-Za-km-z]/u.exec(encoded)
  if (stray) throw invalidKey(`character ${stray.index + 1} is not in the base58btc alphabet`)
  return keyFromSecret(base58btc.baseDecode(encoded))
}

// keccak-256 of the uncompressed point without its 0x04, last 20 bytes.
function evmAddressFromPublicKey(publicKey: Uint8Array): string {
  const point = secp256k1.Point.fromBytes(publicKey).toBytes(false)
  return `0x${hexFromBytes(keccak_256(point.subarray(1)).subarray(-20))}`
}

function invalidKey(why: string): WwError {
  return new WwError('failed', 'INVALID_KEY', `Key is not usable: ${why}`)
}
