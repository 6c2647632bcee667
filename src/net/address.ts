import { CODE_P2P, multiaddr } from '@multiformats/multiaddr'
import type { Multiaddr } from '@multiformats/multiaddr'

import { messageOf, WwError } from '../base/index.ts'
import { parsePeerId } from '../identity/index.ts'

/** No address we can use comes near; keeps a stranger's from being worked on at length. */
const MAX_ADDRESS_LENGTH = 1024

export interface PeerAddress {
  /** The binary multiaddr, without the peer id at its end; empty for `/p2p/…` alone. */
  readonly bytes: Uint8Array
  readonly peerId: Uint8Array | undefined
}

/** @throws {WwError} INVALID_ADDRESS, INVALID_PEER_ID unless `bytes` are a multiaddr */
export function multiaddrText(bytes: Uint8Array): string {
  return multiaddrFrom(bytes).toString()
}

/**
 * Reads `/ip4/…/tcp/…`, `/dns4/…/tcp/…/p2p/…`, `/p2p/…` or any other multiaddr.
 * @throws {WwError} INVALID_ADDRESS, INVALID_PEER_ID
 */
export function parseMultiaddr(text: string): PeerAddress {
  const address = peerAddress(multiaddrFrom(text))
  if (address.bytes.length > 0 || address.peerId) return address
  throw invalidAddress(`'${text}'`, 'it names nothing')
}

/** @throws {WwError} INVALID_ADDRESS, INVALID_PEER_ID */
export function multiaddrFrom(input: string | Uint8Array): Multiaddr {
  if (input.length > MAX_ADDRESS_LENGTH)
    throw invalidAddress(`${input.length} characters`, 'too many')
  if (typeof input === 'string' && !input.startsWith('/')) {
    throw invalidAddress(`'${input}'`, 'an address starts with /, as in /ip4/127.0.0.1/tcp/2025')
  }
  try {
    const parsed = multiaddr(input)
    for (const { code, value } of parsed.getComponents()) {
      if (code === CODE_P2P) parsePeerId(value ?? '')
    }
    // Some values are looked at only when they are written, as bytes or as text.
    const written = multiaddr(parsed.bytes)
    written.toString()
    return written
  } catch (thrown) {
    if (thrown instanceof WwError) throw thrown
    const what = typeof input === 'string' ? `'${input}'` : `${input.length} bytes`
    throw invalidAddress(what, messageOf(thrown), thrown)
  }
}

export function peerAddress(address: Multiaddr): PeerAddress {
  const last = address.getComponents().at(-1)
  if (last?.code !== CODE_P2P) return { bytes: address.bytes, peerId: undefined }
  const bytes = multiaddr(address.getComponents().slice(0, -1)).bytes
  return { bytes, peerId: parsePeerId(last.value ?? '') }
}

/** Whether this is a TCP port of an IP address: the only thing we listen on. */
export function isIpAndTcp(address: Multiaddr): boolean {
  return /^ip[46] tcp$/.test(shapeOf(address))
}

/**
 * Whether this is a TCP port of a host: the only thing we dial. The transport would also take
 * `/unix/…`, and a guest has no business with the sockets of this machine.
 */
export function isHostAndTcp(address: Multiaddr): boolean {
  return /^(ip4|(ip6zone )?ip6|dns|dns4|dns6) tcp$/.test(shapeOf(address))
}

function shapeOf(address: Multiaddr): string {
  const names = address.getComponents().map(({ name }) => name)
  return names.join(' ')
}

function invalidAddress(what: string, why: string, cause?: unknown): WwError {
  const message = `Not a network address: ${what}: ${why}`
  return new WwError('failed', 'INVALID_ADDRESS', message, { cause })
}
