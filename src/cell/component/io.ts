// wasi:io: errors, pollables, streams.

import { CELL_LIMITS } from '../limits.ts'
import type { RingReader, RingWriter } from '../ring.ts'
import { FileError } from '../world/file-error.ts'
import { trap } from '../world/stop.ts'
import { nowMs } from '../world/waiter.ts'
import { atMost } from './canon.ts'
import type { Canon, Guest, Interfaces } from './canon.ts'
import type { ByteSink, ByteSource, Resource } from './handles.ts'

type InputStream = Extract<Resource, { readonly kind: 'input-stream' }>
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

/** @param owned whether dropping the stream closes the pipe */
export function pipeSink(writer: RingWriter, owned: boolean): ByteSink {
  return {
    room: () => writer.writable,
    closed: () => writer.readerClosed,
    put: (source, at, length) => writer.write(source, at, length),
    close: () => {
      if (owned) writer.close()
    },
  }
}

export function inputStream(source: ByteSource): Resource {
  return { kind: 'input-stream', source, failed: false }
}

export function outputStream(sink: ByteSink): Resource {
  return { kind: 'output-stream', sink, failed: false, permit: 0 }
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
  const message = `the file could not be read or written: ${cause.code}`
  memory.setU32(at + payload + 4, handles.add({ kind: 'error', message, code: cause.code }))
}

/**
 * Puts the result of an operation on streams at `out`: what `body` puts, or the error. `body` says
 * whether the stream was open. Streams that fail are closed from then on.
 */
function attempt(
  guest: Guest,
  canon: Canon,
  streams: readonly (InputStream | OutputStream)[],
  out: number,
  payload: number,
  body: (at: number) => boolean,
): void {
  if (streams.some(({ failed }) => failed)) {
    return putStreamError(guest, canon, out, payload, 'closed')
  }
  try {
    if (!body(out + payload)) return putStreamError(guest, canon, out, payload, 'closed')
    canon.memory.setU8(out, 0)
  } catch (thrown) {
    if (!(thrown instanceof FileError)) throw thrown
    for (const stream of streams) stream.failed = true
    putStreamError(guest, canon, out, payload, thrown)
  }
}

const canTake = ({ source, failed }: InputStream) =>
  failed || source.available() > 0 || source.ended()
const canPut = ({ sink, failed }: OutputStream) => failed || sink.closed() || sink.room() > 0

/** How many bytes can be had of `length`, after waiting for some if asked to; none at the end. */
function wantedOf(
  { world }: Guest,
  stream: InputStream,
  length: bigint,
  blocking: boolean,
): number | undefined {
  if (blocking && length !== 0n) world.waiter.until(() => canTake(stream))
  const { source } = stream
  const wanted = Math.min(atMost(CELL_LIMITS.fileChunkBytes, length), source.available())
  return wanted === 0 && source.ended() ? undefined : wanted
}

// `result<list<u8>, stream-error>`: tag, payload at 4.
const readCall = (blocking: boolean) => (guest: Guest, canon: Canon) =>
  function read(self: number, length: bigint, out: number): void {
    const stream = guest.handles.get(self, 'input-stream')
    attempt(guest, canon, [stream], out, 4, (at) => {
      const wanted = wantedOf(guest, stream, length, blocking)
      if (wanted === undefined) return false
      const data = canon.allocate(wanted, 1)
      const count = stream.source.take(canon.memory.bytes, data, wanted)
      canon.memory.setU32(at, data)
      canon.memory.setU32(at + 4, count)
      return true
    })
  }

// `result<u64, stream-error>`: tag, payload at 8.
const skipCall = (blocking: boolean) => (guest: Guest, canon: Canon) =>
  function skip(self: number, length: bigint, out: number): void {
    const stream = guest.handles.get(self, 'input-stream')
    attempt(guest, canon, [stream], out, 8, (at) => {
      const wanted = wantedOf(guest, stream, length, blocking)
      if (wanted === undefined) return false
      const count = stream.source.take(new Uint8Array(wanted), 0, wanted)
      canon.memory.setU64(at, BigInt(count))
      return true
    })
  }

function spend(stream: OutputStream, length: number): void {
  if (length > stream.permit) {
    trap(`it wrote ${length} bytes to a stream that permits ${stream.permit}`)
  }
  stream.permit -= length
}

