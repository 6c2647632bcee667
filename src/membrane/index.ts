/**
 * The boundary between a cell and everything else: what may be grafted, for how long, and the
 * wrapper that stands before every call.
 * @module
 */
export { Boundary } from './boundary.ts'
export { EpochGuard, FIRST_EPOCH, staleEpoch } from './epoch.ts'
export type { Epoch, Guard } from './epoch.ts'
export { serveMembrane } from './graft.ts'
export type { MembraneOptions } from './graft.ts'
