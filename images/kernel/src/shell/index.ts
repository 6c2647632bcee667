/**
 * The shell: forms evaluated over a session's capabilities.
 * @module
 */
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
export { sentence, ShellError } from './shell-error.ts'
export { Shell } from './shell.ts'
export type { ShellOptions } from './shell.ts'
