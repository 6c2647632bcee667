/**
 * Who a node is: one secp256k1 key that is its libp2p peer id, its EVM address and its graft signer.
 * Pure: randomness is handed in, key files are read and written by host/.
 * @module
 */
export { formatKey, generateKey, keyFromSecret, parseKey } from './key.ts'
export type { NodeKey } from './key.ts'
export { checkPeerId, parsePeerId, peerIdFromPublicKey, peerIdText } from './peer-id.ts'
export {
  GRAFT_DOMAIN,
  GRAFT_PAYLOAD_TYPE,
  graftPayload,
  signGraft,
  signingBuffer,
  verifyGraft,
} from './signing.ts'
