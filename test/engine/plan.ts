// Which tests run inside a cell: all of these rooms, but for what is named here with its reason.

import { readdirSync } from 'node:fs'
import { join } from 'node:path'

import { PROJECT } from '../help/ww.ts'

/** Rooms whose code runs in guests: folders of `test/`. */
const ROOMS = ['base', 'wire', 'rpc', 'identity', 'membrane', 'fuzz']

/** Files of which no test can run there. */
export const EXCLUDED_FILES: Readonly<Record<string, string>> = {
  'rpc/flood.test.ts': 'opens a socket',
  'rpc/gc.test.ts': 'forces collection, by a flag of V8, in a process of its own',
  'rpc/long-lived.test.ts': 'forces collection, by a flag of V8, and reads the size of the heap',
  'rpc/notes-tools.test.ts': 'asks the TypeScript compiler, and bundles with esbuild',
  'rpc/size.test.ts': 'bundles with esbuild',
  'rpc/soak.test.ts': 'starts a process, which forces collection by a flag of V8',
  'wire/random.test.ts': 'generates code, and starts the capnp tool',
}

const TOOL = 'starts the capnp tool'

/** Tests of other files, by name, that cannot run there. */
export const EXCLUDED_TESTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'identity/key.test.ts': {
    'a key that is printed, spread or serialised does not take its secret along':
      'prints with node:util',
  },
  'identity/signing.test.ts': {
    'OpenSSL agrees that the signature is ECDSA over SHA-256 of the buffer': 'asks node:crypto',
  },
  'wire/canonical.test.ts': {
    'a bundle of the RPC carries neither packing nor the canonical form': 'bundles with esbuild',
  },
  'wire/frame.test.ts': {
    'a stream of single bytes is buffered in little more than its size':
      'reads the size of the heap, as node:process tells it',
  },
  'wire/roundtrip.test.ts': {
    'the capnp tool reads what we write and we read what it writes': TOOL,
    'the capnp tool has the same defaults of structs and lists': TOOL,
    'defaults are those of the schema, absent, written and written by others': TOOL,
    'unions and groups mean the same to the capnp tool': TOOL,
    'a message scattered over many segments reads like one in one piece': TOOL,
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
