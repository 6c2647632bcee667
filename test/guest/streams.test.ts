import { expect, test } from 'vitest'

import { WwError } from '../../src/base/index.ts'
import { DataLink, HIGH_WATER_BYTES } from '../../src/guest/data-link.ts'
import { Input, MAX_READ_BYTES } from '../../src/guest/input.ts'
import { OutputQueue } from '../../src/guest/output.ts'
import { FakeHost, FakeInput, FakeOutput } from './fake-wasi.ts'

/** What a queue asks of the loop; these tests flush by hand. */
const noLoop = { add() {}, beforeWait() {} }
const queueTo = (stream: FakeOutput) =>
  new OutputQueue(
    noLoop,
    () => stream,
    () => {},
  )
const bytes = (text: string) => new TextEncoder().encode(text)

test('what is pushed in one turn leaves in one write', () => {
  const stream = new FakeOutput()
  const queue = queueTo(stream)
  for (const part of ['a', 'bc', 'def']) queue.push(bytes(part))
  queue.flush()
  expect(queue.wanted).toBeUndefined()
  expect(stream.writes.length).toBe(1)
  expect(stream.text).toBe('abcdef')
})

test('never is more written than the permit, and the rest waits for the next', () => {
  const stream = new FakeOutput()
  const queue = queueTo(stream)
  for (const part of ['ab', 'cde', 'fghij']) queue.push(bytes(part))
  stream.permits = [4, 0, 3, 0, 1, 0]
  queue.flush()
  expect(queue.wanted).toBeDefined()
  expect([stream.text, queue.pending]).toEqual(['abcd', 6])
  queue.ready()
  expect([stream.text, queue.pending]).toEqual(['abcdefg', 3])
  queue.ready()
  queue.ready()
  expect([stream.text, queue.pending]).toEqual(['abcdefghij', 0])
})

test('when the reader is gone the queue empties, closes its stream, and takes nothing more', () => {
  const stream = new FakeOutput()
  const queue = queueTo(stream)
  queue.push(bytes('a'))
  stream.permits = [0]
  queue.flush()
  expect(queue.wanted).toBeDefined()
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
  const input = new Input(() => stream)
  const reads = [input.read(2), input.read(), input.read(), input.read()]
  while (input.wanted) input.ready()
  expect((await Promise.all(reads)).map((chunk) => new TextDecoder().decode(chunk))).toEqual([
    'ab',
    'cdef',
    '',
    '',
  ])
  expect(await input.read()).toHaveLength(0)
})

test('nobody waits for input that nobody reads, and a read of nothing is answered at once', async () => {
  const input = new Input(() => new FakeInput())
  expect(input.wanted).toBeUndefined()
  expect(await input.read(0)).toHaveLength(0)
  expect(input.wanted).toBeUndefined()
})

test('a read that is given up leaves its bytes to the next', async () => {
  const stream = new FakeInput()
  const input = new Input(() => stream)
  const controller = new AbortController()
  const given = input.read(10, controller.signal)
  const next = input.read(10)
  controller.abort(new Error('enough'))
  await expect(given).rejects.toThrow('enough')
  stream.give('kept')
  input.ready()
  expect(new TextDecoder().decode(await next)).toBe('kept')
})

test('an input that breaks fails its read and then ends', async () => {
  const stream = new FakeInput()
  const input = new Input(() => stream)
  const read = input.read()
  stream.isBroken = true
  input.ready()
  await expect(read).rejects.toMatchObject({ code: 'PIPE_FAILED' })
  expect(await input.read()).toHaveLength(0)
})

function openLink(host = new FakeHost()) {
  const link = new DataLink(host.wasi, noLoop)
  const heard: string[] = []
  link.open({
    chunk: (chunk) => heard.push(new TextDecoder().decode(chunk)),
    drained: () => heard.push('drained'),
    ended: (error) => heard.push(`ended ${error?.code ?? 'well'}`),
  })
  return { host, link, heard }
}

test('a link hands on chunks until the host closes, and says the end once', () => {
  const { host, link, heard } = openLink()
  host.dataIn.give('one').give('two').end()
  while (link.wanted) link.ready()
  expect(heard).toEqual(['one', 'two', 'ended well'])
})

test('one turn takes no more than its share from the data stream', () => {
  const { host, link, heard } = openLink()
  host.dataIn.give(new Uint8Array(MAX_READ_BYTES + 1))
  link.ready()
  expect(heard.map(({ length }) => length)).toEqual([MAX_READ_BYTES])
})

test('a paused link is not read', () => {
  const { host, link, heard } = openLink()
  host.dataIn.give('later')
  link.pause()
  expect(link.wanted).toBeUndefined()
  link.ready()
  expect(heard).toEqual([])
  link.resume()
  expect(link.wanted).toBeDefined()
  link.ready()
  expect(heard).toEqual(['later'])
})

test('send() says when to stop, and drained when to go on', () => {
  const { host, link, heard } = openLink()
  host.dataOut.permits = [0, 1000, 0]
  expect(link.send([new Uint8Array(HIGH_WATER_BYTES)])).toBe(true)
  expect(link.send([new Uint8Array(1)])).toBe(false)
  link.output.flush()
  link.output.flush()
  expect(heard).toEqual([])
  link.output.flush()
  expect(heard).toEqual(['drained'])
})

test('close() sends what is queued first, and then ends our side only', () => {
  const { host, link, heard } = openLink()
  link.send([bytes('last words')])
  link.close()
  link.close()
  expect(link.send([bytes('too late')])).toBe(true)
  link.output.flush()
  expect([host.dataOut.text, host.dataOut.isDisposed]).toEqual(['last words', true])
  host.dataIn.give('answer').end()
  while (link.wanted) link.ready()
  expect(heard).toEqual(['answer', 'ended well'])
})

test('abort() drops the queue and both sides', () => {
  const { host, link, heard } = openLink()
  host.dataIn.give('unread')
  link.send([bytes('unsent')])
  link.abort(new WwError('failed', 'TEST', 'Enough'))
  link.output.flush()
  expect([host.dataOut.text, link.wanted, heard]).toEqual(['', undefined, []])
})

test('a host that stops reading ends the link', () => {
  const { host, link, heard } = openLink()
  host.dataOut.isClosed = true
  link.send([bytes('x')])
  link.output.flush()
  expect(heard).toEqual(['ended well'])
  expect(link.wanted).toBeUndefined()
})
