// A link written down: what goes over it, byte for byte, to be looked at or played again.
//
// A recording is a head and entries, little-endian, nothing padded:
//
//   head    magic "ww rpc\r\n" 8 bytes | version 1:32 | bytes of the title:32 | title, UTF-8
//   entry   kind:8, zero:24 | bytes:32 | milliseconds:64 (float) | checksum:32 | the bytes
//
//   kind          0 sent by the side that recorded, 1 received by it, 2 the link has ended
//   bytes         as the link had them, cut anywhere; per direction they join to a stream of frames
//   milliseconds  since the recording began; NaN where no clock was handed in
//   checksum      CRC-32 (IEEE) of the 16 bytes before it and of the bytes after it
//
// Invariants
//  - The link behaves as if nobody listened: entries are handed out while it is used, in order.
//  - An entry is handed out whole. So a recording whose end was lost is good up to its last entry;
//    any other damage is told by place.
//  - A recording holds everything that was said, secrets included. Whoever keeps it keeps those.

import { messageOf, WwError } from '../base/index.ts'
import type { ByteLink, ByteSink } from '../base/index.ts'
import { Builder, copyPointer, FrameReader, Message, rootReader } from '../wire/index.ts'
import { loopback } from './loopback.ts'
import { traceLines } from './trace.ts'
import type { Direction } from './trace.ts'

/** "ww rpc\r\n" */
const MAGIC = [0x77, 0x77, 0x20, 0x72, 0x70, 0x63, 0x0d, 0x0a] as const
const VERSION = 1
const HEAD_BYTES = 16
const ENTRY_BYTES = 20
const KINDS = ['sent', 'received', 'ended'] as const

/** What a recording that is read may be. */
const RECORDING_LIMITS = {
  /** Bytes of the title: a line. */
  maxTitleBytes: 1024,
  /** Bytes of one entry: the most a link hands over at once is a frame of the largest size. */
  maxEntryBytes: 68_157_440, // 65 MiB
  /** Entries: a day of a busy link. */
  maxEntries: 16_777_216,
} as const

export interface RecordOptions {
  /** What is recorded, in a line of at most 1 KiB. */
  readonly title?: string | undefined
  /** Milliseconds since some moment; without it, no times are written. */
  readonly clock?: (() => number) | undefined
}

/** Who keeps a recording. Must not throw. */
export interface RecordingSink {
  /** The next part of the recording, which is the receiver's from here on. */
  part(part: Uint8Array): void
  /** Said once, last: the link has ended. */
  ended(): void
}

/** The same link, recorded. */
export function record(
  link: ByteLink,
  recording: RecordingSink,
  { title = '', clock }: RecordOptions = {},
): ByteLink {
  const began = clock?.() ?? Number.NaN
  recording.part(headOf(title))
  let isEnded = false
  const put = (kind: (typeof KINDS)[number], bytes: Uint8Array) => {
    if (isEnded) return
    recording.part(entryOf(KINDS.indexOf(kind), bytes, (clock?.() ?? Number.NaN) - began))
  }
  const end = () => {
    if (isEnded) return
    put('ended', new Uint8Array())
    isEnded = true
    recording.ended()
  }
  const listening = (sink: ByteSink): ByteSink => ({
    chunk(chunk) {
      put('received', chunk)
      sink.chunk(chunk)
    },
    drained: () => sink.drained(),
    ended(error) {
      end()
      sink.ended(error)
    },
  })
  return {
    open: (sink) => link.open(listening(sink)),
    send(chunks) {
      for (const chunk of chunks) put('sent', chunk)
      return link.send(chunks)
    },
    pause: () => link.pause(),
    resume: () => link.resume(),
    close() {
      end()
      link.close()
    },
    abort(reason) {
      end()
      link.abort(reason)
    },
  }
}

function headOf(title: string): Uint8Array {
  const text = Uint8Array.from(title, (letter) => Math.min(letter.charCodeAt(0), 0x7f)).subarray(
    0,
    RECORDING_LIMITS.maxTitleBytes,
  )
  const head = new Uint8Array(HEAD_BYTES + text.length)
  const view = new DataView(head.buffer)
  head.set(MAGIC)
  view.setUint32(8, VERSION, true)
  view.setUint32(12, text.length, true)
  head.set(text, HEAD_BYTES)
  return head
}

