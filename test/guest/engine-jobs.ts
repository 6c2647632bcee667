// Node's own promises under the SDK's loop: V8 runs its jobs when asked, as the engine of a cell does,
// but not from inside a job, so what is tested runs in a callback of the event loop.

import { setFlagsFromString } from 'node:v8'

setFlagsFromString('--allow-natives-syntax')
// oxlint-disable-next-line no-implied-eval -- the syntax exists only behind the flag
const checkpoint = new Function('%PerformMicrotaskCheckpoint()') as () => void

/** Runs every job that waits. @returns 0: V8 does not tell how many those were */
export function runJobs(): number {
  checkpoint()
  return 0
}

/** What `act` returns, which may call {@link runJobs}. */
export async function outsideJobs<T>(act: () => T): Promise<T> {
  return await new Promise((resolve, reject) => {
    setImmediate(() => {
      try {
        resolve(act())
      } catch (thrown) {
        reject(thrown)
      }
    })
  })
}
