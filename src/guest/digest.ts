// `crypto.subtle`, of which a cell has `digest`. Bundled into a guest that names it, and into no other.

import { sha1 } from '@noble/hashes/legacy.js'
import { sha256, sha384, sha512 } from '@noble/hashes/sha2.js'

type Hash = (bytes: Uint8Array) => Uint8Array

const HASHES: Readonly<Record<string, Hash>> = {
  'SHA-1': sha1,
  'SHA-256': sha256,
  'SHA-384': sha384,
  'SHA-512': sha512,
}

async function digest(
  algorithm: string | { readonly name: string },
  data: ArrayBuffer | ArrayBufferView,
): Promise<ArrayBuffer> {
  const name = typeof algorithm === 'string' ? algorithm : algorithm.name
  // What is changed after the call has no part in it.
  const bytes = ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data)
  const hash = HASHES[name.toUpperCase()]
  if (!hash) {
    throw new RangeError(`A cell digests by ${Object.keys(HASHES).join(', ')}, not by "${name}"`)
  }
  return hash(bytes).slice().buffer as ArrayBuffer
}

export const subtle = { digest }
