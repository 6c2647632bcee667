import fc from 'fast-check'
import { expect, test } from 'vitest'

import { WwError } from '../../src/base/index.ts'
import { peerIdText } from '../../src/identity/index.ts'
import { multiaddrText, parseMultiaddr } from '../../src/net/index.ts'

const PEER = '16Uiu2HAmEWQnHq2jLKJypwVnVoQeFCULuyop6atvq2eWjYSUjzNi'
const OTHER = '12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA'

test.each([
  '/ip4/127.0.0.1/tcp/2025',
  '/ip6/::1/tcp/0',
  '/dns4/example.org/tcp/2025',
  '/ip4/1.2.3.4/udp/4001/quic-v1',
])('the address %s survives its bytes, with and without a peer', (text) => {
  const plain = parseMultiaddr(text)
  expect(plain.peerId).toBeUndefined()
  expect(multiaddrText(plain.bytes)).toBe(text)
  for (const id of [PEER, OTHER]) {
    const named = parseMultiaddr(`${text}/p2p/${id}`)
    expect(named.bytes).toEqual(plain.bytes)
    expect(peerIdText(named.peerId ?? new Uint8Array())).toBe(id)
  }
})

test('a peer alone is an address of no bytes', () => {
  const address = parseMultiaddr(`/p2p/${PEER}`)
  expect(address.bytes).toHaveLength(0)
  expect(peerIdText(address.peerId ?? new Uint8Array())).toBe(PEER)
})

test('of a relayed address only the last peer is the one that is meant', () => {
  const relayed = parseMultiaddr(`/ip4/1.2.3.4/tcp/1/p2p/${OTHER}/p2p-circuit/p2p/${PEER}`)
  expect(peerIdText(relayed.peerId ?? new Uint8Array())).toBe(PEER)
  expect(multiaddrText(relayed.bytes)).toBe(`/ip4/1.2.3.4/tcp/1/p2p/${OTHER}/p2p-circuit`)
})

test.each([
  ['', 'an address starts with /'],
  ['127.0.0.1:2025', 'an address starts with /'],
  ['/', 'it names nothing'],
  ['/foo', 'Protocol foo was unknown'],
  ['/ip4/1.2.3/tcp/1', 'Invalid IPv4 address'],
  ['/ip4/1.2.3.4/tcp/99999', '65535'],
])('the text %s is no address, and the sentence says why', (text, why) => {
  expect(() => parseMultiaddr(text)).toThrow(expect.objectContaining({ code: 'INVALID_ADDRESS' }))
  expect(() => parseMultiaddr(text)).toThrow(why)
})

test('a text longer than any address is refused unread', () => {
  expect(() => parseMultiaddr(`/dns4/${'x'.repeat(5000)}/tcp/1`)).toThrow(
    '5012 characters: too many',
  )
})

test('an address of somebody who is no peer is refused for that', () => {
  for (const nobody of ['QmNobody', 'abc', 'ip4']) {
    expect(() => parseMultiaddr(`/ip4/1.2.3.4/tcp/1/p2p/${nobody}`)).toThrow(/^Not a peer id: /)
    expect(() => parseMultiaddr(`/p2p/${nobody}/p2p-circuit/p2p/${PEER}`)).toThrow(
      /^Not a peer id: /,
    )
  }
})

test('whatever text or bytes are given, the answer is an address or one kind of error', () => {
  const text = fc.oneof(
    fc.string(),
    fc
      .array(
        fc.constantFrom(
          'ip4',
          'ip6',
          'tcp',
          'p2p',
          'unix',
          'dns',
          '1.2.3.4',
          '::',
          '1',
          PEER,
          'p2p-circuit',
          'ipfs',
          'http-path',
          'certhash',
          'memory',
          'onion3',
          '',
        ),
      )
      .map((parts) => `/${parts.join('/')}`),
  )
  fc.assert(
    fc.property(fc.oneof(text, fc.uint8Array({ maxLength: 60 })), (input) => {
      try {
        if (typeof input === 'string') parseMultiaddr(input)
        else expect(multiaddrText(input)).toMatch(/^\//)
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(WwError)
      }
    }),
    { numRuns: 2000 },
  )
})
