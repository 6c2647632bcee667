/**
 * Guests in TypeScript become programs for cells: what `ww build` and `ww init` do.
 * @module
 */
export { buildGuest } from './build-guest.ts'
export type { BuildGuestOptions, BuiltGuest } from './build-guest.ts'
export { buildImage } from './build-image.ts'
export { initGuest } from './init.ts'
export { BuildError } from './problem.ts'
export type { BuildErrorCode } from './problem.ts'
