import { bytesFromBase58 } from './base58.ts'
import { readVarint } from './varint.ts'

/** Longer texts are no peer ids, whatever they hold. */
const MAX_TEXT_LENGTH = 128

const IDENTITY = 0x00
const SHA2_256 = 0x12

/** The multihash a peer id's text stands for, or undefined when it is none. */
export function parsePeerId(text: string): Uint8Array | undefined {
  if (text.length > MAX_TEXT_LENGTH) return undefined
  const bytes = bytesFromBase58(text)
  return bytes && isPeerId(bytes) ? bytes : undefined
}

// A peer id is a key itself, or the SHA-256 of a long one, as a multihash.
function isPeerId(bytes: Uint8Array): boolean {
  const code = readVarint(bytes, 0)
  const length = code && readVarint(bytes, code.end)
  if (!length || length.value !== bytes.length - length.end) return false
  return code.value === IDENTITY || (code.value === SHA2_256 && length.value === 32)
}
