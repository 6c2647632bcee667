import {
  AnyPointer,
  badValue,
  copyPointer,
  copyStruct,
  putData,
  putText,
  Struct,
} from '../wire/index.ts'
import type { Builder } from '../wire/index.ts'
import { Client } from './client.ts'
import { putCap } from './payload.ts'

/** What can be put where a schema says AnyPointer. A plain object needs a type: use its struct. */
export type AnyInit = string | Uint8Array | Client | AnyPointer | Struct

export function putAny(builder: Builder, at: number, value: AnyInit | null | undefined): void {
  if (value === null || value === undefined) return
  if (typeof value === 'string') putText(builder, at, value)
  else if (value instanceof Uint8Array) putData(builder, at, value)
  else if (value instanceof Client) putCap(builder, at, value)
  else if (value instanceof AnyPointer) copyPointer(builder, at, value.$at)
  else if (value instanceof Struct) copyStruct(builder, at, value)
  else throw badValue('a string, bytes, a client or a value read from a message', value)
}
