import { fileURLToPath } from 'node:url'

import { build } from 'esbuild'
import fc from 'fast-check'
import { expect, test } from 'vitest'

import {
  Builder,
  canonicalOf,
  finished,
  Message,
  putCapability,
  rootOf,
  segmentOf,
} from '../../src/wire/index.ts'
import { Kinds, Lists, NewLists, OldLists } from '../fixture/kinds.gen.ts'
import { decode, encode, frameOf, listPointer, messageIn, structPointer } from './help.ts'
import { kinds, lists } from './values.ts'

const SOURCE = fileURLToPath(new URL('../../../src/rpc/index.ts', import.meta.url))

const canonical = (frame: Uint8Array) => canonicalOf(rootOf(messageIn(frame)))
const reread = (bytes: Uint8Array) => new Message([segmentOf(bytes)])

test('the canonical form is the same value, and its own canonical form', () => {
  fc.assert(
    fc.property(kinds, lists, (kind, list) => {
      for (const bytes of [encode(Kinds, kind), encode(Lists, list)]) {
        const once = canonical(bytes)
        expect(canonicalOf(rootOf(reread(once)))).toEqual(once)
      }
      const read = rootOf(reread(canonical(encode(Kinds, kind)))).asStruct(Kinds)
      expect([read.text, read.uint64, read.inner.name]).toEqual([
        decode(Kinds, encode(Kinds, kind)).text,
        kind.uint64 ?? 0n,
        decode(Kinds, encode(Kinds, kind)).inner.name,
      ])
    }),
    { numRuns: 150 },
  )
})

test('what an older and a newer schema write of the same value is the same', () => {
  const old = encode(OldLists, { structs: [{ number: 4, text: 'c' }, {}] })
  const fresh = encode(NewLists, { structs: [{ number: 4, text: 'c' }, {}] })
  expect(fresh.length).toBeGreaterThan(old.length)
  expect(canonical(fresh)).toEqual(canonical(old))
})

test('zero words behind data, null pointers behind pointers and bits behind bits are cut off', () => {
  const padded = frameOf([structPointer(0, 2, 2), 5n, 0n, 0n, 0n])
  expect(canonical(padded)).toEqual(canonical(frameOf([structPointer(0, 1, 0), 5n])))
  const empty = frameOf([structPointer(0, 1, 1), 0n, 0n])
  expect(canonical(empty)).toEqual(frameOf([structPointer(-1, 0, 0)]).slice(8))
  const bits = frameOf([listPointer(0, 1, 3), 0xffn])
  expect(canonical(bits)).toEqual(frameOf([listPointer(0, 1, 3), 0x07n]).slice(8))
})

test('a capability has no canonical form', () => {
  const builder = new Builder()
  putCapability(builder, builder.allocate(1), {})
  expect(() => canonicalOf(rootOf(finished(builder)))).toThrow(
    'expected a value without capabilities',
  )
})

test('a message that is larger than it looks is refused before it is copied', () => {
  // A list of lists of which each is the same one: 2^20 words from 3000.
  const inner = [...Array.from({ length: 1000 }, () => 0n)]
  const shared = Array.from({ length: 2000 }, (_, at) => listPointer(1999 - at, 5, 1000))
  const bytes = frameOf([listPointer(0, 6, 2000), ...shared, ...inner])
  const limited = messageIn(bytes, {
    maxSegments: 1,
    maxFrameWords: 1 << 20,
    maxReadWords: 1000,
    maxDepth: 64,
  })
  expect(() => canonicalOf(rootOf(limited))).toThrow('more reading than its limit')
})

test('a bundle of the RPC carries neither packing nor the canonical form', async () => {
  const bundle = async (contents: string) => {
    const stdin = { contents, resolveDir: fileURLToPath(new URL('../../..', import.meta.url)) }
    const { outputFiles } = await build({
      stdin,
      bundle: true,
      minify: true,
      write: false,
      format: 'esm',
      platform: 'neutral',
      target: 'es2022',
    })
    return outputFiles[0]!.text
  }
  const rpc = await bundle(`export * from ${JSON.stringify(SOURCE)}`)
  const wire = JSON.stringify(fileURLToPath(new URL('../../../src/wire/index.ts', import.meta.url)))
  for (const [name, sentence] of [
    ['canonicalOf', 'a value without capabilities'],
    ['pack', 'whole words'],
  ]) {
    expect(rpc).not.toContain(sentence)
    expect(await bundle(`export { ${name} } from ${wire}`)).toContain(sentence)
  }
})
