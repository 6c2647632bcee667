const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'

/** The usual text of a binary peer id, base58btc: `16Uiu2…`, `12D3Koo…`, `Qm…`. */
export function peerIdText(peerId: Uint8Array): string {
  let value = 0n
  for (const byte of peerId) value = value * 256n + BigInt(byte)
  let digits = ''
  for (; value > 0n; value /= 58n) digits = ALPHABET[Number(value % 58n)]! + digits
  const firstNonZero = peerId.findIndex((byte) => byte !== 0)
  const zeros = firstNonZero < 0 ? peerId.length : firstNonZero
  return ALPHABET[0]!.repeat(zeros) + digits
}
