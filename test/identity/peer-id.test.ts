import fc from 'fast-check'
import { base36 } from 'multiformats/bases/base36'
import { CID } from 'multiformats/cid'
import * as Digest from 'multiformats/hashes/digest'
import { expect, test } from 'vitest'

import { concatBytes, WwError } from '../../src/base/index.ts'
import {
  checkPeerId,
  keyFromSecret,
  parsePeerId,
  peerIdFromPublicKey,
  peerIdText,
} from '../../src/identity/index.ts'

const OURS = keyFromSecret(new Uint8Array(32).fill(1))
const ED25519 = concatBytes([Uint8Array.of(0, 0x24, 8, 1, 0x12, 0x20), new Uint8Array(32).fill(7)])
const RSA = concatBytes([Uint8Array.of(0x12, 0x20), new Uint8Array(32).fill(7)])

test.each([
  ['secp256k1', OURS.peerId, /^16Uiu2HA/],
  ['Ed25519', ED25519, /^12D3Koo/],
  ['hashed', RSA, /^Qm/],
])('a %s peer id survives its text', (_kind, bytes, form) => {
  const text = peerIdText(bytes)
  expect(text).toMatch(form)
  expect(parsePeerId(text)).toEqual(bytes)
})

test('the text of a well-known Ed25519 peer is read and printed unchanged', () => {
  const text = '12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA'
  expect(peerIdText(parsePeerId(text))).toBe(text)
  expect(parsePeerId(text)).toHaveLength(38)
})

test('the CID form of a peer id names the same peer, in base32 and base36', () => {
  for (const bytes of [OURS.peerId, ED25519, RSA]) {
    const cid = CID.createV1(0x72, Digest.decode(bytes))
    expect(parsePeerId(cid.toString())).toEqual(bytes)
    expect(parsePeerId(cid.toString(base36))).toEqual(bytes)
  }
})

test('the peer id of a public key is that of its node key', () => {
  expect(peerIdFromPublicKey(OURS.publicKey)).toEqual(OURS.peerId)
})

test.each([
  ['nothing', ''],
  ['a word', 'hello'],
  ['the CID of a file', 'bafkreifzjut3te7nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e'],
  ['base58 of something else', '11111'],
  ['a text of a million characters', '1'.repeat(1_000_000)],
  ['a peer id with a character too many', `${OURS.peerIdText}z`],
  ['a character outside the alphabet', `${OURS.peerIdText.slice(0, -1)}0`],
])('%s is refused as a peer id', (_what, text) => {
  expect(() => parsePeerId(text)).toThrow(expect.objectContaining({ code: 'INVALID_PEER_ID' }))
})

test.each([
  ['no bytes', Uint8Array.of()],
  ['a cut multihash', OURS.peerId.subarray(0, 38)],
  ['a multihash with a tail', concatBytes([OURS.peerId, Uint8Array.of(0)])],
  ['a length that lies', Uint8Array.of(0, 9, 1)],
  ['another hash', concatBytes([Uint8Array.of(0x13, 0x20), new Uint8Array(32)])],
  ['a short SHA-256', Uint8Array.of(0x12, 2, 1, 1)],
  [
    'an inlined key of unknown type',
    concatBytes([Uint8Array.of(0, 6, 8, 9, 0x12, 2), RSA.slice(0, 2)]),
  ],
  ['a secp256k1 key that is no point', OURS.peerId.map((byte, at) => (at === 6 ? 9 : byte))],
])('%s is refused as the bytes of a peer id', (_what, bytes) => {
  expect(() => checkPeerId(bytes)).toThrow(expect.objectContaining({ code: 'INVALID_PEER_ID' }))
})

test('whatever text is given, the answer is a peer id or one kind of error', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^(1|Qm|b|k|z)[0-9A-Za-z]*$/)), (text) => {
      try {
        expect(parsePeerId(text).length).toBeGreaterThan(2)
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(WwError)
      }
    }),
  )
})
