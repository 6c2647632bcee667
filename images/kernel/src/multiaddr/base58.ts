const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'

/**
 * Reads Bitcoin's base58. Quadratic in the length: for ids, not for content. The SDK writes it.
 * @returns undefined when a character is none of the alphabet
 */
export function bytesFromBase58(text: string): Uint8Array | undefined {
  let value = 0n
  for (const character of text) {
    const digit = ALPHABET.indexOf(character)
    if (digit === -1) return undefined
    value = value * 58n + BigInt(digit)
  }
  const reversed: number[] = []
  for (; value > 0n; value /= 256n) reversed.push(Number(value % 256n))
  const zeros = leadingCount(text, ALPHABET[0]!)
  return Uint8Array.from([...Array.from({ length: zeros }, () => 0), ...reversed.toReversed()])
}

function leadingCount<T>(items: Iterable<T>, item: T): number {
  let count = 0
  for (const other of items) {
    if (other !== item) break
    count += 1
  }
  return count
}
