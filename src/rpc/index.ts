/**
 * Capabilities: clients, objects to serve, and connections between vats (Cap'n Proto RPC, level 1).
 * Runs unchanged in the host, in a worker and in a guest.
 *
 * Ownership in three lines: arguments stay the caller's; results pass to the caller; what a handler
 * is given ends with the call unless it is `$dup()`ed.
 * @module
 */
export { annotationOf } from './annotation.ts'
export type { Annotation, Annotations, Notes } from './annotation.ts'
export { broken, Client, promised } from './client.ts'
export type { CallOptions, Interface, InterfaceType } from './client.ts'
export { Connection } from './connection.ts'
export type { CallDeadline, ConnectionOptions, ConnectionStats } from './connection.ts'
export { anyType, dataType, listType, textType } from './generic.ts'
export type { PointerType, TypeArgument, ValueOf } from './generic.ts'
export { BrokenHook, Hook, PromiseHook } from './hook.ts'
export type { Outcome, PendingCall, Request } from './hook.ts'
export { DEFAULT_RPC_LIMITS } from './limits.ts'
export type { RpcLimits } from './limits.ts'
export { serve } from './local.ts'
export type { CallContext } from './local.ts'
export { loopback } from './loopback.ts'
export { Payload } from './payload.ts'
export { readRecording, record, recordingLines, replay } from './record.ts'
export type {
  RecordedFrame,
  Recording,
  RecordingSink,
  RecordOptions,
  ReplayOptions,
} from './record.ts'
export { traceLines } from './trace.ts'
export type { Direction, Trace } from './trace.ts'
