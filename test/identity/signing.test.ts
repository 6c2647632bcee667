import { createPublicKey, verify } from 'node:crypto'

import fc from 'fast-check'
import { expect, test } from 'vitest'

import { hexFromBytes } from '../../src/base/index.ts'
import {
  GRAFT_DOMAIN,
  GRAFT_PAYLOAD_TYPE,
  graftPayload,
  keyFromSecret,
  signGraft,
  signingBuffer,
  verifyGraft,
} from '../../src/identity/index.ts'

const KEY = keyFromSecret(new Uint8Array(32).fill(1))
const OTHER = keyFromSecret(new Uint8Array(32).fill(2))
const NONCE = 0x0102030405060708n
const GROUP_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n

test('the buffer that is signed has the 52 bytes of the reference vector', () => {
  const buffer = signingBuffer(GRAFT_DOMAIN, GRAFT_PAYLOAD_TYPE, graftPayload(NONCE))
  expect(hexFromBytes(buffer)).toBe(
    '1177772d6d656d6272616e652d6772616674182f77772f6d656d6272616e652f67726166742d6e6f6e6365080102030405060708',
  )
  expect(buffer).toHaveLength(52)
})

test('the signature has the 64 bytes of the reference vector, every time', () => {
  const expected =
    '17e5bb9322b145f25348af06be403e116cfef12ae2235c3964b04b45803b1023' +
    '2b2e47efc5b20ae4d67d87668c699c1d5dc9d952a484ed012b436d5748a57e13'
  expect(hexFromBytes(signGraft(KEY, NONCE))).toBe(expected)
  expect(hexFromBytes(signGraft(KEY, NONCE))).toBe(expected)
})

test.each([
  [0, '00'],
  [127, '7f'],
  [128, '8001'],
  [300, 'ac02'],
  [16_384, '808001'],
])('a payload of %i bytes stands behind its length in LEB128', (length, prefix) => {
  const buffer = signingBuffer('', '', new Uint8Array(length))
  expect(hexFromBytes(buffer.subarray(0, buffer.length - length))).toBe(`0000${prefix}`)
})

test('the domain is counted in bytes of UTF-8, not in characters', () => {
  expect(hexFromBytes(signingBuffer('é', '', new Uint8Array(0)))).toBe('02c3a90000')
})

test('a nonce is big-endian and must fit 64 bits', () => {
  expect(hexFromBytes(graftPayload(0xffff_ffff_ffff_fffen))).toBe('fffffffffffffffe')
  expect(() => graftPayload(1n << 64n)).toThrow('does not fit 64 bits')
  expect(() => graftPayload(-1n)).toThrow('does not fit 64 bits')
})

test('what one key signs verifies under that key and that nonce only', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }), (nonce) => {
      const signature = signGraft(KEY, nonce)
      expect(verifyGraft(KEY.publicKey, nonce, signature)).toBe(true)
      expect(verifyGraft(OTHER.publicKey, nonce, signature)).toBe(false)
      expect(verifyGraft(KEY.publicKey, nonce ^ 1n, signature)).toBe(false)
    }),
    { numRuns: 20 },
  )
})

test('OpenSSL agrees that the signature is ECDSA over SHA-256 of the buffer', () => {
  const spki = Buffer.concat([
    Buffer.from('3036301006072a8648ce3d020106052b8104000a032200', 'hex'),
    KEY.publicKey,
  ])
  const key = createPublicKey({ key: spki, format: 'der', type: 'spki' })
  const buffer = signingBuffer(GRAFT_DOMAIN, GRAFT_PAYLOAD_TYPE, graftPayload(NONCE))
  const signature = signGraft(KEY, NONCE)
  expect(verify('sha256', buffer, { key, dsaEncoding: 'ieee-p1363' }, signature)).toBe(true)
})

test('the other signature of the same message, with a high s, does not verify', () => {
  const signature = signGraft(KEY, NONCE)
  const s = BigInt(`0x${hexFromBytes(signature.subarray(32))}`)
  const hex = (GROUP_ORDER - s).toString(16).padStart(64, '0')
  const high = hex.match(/../g)!.map((pair) => Number.parseInt(pair, 16))
  const twin = Uint8Array.from([...signature.subarray(0, 32), ...high])
  expect(verifyGraft(KEY.publicKey, NONCE, twin)).toBe(false)
})

test('a signature or key of a stranger is answered with no, never with an exception', () => {
  const signature = signGraft(KEY, NONCE)
  const bad = [
    new Uint8Array(0),
    new Uint8Array(64),
    new Uint8Array(64).fill(255),
    signature.subarray(1),
    Uint8Array.from([...signature, 0]),
    signature.map((byte, at) => (at === 5 ? byte ^ 1 : byte)),
  ]
  for (const one of bad) expect(verifyGraft(KEY.publicKey, NONCE, one)).toBe(false)
  for (const key of [new Uint8Array(0), new Uint8Array(33), KEY.publicKey.subarray(1)]) {
    expect(verifyGraft(key, NONCE, signature)).toBe(false)
  }
})
