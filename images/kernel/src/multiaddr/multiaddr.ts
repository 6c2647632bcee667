import { peerIdText } from 'ww/guest'

import { concatBytes, hexFromBytes, textFromUtf8 } from '../text/bytes.ts'
import { bytesFromIp4, bytesFromIp6, ip4FromBytes, ip6FromBytes } from './ip.ts'
import { parsePeerId } from './peer-id.ts'
import { readVarint, varintBytes } from './varint.ts'

/** Longer texts are refused before they are looked at. */
const MAX_TEXT_LENGTH = 2048

/** What follows a protocol's name: nothing, bytes of a fixed size, or bytes with their length. */
interface Codec {
  readonly size: number | 'variable'
  /** The bytes of a value, or undefined when it is none of this protocol's. */
  encode(text: string): Uint8Array | undefined
  decode(bytes: Uint8Array): string | undefined
}

interface Protocol {
  readonly code: number
  readonly name: string
  /** Absent: the name stands alone. */
  readonly codec?: Codec
}

const ip4: Codec = { size: 4, encode: bytesFromIp4, decode: ip4FromBytes }
const ip6: Codec = { size: 16, encode: bytesFromIp6, decode: ip6FromBytes }

const port: Codec = {
  size: 2,
  encode(text) {
    const number = /^\d{1,5}$/.test(text) ? Number(text) : Infinity
    return number <= 0xffff ? Uint8Array.of(number >> 8, number & 0xff) : undefined
  },
  decode: (bytes) => String((bytes[0]! << 8) | bytes[1]!),
}

const name: Codec = {
  size: 'variable',
  encode: (text) => (text === '' ? undefined : new TextEncoder().encode(text)),
  decode(bytes) {
    const text = textFromUtf8(bytes)
    return text === '' || text?.includes('/') ? undefined : text
  },
}

const peer: Codec = { size: 'variable', encode: parsePeerId, decode: peerIdText }

const P2P = 421

// @see https://github.com/multiformats/multiaddr/blob/master/protocols.csv
const PROTOCOLS: readonly Protocol[] = [
  { code: 4, name: 'ip4', codec: ip4 },
  { code: 41, name: 'ip6', codec: ip6 },
  { code: 42, name: 'ip6zone', codec: name },
  { code: 53, name: 'dns', codec: name },
  { code: 54, name: 'dns4', codec: name },
  { code: 55, name: 'dns6', codec: name },
  { code: 56, name: 'dnsaddr', codec: name },
  { code: 6, name: 'tcp', codec: port },
  { code: 273, name: 'udp', codec: port },
  { code: P2P, name: 'p2p', codec: peer },
  { code: 290, name: 'p2p-circuit' },
  { code: 448, name: 'tls' },
  { code: 449, name: 'sni', codec: name },
  { code: 454, name: 'noise' },
  { code: 460, name: 'quic' },
  { code: 461, name: 'quic-v1' },
  { code: 465, name: 'webtransport' },
  { code: 477, name: 'ws' },
  { code: 478, name: 'wss' },
  { code: 480, name: 'http' },
]

const BY_CODE = new Map(PROTOCOLS.map((protocol) => [protocol.code, protocol]))
const BY_NAME = new Map(PROTOCOLS.map((protocol) => [protocol.name, protocol]))

export interface Multiaddr {
  /** Binary, without a trailing `/p2p/…`. */
  readonly bytes: Uint8Array
  /** The peer of the trailing `/p2p/…`, if there is one. */
  readonly peerId: Uint8Array | undefined
}

/** Why a text is no multiaddr. */
export class MultiaddrError extends Error {
  override readonly name = 'MultiaddrError'
}

/** @throws {MultiaddrError} which names the part that is wrong */
export function parseMultiaddr(text: string): Multiaddr {
  if (text.length > MAX_TEXT_LENGTH) {
    throw new MultiaddrError(`address longer than ${MAX_TEXT_LENGTH} characters`)
  }
  if (!text.startsWith('/')) throw new MultiaddrError(`address "${text}" must start with /`)
  const words = text.replace(/\/+$/, '').split('/').slice(1)
  const parts: Uint8Array[] = []
  let peerId: Uint8Array | undefined
  for (let at = 0; at < words.length;) {
    const protocol = BY_NAME.get(words[at] === 'ipfs' ? 'p2p' : words[at]!)
    if (!protocol) {
      throw new MultiaddrError(`unknown protocol "${words[at]}" in address "${text}"`)
    }
    at += 1
    const value = protocol.codec ? encodeValue(protocol.name, protocol.codec, words[at], text) : []
    if (protocol.codec) at += 1
    if (protocol.code === P2P && at === words.length) peerId = parsePeerId(words[at - 1]!)
    else parts.push(Uint8Array.from([...varintBytes(protocol.code), ...value]))
  }
  if (parts.length === 0 && !peerId) throw new MultiaddrError('address is empty')
  return { bytes: concatBytes(parts), peerId }
}

function encodeValue(
  protocol: string,
  codec: Codec,
  word: string | undefined,
  address: string,
): readonly number[] {
  if (word === undefined) {
    throw new MultiaddrError(`/${protocol} needs a value in address "${address}"`)
  }
  const bytes = codec.encode(word)
  if (!bytes) {
    throw new MultiaddrError(`"${word}" is no value of /${protocol} in address "${address}"`)
  }
  return codec.size === 'variable' ? [...varintBytes(bytes.length), ...bytes] : [...bytes]
}

/**
 * The text of a binary multiaddr. One that holds a protocol unknown here comes out as hex, `0x…`:
 * there may be newer nodes than this one.
 */
export function multiaddrText(bytes: Uint8Array): string {
  return decode(bytes) ?? `0x${hexFromBytes(bytes)}`
}

function decode(bytes: Uint8Array): string | undefined {
  let text = ''
  for (let at = 0; at < bytes.length;) {
    const code = readVarint(bytes, at)
    const protocol = code && BY_CODE.get(code.value)
    if (!protocol) return undefined
    text += `/${protocol.name}`
    at = code.end
    if (!protocol.codec) continue
    let size = protocol.codec.size
    if (size === 'variable') {
      const length = readVarint(bytes, at)
      if (!length) return undefined
      size = length.value
      at = length.end
    }
    if (at + size > bytes.length) return undefined
    const value = protocol.codec.decode(bytes.subarray(at, at + size))
    if (value === undefined) return undefined
    text += `/${value}`
    at += size
  }
  return text === '' ? undefined : text
}
