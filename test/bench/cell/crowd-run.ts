import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import type { CrowdSeen } from '../../cell/help/crowd.ts'
import type { Isolation } from '../../help/isolation.ts'
import { watchLoad } from './load.ts'
import type { Load } from './load.ts'

const CROWD = fileURLToPath(new URL('../../cell/help/crowd.js', import.meta.url))
const RUN_MS = 3_000
const SLACK_MIB = 48
const TIMEOUT_MS = 300_000

export interface CrowdRun {
  readonly seen: CrowdSeen
  readonly load: Load | undefined
}

/** @param file `test/cell/help/crowd.js` of this build, or of another */
export async function runCrowd(isolation: Isolation, file = CROWD): Promise<CrowdRun> {
  const args = ['--expose-gc', file, String(RUN_MS), String(SLACK_MIB), isolation]
  const options = { timeout: TIMEOUT_MS, killSignal: 'SIGKILL' } as const
  const load = watchLoad()
  const { stdout } = await promisify(execFile)(process.execPath, args, options)
  return { seen: JSON.parse(stdout) as CrowdSeen, load: load() }
}
