// wasi:io: errors, pollables, streams.

import { CELL_LIMITS } from '../limits.ts'
import type { RingReader, RingWriter } from '../ring.ts'
import { FileError } from '../world/files.ts'
import { trap } from '../world/stop.ts'
import { nowMs } from '../world/waiter.ts'
import { atMost } from './canon.ts'
import type { Canon, Guest, Interfaces } from './canon.ts'
import type { ByteSource, Resource } from './handles.ts'

type OutputStream = Extract<Resource, { readonly kind: 'output-stream' }>
type Pollable = Extract<Resource, { readonly kind: 'pollable' }>

/** What the interface says `blocking-write-and-flush` takes at most, and its like for zeroes. */
const BLOCKING_WRITE_BYTES = 4_096
const STREAM_ERROR = { LAST_OPERATION_FAILED: 0, CLOSED: 1 } as const
const ZEROES = new Uint8Array(CELL_LIMITS.ringBytes)

/** @param owned whether dropping the stream closes the pipe */
export function pipeSource(reader: RingReader, owned: boolean): ByteSource {
  return {
    available: () => reader.readable,
    ended: () => reader.ended,
    take: (target, at, length) => reader.read(target, at, length),
    close: () => {
      if (owned) reader.close()
    },
  }
}

export function timer(deadlineMs: number): Resource {
  return { kind: 'pollable', ready: () => nowMs() >= deadlineMs, deadlineMs }
}

function pollable(ready: () => boolean): Resource {
  return { kind: 'pollable', ready, deadlineMs: Infinity }
}

/** Waits until at least one is ready; the indices of those that are. */
function waitForAny({ world }: Guest, pollables: readonly Pollable[]): number[] {
  const deadlineMs = pollables.reduce((least, each) => Math.min(least, each.deadlineMs), Infinity)
  let ready: number[] = []
  const look = () => {
    ready = pollables.flatMap(({ ready: isReady }, i) => (isReady() ? [i] : []))
    return ready.length > 0
  }
  while (!world.waiter.until(look, deadlineMs)) {
    // The deadline has passed: the next look finds its timer.
  }
  return ready
}

/** Puts `result<_, stream-error>`'s error side, the payload at `payload` bytes from `at`. */
function putStreamError(
  { handles }: Guest,
  { memory }: Canon,
  at: number,
  payload: number,
  cause: 'closed' | FileError,
): void {
  memory.setU8(at, 1)
  if (cause === 'closed') {
    memory.setU8(at + payload, STREAM_ERROR.CLOSED)
    return
  }
  memory.setU8(at + payload, STREAM_ERROR.LAST_OPERATION_FAILED)
  const message = `the file could not be read: ${cause.code}`
  memory.setU32(at + payload + 4, handles.add({ kind: 'error', message, code: cause.code }))
}

const canTake = (source: ByteSource) => source.available() > 0 || source.ended()
const canPut = (writer: RingWriter) => writer.readerClosed || writer.writable > 0

// `result<list<u8>, stream-error>`: tag, payload at 4.
const readCall = (blocking: boolean) => (guest: Guest, canon: Canon) =>
  function read(self: number, length: bigint, out: number): void {
    const { source } = guest.handles.get(self, 'input-stream')
    if (blocking && length !== 0n) guest.world.waiter.until(() => canTake(source))
    const wanted = Math.min(atMost(CELL_LIMITS.fileChunkBytes, length), source.available())
    if (wanted === 0 && source.ended()) return putStreamError(guest, canon, out, 4, 'closed')
    const { memory } = canon
    const at = canon.allocate(wanted, 1)
    let count: number
    try {
      count = source.take(memory.bytes, at, wanted)
    } catch (thrown) {
      if (thrown instanceof FileError) return putStreamError(guest, canon, out, 4, thrown)
      throw thrown
    }
    memory.setU8(out, 0)
    memory.setU32(out + 4, at)
    memory.setU32(out + 8, count)
  }

