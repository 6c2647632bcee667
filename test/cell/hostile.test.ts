import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import { expect, test } from 'vitest'

import { CELL_LIMITS } from '../../src/cell/index.ts'
import { isolation } from '../help/isolation.ts'
import { HOSTILE } from './help/hostile-modules.ts'
import type { Seen } from './help/hostile.ts'

const CHILD = fileURLToPath(new URL('./help/hostile.js', import.meta.url))
/** Loading, running, killing, and leaving: a process that does not end is killed. */
const TIMEOUT_MS = 170_000

// That a thread is not given up within its time depends on who else uses the machine: a second look tells
// a slow moment from a guest that cannot be stopped.
test.each(Object.keys(HOSTILE))(
  'W22 a guest stops when it is killed, and its process can end: %s',
  { timeout: 3 * TIMEOUT_MS, retry: 2 },
  async (name) => {
    const { stdout } = await promisify(execFile)(process.execPath, [CHILD, name, isolation()], {
      timeout: TIMEOUT_MS,
      killSignal: 'SIGKILL',
    })
    const { exit, errors } = JSON.parse(stdout) as Seen
    expect(exit).toEqual({ kind: 'killed', code: 137 })
    expect(errors).toEqual([])
  },
)

test('a thread that V8 cannot end is given up after a while, and the log says so', async () => {
  const child = spawn(process.execPath, [CHILD, 'unstoppable', isolation()], {
    timeout: TIMEOUT_MS,
  })
  try {
    const [printed] = (await once(child.stdout, 'data')) as [Buffer]
    const { exit, killMs, errors } = JSON.parse(printed.toString()) as Seen
    expect(exit).toEqual({ kind: 'killed', code: 137 })
    // A timer may be a moment early.
    expect(killMs).toBeGreaterThan(CELL_LIMITS.terminateMs - 10)
    expect(errors).toEqual(['cell thread does not end'])
    // What nobody can end in this process is ended with its own.
    if (isolation() === 'process') expect((await once(child, 'exit'))[0]).toBe(0)
  } finally {
    child.kill('SIGKILL')
  }
})
