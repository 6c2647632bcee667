import { multiaddr } from '@multiformats/multiaddr'
import fc from 'fast-check'
import { base58btc } from 'multiformats/bases/base58'
import { describe, expect, test } from 'vitest'

import {
  MultiaddrError,
  multiaddrText,
  parseMultiaddr,
  parsePeerId,
} from '../../images/kernel/src/multiaddr/index.ts'
import { peerIdText } from '../../src/guest/index.ts'

const PEER = '16Uiu2HAm1Vuj3Z3NSq4SvTQxYmxm9MnvAuRLD14mPTkMdt5CbP3z'

describe('a multiaddr is the same bytes as in the reference library', () => {
  test.each([
    '/ip4/127.0.0.1/tcp/2025',
    '/ip4/255.0.1.2/udp/65535/quic-v1',
    '/ip6/::/tcp/0',
    '/ip6/::1/tcp/1',
    '/ip6/2001:db8::8a2e:370:7334/udp/4001/quic',
    '/ip6/fe80::/tcp/9',
    '/ip6zone/eth0/ip6/fe80::1/tcp/9',
    '/dns/example.org/tcp/443/wss',
    '/dns4/example.org/tcp/80/ws',
    '/dns6/example.org/tcp/80/http/p2p-circuit',
    '/dnsaddr/bootstrap.libp2p.io',
    '/ip4/1.2.3.4/tcp/443/tls/sni/example.org/ws',
    '/ip4/1.2.3.4/udp/443/quic-v1/webtransport/noise',
    `/ip4/1.2.3.4/tcp/1/p2p/${PEER}/p2p-circuit`,
  ])('%s', (text) => {
    const reference = multiaddr(text)
    const { bytes, peerId } = parseMultiaddr(text)
    expect(bytes).toEqual(reference.bytes)
    expect(peerId).toBeUndefined()
    expect(multiaddrText(bytes)).toBe(text)
    expect(reference.toString()).toBe(text)
  })

  test('for any IPv6 address, read and written', () => {
    fc.assert(
      fc.property(fc.ipV6(), fc.integer({ min: 0, max: 65535 }), (ip, port) => {
        const { bytes } = parseMultiaddr(`/ip6/${ip}/tcp/${port}`)
        const reference = multiaddr(`/ip6/${ip}/tcp/${port}`)
        expect(bytes).toEqual(reference.bytes)
        expect(parseMultiaddr(multiaddrText(bytes)).bytes).toEqual(bytes)
      }),
    )
  })

  test('the longest run of zeros is the one left out', () => {
    const { bytes } = parseMultiaddr('/ip6/1:0:0:2:0:0:0:3')
    expect(multiaddrText(bytes)).toBe('/ip6/1:0:0:2::3')
    const single = '/ip6/1:0:2:3:4:5:6:7'
    expect(multiaddrText(parseMultiaddr(single).bytes)).toBe(single)
  })

  test('the trailing peer is split off', () => {
    const { bytes, peerId } = parseMultiaddr(`/ip4/1.2.3.4/tcp/1/p2p/${PEER}/`)
    expect(multiaddrText(bytes)).toBe('/ip4/1.2.3.4/tcp/1')
    expect(peerId).toEqual(base58btc.baseDecode(PEER))
    expect(parseMultiaddr(`/ip4/1.2.3.4/tcp/1/ipfs/${PEER}`).peerId).toEqual(peerId)
  })
})

test.each([
  ['', 'must start with /'],
  ['/', 'address is empty'],
  ['/ip4//tcp/1', '"" is no value of /ip4'],
  ['ip4/1.2.3.4', 'must start with /'],
  ['/ip4', '/ip4 needs a value'],
  ['/ip4/1.2.3', '"1.2.3" is no value of /ip4'],
  ['/ip4/1.2.3.256', 'is no value of /ip4'],
  ['/ip4/01.2.3.4', 'is no value of /ip4'],
  ['/ip6/1::2::3', 'is no value of /ip6'],
  ['/ip6/1:2:3', 'is no value of /ip6'],
  ['/ip6/12345::', 'is no value of /ip6'],
  ['/ip4/1.2.3.4/tcp/65536', '"65536" is no value of /tcp'],
  ['/ip4/1.2.3.4/tcp/-1', '"-1" is no value of /tcp'],
  ['/ip4/1.2.3.4/tcp/1/p2p/0OIl', '"0OIl" is no value of /p2p'],
  ['/smoke/signal', 'unknown protocol "smoke"'],
  [`/dns/${'a'.repeat(3000)}`, 'longer than 2048'],
])('"%s" is refused by the part that is wrong', (text, message) => {
  expect(() => parseMultiaddr(text)).toThrow(MultiaddrError)
  expect(() => parseMultiaddr(text)).toThrow(message)
})

test('bytes of an unknown protocol, or cut short, are shown as hex', () => {
  expect(multiaddrText(Uint8Array.of(0x90, 0x4e, 1))).toBe('0x904e01')
  expect(multiaddrText(Uint8Array.of(4, 127, 0))).toBe('0x047f00')
  expect(multiaddrText(new Uint8Array(0))).toBe('0x')
})

test('any bytes at all have a text', () => {
  fc.assert(fc.property(fc.uint8Array(), (bytes) => multiaddrText(bytes).length >= 0))
})

describe('a peer id', () => {
  test('reads and writes as base58, leading zeros included', () => {
    const bytes = parsePeerId(PEER)
    expect(bytes).toEqual(base58btc.baseDecode(PEER))
    expect(peerIdText(bytes ?? new Uint8Array(0))).toBe(PEER)
  })

  test('of every length agrees with the reference library', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        expect(peerIdText(bytes)).toBe(base58btc.baseEncode(bytes))
      }),
    )
  })

  test.each([
    '',
    'hello',
    '0',
    PEER.slice(0, -2),
    base58btc.baseEncode(Uint8Array.of(0x12, 4, 1, 2, 3, 4)),
    '1'.repeat(200),
    `${PEER}${PEER}`,
  ])('"%s" is none', (text) => {
    expect(parsePeerId(text)).toBeUndefined()
  })
})
