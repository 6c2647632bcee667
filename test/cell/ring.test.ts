import fc from 'fast-check'
import { expect, test } from 'vitest'

import { Doorbell, RingReader, ringSize, RingWriter, startRingAt } from '../../src/cell/ring.ts'

const CAPACITY = 64

/** Both ends of a ring whose counters begin at `count`, with the doorbell of each. */
function ring(count = 0, capacity = CAPACITY) {
  const place = { buffer: new SharedArrayBuffer(ringSize(capacity)), offset: 0, capacity }
  startRingAt(place, count)
  const bells = new Int32Array(new SharedArrayBuffer(16))
  const readerBell = new Doorbell(bells, 0)
  const writerBell = new Doorbell(bells, 2)
  const writer = new RingWriter(place, readerBell)
  const reader = new RingReader(place, writerBell)
  return { writer, reader, readerBell, writerBell }
}

const bytes = (length: number, from: number) => new Uint8Array(length).map((_, i) => (from + i) * 7)

test('bytes come out as they went in, for any schedule of reads and writes, also across 2^32', () => {
  const steps = fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 0, max: 100 })), {
    maxLength: 200,
  })
  // Some rings begin a few bytes below 2^31 and 2^32, where signed and unsigned counts turn over.
  const begin = fc.constantFrom(0, 1, 0x7fff_fff0, 0x8000_0000 - 65, 0xffff_ffff, 0xffff_ff80)
  fc.assert(
    fc.property(begin, steps, (count, schedule) => {
      const { writer, reader } = ring(count)
      let written = 0
      let read = 0
      for (const [writes, length] of schedule) {
        const inside = written - read
        if (writes) {
          const done = writer.write(bytes(length + 3, written - 3), 3, length)
          expect(done).toBe(Math.min(length, CAPACITY - inside))
          written += done
        } else {
          const target = new Uint8Array(length + 2)
          const done = reader.read(target, 2, length)
          expect(done).toBe(Math.min(length, inside))
          expect(target.subarray(2, 2 + done)).toEqual(bytes(done, read))
          expect(target.subarray(2 + done).every((byte) => byte === 0)).toBe(true)
          read += done
        }
        expect(reader.readable).toBe(written - read)
        expect(writer.writable).toBe(CAPACITY - (written - read))
      }
    }),
  )
})

test('whoever found nothing to do is rung when there is something', () => {
  const steps = fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 80 })), {
    maxLength: 100,
  })
  fc.assert(
    fc.property(steps, (schedule) => {
      const { writer, reader, readerBell, writerBell } = ring(0xffff_fff0)
      // The count each side saw before it looked in vain, while it waits.
      let readerWaits: number | undefined
      let writerWaits: number | undefined
      for (const [writes, length] of schedule) {
        if (writes) {
          const seen = writerBell.count
          const done = writer.write(bytes(length, 0), 0, length)
          writerWaits = done < length ? seen : undefined
          if (done > 0 && readerWaits !== undefined) expect(readerBell.count).not.toBe(readerWaits)
        } else {
          const seen = readerBell.count
          const done = reader.read(new Uint8Array(length), 0, length)
          readerWaits = done === 0 ? seen : undefined
          const isHalfFree = reader.readable <= CAPACITY / 2
          if (done > 0 && isHalfFree && writerWaits !== undefined) {
            expect(writerBell.count).not.toBe(writerWaits)
            writerWaits = undefined
          }
        }
      }
    }),
  )
})

test('a reader does not wake a writer that never lacked space', () => {
  const { writer, reader, writerBell } = ring()
  writer.write(bytes(CAPACITY - 1, 0), 0, CAPACITY - 1)
  const seen = writerBell.count
  reader.read(new Uint8Array(CAPACITY), 0, CAPACITY)
  expect(writerBell.count).toBe(seen)
})

test('the end comes after the last byte, and wakes the reader once', () => {
  const { writer, reader, readerBell } = ring()
  writer.write(bytes(3, 0), 0, 3)
  writer.close()
  const seen = readerBell.count
  writer.close()
  expect(readerBell.count).toBe(seen)
  expect(reader.writerClosed).toBe(true)
  expect(reader.ended).toBe(false)
  expect(reader.read(new Uint8Array(9), 0, 9)).toBe(3)
  expect(reader.ended).toBe(true)
})

test('a writer learns that its reader has gone', () => {
  const { writer, reader, writerBell } = ring()
  const seen = writerBell.count
  reader.close()
  expect(writer.readerClosed).toBe(true)
  expect(writerBell.count).not.toBe(seen)
})

test('waitAsync resolves for a ring, and is not needed after one', async () => {
  const bell = new Doorbell(new Int32Array(new SharedArrayBuffer(8)), 0)
  const seen = bell.count
  const waiting = bell.waitAsync(seen)
  bell.ring()
  await waiting
  expect(bell.waitAsync(seen)).toBeUndefined()
})

test('a bell that nobody waits at is rung without waking anybody, and is heard all the same', async () => {
  const words = new Int32Array(new SharedArrayBuffer(8))
  const bell = new Doorbell(words, 0)
  const seen = bell.count
  bell.ring()
  expect(bell.waitAsync(seen)).toBeUndefined()
  // Once rung, nobody is counted as sleeping until somebody says so again.
  let woken = 0
  const waiting = bell.waitAsync(bell.count)?.then(() => woken++)
  const SLEEPING = 1
  expect(words[SLEEPING]).toBe(1)
  for (let i = 0; i < 100; i++) {
    bell.ring()
    expect(words[SLEEPING]).toBe(0)
  }
  await waiting
  expect(woken).toBe(1)
})
