/**
 * Everything a guest can hold, one file per interface of `capnp/*.capnp`: thin servers over rooms.
 * @module
 */
export { serveInspector } from './inspector.ts'
export { linkCell } from './link.ts'
export { graft } from './graft.ts'
export type { GraftPowers } from './graft.ts'
export type { Terminal } from './tty.ts'
