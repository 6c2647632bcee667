// Which tests run inside a cell: all of these rooms, but for what is named here with its reason.

import { readdirSync } from 'node:fs'
import { join } from 'node:path'

import { PROJECT } from '../help/ww.ts'

/** Rooms whose code runs in guests: folders of `test/`. */
const ROOMS = ['base', 'wire', 'rpc', 'identity', 'membrane', 'fuzz']

/** Files of which no test can run there. */
export const EXCLUDED_FILES: Readonly<Record<string, string>> = {
  'rpc/gc.test.ts': 'forces collection in a process of its own',
  'rpc/long-lived.test.ts': 'forces collection, and reads the size of the heap',
  'rpc/notes.test.ts': 'asks the TypeScript compiler, and bundles with esbuild',
  'rpc/size.test.ts': 'bundles with esbuild',
  'rpc/soak.test.ts': 'starts a process, and forces collection',
  'wire/random.test.ts': 'generates code, and starts the capnp tool',
}

/** Tests of other files, by name, that cannot run there. */
export const EXCLUDED_TESTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {}

/** Files that run there, by name below `test/`. */
export function testFiles(): readonly string[] {
  const all = ROOMS.flatMap((room) =>
    readdirSync(join(PROJECT, 'test', room))
      .filter((file) => file.endsWith('.test.ts'))
      .map((file) => `${room}/${file}`),
  )
  return all.filter((file) => EXCLUDED_FILES[file] === undefined).sort()
}
