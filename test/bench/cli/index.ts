import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

import type { Bench } from '../bench.ts'

const PROGRAM = fileURLToPath(new URL('../../../src/main.js', import.meta.url))

function spawnMs(args: readonly string[]): number {
  const started = performance.now()
  const { status } = spawnSync(process.execPath, args, { stdio: 'ignore' })
  if (status !== 0) throw new Error(`node ${args.join(' ')} ended with ${status}`)
  return performance.now() - started
}

/** What a person waits for at the command line. */
export const benches: Bench[] = [
  {
    name: 'ww --help',
    unit: 'ms',
    async run() {
      const ours = spawnMs([PROGRAM, '--help'])
      return { ours, rival: spawnMs(['-e', '0']), rivalName: 'bare node' }
    },
  },
]
