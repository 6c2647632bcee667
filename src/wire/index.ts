/**
 * Cap'n Proto messages: reading received ones in place, writing new ones, cutting streams into them.
 * Knows nothing of RPC: a capability is an index into a table somebody else fills.
 * @module
 */
export { Builder, finished } from './builder.ts'
export { canonicalOf } from './canonical.ts'
export { FrameReader } from './frame.ts'
export { DEFAULT_WIRE_LIMITS, OURS } from './limits.ts'
export type { WireLimits } from './limits.ts'
export {
  boolElement,
  dataElement,
  float32Element,
  float64Element,
  getList,
  int16Element,
  int32Element,
  int64Element,
  int8Element,
  List,
  listElement,
  pointerElement,
  structElement,
  textElement,
  uint16Element,
  uint32Element,
  uint64Element,
  uint8Element,
  voidElement,
} from './list.ts'
export type { ElementCodec, ListInit } from './list.ts'
export { Message, segmentOf } from './message.ts'
export type { Segment } from './message.ts'
export { Outbox } from './outbox.ts'
export { pack, PackedReader } from './packed.ts'
export {
  addStruct,
  addStructs,
  copyPointer,
  copyStruct,
  putBool,
  putCapability,
  putData,
  putFloat32,
  putFloat64,
  putInt16,
  putInt32,
  putInt64,
  putInt8,
  putStruct,
  putText,
  putUint16,
  putUint32,
  putUint64,
  putUint8,
} from './put.ts'
export {
  AnyPointer,
  getAny,
  getBool,
  getCapEntry,
  getCapIndex,
  getData,
  getFloat32,
  getFloat64,
  getInt16,
  getInt32,
  getInt64,
  getInt8,
  getStruct,
  getText,
  getUint16,
  getUint32,
  getUint64,
  getUint8,
  hasPointer,
  pointerOf,
  Reader,
  readerAt,
  rootOf,
  rootReader,
  rootStruct,
  Struct,
} from './struct.ts'
export type { StructType } from './struct.ts'
export { badValue } from './text.ts'
