// Which tests run inside a cell: all of these rooms, but for what is named here with its reason.

import { readdirSync } from 'node:fs'
import { join } from 'node:path'

import { PROJECT } from '../help/ww.ts'

/** Rooms whose code runs in guests: folders of `test/`. */
const ROOMS = ['base', 'wire', 'rpc', 'identity', 'membrane', 'fuzz']

/** The engine counts references, and the build leaves out a constant that is named once. */
const RELEASED = 'expects a capability that no code names any more to be released later'

/** Files of which no test can run there. */
export const EXCLUDED_FILES: Readonly<Record<string, string>> = {
  'rpc/detour.test.ts': RELEASED,
  'rpc/flood.test.ts': 'opens a socket',
  'rpc/gc.test.ts': 'forces collection in a process of its own',
  'rpc/long-lived.test.ts': 'forces collection, and reads the size of the heap',
  'rpc/model.test.ts': 'plays hundreds of schedules: not done after a minute and a half',
  'rpc/notes.test.ts': 'asks the TypeScript compiler, and bundles with esbuild',
  'rpc/size.test.ts': 'bundles with esbuild',
  'rpc/soak.test.ts': 'starts a process, and forces collection',
  'wire/roundtrip.test.ts':
    'generates a thousand large values, half a second each; asks the capnp tool',
  'wire/random.test.ts': 'generates code, and starts the capnp tool',
}

const SLOW = 'takes half a minute'

/** Tests of other files, by name, that cannot run there. */
export const EXCLUDED_TESTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'fuzz/fuzz.test.ts': {
    'nothing the fuzzer of machine tries breaks a promise, and it reaches what it is for': SLOW,
  },
  'identity/key.test.ts': {
    'a key does not change when the bytes it was made from do': 'makes a Buffer',
    'a key that is printed, spread or serialised does not take its secret along':
      'prints with node:util',
  },
  'identity/signing.test.ts': {
    'OpenSSL agrees that the signature is ECDSA over SHA-256 of the buffer': 'asks node:crypto',
    'the other signature of the same message, with a high s, does not verify': 'makes a Buffer',
  },
  'rpc/hostile.test.ts': {
    'a return for a question that was given up and returned is no return': RELEASED,
  },
  'rpc/local.test.ts': {
    'a chain of a hundred thousand promises is called and dropped without a stack as deep': SLOW,
  },
  'rpc/record.test.ts': {
    'any byte that was changed is told, by place': SLOW,
  },
  'rpc/messages.test.ts': {
    'a resolution nobody waits for gives back what it carries': RELEASED,
    'a chain of a hundred thousand promises is walked without a stack as deep': SLOW,
  },
  'wire/canonical.test.ts': {
    'a bundle of the RPC carries neither packing nor the canonical form': 'bundles with esbuild',
  },
  'wire/frame.test.ts': {
    'a stream of single bytes is buffered in little more than its size':
      'reads the size of the heap',
    'a text of the size of a frame can be sent, more than a frame cannot': SLOW,
  },
  'wire/hostile.test.ts': {
    'reading never changes a message': SLOW,
    'a message with any bytes changed is read or refused, without hanging': SLOW,
  },
}

/** Files of tests that may run there, by name below `test/`. */
export function allTestFiles(): readonly string[] {
  const inRooms = ROOMS.flatMap((room) =>
    readdirSync(join(PROJECT, 'test', room))
      .filter((file) => file.endsWith('.test.ts'))
      .map((file) => `${room}/${file}`),
  )
  return [...inRooms, 'engine/matchers.test.ts'].sort()
}

/** Those that do. */
export function testFiles(): readonly string[] {
  return allTestFiles().filter((file) => EXCLUDED_FILES[file] === undefined)
}