function entryOf(kind: number, bytes: Uint8Array, ms: number): Uint8Array {
  const entry = new Uint8Array(ENTRY_BYTES + bytes.length)
  const view = new DataView(entry.buffer)
  entry[0] = kind
  view.setUint32(4, bytes.length, true)
  view.setFloat64(8, ms, true)
  entry.set(bytes, ENTRY_BYTES)
  view.setUint32(16, checksumOf(entry), true)
  return entry
}

/** Of an entry, its checksum left out. */
function checksumOf(entry: Uint8Array): number {
  let crc = -1
  for (let at = 0; at < entry.length; at++) {
    if (at >= 16 && at < ENTRY_BYTES) continue
    crc = (crc >>> 8) ^ crcTable()[(crc ^ entry[at]!) & 0xff]!
  }
  return ~crc >>> 0
}

let table: Int32Array | undefined
function crcTable(): Int32Array {
  table ??= Int32Array.from({ length: 256 }, (_, byte) => {
    let crc = byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb8_8320 : crc >>> 1
    return crc
  })
  return table
}

/** A message of a recording. */
export interface RecordedFrame {
  readonly direction: Direction
  /** When its last byte was there; NaN where no time was written. */
  readonly ms: number
  readonly message: Message
}

export interface Recording {
  readonly title: string
  readonly frames: readonly RecordedFrame[]
  /** Whether its last entry says that the link ended; otherwise it goes on, or was lost. */
  readonly isWhole: boolean
}

/**
 * Reads a recording; `bytes` belong to it from here on.
 * @throws {WwError} BAD_RECORDING, with the place, when something in it is not as it was written
 */
export function readRecording(bytes: Uint8Array): Recording {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  if (bytes.length < HEAD_BYTES || MAGIC.some((byte, at) => bytes[at] !== byte)) {
    throw badRecording('it does not begin like one')
  }
  const version = view.getUint32(8, true)
  if (version !== VERSION) throw badRecording(`its version is ${version}, not ${VERSION}`)
  const titleBytes = view.getUint32(12, true)
  if (titleBytes > RECORDING_LIMITS.maxTitleBytes || HEAD_BYTES + titleBytes > bytes.length) {
    throw badRecording(`its title has ${titleBytes} bytes`)
  }
  const title = String.fromCharCode(...bytes.subarray(HEAD_BYTES, HEAD_BYTES + titleBytes))
  const frames: RecordedFrame[] = []
  let ms = Number.NaN
  const readerOf = (direction: Direction) =>
    new FrameReader((message) => frames.push({ direction, ms, message }) > 0)
  const readers = { sent: readerOf('sent'), received: readerOf('received') }
  let isWhole = false
  let at = HEAD_BYTES + titleBytes
  for (let entries = 0; at < bytes.length; entries++) {
    if (entries === RECORDING_LIMITS.maxEntries)
      throw badRecording(`of ${entries} entries and more`)
    const left = bytes.length - at
    const size = left < ENTRY_BYTES ? 0 : view.getUint32(at + 4, true)
    if (size > RECORDING_LIMITS.maxEntryBytes) throw damaged(at)
    // Its end was lost.
    if (left < ENTRY_BYTES + size) break
    const entry = bytes.subarray(at, at + ENTRY_BYTES + size)
    const kind = KINDS[view.getUint8(at)]
    if (kind === undefined || view.getUint32(at + 16, true) !== checksumOf(entry)) throw damaged(at)
    ms = view.getFloat64(at + 8, true)
    isWhole = kind === 'ended'
    try {
      if (kind !== 'ended') readers[kind].feed(entry.slice(ENTRY_BYTES))
    } catch (thrown) {
      throw badRecording(`what was ${kind} there, at byte ${at}, is no message`, thrown)
    }
    at += entry.length
  }
  return { title, frames, isWhole }
}

function damaged(at: number): WwError {
  return badRecording(`it is damaged at byte ${at}: the checksum there is wrong`)
}

function badRecording(found: string, cause?: unknown): WwError {
  return new WwError('failed', 'BAD_RECORDING', `Cannot read the recording: ${found}`, { cause })
}

/** The messages of a recording, a line each, with their times. @see traceLines */
export function recordingLines(recording: Recording, schemas: readonly object[]): string[] {
  const lines: string[] = []
  let time = ''
  const trace = traceLines((line) => lines.push(time + line), schemas)
  for (const { direction, ms, message } of recording.frames) {
    time = Number.isNaN(ms) ? '' : `${ms.toFixed(3).padStart(10)} `
    trace.message(direction, message.segments)
  }
  return lines
}

