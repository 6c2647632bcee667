import { bindAbortTimers } from './abort.ts'
import { bindAmbient } from './ambient.ts'
import type { Main } from './guest.ts'
import { describeError, inspect } from './inspect.ts'
import { Loop } from './loop.ts'
import { bindPlaces } from './places.ts'
import type { SourcePlaces } from './places.ts'
import { takeUnhandled, unhandledCount } from './rejections.ts'
import { RunningGuest } from './running-guest.ts'
import { Timers } from './timers.ts'
import type { Wasi } from './wasi.ts'

/** A guest's entry module, evaluated. */
export interface GuestModule {
  readonly main: Main
}

/**
 * Lives one guest from start to exit: evaluates its modules inside the running cell, calls `main`,
 * turns the loop until it settles, and flushes the outputs.
 * @param runJobs runs the engine's jobs until none is left, and returns how many those were
 * @param places where the script's code stands in the guest's source
 * @returns the exit code
 */
export function runGuest(
  wasi: Wasi,
  runJobs: () => number,
  load: () => PromiseLike<GuestModule>,
  places: () => SourcePlaces = () => ({ sources: [], segments: '' }),
): number {
  bindPlaces(places)
  let failure: { readonly thrown: unknown } | undefined
  let code: unknown
  const timers = new Timers(() => wasi.monotonicNs() / 1e6)
  const loop: Loop = new Loop({
    wasi,
    runJobs: () => {
      const count = runJobs()
      if (unhandledCount > 0) {
        failure ??= { thrown: takeUnhandled()[0] }
        loop.stop()
      }
      return count
    },
    timers,
  })
  const guest = new RunningGuest(wasi, loop, timers)
  bindAmbient(wasi, timers, guest)
  bindAbortTimers((ms, callback) => timers.start(callback, ms))

  Promise.resolve(load())
    .then((module) => module.main(guest))
    .then(
      (returned) => {
        code = returned
        loop.stop()
      },
      (thrown: unknown) => {
        failure = { thrown }
        loop.stop()
      },
    )
  try {
    if (!loop.run()) failure ??= { thrown: new Error(NOTHING_LEFT) }
    if (!failure) code = exitCode(code)
  } catch (thrown) {
    failure ??= { thrown }
  }
  if (failure) guest.stderr.write(`Uncaught ${describeError(failure.thrown)}\n`)
  guest.flushOutputs()
  return failure ? 1 : (code as number)
}

const NOTHING_LEFT =
  'main waits for something that can never happen: no timer, no input and no connection is left'

function exitCode(returned: unknown): number {
  if (returned === undefined) return 0
  if (
    typeof returned === 'number' &&
    Number.isInteger(returned) &&
    returned >= 0 &&
    returned <= 255
  ) {
    return returned
  }
  throw new RangeError(
    `main returned ${inspect(returned)}: an exit code is an integer from 0 to 255`,
  )
}
