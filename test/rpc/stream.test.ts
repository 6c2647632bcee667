// `-> stream` methods: who makes the calls is held back by bytes, who serves them gets one at a time.

import { expect, test } from 'vitest'

import { WwError } from '../../src/base/index.ts'
import { promised, serve } from '../../src/rpc/index.ts'
import type { CallContext } from '../../src/rpc/index.ts'
import { STREAM_CALL_BYTES, STREAM_WINDOW_BYTES } from '../../src/rpc/limits.ts'
import { Sink } from '../fixture/calls.gen.ts'
import type * as calls from '../fixture/calls.gen.ts'
import { connect, expectEmpty, failure, quiet, Slot, TestNode } from './help.ts'

const PIECE = new Uint8Array(8 << 10)

/** Takes pieces, each when the test lets it. */
class TestSink implements calls.Sink$Server, Disposable {
  /** First byte of what came, in the order in which handlers started. */
  readonly started: number[] = []
  readonly gates: Slot<void>[] = []
  isOpen = false
  pieces = 0
  isDisposed = false

  async write({ data }: calls.Sink_write$Params, { signal }: CallContext): Promise<void> {
    this.started.push(data[0] ?? -1)
    if (!this.isOpen) {
      const gate = new Slot<void>()
      this.gates.push(gate)
      signal.addEventListener('abort', () => gate.resolve())
      await gate.promise
    }
    this.pieces++
  }

  end() {
    return { pieces: this.pieces }
  }

  [Symbol.dispose](): void {
    this.isDisposed = true
  }
}

/** A sink on the other end of a connection. */
function remoteSink() {
  const server = new TestSink()
  const { left, right } = connect({}, { bootstrap: serve(Sink, server) })
  return { server, left, right, sink: left.bootstrap(Sink) }
}

function writeMany(
  sink: Sink,
  count: number,
  piece: calls.Sink_write$Params$Init,
): Promise<void>[] {
  const writes: Promise<void>[] = []
  for (let index = 0; index < count; index++) writes.push(sink.write(piece))
  return writes
}

/** Whether each promise has resolved by now. */
async function areDone(promises: readonly Promise<void>[]): Promise<boolean[]> {
  const done = promises.map(() => false)
  promises.forEach((promise, index) => {
    promise.then(
      () => (done[index] = true),
      () => {},
    )
  })
  await quiet()
  return done
}

const piece = (first: number): Uint8Array => new Uint8Array([first])

test('a stream call resolves at once until a window of bytes is on its way, then waits for a return', async () => {
  const { server, sink, left, right } = remoteSink()
  const counted = PIECE.length + STREAM_CALL_BYTES
  const writes = writeMany(sink, 12, { data: PIECE })
  const expected = writes.map((_, index) => index * counted < STREAM_WINDOW_BYTES - 16)
  expect(expected.filter(Boolean).length).toBe(8)
  expect(await areDone(writes)).toEqual(expected)
  // One at a time: four returns bring what is on its way below the window again.
  for (let index = 0; index < 3; index++) {
    server.gates[index]!.resolve()
    await quiet()
  }
  expect(await areDone(writes)).toEqual(expected)
  server.gates[3]!.resolve()
  expect(await areDone(writes)).toEqual(writes.map(() => true))
  server.isOpen = true
  server.gates[4]!.resolve()
  expect((await sink.end()).pieces).toBe(12)
  sink[Symbol.dispose]()
  await expectEmpty(left, right)
})

test('a stream call larger than the window does not wait for its own return', async () => {
  const { sink, server, left } = remoteSink()
  const large = new Uint8Array(4 * STREAM_WINDOW_BYTES)
  const writes = [sink.write({ data: large }), sink.write({ data: large })]
  expect(await areDone(writes)).toEqual([true, false])
  server.isOpen = true
  server.gates[0]!.resolve()
  expect(await areDone(writes)).toEqual([true, true])
  left.close()
})

test('calls without content fill the window too', async () => {
  const { sink, left } = remoteSink()
  const calls = 2 * (STREAM_WINDOW_BYTES / STREAM_CALL_BYTES)
  const writes = writeMany(sink, calls, {})
  const done = await areDone(writes)
  expect(done.at(0)).toBe(true)
  expect(done.at(-1)).toBe(false)
  left.close()
})

test.each(['here', 'on the other end'])(
  'an object %s gets stream calls one at a time, and what follows them after them',
  async (where) => {
    const { server, sink: remote, left } = remoteSink()
    const sink = where === 'here' ? serve(Sink, server) : remote
    for (const first of [1, 2, 3]) void sink.write({ data: piece(first) })
    const end = sink.end()
    let hasEnded = false
    void end.then(() => (hasEnded = true))
    for (const count of [1, 2, 3]) {
      await quiet()
      expect([server.started.length, hasEnded]).toEqual([count, false])
      server.gates[count - 1]!.resolve()
    }
    expect((await end).pieces).toBe(3)
    expect(server.started).toEqual([1, 2, 3])
    left.close()
  },
)

