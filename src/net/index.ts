/**
 * The node's place among peers: libp2p over TCP, Noise and Yamux, with identify and ping.
 * Nothing is discovered, and nobody is dialled without being asked for.
 * @module
 */
export { DEFAULT_LIMITS } from './limits.ts'
export type { NetLimits } from './limits.ts'
export { multiaddrText, parseMultiaddr } from './address.ts'
export type { PeerAddress } from './address.ts'
export { startSwarm } from './swarm.ts'
export type { PeerInfo, Swarm, SwarmOptions } from './swarm.ts'
