// The messages of rpc.capnp, by their layout: where each field lies and how the parts that several
// messages share are written and read. Offsets are bytes into a struct's data section.
//
// Message   tag 0:16, body ptr0                                           1 word, 1 pointer
// Call      question 0:32, method 4:16, sendResultsTo 6:16, interface 8:64;
//           target ptr0, params ptr1                                      3 words, 3 pointers
// Return    answer 0:32, !releaseParamCaps bit 32, noFinishNeeded bit 33, tag 6:16,
//           takeFromOtherQuestion 8:32; results or exception ptr0         2 words, 1 pointer
// Finish    question 0:32, !releaseResultCaps bit 32                      1 word
// Resolve   promise 0:32, tag 4:16; cap or exception ptr0                 1 word, 1 pointer
// Release   id 0:32, count 4:32                                           1 word
// Disembargo id 0:32, context tag 4:16; target ptr0                       1 word, 1 pointer
// Bootstrap question 0:32                                                 1 word, 1 pointer
//
// https://github.com/capnproto/capnproto/blob/v2/c%2B%2B/src/capnp/rpc.capnp

import { ERROR_KINDS, messageOf, WwError } from '../base/index.ts'
import {
  addStruct,
  addStructs,
  DEFAULT_WIRE_LIMITS,
  getData,
  getList,
  getText,
  getUint16,
  getUint32,
  getUint64,
  hasPointer,
  Outbox,
  putData,
  putText,
  putUint16,
  putUint32,
  putUint64,
} from '../wire/index.ts'
import type { Builder, ElementCodec, List, Reader } from '../wire/index.ts'
import { asWwError, protocolError, unknownKind } from './error.ts'
import type { Path } from './hook.ts'

export const UNIMPLEMENTED = 0
export const ABORT = 1
export const CALL = 2
export const RETURN = 3
export const FINISH = 4
export const RESOLVE = 5
export const RELEASE = 6
export const BOOTSTRAP = 8
export const DISEMBARGO = 13

export const RETURN_RESULTS = 0
export const RETURN_EXCEPTION = 1
export const RETURN_CANCELED = 2
export const RETURN_SENT_ELSEWHERE = 3
export const RETURN_TAKE_FROM_OTHER = 4

export const RESOLVE_CAP = 0
export const RESOLVE_EXCEPTION = 1

export const TO_CALLER = 0
export const TO_YOURSELF = 1

export const TARGET_IMPORT = 0
export const TARGET_ANSWER = 1

export const SENDER_LOOPBACK = 0
export const RECEIVER_LOOPBACK = 1

export const CAP_NONE = 0
export const CAP_SENDER_HOSTED = 1
export const CAP_SENDER_PROMISE = 2
export const CAP_RECEIVER_HOSTED = 3
export const CAP_RECEIVER_ANSWER = 4
export const CAP_THIRD_PARTY = 5

// Any struct of the protocol is read by the offsets above.

export function u16(s: Reader, byte: number): number {
  return getUint16(s, byte, 0)
}
export function u32(s: Reader, byte: number): number {
  return getUint32(s, byte, 0)
}
/** Most messages have no capabilities, and then no list. */
export function listAt(s: Reader, index: number): List<Reader> | readonly Reader[] {
  return hasPointer(s, index) ? getList(s, index, readerElement) : []
}

const readerElement: ElementCodec<Reader, never> = { size: 7, read: (s) => s, writeList() {} }

/** Messages being written: an envelope, and the body behind it. */
export class Outgoing extends Outbox {
  /** The pointer to the body. */
  at = 0
  /** Word index of the body's data section; its pointers follow. */
  body = 0

  /**
   * @param id the body begins with, as most do; without it the body is still to be put behind `at`
   * @param dataWords of the body, and how many pointers it has
   */
  begin(tag: number, id?: number, dataWords = 1, pointers = 0): this {
    const envelope = addStruct(this, this.open().allocate(1), 1, 1)
    this.halves[envelope * 2] = tag
    this.at = envelope + 1
    this.body = this.words
    if (id !== undefined) {
      addStruct(this, this.at, dataWords, pointers)
      this.u32(0, id)
    }
    return this
  }

  u16(byte: number, value: number): void {
    putUint16(this, this.body * 8 + byte, value, 0)
  }
  u32(byte: number, value: number): void {
    putUint32(this, this.body * 8 + byte, value, 0)
  }
}

/** Writes a PromisedAnswer behind the pointer at `at`. */
export function writePromisedAnswer(
  builder: Builder,
  at: number,
  questionId: number,
  path: Path,
): void {
  const promised = addStruct(builder, at, 1, 1)
  putUint32(builder, promised * 8, questionId, 0)
  if (path.length === 0) return
  let op = addStructs(builder, promised + 1, path.length, 1, 0)
  for (const pointer of path) {
    putUint16(builder, op * 8, 1, 0)
    putUint16(builder, op * 8 + 2, pointer, 0)
    op++
  }
}

/** Reads the path of a PromisedAnswer. */
export function readPath(promised: Reader): Path {
  const path: number[] = []
  const ops = listAt(promised, 0)
  if (ops.length > MAX_PATH) throw protocolError(`a pipeline path of ${ops.length} steps`)
  for (let index = 0; index < ops.length; index++) {
    const op = ops.at(index)!
    const tag = u16(op, 0)
    if (tag === 1) path.push(u16(op, 2))
    else if (tag !== 0) throw unknownKind('pipeline step', tag)
  }
  return path
}

/** Steps in a pipeline path: no message can be nested deeper. */
const MAX_PATH = DEFAULT_WIRE_LIMITS.maxDepth

/** UTF-16 units of an exception's sentence that are sent; the rest is cut off. */
const MAX_REASON = 16 << 10

/** Details of an exception that are looked at. */
const MAX_DETAILS = 16

/** Detail of an exception that carries our error `code`: the id is ours, the data its UTF-8. */
const CODE_DETAIL = 0xdf2d_1b0a_6f4e_9c35n
const MAX_CODE_BYTES = 64

/**
 * Writes an Exception behind the pointer at `at`: kind, message and code; never cause or stack.
 * Whatever was thrown can be written: this is where errors must not lead to more errors.
 */
export function writeException(builder: Builder, at: number, thrown: unknown): void {
  const error = asWwError(thrown)
  const exception = addStruct(builder, at, 1, 3)
  putUint16(builder, exception * 8 + 4, Math.max(ERROR_KINDS.indexOf(error.kind), 0), 0)
  putText(builder, exception + 1, messageOf(error).slice(0, MAX_REASON))
  const detail = addStructs(builder, exception + 3, 1, 1, 1)
  putUint64(builder, detail * 8, CODE_DETAIL, 0n)
  const code = String(error.code).slice(0, MAX_CODE_BYTES)
  putData(
    builder,
    detail + 1,
    Uint8Array.from(code, (letter) => letter.charCodeAt(0) & 0x7f),
  )
}

export function readException(exception: Reader): WwError {
  const kind = ERROR_KINDS[u16(exception, 4)] ?? 'failed'
  let code = 'REMOTE'
  const details = listAt(exception, 2)
  for (let index = 0; index < Math.min(details.length, MAX_DETAILS); index++) {
    const detail = details.at(index)!
    const data = getUint64(detail, 0, 0n) === CODE_DETAIL ? getData(detail, 0) : undefined
    if (data && data.length > 0 && data.length <= MAX_CODE_BYTES) {
      code = String.fromCharCode(...data).replace(/[^A-Z0-9_]/g, '_')
    }
  }
  return new WwError(kind, code, getText(exception, 0, ''))
}
