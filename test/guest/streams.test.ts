import { expect, test } from 'vitest'

import { WwError } from '../../src/base/index.ts'
import { DataLink, HIGH_WATER_BYTES } from '../../src/guest/data-link.ts'
import { Input, MAX_READ_BYTES } from '../../src/guest/input.ts'
import { OutputQueue } from '../../src/guest/output.ts'
import { FakeHost, FakeInput, FakeOutput } from './fake-wasi.ts'

/** What streams ask of the loop; these tests turn by hand. */
class HandLoop {
  turn = 0
  wanted = 0
  #sources = 0

  add(): number {
    this.#sources += 1
    return 1 << this.#sources
  }

  beforeWait(): void {}
}

function queueTo(stream: FakeOutput) {
  const loop = new HandLoop()
  return { loop, queue: new OutputQueue(loop, () => stream) }
}

function inputFrom(stream: FakeInput) {
  const loop = new HandLoop()
  return { loop, input: new Input(loop, () => stream) }
}
const bytes = (text: string) => new TextEncoder().encode(text)

test('what is pushed first in a turn leaves at once, what follows in one write at its end', () => {
  const stream = new FakeOutput()
  const { loop, queue } = queueTo(stream)
  for (let turn = 1; turn <= 2; turn += 1) {
    loop.turn = turn
    for (const part of ['a', 'bc', 'def']) queue.push(bytes(part))
    expect([stream.text, queue.pending]).toEqual(['a', 5])
    queue.flush()
    expect(stream.writes.splice(0).map((written) => new TextDecoder().decode(written))).toEqual([
      'a',
      'bcdef',
    ])
  }
  expect([loop.wanted, queue.pending]).toEqual([0, 0])
})

test('bytes that are lent leave as they were, also those the stream did not take at once', () => {
  const stream = new FakeOutput()
  const { queue } = queueTo(stream)
  stream.permits = [2]
  const lent = bytes('abcd')
  queue.push(lent, true)
  const second = bytes('ef')
  queue.push(second, true)
  lent.fill(0)
  second.fill(0)
  queue.flush()
  expect(stream.text).toBe('abcdef')
})

test('never is more written than the permit, and the rest waits for the next', () => {
  const stream = new FakeOutput()
  const { loop, queue } = queueTo(stream)
  stream.permits = [0, 4, 0, 3, 0, 1, 0]
  for (const part of ['ab', 'cde', 'fghij']) queue.push(bytes(part))
  queue.flush()
  expect(loop.wanted).not.toBe(0)
  expect([stream.text, queue.pending]).toEqual(['abcd', 6])
  queue.ready()
  expect([stream.text, queue.pending]).toEqual(['abcdefg', 3])
  queue.ready()
  queue.ready()
  expect([stream.text, queue.pending]).toEqual(['abcdefghij', 0])
})

test('when the reader is gone the queue empties, closes its stream, and takes nothing more', () => {
  const stream = new FakeOutput()
  const { loop, queue } = queueTo(stream)
  stream.permits = [0, 0]
  queue.push(bytes('a'))
  queue.flush()
  expect(loop.wanted).not.toBe(0)
  stream.isClosed = true
  queue.ready()
  expect([queue.isClosed, queue.isFailed, queue.pending, stream.isDisposed]).toEqual([
    true,
    false,
    0,
    true,
  ])
  queue.push(bytes('b'))
  expect(queue.pending).toBe(0)
})

test('reads are answered in the order they were made, each with what it can hold', async () => {
  const stream = new FakeInput().give('abcdef').end()
  const { loop, input } = inputFrom(stream)
  const reads = [input.read(2), input.read(), input.read(), input.read()]
  while (loop.wanted) input.ready()
  expect((await Promise.all(reads)).map((chunk) => new TextDecoder().decode(chunk))).toEqual([
    'ab',
    'cdef',
    '',
    '',
  ])
  expect(await input.read()).toHaveLength(0)
})