test('a stream call that fails fails who waits, all that was sent after it, and all calls to come', async () => {
  const { server, sink, left, right } = remoteSink()
  const writes = writeMany(sink, 12, { data: PIECE })
  const before = sink.end()
  expect((await areDone(writes)).filter(Boolean).length).toBe(8)
  server.gates[0]!.reject(new WwError('overloaded', 'DISK_FULL', 'The disk is full'))
  const expected = { kind: 'overloaded', code: 'DISK_FULL', message: 'The disk is full' }
  expect(await failure(writes.at(-1)!)).toMatchObject(expected)
  expect(await failure(before)).toMatchObject(expected)
  expect(await failure(sink.write({ data: PIECE }))).toMatchObject(expected)
  expect(await failure(sink.end())).toMatchObject(expected)
  using again = left.bootstrap(Sink)
  expect(await failure(again.end()), 'who comes another way hears it too').toMatchObject(expected)
  expect([server.started.length, server.pieces]).toEqual([1, 0])
  again[Symbol.dispose]()
  sink[Symbol.dispose]()
  await expectEmpty(left, right)
})

test('a failure nobody awaits is told by the next call, and is no unhandled rejection', async () => {
  const unhandled: unknown[] = []
  const hear = (reason: unknown) => unhandled.push(reason)
  process.on('unhandledRejection', hear)
  const { server, sink, left } = remoteSink()
  for (let index = 0; index < 12; index++) void sink.write({ data: PIECE })
  await quiet()
  server.gates[0]!.reject(new Error('No'))
  await quiet()
  void sink.write({ data: PIECE })
  await quiet()
  process.off('unhandledRejection', hear)
  expect(unhandled).toEqual([])
  expect((await failure(sink.end())).message).toBe('No')
  left.close()
})

test('params that cannot be sent leave a hole, so nothing that follows is sent', async () => {
  const { server, sink, left } = remoteSink()
  server.isOpen = true
  await sink.write({ data: PIECE })
  const { node } = TestNode.serve()
  node[Symbol.dispose]()
  expect(await failure(sink.write({ data: PIECE, node }))).toMatchObject({ code: 'DISPOSED' })
  expect(await failure(sink.write({ data: PIECE }))).toMatchObject({ code: 'DISPOSED' })
  expect(await failure(sink.end())).toMatchObject({ code: 'DISPOSED' })
  expect(server.pieces).toBe(1)
  left.close()
})

test('a canceled stream call ends the stream of who canceled it, but not the object', async () => {
  const { server, sink, left } = remoteSink()
  const giveUp = new AbortController()
  await sink.write({ data: piece(1) }, { signal: giveUp.signal })
  await quiet()
  expect(server.started).toEqual([1])
  giveUp.abort()
  expect(await failure(sink.write({ data: piece(2) }))).toMatchObject({ code: 'CANCELED' })
  await quiet()
  using again = left.bootstrap(Sink)
  expect((await again.end()).pieces).toBe(1)
  const { sink: other, left: otherLeft } = remoteSink()
  const signal = AbortSignal.abort()
  expect(await failure(other.write({}, { signal }))).toMatchObject({ code: 'CANCELED' })
  expect(await failure(other.end())).toMatchObject({ code: 'CANCELED' })
  left.close()
  otherLeft.close()
})

test('a stream to a promise is the same stream when it is settled', async () => {
  const { server, sink, left } = remoteSink()
  const later = new Slot<Sink>()
  using early = promised(Sink, later.promise)
  const writes = writeMany(early, 10, { data: PIECE })
  expect((await areDone(writes)).filter(Boolean).length).toBe(8)
  later.resolve(sink.$dup())
  await quiet()
  expect(server.started.length).toBe(1)
  const more = sink.write({ data: PIECE })
  expect(await areDone([more]), 'another reference, the same window').toEqual([false])
  server.isOpen = true
  server.gates[0]!.resolve()
  await Promise.all([...writes, more])
  expect((await early.end()).pieces).toBe(11)
  left.close()
})

test('whoever waits when the connection ends hears of it, and the object is let go', async () => {
  const { server, sink, left } = remoteSink()
  const writes = writeMany(sink, 12, { data: PIECE })
  await quiet()
  left.close()
  expect(await failure(writes.at(-1)!)).toMatchObject({ kind: 'disconnected' })
  await quiet()
  expect(server.started.length).toBe(1)
  expect(server.isDisposed).toBe(true)
})

test('an object without the handler of a stream method fails what follows', async () => {
  const sink = serve(Sink, { end: () => ({ pieces: 7 }) } as unknown as calls.Sink$Server)
  using other = sink.$dup()
  expect((await other.end()).pieces).toBe(7)
  expect(await failure(sink.write({}))).toMatchObject({ kind: 'unimplemented' })
  expect(await failure(other.end())).toMatchObject({ kind: 'unimplemented' })
})