// `result<u64, stream-error>`: tag, payload at 8.
const skipCall = (blocking: boolean) => (guest: Guest, canon: Canon) =>
  function skip(self: number, length: bigint, out: number): void {
    const { source } = guest.handles.get(self, 'input-stream')
    if (blocking && length !== 0n) guest.world.waiter.until(() => canTake(source))
    const wanted = Math.min(atMost(CELL_LIMITS.fileChunkBytes, length), source.available())
    if (wanted === 0 && source.ended()) return putStreamError(guest, canon, out, 8, 'closed')
    try {
      const count = source.take(new Uint8Array(wanted), 0, wanted)
      canon.memory.setU8(out, 0)
      canon.memory.setU64(out + 8, BigInt(count))
    } catch (thrown) {
      if (!(thrown instanceof FileError)) throw thrown
      putStreamError(guest, canon, out, 8, thrown)
    }
  }

function spend(stream: OutputStream, length: number): void {
  if (length > stream.permit) {
    trap(`it wrote ${length} bytes to a stream that permits ${stream.permit}`)
  }
  stream.permit -= length
}

/** Writes all of it, waiting for space; false when the reader is gone. */
function writeAll({ world }: Guest, writer: RingWriter, bytes: Uint8Array): boolean {
  for (let done = 0; done < bytes.length;) {
    if (writer.readerClosed) return false
    done += writer.write(bytes, done, bytes.length - done)
    if (done < bytes.length) world.waiter.until(() => canPut(writer))
  }
  return !writer.readerClosed
}

/** Writes and puts `result<_, stream-error>`: tag, payload at 4. */
function put(guest: Guest, canon: Canon, stream: OutputStream, bytes: Uint8Array, out: number) {
  if (writeAll(guest, stream.writer, bytes)) canon.memory.setU8(out, 0)
  else putStreamError(guest, canon, out, 4, 'closed')
}

const writeCall = (guest: Guest, canon: Canon) =>
  function write(self: number, at: number, length: number, out: number): void {
    const stream = guest.handles.get(self, 'output-stream')
    spend(stream, length)
    put(guest, canon, stream, canon.memory.slice(at, length), out)
  }

const blockingWriteCall = (guest: Guest, canon: Canon) =>
  function write(self: number, at: number, length: number, out: number): void {
    const stream = guest.handles.get(self, 'output-stream')
    if (length > BLOCKING_WRITE_BYTES) {
      trap(`it wrote ${length} bytes at once where ${BLOCKING_WRITE_BYTES} are allowed`)
    }
    put(guest, canon, stream, canon.memory.slice(at, length), out)
  }

const writeZeroesCall = (guest: Guest, canon: Canon) =>
  function write(self: number, length: bigint, out: number): void {
    const stream = guest.handles.get(self, 'output-stream')
    const count = atMost(Number.MAX_SAFE_INTEGER, length)
    spend(stream, count)
    put(guest, canon, stream, ZEROES.subarray(0, count), out)
  }

const blockingWriteZeroesCall = (guest: Guest, canon: Canon) =>
  function write(self: number, length: bigint, out: number): void {
    const stream = guest.handles.get(self, 'output-stream')
    const count = atMost(Number.MAX_SAFE_INTEGER, length)
    if (count > BLOCKING_WRITE_BYTES) {
      trap(`it wrote ${count} bytes at once where ${BLOCKING_WRITE_BYTES} are allowed`)
    }
    put(guest, canon, stream, ZEROES.subarray(0, count), out)
  }

// What was written lies in the pipe already: there is nothing to flush but a wrong hope.
const flushCall = (guest: Guest, canon: Canon) =>
  function flush(self: number, out: number): void {
    const { writer } = guest.handles.get(self, 'output-stream')
    if (writer.readerClosed) putStreamError(guest, canon, out, 4, 'closed')
    else canon.memory.setU8(out, 0)
  }