test('nobody waits for input that nobody reads, and a read of nothing is answered at once', async () => {
  const { loop, input } = inputFrom(new FakeInput())
  expect(loop.wanted).toBe(0)
  expect(await input.read(0)).toHaveLength(0)
  expect(loop.wanted).toBe(0)
})

test('a read that is given up leaves its bytes to the next', async () => {
  const stream = new FakeInput()
  const { input } = inputFrom(stream)
  const controller = new AbortController()
  const given = input.read(10, { signal: controller.signal })
  const next = input.read(10)
  controller.abort(new Error('enough'))
  await expect(given).rejects.toThrow('enough')
  stream.give('kept')
  input.ready()
  expect(new TextDecoder().decode(await next)).toBe('kept')
})

test('an input that breaks fails its read and then ends', async () => {
  const stream = new FakeInput()
  const { input } = inputFrom(stream)
  const read = input.read()
  stream.isBroken = true
  input.ready()
  await expect(read).rejects.toMatchObject({ code: 'PIPE_FAILED' })
  expect(await input.read()).toHaveLength(0)
})

function openLink(host = new FakeHost()) {
  const loop = new HandLoop()
  const link = new DataLink(host.wasi, loop)
  const heard: string[] = []
  link.open({
    chunk: (chunk) => heard.push(new TextDecoder().decode(chunk)),
    drained: () => heard.push('drained'),
    ended: (error) => heard.push(`ended ${error?.code ?? 'well'}`),
  })
  return { host, loop, link, heard }
}

test('a link hands on chunks until the host closes, and says the end once', () => {
  const { host, loop, link, heard } = openLink()
  host.dataIn.give('one').give('two').end()
  while (loop.wanted) link.ready()
  expect(heard).toEqual(['one', 'two', 'ended well'])
})

test('one turn takes no more than its share from the data stream', () => {
  const { host, link, heard } = openLink()
  host.dataIn.give(new Uint8Array(MAX_READ_BYTES + 1))
  link.ready()
  expect(heard.map(({ length }) => length)).toEqual([MAX_READ_BYTES])
})

test('a paused link is not read', () => {
  const { host, loop, link, heard } = openLink()
  host.dataIn.give('later')
  link.pause()
  expect(loop.wanted).toBe(0)
  link.ready()
  expect(heard).toEqual([])
  link.resume()
  expect(loop.wanted).not.toBe(0)
  link.ready()
  expect(heard).toEqual(['later'])
})

test('send() says when to stop, and drained when to go on', () => {
  const { host, link, heard } = openLink()
  host.dataOut.permits = [0, 0, 1000, 0]
  expect(link.send([new Uint8Array(HIGH_WATER_BYTES)])).toBe(true)
  expect(link.send([new Uint8Array(1)])).toBe(false)
  link.output.flush()
  link.output.flush()
  expect(heard).toEqual([])
  link.output.flush()
  expect(heard).toEqual(['drained'])
})

test('close() sends what is queued first, and then ends our side only', () => {
  const { host, loop, link, heard } = openLink()
  link.send([bytes('last words')])
  link.close()
  link.close()
  expect(link.send([bytes('too late')])).toBe(true)
  link.output.flush()
  expect([host.dataOut.text, host.dataOut.isDisposed]).toEqual(['last words', true])
  host.dataIn.give('answer').end()
  while (loop.wanted) link.ready()
  expect(heard).toEqual(['answer', 'ended well'])
})

test('abort() drops the queue and both sides', () => {
  const { host, loop, link, heard } = openLink()
  host.dataIn.give('unread')
  host.dataOut.permits = [0]
  link.send([bytes('unsent')])
  link.abort(new WwError('failed', 'TEST', 'Enough'))
  link.output.flush()
  expect([host.dataOut.text, loop.wanted, heard]).toEqual(['', 0, []])
})

test('a host that stops reading ends the link, but not while something is sent', () => {
  const { host, loop, link, heard } = openLink()
  host.dataOut.isClosed = true
  link.send([bytes('x')])
  expect(heard).toEqual([])
  link.output.flush()
  expect(heard).toEqual(['ended well'])
  expect(loop.wanted).toBe(0)
})
