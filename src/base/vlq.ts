// Numbers as source maps have them (ECMA-426): base64 digits of five bits, the lowest first, each but the
// last of a number with a sixth bit; the lowest bit of a number is its sign.

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

/** @param numbers below 2^30, or above -2^30 */
export function encodeVlq(...numbers: readonly number[]): string {
  let text = ''
  for (const number of numbers) {
    let left = number < 0 ? (-number << 1) | 1 : number << 1
    for (; left >= 32; left >>= 5) text += DIGITS[(left & 31) | 32]
    text += DIGITS[left]
  }
  return text
}

/** @param text of such digits alone */
export function decodeVlq(text: string): number[] {
  const numbers: number[] = []
  let value = 0
  let shift = 0
  for (const character of text) {
    const digit = DIGITS.indexOf(character)
    value += (digit & 31) << shift
    shift += 5
    if (digit >= 32) continue
    numbers.push(value & 1 ? -(value >> 1) : value >> 1)
    value = 0
    shift = 0
  }
  return numbers
}
