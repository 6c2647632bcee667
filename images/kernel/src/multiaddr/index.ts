/**
 * Addresses and names of peers, between their text and the bytes capabilities speak in.
 * @module
 */
export { MultiaddrError, multiaddrText, parseMultiaddr } from './multiaddr.ts'
export type { Multiaddr } from './multiaddr.ts'
export { parsePeerId } from './peer-id.ts'
