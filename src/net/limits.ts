export interface NetLimits {
  /** Time one `connect` may take, all its addresses together; and one handshake of a peer that comes. */
  readonly connectMs: number
  /** Time one of the addresses may take: a silent one leaves some for the others. */
  readonly addressMs: number
  /** Addresses one `connect` may name: a machine has a handful. */
  readonly addrsPerConnect: number
  /** Calls of `connect` under way at one time; a guest can make any number. */
  readonly connects: number
  /** Connections with peers, in both directions; more are refused, or the least useful closed. */
  readonly connections: number
  /** Inbound connections still in their handshake. */
  readonly pendingInbound: number
  /** New inbound connections per second from one address; libp2p's 5 starves peers behind one NAT. */
  readonly inboundPerSecond: number
  /** A connection is tried with a ping this often … */
  readonly pingIntervalMs: number
  /** … and given up when the answer takes longer: what a busy event loop must not be taken for. */
  readonly pingMs: number
}

export const DEFAULT_LIMITS: NetLimits = {
  connectMs: 10_000,
  addressMs: 6_000,
  addrsPerConnect: 16,
  connects: 64,
  connections: 300,
  pendingInbound: 64,
  inboundPerSecond: 50,
  pingIntervalMs: 15_000,
  pingMs: 10_000,
}
