// Puts the platform in place. Must be evaluated before any other module of a guest: the code the
// bundler makes of async functions looks `Promise` up when it runs, classes when they are defined.

import { GuestAbortController, GuestAbortSignal } from './abort.ts'
import {
  clearTimer,
  console,
  crypto,
  performance,
  random,
  setInterval,
  setTimeout,
} from './ambient.ts'
import { GuestFinalizationRegistry } from './finalization.ts'
import { guestJobs } from './job-queue.ts'
import { GuestPromise } from './promise.ts'
import { GuestTextDecoder, GuestTextEncoder } from './text.ts'

const platform = {
  Promise: GuestPromise,
  FinalizationRegistry: GuestFinalizationRegistry,
  queueMicrotask: (task: () => void) => guestJobs.push(task),
  TextEncoder: GuestTextEncoder,
  TextDecoder: GuestTextDecoder,
  AbortController: GuestAbortController,
  AbortSignal: GuestAbortSignal,
  setTimeout,
  setInterval,
  clearTimeout: clearTimer,
  clearInterval: clearTimer,
  performance,
  crypto,
  console,
}

const define = (target: object, name: PropertyKey, value: unknown) => {
  Object.defineProperty(target, name, { value, writable: true, configurable: true })
}

for (const [name, value] of Object.entries(platform)) define(globalThis, name, value)
define(Math, 'random', random)
for (const name of ['dispose', 'asyncDispose'] as const) {
  if (!(name in Symbol)) define(Symbol, name, Symbol.for(`Symbol.${name}`))
}
