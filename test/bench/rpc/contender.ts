// What is measured, in the terms of whoever takes part.

/** A client and a server, connected. What a library cannot do, or only in another way, it leaves out. */
export interface Contender {
  readonly ping: () => PromiseLike<unknown>
  readonly echo?: (data: Uint8Array) => PromiseLike<unknown>
  /** CHAIN calls, each on what the one before will return; nothing is disposed. */
  readonly chain?: () => PromiseLike<unknown>
  /** The same, and everything is given back. */
  readonly disposedChain?: () => PromiseLike<unknown>
  /** Gets a capability, and gives it back. */
  readonly churn?: () => PromiseLike<unknown>
  readonly close: () => void
}

export const CHAIN = 4
export const WINDOW = 100

/** What is measured between processes. */
export interface Load {
  /** How many calls are under way. */
  readonly window: number
  /** Of an echo; 0 is a ping. */
  readonly bytes: number
}

/** How long. */
export const MEASURED_MS = 300

/** µs per call, one at a time. */
export async function sequential(calls: number, call: () => PromiseLike<unknown>): Promise<number> {
  for (let warm = 0; warm < calls / 4; warm++) await call()
  const started = performance.now()
  for (let done = 0; done < calls; done++) await call()
  return ((performance.now() - started) * 1000) / calls
}

/** µs of processor time per call, one at a time, of everything this process does for it. */
export async function processorTime(
  calls: number,
  call: () => PromiseLike<unknown>,
): Promise<number> {
  for (let warm = 0; warm < calls / 4; warm++) await call()
  const started = process.cpuUsage()
  for (let done = 0; done < calls; done++) await call()
  const { user, system } = process.cpuUsage(started)
  return (user + system) / calls
}

/** Thousands of calls per second with WINDOW of them under way. */
export async function windowed(calls: number, call: () => PromiseLike<unknown>): Promise<number> {
  const lane = async (count: number) => {
    for (let done = 0; done < count; done++) await call()
  }
  const lanes = async (count: number) => {
    await Promise.all(Array.from({ length: WINDOW }, () => lane(count / WINDOW)))
  }
  await lanes(calls / 4)
  const started = performance.now()
  await lanes(calls)
  return calls / (performance.now() - started)
}
