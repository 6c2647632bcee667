/**
 * `ww/guest`: what a program in a cell is written against. It exports `main`, which is given a
 * {@link Guest}; every other power is a capability it asks for.
 * @module
 */
export { hexFromBytes, WwError } from '../base/index.ts'
export type { ErrorKind } from '../base/index.ts'
export { Epoch, Identity, Membrane, Signer } from '../capnp/stem.ts'
export {
  ByteStream,
  CellLimits,
  CellUsage,
  Executor,
  ExitKind,
  Export,
  Host,
  InitialGrants,
  Inspector,
  Lifetime,
  PeerInfo,
  Process,
  Program,
  Tty,
} from '../capnp/system.ts'
export { Client as IpfsClient, UnixFS } from '../capnp/ipfs.ts'
export { broken, Client, Connection, promised, serve } from '../rpc/index.ts'
export type { CallContext, CallOptions, Interface, InterfaceType } from '../rpc/index.ts'
export type { FileEntry, Files, FileStat } from './files.ts'
export type { Guest, GuestInput, GuestOutput, Main } from './guest.ts'
export { peerIdText } from './peer-id.ts'
