// Large fills and copies in pieces. The engine cannot be stopped within one, and a thread that stands
// back on a busy machine takes seconds for what would be milliseconds.
//
// Ahead of the operation these functions do all of it but a last piece, and leave the operands of that.
// So what is out of bounds traps where it did, before anything is written.

import { OP } from './feature.ts'
import { s32Bytes, u32Bytes } from './output.ts'
import { NO_RESULT } from './types.ts'

/** Bytes of a piece: a tenth of a millisecond. */
const PIECE_BYTES = 1 << 20

const I64 = { extend: 0xad, shiftLeft: 0x86, lessOrEqual: 0x58 }
const I32 = { greater: 0x4b, lessOrEqual: 0x4d }
const MEMORY_SIZE = [0x3f, 0]
const PAGE_BITS = 16
const FILL = [OP.bulk, 11, 0]
const COPY = [OP.bulk, 10, 0, 0]
/** The operands, as parameters. */
const TO = 0
const FROM = 1
const LENGTH = 2

const get = (local: number) => [OP.localGet, local]
const piece = [OP.i32Const, ...s32Bytes(PIECE_BYTES)]
const forward = (local: number) => [...get(local), ...piece, OP.i32Add, OP.localSet, local]
const shorten = [...get(LENGTH), ...piece, OP.i32Sub, OP.localSet, LENGTH]
const sum = (a: number, b: number) => [...get(a), ...get(b), OP.i32Add]
const wide = (code: readonly number[]) => [...code, I64.extend]
/** Whether the length fits behind an address. */
const fits = (local: number) => [
  ...[...wide(get(local)), ...wide(get(LENGTH)), OP.i64Add],
  ...[...wide(MEMORY_SIZE), OP.i64Const, PAGE_BITS, I64.shiftLeft, I64.lessOrEqual],
]
const isLong = [...get(LENGTH), ...piece, I32.greater]

/** A body: while the operation is long, does a piece of it and asks the host. */
function ahead(check: readonly number[], act: readonly number[], refuel: number): Uint8Array {
  return Uint8Array.of(
    ...[0, ...check, OP.if, NO_RESULT, OP.loop, NO_RESULT, ...isLong, OP.if, NO_RESULT],
    ...[...act, OP.call, ...u32Bytes(refuel), OP.branch, 1, OP.end, OP.end, OP.end],
    ...[...get(TO), ...get(FROM), ...get(LENGTH), OP.end],
  )
}

const fillPiece = [...get(TO), ...get(FROM), ...piece, ...FILL, ...forward(TO), ...shorten]
const copyForward = [
  ...[...get(TO), ...get(FROM), ...piece, ...COPY],
  ...[...forward(TO), ...forward(FROM), ...shorten],
]
const copyBackward = [...shorten, ...[...sum(TO, LENGTH), ...sum(FROM, LENGTH), ...piece, ...COPY]]
// What is read must not have been written.
const copyPiece = [
  ...[...get(TO), ...get(FROM), I32.lessOrEqual, OP.if, NO_RESULT],
  ...[...copyForward, OP.else, ...copyBackward, OP.end],
]

/** Bodies of functions from three numbers to three, of a module with a memory. */
export const fillAhead = (refuel: number) => ahead(fits(TO), fillPiece, refuel)
export const copyAhead = (refuel: number) =>
  ahead([...fits(TO), ...fits(FROM), OP.i32And], copyPiece, refuel)

/** Instructions that call `helper` if the length, on top of the stack and in `local`, is long. */
export function inPieces(local: readonly number[], type: number, helper: number): Uint8Array {
  return Uint8Array.of(
    ...[OP.localGet, ...local, ...piece, I32.greater],
    ...[OP.if, ...s32Bytes(type), OP.call, ...u32Bytes(helper), OP.end],
  )
}
