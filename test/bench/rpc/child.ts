// A vat in a process of its own: ours (serving, or relaying to an address), or capnweb's. Says where it
// listens, and ends when its input does.

import { once } from 'node:events'
import { join } from 'node:path'

import '../../../src/base/polyfill.ts'
import { temporaryFolder } from '../../help/ww.ts'
import { listenOurs, relayOurs } from '../../interop/vats.ts'
import { listenWeb } from './capnweb.ts'

interface Vat extends AsyncDisposable {
  readonly address: string
}

async function capnweb(): Promise<Vat> {
  const folder = await temporaryFolder()
  const address = join(folder.path, 'vat')
  await listenWeb(address)
  return { address, [Symbol.asyncDispose]: async () => await folder[Symbol.asyncDispose]() }
}

const [mode, upstream] = process.argv.slice(2)
const vat = await (mode === 'capnweb'
  ? capnweb()
  : upstream
    ? relayOurs('unix', upstream)
    : listenOurs('unix'))
console.log(`listening ${vat.address}`)
await once(process.stdin.resume(), 'end')
await vat[Symbol.asyncDispose]()
process.exit(0)
