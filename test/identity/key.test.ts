import { inspect } from 'node:util'

import fc from 'fast-check'
import { expect, test } from 'vitest'

import { hexFromBytes } from '../../src/base/index.ts'
import { formatKey, generateKey, keyFromSecret, parseKey } from '../../src/identity/index.ts'

const ONES = new Uint8Array(32).fill(1)
const ONES_BASE58 = '4vJ9JU1bJJE96FWSJKvHsmmFADCg4gpZQff4P3bkLKi'
const GROUP_ORDER = 'fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141'

function bytesFromHex(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16))
}

test('one secret gives the public key, peer id and EVM address of the reference vector', () => {
  const key = keyFromSecret(ONES)
  const publicKey = '031b84c5567b126440995d3ed5aaba0565d71e1834604819ff9c17f5e9d5dd078f'
  expect(hexFromBytes(key.publicKey)).toBe(publicKey)
  expect(key.evmAddress).toBe('0x1a642f0e3c3af545e7acbd38b07251b3990914f1')
  expect(hexFromBytes(key.peerId)).toBe(`002508021221${publicKey}`)
  expect(key.peerIdText).toBe('16Uiu2HAmEWQnHq2jLKJypwVnVoQeFCULuyop6atvq2eWjYSUjzNi')
  expect(formatKey(key)).toBe(ONES_BASE58)
})

test('a key survives its text form, whatever white space stands around it', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 32, maxLength: 32 }).filter((bytes) => bytes[0] !== 255),
      fc.stringMatching(/^[ \t\r\n]*$/),
      (secret, space) => {
        fc.pre(secret.some((byte) => byte !== 0))
        const key = keyFromSecret(secret)
        expect(parseKey(space + formatKey(key) + space).secret).toEqual(secret)
      },
    ),
    { numRuns: 50 },
  )
})

test('a small secret keeps its leading zeros in the text form', () => {
  const secret = new Uint8Array(32)
  secret[31] = 1
  expect(parseKey(formatKey(keyFromSecret(secret))).secret).toEqual(secret)
})

test.each([
  ['nothing', '', 'the text is empty'],
  ['white space', ' \n', 'the text is empty'],
  ['hex', '01'.repeat(32), 'written in hex'],
  ['hex that base58 could read', 'ab'.repeat(32), 'written in hex'],
  ['hex with 0x', `0x${'Ab'.repeat(32)}`, 'written in hex'],
  ['a character outside the alphabet', `${ONES_BASE58.slice(0, 9)}0abc`, 'character 10 is not'],
  ['a character outside ASCII', `${ONES_BASE58}é`, 'character 44 is not'],
  ['two words', `${ONES_BASE58.slice(0, 20)} ${ONES_BASE58.slice(20)}`, 'character 21 is not'],
  ['31 bytes', '4vJ9JU1bJJE96FWSJKvHsmmFADCg4gpZQff4P3bkL', 'a secret is 32 bytes, this one is'],
  ['a long text', 'z'.repeat(100_000), '43 or 44 characters, not 100000'],
  ['zero', '1'.repeat(32), 'above zero and below the order'],
])('a key text that is %s is refused with the reason, and not repeated', (_what, text, reason) => {
  expect(() => parseKey(text)).toThrow(reason)
  expect(() => parseKey(text)).toThrow(expect.objectContaining({ code: 'INVALID_KEY' }))
  for (const part of [text.slice(0, 12), text.slice(-12)].filter(
    (part) => part.trim().length > 3,
  )) {
    expect(() => parseKey(text)).not.toThrow(part)
  }
})

test('a secret of zero, of the group order or of another length is no key', () => {
  const order = bytesFromHex(GROUP_ORDER)
  const largest = order.slice()
  largest[31]! -= 1
  expect(keyFromSecret(largest).secret).toEqual(largest)
  for (const secret of [order, new Uint8Array(32).fill(255), new Uint8Array(32)]) {
    expect(() => keyFromSecret(secret)).toThrow('below the order of secp256k1')
  }
  for (const length of [0, 31, 33, 64]) {
    expect(() => keyFromSecret(new Uint8Array(length).fill(1))).toThrow(`this one is ${length}`)
  }
})

/** Whose `slice` is no copy, as that of Node's `Buffer`. */
class Aliased extends Uint8Array {
  override slice(start?: number, end?: number): Uint8Array<ArrayBuffer> {
    return this.subarray(start, end) as Uint8Array<ArrayBuffer>
  }
}

test('a key does not change when the bytes it was made from do', () => {
  for (const mine of [ONES.slice(), Aliased.from(ONES)]) {
    const key = keyFromSecret(mine)
    mine.fill(9)
    expect(key.secret).toEqual(ONES)
  }
})

test('a new key is what the given randomness says, and a draw that is no key is drawn again', () => {
  let draws = 0
  const key = generateKey((bytes) => bytes.fill(draws++))
  expect(key.secret).toEqual(ONES)
  expect(draws).toBe(2)
})

test('a source of nothing but zeros is refused instead of asked for ever', () => {
  expect(() => generateKey(() => {})).toThrow('yields no usable key')
})

test('a key that is printed, spread or serialised does not take its secret along', () => {
  const key = keyFromSecret(ONES)
  for (const shown of [
    inspect(key, { depth: 9 }),
    JSON.stringify(key),
    JSON.stringify({ ...key }),
  ]) {
    expect(shown).toContain(key.peerIdText)
    expect(shown).not.toMatch(/secret/i)
    expect(shown).not.toMatch(/(1\D+){16}/)
  }
})
