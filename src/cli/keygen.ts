import { webcrypto } from 'node:crypto'
import { resolve } from 'node:path'

import { writeIdentityFile } from '../host/index.ts'
import { formatKey, generateKey } from '../identity/index.ts'
import { EXIT } from './exit-code.ts'
import { examples } from './verb.ts'
import type { VerbBody } from './verb.ts'

export const keygen: VerbBody = {
  define(command) {
    command
      .option(
        '-o, --output <file>',
        'write the secret here, readable by you only, never over a file',
      )
      .addHelpText('after', AFTER)
  },

  async act(command, io) {
    const { output } = command.opts<{ readonly output?: string }>()
    const key = generateKey((bytes) => void webcrypto.getRandomValues(bytes))
    if (output === undefined) {
      io.stdout.write(`${formatKey(key)}\n`)
    } else {
      const path = resolve(io.cwd, output)
      await writeIdentityFile(path, key)
      io.stderr.write(`Secret written to: ${path}\n`)
    }
    io.stderr.write(`EVM address:    ${key.evmAddress}\n`)
    io.stderr.write(`Peer ID:        ${key.peerIdText}\n`)
    return EXIT.fine
  },
}

const AFTER = `
The secret is 32 bytes of secp256k1 in base58btc. Whoever has it is this node, and owns this account.
${examples([
  ['ww keygen --output ~/.ww/identity', 'the key "ww run" uses when none is named'],
  ['ww keygen -o node.key && ww run --identity node.key', 'a key of its own'],
  ['ww keygen > node.key', 'the secret alone on standard output'],
])}`
