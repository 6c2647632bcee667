// A vat of ours in a process of its own: serves a peer, or relays to one whose address is given.
// Says where it listens, and ends when its input does.

import { once } from 'node:events'

import '../../../src/base/polyfill.ts'
import { listenOurs, relayOurs } from '../../interop/vats.ts'

const [upstream] = process.argv.slice(2)
const vat = await (upstream ? relayOurs('unix', upstream) : listenOurs('unix'))
console.log(`listening ${vat.address}`)
await once(process.stdin.resume(), 'end')
await vat[Symbol.asyncDispose]()
process.exit(0)
