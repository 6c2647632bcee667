import { expect, test } from 'vitest'

import type { ByteReader, ByteWriter } from '../../src/base/index.ts'
import { serveReader, serveWriter } from '../../src/caps/byte-stream.ts'

/** A pipe's ends by hand: reads are answered when the test says so. */
class HandReader implements ByteReader {
  readonly asked: { readonly maxBytes: number; readonly answer: (bytes: Uint8Array) => void }[] = []
  isClosed = false

  read(maxBytes: number): Promise<Uint8Array> {
    return new Promise((answer) => this.asked.push({ maxBytes, answer }))
  }
  close(): void {
    this.isClosed = true
  }
}

class HandWriter implements ByteWriter {
  readonly log: string[] = []
  readonly #accepts: (() => void)[] = []

  write(bytes: Uint8Array): Promise<void> {
    this.log.push(`write ${bytes.length}`)
    return new Promise((accept) => this.#accepts.push(accept))
  }
  close(): void {
    this.log.push('close')
  }
  accept(): void {
    this.#accepts.shift()?.()
  }
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 1))

test('a read asks for no more than a pipe full, whatever the caller wants', async () => {
  const reader = new HandReader()
  using stream = serveReader(reader)
  const read = stream.read({ maxBytes: 0xffff_ffff })
  await settled()
  expect(reader.asked[0]?.maxBytes).toBe(65_536)
  reader.asked[0]?.answer(new Uint8Array([1, 2]))
  expect((await read).data).toEqual(new Uint8Array([1, 2]))
})

test('reads are answered one after another, in the order they came', async () => {
  const reader = new HandReader()
  using stream = serveReader(reader)
  const first = stream.read({ maxBytes: 1 })
  const second = stream.read({ maxBytes: 2 })
  void first.then(() => {})
  void second.then(() => {})
  await settled()
  expect(reader.asked.map(({ maxBytes }) => maxBytes)).toEqual([1])
  reader.asked[0]?.answer(new Uint8Array([1]))
  await first
  await settled()
  expect(reader.asked.map(({ maxBytes }) => maxBytes)).toEqual([1, 2])
})

test('a write returns when the pipe has taken it, and close follows what was written', async () => {
  const writer = new HandWriter()
  using stream = serveWriter(writer)
  let isTaken = false
  const write = stream.write({ data: new Uint8Array(3) }).then(() => {
    isTaken = true
  })
  const close = stream.close().then(() => {})
  await settled()
  expect({ isTaken, log: writer.log }).toEqual({ isTaken: false, log: ['write 3'] })
  writer.accept()
  await write
  await close
  expect(writer.log).toEqual(['write 3', 'close'])
})

test('each end refuses what only the other can do, by name', async () => {
  using readEnd = serveReader(new HandReader())
  using writeEnd = serveWriter(new HandWriter())
  await expect(readEnd.write({ data: new Uint8Array(1) })).rejects.toThrow('stream is read-only')
  await expect(writeEnd.read({ maxBytes: 1 })).rejects.toThrow('stream is write-only')
})

test('closing a read end tells the writer at once, also while a read waits', async () => {
  const reader = new HandReader()
  using stream = serveReader(reader)
  void stream.read({ maxBytes: 1 }).then(() => {})
  await settled()
  await stream.close()
  expect(reader.isClosed).toBe(true)
})