export interface ReplayOptions {
  /** Makes the vat that is to behave as the recorded one did, at its end of a link. */
  readonly connect: (link: ByteLink) => void
  /** Lets the vat do what waits for nothing outside, a little at a time. */
  readonly turn: () => Promise<void>
  /** Whose part `connect` plays: of the side that recorded (`sent`, the default), or of its peer. */
  readonly side?: Direction | undefined
  /** After so many turns without what must come, it is missing. Default: 200. */
  readonly maxTurns?: number | undefined
}

/**
 * Plays a recording to a fresh vat: what its peer said then is said again, and what the vat says must
 * be what it said then, message by message. Calls that are under way at the same time may end in
 * another order: each message is looked for among all that have come.
 *
 * Two messages are the same if their content is, wherever it lies in their segments. Ids are part of
 * it: they are given out in the order of what happens.
 * @throws {WwError} REPLAY_DIFFERS, with the first message that did not come again, and what did
 */
export async function replay(recording: Recording, options: ReplayOptions): Promise<void> {
  const { connect, turn, side = 'sent', maxTurns = 200 } = options
  const [ours, theirs] = loopback()
  const come: Come[] = []
  let problem = ''
  const reader = new FrameReader((message) => {
    return come.push({ message, content: contentOf(message) }) > 0
  })
  ours.open({
    chunk(chunk) {
      try {
        reader.feed(chunk)
      } catch (thrown) {
        problem = `; then ${messageOf(thrown)}`
      }
    },
    drained() {},
    ended() {
      problem ||= '; then the vat ended the link'
    },
  })
  connect(theirs)
  try {
    let number = 0
    for (const { direction, message } of recording.frames) {
      number++
      if (direction !== side) {
        ours.send(frameOf(message))
        continue
      }
      const content = contentOf(message)
      for (let turns = 0; ; turns++) {
        const place = come.findIndex((one) => one.content === content)
        if (place >= 0) {
          come.splice(place, 1)
          break
        }
        if (turns === maxTurns) {
          const missing = `message ${number}, ${lineOf(message)}, did not come again`
          throw differs(`${missing}; instead came ${linesOf(come)}${problem}`)
        }
        await turn()
      }
    }
    for (let turns = 0; turns < maxTurns && come.length === 0; turns++) await turn()
    if (recording.isWhole && come.length > 0) throw differs(`more came: ${linesOf(come)}`)
  } finally {
    ours.close()
  }
}

/** A message of the vat that nobody has looked for. */
interface Come {
  readonly message: Message
  readonly content: string
}

function differs(found: string): WwError {
  return new WwError('failed', 'REPLAY_DIFFERS', `The replay is not as recorded: ${found}`)
}

function linesOf(come: readonly Come[]): string {
  if (come.length === 0) return 'nothing'
  return come
    .slice(0, 5)
    .map(({ message }) => lineOf(message))
    .join(', ')
}

function lineOf(message: Message): string {
  let said = ''
  traceLines((line) => (said = line.slice(3)), []).message('sent', message.segments)
  return said
}

/** A message as it was, segment by segment. */
function frameOf({ segments }: Message): Uint8Array[] {
  const table = new Uint8Array((4 + 4 * segments.length + 7) & ~7)
  const view = new DataView(table.buffer)
  view.setUint32(0, segments.length - 1, true)
  segments.forEach(({ start, end }, index) => view.setUint32(4 + 4 * index, end - start, true))
  const parts = segments.map(({ bytes, start, end }) => bytes.slice(start * 8, end * 8))
  return [table, ...parts]
}

/** What a message says, wherever in its segments: the same for the same content. */
function contentOf({ segments }: Message): string {
  const message = new Message(segments)
  // Its capability pointers stand for nothing here but their numbers.
  message.caps = new Proxy([], { get: (_, index) => ({ index }) })
  const builder = new Builder()
  let text = ''
  try {
    copyPointer(builder, builder.allocate(1), rootReader(message))
    for (const chunk of builder.frame()) text += textOf(chunk)
  } catch {
    // No message at all, but the same bytes are the same.
    builder.discard()
    for (const { bytes, start, end } of segments) text += textOf(bytes.subarray(start * 8, end * 8))
  }
  const numbers = builder.caps.map((cap) => (cap as { readonly index: string }).index)
  return `${numbers.join()} ${text}`
}

function textOf(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return text
}
