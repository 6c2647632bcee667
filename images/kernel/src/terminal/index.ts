/**
 * Where a person and the shell meet.
 * @module
 */
export { MAX_UNREAD_BYTES } from './cooked-input.ts'
export { MAX_LINE_BYTES, PlainTerminal } from './plain-terminal.ts'
export type { PlainPort } from './plain-terminal.ts'
export { MAX_KEYS_AHEAD, Terminal } from './terminal.ts'
export type { TerminalPort } from './terminal.ts'
