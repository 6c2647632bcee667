// A process of its own for cells that mean harm: `node hostile.js <name> [thread|process]` starts one, lets it do its
// worst for a while, kills it and prints what was seen, as JSON. What fails to end does not take the
// tests with it. `--list` prints the names.

import { silentLog } from '../../../src/base/index.ts'
import type { Log } from '../../../src/base/index.ts'
import { openHost } from '../../help/host.ts'
import { choose } from '../../help/isolation.ts'
import type { Isolation } from '../../help/isolation.ts'
import { sleep } from './cells.ts'
import { HOSTILE, unstoppable } from './hostile-modules.ts'

/** Long enough for the engine to optimize what is hot. */
const RUN_MS = 300

export interface Seen {
  readonly exit: unknown
  /** From `kill` to the end of the thread. */
  readonly killMs: number
  /** What was logged as an error. */
  readonly errors: readonly string[]
}

const name = process.argv[2] ?? ''
if (name === '--list') {
  process.stdout.write(JSON.stringify(Object.keys(HOSTILE)))
  process.exit()
}
const errors: string[] = []
const log: Log = { ...silentLog, error: (message) => void errors.push(message) }
choose((process.argv[3] ?? 'thread') as Isolation)
const host = openHost({ log })
const program = await host.load((HOSTILE[name] ?? HOSTILE['calls']!)(), name)
const cell = await host.start({
  program: name === 'unstoppable' ? unstoppable(program) : program,
  name,
  args: [],
  env: [],
  log,
})
await sleep(RUN_MS)
const begin = performance.now()
await cell.kill()
const killMs = performance.now() - begin
const seen: Seen = { exit: await cell.exited, killMs, errors }
process.stdout.write(JSON.stringify(seen))
await host[Symbol.asyncDispose]()