function requireShort(length: number): void {
  if (length <= BLOCKING_WRITE_BYTES) return
  trap(`it wrote ${length} bytes at once where ${BLOCKING_WRITE_BYTES} are allowed`)
}

/** Writes all of it, waiting for space; false when nobody reads any more. */
function writeAll({ world }: Guest, stream: OutputStream, bytes: Uint8Array): boolean {
  const { sink } = stream
  for (let done = 0; done < bytes.length;) {
    if (sink.closed()) return false
    done += sink.put(bytes, done, bytes.length - done)
    if (done < bytes.length) world.waiter.until(() => canPut(stream))
  }
  return !sink.closed()
}

// `result<_, stream-error>`: tag, payload at 4.
const writeCall = (blocking: boolean) => (guest: Guest, canon: Canon) =>
  function write(self: number, at: number, length: number, out: number): void {
    const stream = guest.handles.get(self, 'output-stream')
    if (blocking) requireShort(length)
    else spend(stream, length)
    const bytes = canon.memory.slice(at, length)
    attempt(guest, canon, [stream], out, 4, () => writeAll(guest, stream, bytes))
  }

const writeZeroesCall = (blocking: boolean) => (guest: Guest, canon: Canon) =>
  function write(self: number, length: bigint, out: number): void {
    const stream = guest.handles.get(self, 'output-stream')
    const count = atMost(Number.MAX_SAFE_INTEGER, length)
    if (blocking) requireShort(count)
    else spend(stream, count)
    const zeroes = ZEROES.subarray(0, count)
    attempt(guest, canon, [stream], out, 4, () => writeAll(guest, stream, zeroes))
  }

// What was written lies in the pipe or the file already: there is nothing to flush but a wrong hope.
const flushCall = (guest: Guest, canon: Canon) =>
  function flush(self: number, out: number): void {
    const stream = guest.handles.get(self, 'output-stream')
    attempt(guest, canon, [stream], out, 4, () => !stream.sink.closed())
  }

// `result<u64, stream-error>`: tag, payload at 8.
const spliceCall = (blocking: boolean) => (guest: Guest, canon: Canon) =>
  function splice(self: number, from: number, length: bigint, out: number): void {
    const to = guest.handles.get(self, 'output-stream')
    const input = guest.handles.get(from, 'input-stream')
    attempt(guest, canon, [to, input], out, 8, (at) => {
      const { sink } = to
      if (blocking && length !== 0n) {
        guest.world.waiter.until(() => sink.closed() || (canTake(input) && canPut(to)))
      }
      if (sink.closed()) return false
      const most = Math.min(input.source.available(), sink.room())
      const wanted = atMost(most, length)
      if (wanted === 0 && input.source.ended()) return false
      const bytes = new Uint8Array(wanted)
      const count = input.source.take(bytes, 0, wanted)
      canon.memory.setU64(at, BigInt(count))
      return writeAll(guest, to, bytes.subarray(0, count))
    })
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
        const stream = handles.get(self, 'input-stream')
        return handles.add(pollable(() => canTake(stream)))
      },

    // `result<u64, stream-error>`: tag, payload at 8.
    '[method]output-stream.check-write': (guest, canon) => (self: number, out: number) => {
      const stream = guest.handles.get(self, 'output-stream')
      attempt(guest, canon, [stream], out, 8, (at) => {
        if (stream.sink.closed()) return false
        stream.permit = stream.sink.room()
        canon.memory.setU64(at, BigInt(stream.permit))
        return true
      })
    },
    '[method]output-stream.write': writeCall(false),
    '[method]output-stream.blocking-write-and-flush': writeCall(true),
    '[method]output-stream.flush': flushCall,
    '[method]output-stream.blocking-flush': flushCall,
    '[method]output-stream.subscribe':
      ({ handles }) =>
      (self: number) => {
        const stream = handles.get(self, 'output-stream')
        return handles.add(pollable(() => canPut(stream)))
      },
    '[method]output-stream.write-zeroes': writeZeroesCall(false),
    '[method]output-stream.blocking-write-zeroes-and-flush': writeZeroesCall(true),
    '[method]output-stream.splice': spliceCall(false),
    '[method]output-stream.blocking-splice': spliceCall(true),
  },
}
