/**
 * Mounts, layers, and their per-file union: the read-only root a cell sees.
 * Nothing is copied, nothing is written, and no path leads outside the layers.
 * @module
 */
export { DEFAULT_LIMITS } from './limits.ts'
export type { ImageLimits } from './limits.ts'
export { parseMount } from './mount.ts'
export type { Mount } from './mount.ts'
export { openImage } from './open.ts'
export type { EntryPoint, Image, ImageOptions, LayerInfo } from './open.ts'
