// What is packed into a program is unpacked by the program itself: the glue's own code is run here.

import { readFile } from 'node:fs/promises'

import { expect, test } from 'vitest'
import wabt from 'wabt'

import { pack } from '../../src/bundle/pack.ts'
import { Random } from '../help/random.ts'

const MEMORY_PAGES = 64
const TO = 2 << 20

/** The unpacker of `glue.wat` in a module of its own. */
async function unpacker(): Promise<
  (packed: Uint8Array, length: number, room: number) => Uint8Array
> {
  const glue = await readFile(new URL('../../../scripts/engine/glue.wat', import.meta.url), 'utf8')
  const [code] = /^ {2}\(func \$unpack [^]*?\n\n/m.exec(glue)!
  const text = `(module (memory (export "memory") ${MEMORY_PAGES}) ${code} (export "unpack" (func $unpack)))`
  const module = (await wabt()).parseWat('unpack.wat', text, { bulk_memory: true })
  const instance = new WebAssembly.Instance(
    new WebAssembly.Module(new Uint8Array(module.toBinary({}).buffer)),
  )
  const memory = instance.exports['memory'] as WebAssembly.Memory
  const unpack = instance.exports['unpack'] as (
    from: number,
    end: number,
    to: number,
    limit: number,
  ) => void
  return (packed, length, room) => {
    const bytes = new Uint8Array(memory.buffer)
    bytes.fill(0x5a)
    bytes.set(packed)
    const limit = TO + length + room
    unpack(0, packed.length, TO, limit)
    expect(bytes.subarray(limit, limit + 64).every((byte) => byte === 0x5a)).toBe(true)
    return bytes.slice(TO, TO + length)
  }
}

/** Runs, repetitions near and far, noise: what a memory is made of, and worse. */
function randomBytes(random: Random): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = []
  let length = 0
  for (let count = random.below(30); count > 0; count -= 1) {
    const sofar = Buffer.concat(parts)
    const kind = random.below(4)
    let part: Uint8Array
    if (kind === 0) part = new Uint8Array(random.below(700)).fill(random.below(3))
    else if (kind === 1) part = random.bytes(random.below(300))
    else if (kind === 2 && length > 0) {
      const from = random.below(length)
      part = sofar.subarray(from, from + random.below(600))
    } else {
      const pattern = random.bytes(1 + random.below(9))
      part = Uint8Array.from(
        { length: random.below(400) },
        (_, at) => pattern[at % pattern.length]!,
      )
    }
    parts.push(part)
    length += part.length
  }
  return new Uint8Array(Buffer.concat(parts))
}

test('what is packed comes out of the unpacker as it was', async () => {
  const unpack = await unpacker()
  const random = new Random(19)
  const far = new Uint8Array(200_000)
  far.set(random.bytes(64), 0)
  far.set(far.subarray(0, 64), 65_535)
  far.set(far.subarray(0, 64), 199_000)
  const samples = [new Uint8Array(0), Uint8Array.of(1), new Uint8Array(70_000), far]
  for (let n = 0; n < 150; n += 1) samples.push(randomBytes(random))
  for (const sample of samples) {
    const packed = pack(sample)
    for (const room of [0, random.below(24), 64]) {
      expect(Buffer.compare(unpack(packed, sample.length, room), sample)).toBe(0)
    }
  }
})

test('zeros take next to nothing', () => {
  expect(pack(new Uint8Array(1 << 20)).length).toBeLessThan(5_000)
})

test('of structures that are alike, what differs is all that takes room', () => {
  const count = 1_000
  const structures = new DataView(new ArrayBuffer(count * 24))
  const random = new Random(7)
  for (let n = 0; n < count; n += 1) {
    structures.setUint32(n * 24, 0x12_3456, true)
    structures.setUint16(n * 24 + 8, random.below(1 << 16), true)
    structures.setUint16(n * 24 + 16, random.below(1 << 16), true)
  }
  // Two tokens, and what is random.
  expect(pack(new Uint8Array(structures.buffer)).length).toBeLessThan(count * (2 + 4) * 1.05)
})
