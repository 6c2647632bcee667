/**
 * The shell: forms evaluated over a session's capabilities.
 * @module
 */
export { MAX_CAPTURED_BYTES } from './command.ts'
export { complete } from './completion.ts'
export type { Completion } from './completion.ts'
export type {
  Child,
  ChildInput,
  DirectoryEntry,
  ExecutorPort,
  Files,
  HostPort,
  IpfsPort,
  Peer,
  Screen,
  Session,
} from './session.ts'
export { sentence } from './shell-error.ts'
export { Shell } from './shell.ts'
export type { ShellOptions } from './shell.ts'