// `result<u64, stream-error>`: tag, payload at 8.
const spliceCall = (blocking: boolean) => (guest: Guest, canon: Canon) =>
  function splice(self: number, from: number, length: bigint, out: number): void {
    const { writer } = guest.handles.get(self, 'output-stream')
    const { source } = guest.handles.get(from, 'input-stream')
    if (blocking && length !== 0n) {
      guest.world.waiter.until(() => canTake(source) && canPut(writer))
    }
    if (writer.readerClosed) return putStreamError(guest, canon, out, 8, 'closed')
    const most = Math.min(source.available(), writer.writable)
    const wanted = atMost(most, length)
    if (wanted === 0 && source.ended()) return putStreamError(guest, canon, out, 8, 'closed')
    const bytes = new Uint8Array(wanted)
    try {
      const count = source.take(bytes, 0, wanted)
      writeAll(guest, writer, bytes.subarray(0, count))
      canon.memory.setU8(out, 0)
      canon.memory.setU64(out + 8, BigInt(count))
    } catch (thrown) {
      if (!(thrown instanceof FileError)) throw thrown
      putStreamError(guest, canon, out, 8, thrown)
    }
  }

export const IO: Interfaces = {
  'wasi:io/error': {
    '[method]error.to-debug-string':
      ({ handles }, canon) =>
      (self: number, out: number) => {
        canon.putText(out, handles.get(self, 'error').message)
      },
  },

  'wasi:io/poll': {
    '[method]pollable.ready':
      ({ handles }) =>
      (self: number) =>
        handles.get(self, 'pollable').ready() ? 1 : 0,
    '[method]pollable.block': (guest) => (self: number) => {
      waitForAny(guest, [guest.handles.get(self, 'pollable')])
    },
    poll: (guest, canon) => (at: number, length: number, out: number) => {
      if (length === 0) trap('it polled an empty list, which would never end')
      if (length > CELL_LIMITS.pollables) trap(`it polled ${length} pollables at once`)
      const pollables = Array.from({ length }, (_, i) =>
        guest.handles.get(canon.memory.u32(at + 4 * i), 'pollable'),
      )
      const ready = waitForAny(guest, pollables)
      canon.putList(out, ready, 4, (itemAt, index) => canon.memory.setU32(itemAt, index))
    },
  },

  'wasi:io/streams': {
    '[method]input-stream.read': readCall(false),
    '[method]input-stream.blocking-read': readCall(true),
    '[method]input-stream.skip': skipCall(false),
    '[method]input-stream.blocking-skip': skipCall(true),
    '[method]input-stream.subscribe':
      ({ handles }) =>
      (self: number) => {
        const { source } = handles.get(self, 'input-stream')
        return handles.add(pollable(() => canTake(source)))
      },

    // `result<u64, stream-error>`: tag, payload at 8.
    '[method]output-stream.check-write': (guest, canon) => (self: number, out: number) => {
      const stream = guest.handles.get(self, 'output-stream')
      if (stream.writer.readerClosed) return putStreamError(guest, canon, out, 8, 'closed')
      stream.permit = stream.writer.writable
      canon.memory.setU8(out, 0)
      canon.memory.setU64(out + 8, BigInt(stream.permit))
    },
    '[method]output-stream.write': writeCall,
    '[method]output-stream.blocking-write-and-flush': blockingWriteCall,
    '[method]output-stream.flush': flushCall,
    '[method]output-stream.blocking-flush': flushCall,
    '[method]output-stream.subscribe':
      ({ handles }) =>
      (self: number) => {
        const { writer } = handles.get(self, 'output-stream')
        return handles.add(pollable(() => canPut(writer)))
      },
    '[method]output-stream.write-zeroes': writeZeroesCall,
    '[method]output-stream.blocking-write-zeroes-and-flush': blockingWriteZeroesCall,
    '[method]output-stream.splice': spliceCall(false),
    '[method]output-stream.blocking-splice': spliceCall(true),
  },
}
