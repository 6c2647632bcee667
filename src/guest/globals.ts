// Puts the platform in place, beyond what the engine has. Must be evaluated before any other module
// of a guest: some look for a global while they are evaluated.

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
import { GuestTextDecoder, GuestTextEncoder } from './text.ts'

const platform = {
  FinalizationRegistry: GuestFinalizationRegistry,
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
