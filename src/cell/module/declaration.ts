// Reads what a module declares of itself, held to the written list of features and sizes.

import type { Cursor } from '../cursor.ts'
import { CELL_LIMITS } from '../limits.ts'
import { Malformed, malformed } from '../malformed.ts'
import {
  featureOf,
  featureOfType,
  isReferenceType,
  isValueType,
  OP,
  refuseFeature,
  V128_CONST,
} from './feature.ts'
import { countedList } from './section.ts'

/** Pages of 64 KiB. */
export interface MemoryShape {
  readonly minPages: number
  readonly maxPages: number
}

export const MUTABLE = 1
/** A 32-bit memory has no more. */
const MAX_PAGES = 65_536
const SHARED = 2
const WIDE = 4

function limits(cursor: Cursor, where: string): { min: number; max: number | undefined } {
  const flags = cursor.u8()
  if ((flags & SHARED) !== 0) refuseFeature('threads', `${where} is shared`)
  if ((flags & WIDE) !== 0) refuseFeature('64-bit addresses', where)
  if (flags > 1) refuseFeature(`limits of kind ${flags}`, where)
  const min = cursor.u32()
  return { min, max: flags === 1 ? cursor.u32() : undefined }
}

export function memoryShape(cursor: Cursor): MemoryShape {
  const { min, max = MAX_PAGES } = limits(cursor, 'memory')
  const cap = CELL_LIMITS.memoryPages
  if (min > cap) {
    throw new Malformed(
      'PROGRAM_TOO_LARGE',
      `its memory starts with ${min} pages of 64 KiB; at most ${cap} are allowed`,
    )
  }
  return { minPages: min, maxPages: max }
}

export function tableShape(cursor: Cursor, where: string): { min: number; max: number } {
  const { min, max = Infinity } = limits(cursor, where)
  return { min, max }
}

export function valueType(cursor: Cursor, where: string): number {
  const byte = cursor.u8()
  if (!isValueType(byte)) refuseFeature(featureOfType(byte), where)
  return byte
}

export function referenceType(cursor: Cursor, where: string): number {
  const byte = cursor.u8()
  if (!isReferenceType(byte)) refuseFeature(featureOfType(byte), where)
  return byte
}

export function globalType(cursor: Cursor, where: string): void {
  valueType(cursor, where)
  if (cursor.u8() > MUTABLE) refuseFeature('threads', `${where} is shared`)
}

export function constantExpression(cursor: Cursor, where: string): void {
  for (;;) {
    const opcode = cursor.u8()
    switch (opcode) {
      case OP.end:
        return
      case OP.globalGet:
      case OP.i32Const:
      case OP.i64Const:
      case OP.refNull:
      case OP.refFunc:
        cursor.skipNumber()
        break
      case OP.f32Const:
        cursor.bytes(4)
        break
      case OP.f64Const:
        cursor.bytes(8)
        break
      case OP.i32Add:
      case OP.i32Sub:
      case OP.i32Mul:
      case OP.i64Add:
      case OP.i64Sub:
      case OP.i64Mul:
        break
      case OP.simd:
        if (cursor.u32() !== V128_CONST) malformed(`the value of ${where} is not constant`)
        cursor.bytes(16)
        break
      default:
        refuseFeature(featureOf(opcode), where)
    }
  }
}

export function passElements(section: Cursor): void {
  const { count } = countedList(section, 'element segments', CELL_LIMITS.moduleSegments)
  for (let i = 0; i < count; i++) {
    const where = `element segment ${i}`
    // Bit 0: not put in a table by itself. Bit 1: names a table or a type. Bit 2: expressions.
    const form = section.u32()
    if (form > 7) malformed(`${where} is of unknown form ${form}`)
    if ((form & 1) === 0) {
      if ((form & 2) !== 0) section.u32()
      constantExpression(section, where)
    }
    const hasExpressions = (form & 4) !== 0
    if ((form & 3) !== 0) {
      if (hasExpressions) referenceType(section, where)
      else section.u8()
    }
    for (let left = section.u32(); left > 0; left--) {
      if (hasExpressions) constantExpression(section, where)
      else section.u32()
    }
  }
}

export function passData(section: Cursor): void {
  const { count } = countedList(section, 'data segments', CELL_LIMITS.moduleSegments)
  for (let i = 0; i < count; i++) {
    const where = `data segment ${i}`
    const form = section.u32()
    if (form === 2) {
      if (section.u32() !== 0) refuseFeature('several memories', where)
    } else if (form > 1) malformed(`${where} is of unknown form ${form}`)
    if (form !== 1) constantExpression(section, where)
    section.bytes(section.u32())
  }
}
