// The written list of what a core module may use: WebAssembly 1.0 with sign extension, saturating
// conversions, bulk memory, reference types, multiple values, SIMD, extended constants, tail calls
// (which are metered like other calls) and exceptions, of its own making and in the encoding that
// every version of Node has (`try` and `catch`, which compilers emit). Everything else is refused by name. The list does not follow
// the engine: a program is accepted or refused alike on every version of Node.
// Source: https://webassembly.github.io/spec/core/binary/instructions.html

import { Malformed } from '../malformed.ts'

/** What follows an instruction's opcode. */
export const IMMEDIATE = {
  refused: 0,
  none: 1,
  /** One LEB128: an index or a constant. */
  number: 2,
  twoNumbers: 3,
  fourBytes: 4,
  eightBytes: 5,
  blockType: 6,
  /** Alignment and offset. */
  address: 7,
  branchTable: 8,
  valueTypes: 9,
  /** The index of a memory, of which there is one. */
  memory: 10,
  /** A second opcode follows. */
  bulkPrefix: 11,
  simdPrefix: 12,
} as const

export const OP = {
  unreachable: 0x00,
  nop: 0x01,
  block: 0x02,
  loop: 0x03,
  try: 0x06,
  catch: 0x07,
  throw: 0x08,
  rethrow: 0x09,
  branch: 0x0c,
  branchIf: 0x0d,
  branchTable: 0x0e,
  return: 0x0f,
  returnCall: 0x12,
  returnCallIndirect: 0x13,
  delegate: 0x18,
  catchAll: 0x19,
  select: 0x1b,
  localGet: 0x20,
  localSet: 0x21,
  localTee: 0x22,
  memoryGrow: 0x40,
  i32And: 0x71,
  i32Or: 0x72,
  else: 0x05,
  end: 0x0b,
  i32Const: 0x41,
  i64Const: 0x42,
  f32Const: 0x43,
  f64Const: 0x44,
  globalGet: 0x23,
  globalSet: 0x24,
  call: 0x10,
  callIndirect: 0x11,
  if: 0x04,
  i32LessSigned: 0x48,
  i32Add: 0x6a,
  i32Sub: 0x6b,
  i32Mul: 0x6c,
  i32ShiftRightUnsigned: 0x76,
  i64Add: 0x7c,
  i64Sub: 0x7d,
  i64Mul: 0x7e,
  refNull: 0xd0,
  refFunc: 0xd2,
  bulk: 0xfc,
  simd: 0xfd,
} as const

/** Behind {@link OP.simd}. */
export const V128_CONST = 12

/** By opcode. */
export const IMMEDIATES: Readonly<Uint8Array> = (() => {
  const table = new Uint8Array(256)
  const set = (shape: number, ...ranges: (readonly [first: number, last: number])[]) => {
    for (const [first, last] of ranges) table.fill(shape, first, last + 1)
  }
  // unreachable and nop; else; end; return; drop and select; arithmetic; ref.is_null
  set(IMMEDIATE.none, [0x00, 0x01], [0x05, 0x05], [0x0b, 0x0b], [0x0f, 0x0f], [0x1a, 0x1b])
  set(IMMEDIATE.none, [0x45, 0xc4], [0xd1, 0xd1])
  set(IMMEDIATE.blockType, [0x02, 0x04], [0x06, 0x06])
  // catch, throw, rethrow; delegate; catch_all
  set(IMMEDIATE.number, [0x07, 0x09], [0x18, 0x18])
  set(IMMEDIATE.none, [0x19, 0x19])
  // br and br_if; call and return_call; locals, globals, tables; constants; ref.null and ref.func
  set(IMMEDIATE.number, [0x0c, 0x0d], [0x10, 0x10], [0x12, 0x12], [0x20, 0x26], [0x41, 0x42])
  set(IMMEDIATE.number, [0xd0, 0xd0], [0xd2, 0xd2])
  set(IMMEDIATE.branchTable, [0x0e, 0x0e])
  set(IMMEDIATE.twoNumbers, [0x11, 0x11], [0x13, 0x13])
  set(IMMEDIATE.valueTypes, [0x1c, 0x1c])
  set(IMMEDIATE.address, [0x28, 0x3e])
  set(IMMEDIATE.memory, [0x3f, 0x40])
  set(IMMEDIATE.fourBytes, [0x43, 0x43])
  set(IMMEDIATE.eightBytes, [0x44, 0x44])
  set(IMMEDIATE.bulkPrefix, [0xfc, 0xfc])
  set(IMMEDIATE.simdPrefix, [0xfd, 0xfd])
  return table
})()

/** Bytes behind a SIMD opcode: an address, lanes, or nothing. Opcodes from 0x100 on are relaxed. */
export const SIMD_OPCODES = 0x100
export const SIMD_IMMEDIATES = {
  isAddress: (code: number) => code <= 11 || (code >= 84 && code <= 93),
  laneBytes(code: number): number {
    if (code === V128_CONST || code === 13) return 16 // a constant; shuffle
    return (code >= 21 && code <= 34) || (code >= 84 && code <= 91) ? 1 : 0
  },
} as const

export const TYPE = {
  i32: 0x7f,
  i64: 0x7e,
  f32: 0x7d,
  f64: 0x7c,
  v128: 0x7b,
  funcref: 0x70,
  externref: 0x6f,
} as const

const VALUE_TYPES: ReadonlySet<number> = new Set(Object.values(TYPE))

/** A type that takes one byte; all that are allowed do. */
export function isValueType(byte: number): boolean {
  return VALUE_TYPES.has(byte)
}

export function isReferenceType(byte: number): boolean {
  return byte === TYPE.funcref || byte === TYPE.externref
}

/** What an opcode that is not allowed belongs to. */
export function featureOf(opcode: number): string {
  if (opcode === 0x0a || opcode === 0x1f) return 'exception handling with references'
  if ([0x14, 0x15, 0xd3, 0xd4, 0xd5, 0xd6].includes(opcode)) return 'typed function references'
  if (opcode === 0xfb) return 'garbage-collected types'
  if (opcode === 0xfe) return 'threads'
  return `instruction 0x${opcode.toString(16).padStart(2, '0')}`
}

/** What a value type that is not allowed belongs to. */
export function featureOfType(byte: number): string {
  if (byte === 0x69) return 'exception handling with references'
  if (byte === 0x63 || byte === 0x64) return 'typed function references'
  return 'garbage-collected types'
}

export function refuseFeature(feature: string, where: string): never {
  throw new Malformed(
    'PROGRAM_UNSUPPORTED',
    `it uses ${feature} (${where}), which cells do not have`,
  )
}
